//! Generation is real: a changed document changes the API, and a broken one stops the build with the place.
//!
//! Each test copies the crate, without its history, and runs cargo on the copy. Dependencies are shared with
//! this build, so only the copy itself is compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of the crate. Copies of different names can be built at the same time.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if root.exists() {
            fs::remove_dir_all(&root).expect("an old copy can be removed");
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in ["Cargo.toml", "Cargo.lock", "build.rs", "build", "openapi", "src", "README.md"] {
            copy(&source.join(part), &root.join(part));
        }
        fs::remove_dir_all(root.join("src/bin")).expect("the command line is not needed");
        // Of the manifest, only what the library needs: no tests, examples or binaries.
        let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
        let kept: Vec<&str> = manifest
            .split("\n[")
            .filter(|table| {
                !["[test]]", "[example]]", "[bin]]", "[bench]]"].iter().any(|name| table.starts_with(name))
            })
            .collect();
        // Cargo tells packages in a target folder apart by name and version: a copy must not be taken for this crate.
        let version = format!("version = \"{}", env!("CARGO_PKG_VERSION"));
        let manifest = kept.join("\n[").replacen(&version, &format!("{version}-{name}"), 1);
        // The copy is a workspace of its own, without the packages beside the crate.
        let manifest: Vec<&str> = manifest
            .lines()
            .filter(|line| !["members", "default-members"].iter().any(|key| line.starts_with(key)))
            .collect();
        fs::write(root.join("Cargo.toml"), manifest.join("\n")).expect("written");
        Self(root)
    }

    /// Replaces a text in the document, which must be there.
    fn edit(&self, from: &str, to: &str) {
        let path = self.0.join("openapi/otp.yaml");
        let text = fs::read_to_string(&path).expect("a document");
        assert!(text.contains(from), "the document does not hold {from:?}");
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--offline", "--target-dir"])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder"))
            .current_dir(&self.0)
            .env("CARGO_TERM_COLOR", "never")
            .output()
            .expect("cargo runs")
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, to).expect("copied");
    }
}

