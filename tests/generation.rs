//! Generation is real: a changed document changes the API, and a broken one stops the build with the place.
//!
//! Each test copies the crate, without its history, and runs cargo on the copy. Dependencies are shared with
//! this build, so only the copy itself is compiled. What the generator refuses is tested without cargo, in
//! `tests/generator`.

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
        self.edit_file("openapi/otp.yaml", from, to);
    }

    fn edit_file(&self, path: &str, from: &str, to: &str) {
        let path = self.0.join(path);
        let text = fs::read_to_string(&path).expect("a file of the crate");
        assert!(text.contains(from), "{} does not hold {from:?}", path.display());
        fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO"));
        // What cargo tells a test of its package is no setting, and `ring` is compiled anew wherever it differs: here, and
        // then in the next build of the crate itself.
        for (name, _) in std::env::vars_os() {
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"]
                .iter()
                .any(|kind| name.to_string_lossy().starts_with(kind))
            {
                command.env_remove(name);
            }
        }
        command
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

#[test]
fn a_broken_document_stops_the_build_with_the_place_and_what_to_do() {
    let copy = Copy::new("broken");
    let path = copy.0.join("openapi/otp.yaml");
    let sound = fs::read_to_string(&path).expect("a document");
    copy.edit("operationId: sendCode", "operationId: sendOtp");
    copy.edit("      x-repeatable: false\n", "");
    let built = copy.cargo(&["check"]);
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(!built.status.success(), "it is not noticed");
    for (place, what) in [
        ("/v1/codes > post > operationId", "choose another name"),
        ("/v1/messages > post", "`x-repeatable` is missing; say"),
    ] {
        let line = said
            .lines()
            .find(|line| line.contains("openapi/otp.yaml:") && line.contains(place) && line.contains(what));
        assert!(line.is_some(), "neither {place:?} nor {what:?} is said:\n{said}");
    }
    fs::write(&path, sound).expect("written");
    let built = copy.cargo(&["check"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
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

/// A limit and an error code are changed in the document alone. That the redaction follows the limit, a test of the copy
/// says; all that is compiled follows the error code.
#[test]
fn a_limit_and_an_error_code_are_changed_in_one_file() {
    let copy = Copy::new("widened");
    copy.edit(
        "          description: How many characters a code has.\n          minimum: 4\n          maximum: 10\n",
        "          description: How many characters a code has.\n          minimum: 4\n          maximum: 12\n",
    );
    copy.edit("5019, 5020]\n", "5019, 5020, 5021]\n");
    copy.edit(
        "handset_off, unsubscribed, not_registered]\n",
        "handset_off, unsubscribed, not_registered, quota_used_up]\n",
    );
    copy.edit("400, 400, 400]\n", "400, 400, 400, 402]\n");
    copy.edit("blocked, invalid_recipient]\n", "blocked, invalid_recipient, permission]\n");
    let built = copy.cargo(&["test", "--lib", "--features", "sandbox", "the_document_allows_are_cut"]);
    let said = String::from_utf8_lossy(&built.stdout);
    assert!(built.status.success(), "{said}{}", String::from_utf8_lossy(&built.stderr));
    assert!(said.contains("1 passed"), "the redaction was not tested:\n{said}");
}

/// An operation needs a handler in the sandbox, a method of the facade, and a subcommand. Forgotten, the first fails
/// the build, and the others the test below.
#[test]
fn an_operation_that_the_sandbox_does_not_handle_stops_the_build_and_says_where() {
    let copy = Copy::new("unhandled");
    copy.edit(
        "  /v1/template-configs:\n",
        r"  /v1/balance:
    get:
      operationId: getBalance
      summary: Show the balance
      x-repeatable: true
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
    let built = copy.cargo(&["check", "--features", "sandbox"]);
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(!built.status.success() && said.contains("src/sandbox/rest/operations.rs"), "{said}");
}

/// A fault is a line of its table, and what it does: without the second, the build stops where that belongs.
#[test]
fn a_fault_is_added_in_its_table_and_where_it_acts() {
    let copy = Copy::new("fault");
    let row = "        \"stall\" => Stall,";
    copy.edit_file(
        "src/sandbox/fault.rs",
        row,
        &format!("        \"hang-up\" => HangUp, \"acted on, and the connection closed\";\n{row}"),
    );
    let built = copy.cargo(&["check", "--features", "sandbox"]);
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(!built.status.success() && said.contains("src/sandbox/rest/mod.rs"), "{said}");

    let arm = "        Some(Fault::LostAnswer) =>";
    copy.edit_file(
        "src/sandbox/rest/mod.rs",
        arm,
        &format!("        Some(Fault::HangUp) => given(act(state), ResponseFault::Lost),\n{arm}"),
    );
    let built = copy.cargo(&["check", "--features", "sandbox"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

#[test]
fn each_operation_has_a_method_of_the_facade_and_a_subcommand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facade = fs::read_to_string(root.join("src/client.rs")).expect("UTF-8");
    let commands = sources(&root.join("src/bin"));
    for operation in engagelab_otp::api::operations::ALL {
        let name = snake_case(operation.id);
        assert!(facade.contains(&format!("pub fn {name}(")), "src/client.rs has no method {name}");
        let called = [format!(".{name}("), format!("::{name})")];
        let is_called = commands.iter().any(|text| called.iter().any(|call| text.contains(call)));
        assert!(is_called, "no subcommand in src/bin/engagelab-otp calls {name}");
    }
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| {
            if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(&path).expect("UTF-8")] }
        })
        .collect()
}

fn snake_case(name: &str) -> String {
    name.chars()
        .flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()]))
        .collect()
}