#[test]
fn an_operation_and_a_field_that_are_added_can_be_called() {
    let copy = Copy::new("grown");
    copy.edit(
        "  /v1/template-configs:\n",
        r"  /v1/messages/{messageId}/cancellation:
    post:
      operationId: cancelMessage
      summary: Cancel a message
      x-repeatable: true
      parameters:
        - name: messageId
          in: path
          required: true
          schema:
            type: string
      responses:
        '200':
          $ref: '#/components/responses/Acknowledged'
        4XX:
          $ref: '#/components/responses/Failed'
        5XX:
          $ref: '#/components/responses/Failed'
  /v1/template-configs:
",
    );
    copy.edit(
        "          $ref: '#/components/schemas/MessageTemplateReference'\n",
        "          $ref: '#/components/schemas/MessageTemplateReference'\n        priority:\n          type: integer\n          description: Who goes first.\n",
    );
    let library = copy.0.join("src/lib.rs");
    let caller = r#"
/// Calls what was added.
pub fn caller(client: &Client) -> Result<api::types::Acknowledgement, Error> {
    let template = api::types::MessageTemplateReference::new("login".to_owned());
    let request = api::types::SendMessageRequest::new("+6591234567", template).priority(3);
    client.api().send_message(&request)?;
    assert!(api::operations::CANCEL_MESSAGE.repeatable);
    client.api().cancel_message("1")
}
"#;
    fs::write(&library, fs::read_to_string(&library).expect("a library") + caller).expect("written");
    let built = copy.cargo(&["check"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

/// What is written instead of what, and then what is said: the place, and what to do.
const DEFECTS: &[(&str, &str, &str, &str)] = &[
    ("openapi: 3.0.3", "openapi: 3.1.0", "otp.yaml:1: openapi", "write the document in 3.0.3"),
    ("      operationId: sendOtp\n", "", "paths > /v1/messages > post", "`operationId` is missing"),
    (
        "operationId: sendCode",
        "operationId: sendOtp",
        "/v1/codes > post > operationId",
        "choose another name",
    ),
    (
        "$ref: '#/components/schemas/SendOtpRequest'",
        "$ref: '#/components/schemas/SendOtpRequst'",
        "paths > /v1/messages > post > requestBody",
        "leads nowhere",
    ),
    (
        "        '200':\n          $ref: '#/components/responses/Sent'\n",
        "        '200':\n          $ref: '#/components/responses/Sent'\n        '202':\n          $ref: '#/components/responses/Acknowledged'\n",
        "/v1/messages > post > responses",
        "a function returns one type",
    ),
    ("      x-repeatable: false\n", "", "/v1/messages > post", "`x-repeatable` is missing"),
    (
        "      required: [to, template]\n",
        "      requried: [to, template]\n",
        "SendOtpRequest > requried",
        "misspelt",
    ),
    (
        "      required: [to, template]\n",
        "      required: [to, tempalte]\n",
        "SendOtpRequest > required",
        "not described",
    ),
    (
        "        send_channel_strategy:\n          $ref: '#/components/schemas/ChannelStrategy'\n",
        "        send_channel_strategy:\n          oneOf:\n            - type: string\n            - type: integer\n",
        "TemplateDefinition > properties > send_channel_strategy",
        "`oneOf` is not supported",
    ),
    (
        "        template_default_config:\n          $ref: '#/components/schemas/DefaultText'\n    VoiceConfig",
        "        template_default_config:\n          type: object\n          properties:\n            a:\n              type: string\n    VoiceConfig",
        "WhatsappConfig > properties > template_default_config",
        "give it a name",
    ),
    (
        "      in: path\n",
        "      in: query\n",
        "/v1/template-configs/{templateId} > get",
        "knows path parameters",
    ),
    (
        "      x-enum-varnames: [pending, approved, rejected]\n",
        "      x-enum-varnames: [pending]\n",
        "TemplateStatus",
        "one name for each value",
    ),
    (
        "          type: boolean\n",
        "          type: [boolean]\n",
        "components > schemas",
        "is not one of OpenAPI 3.0",
    ),
    ("tags:\n  - name", "tags:\n  - {name", "otp.yaml:", "this is not YAML"),
    ("operationId: sendCode", "operationId: send_otp", "/v1/codes > post > operationId", "written otherwise"),
    (
        "operationId: sendCode",
        "operationId: 2fa",
        "/v1/codes > post > operationId",
        "cannot be a name in Rust",
    ),
    (
        "operationId: sendCode",
        "operationId: ''",
        "/v1/codes > post > operationId",
        "cannot be a name in Rust",
    ),
    ("operationId: sendCode", "operationId: type", "/v1/codes > post > operationId", "avoid keywords"),
    (
        "    PwaConfig:\n",
        "    Pwa-Config:\n",
        "components > schemas > Pwa-Config",
        "cannot be a name in Rust",
    ),
    (
        "[default, zh_CN",
        "[default, DEFAULT",
        "schemas > Language > x-extensible-enum",
        "choose names that differ",
    ),
    ("[default, zh_CN", "[default, 2g", "schemas > Language > x-extensible-enum", "cannot be a name in Rust"),
    ("[default, zh_CN", "[default, 7", "schemas > Language > x-extensible-enum", "quote texts"),
    (
        "    Sent:\n      description: |\n        The service accepted the message. It is not delivered yet: callbacks report what becomes of it.\n      content:",
        "    Sent:\n      description: Taken over.\n      contnet:",
        "components > responses > Sent > contnet",
        "is it misspelt",
    ),
    ("  securitySchemes:\n", "  securitySchemas:\n", "components > securitySchemas", "is it misspelt"),
    (
        "        4XX:\n          $ref: '#/components/responses/Failed'\n",
        "        404:\n          $ref: '#/components/responses/Failed'\n        4XX:\n          $ref: '#/components/responses/Failed'\n",
        "/v1/messages > post > responses",
        "put it in quotes",
    ),
    (
        "          $ref: '#/components/schemas/CodeConfig'\n",
        "          $ref: '#/components/schemas/CodeConfig/properties/verify_code_len'\n",
        "TemplateDefinition > properties > verify_code_config",
        "name one as",
    ),
    (
        "    ErrorBody:\n      type: object\n",
        "    ErrorBody:\n      type: object\n      x-sensitive: true\n      enum: [a]\n",
        "ErrorBody > enum",
        "use `x-extensible-enum`",
    ),
];

#[test]
fn a_broken_document_stops_the_build_with_the_place_and_what_to_do() {
    let copy = Copy::new("broken");
    let path = copy.0.join("openapi/otp.yaml");
    let sound = fs::read_to_string(&path).expect("a document");
    for (from, to, place, what) in DEFECTS {
        assert!(sound.contains(from), "the document does not hold {from:?}");
        fs::write(&path, sound.replacen(from, to, 1)).expect("written");
        let built = copy.cargo(&["check"]);
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        assert!(!built.status.success(), "{to:?} is not noticed");
        let line = said
            .lines()
            .find(|line| line.contains("openapi/otp.yaml") && line.contains(*place) && line.contains(*what));
        assert!(line.is_some(), "{to:?}: neither {place:?} nor {what:?} is said:\n{said}");
        assert!(!said.contains("panicked"), "{said}");
        let numbered =
            line.and_then(|line| line.split("otp.yaml:").nth(1)?.split(':').next()?.parse::<usize>().ok());
        assert!(numbered.is_some(), "no line is named: {said}");
    }
    fs::write(&path, sound).expect("written");
    let built = copy.cargo(&["check"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

#[test]
fn the_line_that_is_named_is_the_place() {
    let copy = Copy::new("lines");
    let path = copy.0.join("openapi/otp.yaml");
    let sound = fs::read_to_string(&path).expect("a document");
    // What is written instead of what, and the text at whose end the named line stands.
    for (from, to, until) in [
        (
            "      x-repeatable: true\n      responses:",
            "      responses:",
            "  /v1/template-configs:\n    post:\n",
        ),
        (
            "        description:\n          type: string\n          description: The key's description.",
            "        description:\n          type: text\n          description: The key's description.",
            "        api_key:\n          $ref: '#/components/schemas/OperatorIdentity'\n        description:",
        ),
        (
            "            examples:\n              phone:\n                summary: A code of six digits",
            "            exmaples:\n              phone:\n                summary: A code of six digits",
            "            exmaples:",
        ),
    ] {
        assert!(sound.contains(from), "the document does not hold {from:?}");
        let broken = sound.replacen(from, to, 1);
        let at = broken.find(until).expect("the place") + until.trim_end().len();
        // An operation that misses something is named by its method's line, here the first `get` below the path.
        let mut line = broken[..at].lines().count();
        if to == "      responses:" {
            let rest: Vec<&str> = broken.lines().collect();
            line += rest[line..].iter().position(|line| *line == "    get:").expect("a get") + 1;
        }
        fs::write(&path, &broken).expect("written");
        let built = copy.cargo(&["check"]);
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        assert!(said.contains(&format!("openapi/otp.yaml:{line}:")), "line {line} is not named:\n{said}");
    }
}

#[test]
fn path_parameters_are_filled_in_by_name() {
    let copy = Copy::new("ordered");
    copy.edit(
        "  /v1/template-configs:\n",
        r"  /v1/a/{first}/b/{second}:
    get:
      operationId: readTwo
      summary: Read two
      x-repeatable: true
      parameters:
        - name: second
          in: path
          required: true
          schema:
            type: string
        - name: first
          in: path
          required: true
          schema:
            type: string
      responses:
        '200':
          $ref: '#/components/responses/Acknowledged'
        4XX:
          $ref: '#/components/responses/Failed'
        5XX:
          $ref: '#/components/responses/Failed'
  /v1/template-configs:
",
    );
    let built = copy.cargo(&["check"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let generated = fs::read_dir(target.join("debug/build"))
        .expect("a folder")
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("out/functions.rs")).ok())
        .find(|text| text.contains("fn read_two"))
        .expect("it was generated");
    let function = generated.split("fn read_two").nth(1).expect("the function");
    let (first, second) = (function.find("first: &str"), function.find("second: &str"));
    assert!(first.is_some() && first < second && function.contains("&[first, second]"), "{function}");
}
