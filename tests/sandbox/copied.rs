//! What is copied from the page does what it says: tests are taken out of it and run, calls as well.
//!
//! `UPDATE_GOLDEN=1 cargo test --features full copied` writes the tests in Rust anew, which are compiled and run with
//! the others from then on; look at what changed.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs, io::Write as _};

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, Credentials, ErrorCode, MessageId, Recipient, TemplateRef};
use serde_json::json;

use super::loopback::{connect, read_message};
use super::peers;
use super::webdriver::Browser;

/// A sandbox and what a test does with it.
struct Stage<'a> {
    sandbox: &'a Sandbox,
    client: Client,
}

impl Stage<'_> {
    fn send(&self, to: &str, template: &str) -> MessageId {
        let template = TemplateRef::new(template).expect("valid");
        self.client.send_otp(&recipient(to), &template).expect("sent").message_id
    }

    fn guess(&self, id: &MessageId, times: usize) {
        let wrong = if self.sandbox.code(id).as_deref() == Some("000000") { "111111" } else { "000000" };
        for _ in 0..times {
            assert!(
                !self.client.verify_otp(id, &Code::new(wrong).expect("valid")).expect("asked").is_verified()
            );
        }
    }

    fn verify(&self, id: &MessageId) {
        let code = Code::new(self.sandbox.code(id).expect("a code")).expect("valid");
        assert!(self.client.verify_otp(id, &code).expect("asked").is_verified());
    }

    fn pass(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds));
    }
}

fn recipient(to: &str) -> Recipient {
    to.parse().expect("valid")
}

/// The kinds of messages: what is done with one, by name. The test of each in Rust is a file of that name.
macro_rules! kinds {
    ($($name:ident: $act:expr;)*) => {
        const KINDS: &[(&str, fn(&Stage<'_>) -> MessageId)] = &[$((stringify!($name), $act),)*];
        $(mod $name { include!(concat!("copied/", stringify!($name), ".rs")); })*
    };
}

kinds! {
    delivered: |stage| {
        let id = stage.send("+6590000001", "sandbox-otp-tpl");
        stage.pass(1);
        id
    };
    not_delivered_yet: |stage| stage.send("+6590000002", "sandbox-otp-tpl");
    verified_after_wrong_codes: |stage| {
        let id = stage.send("+6590000003", "sandbox-otp-tpl");
        stage.guess(&id, 3);
        stage.pass(1);
        stage.guess(&id, 1);
        stage.verify(&id);
        id
    };
    delivered_by_hand: |stage| {
        let id = stage.send("+6590000004", "sandbox-otp-tpl");
        assert!(stage.sandbox.deliver_now(&id));
        stage.verify(&id);
        id
    };
    failed_by_hand: |stage| {
        let id = stage.send("+6590000005", "sandbox-otp-tpl");
        stage.guess(&id, 1);
        assert!(stage.sandbox.fail_now(&id, ErrorCode::HandsetOff));
        stage.pass(10);
        id
    };
    expired_by_hand: |stage| {
        let id = stage.send("+6590000006", "sandbox-otp-tpl");
        stage.pass(1);
        assert!(stage.sandbox.expire_now(&id));
        id
    };
    expired: |stage| {
        let id = stage.send("+6590000007", "sandbox-otp-tpl");
        stage.pass(1);
        stage.guess(&id, 2);
        stage.pass(299);
        id
    };
    falls_back: |stage| {
        let id = stage.send("+10000000004", "sandbox-otp-tpl");
        stage.pass(1);
        stage.guess(&id, 1);
        stage.pass(1);
        stage.verify(&id);
        id
    };
    own_template: |stage| {
        let text = "\"#\u{202e}, }\\ Your code is {{code}}.";
        let sms = json!({"template_type": 2, "template_custom_config": {"custom_sub_type": "authentication", "custom_content": text}});
        stage.sandbox.seed(&json!({"templates": [{
            "template_id": "login",
            "send_channel_strategy": "whatsapp|sms",
            "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
            "whatsapp_config": {"template_type": 1, "template_default_config": {"contain_security": true, "contain_expire": false}},
            "sms_config": sms,
        }]})).expect("seeded");
        let id = stage.send("+6590000008", "login");
        stage.pass(300);
        id
    };
    own_behavior: |stage| {
        stage.sandbox.seed(&json!({"behaviors": {"sandbox-custom-tpl": "failed=5018"}})).expect("seeded");
        let template = TemplateRef::new("sandbox-custom-tpl").expect("valid").param("code", "4711").param("__proto__", "'\"");
        let id = stage.client.send_message(&recipient("+6590000010"), &template).expect("sent").message_id;
        // It is no more: the message remembers it.
        stage.pass(1);
        stage.sandbox.on_template(template.id()).is_as_usual();
        id
    };
    own_code: |stage| {
        let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
        let code = Code::new("A1b2C3").expect("valid");
        let id = stage.client.send_code(&recipient("sandbox@example.com"), &code, &template).expect("sent").message_id;
        stage.pass(1);
        id
    };
    in_another_language: |stage| {
        let template = TemplateRef::new("sandbox-otp-tpl").expect("valid").param("app", "Example");
        let template = template.language(engagelab_otp::Language::new("zh_CN").expect("valid"));
        stage.client.send_otp(&recipient("+10000000005"), &template).expect("sent").message_id
    };
    never_reported: |stage| {
        let id = stage.send("+10000000003", "sandbox-otp-tpl");
        stage.guess(&id, 1);
        stage.verify(&id);
        id
    };
}

/// The test that the page offers of a message, in a language.
fn test_of(browser: &Browser, sandbox: &Sandbox, id: &MessageId, language: &str, begins: &str) -> String {
    browser.open(&format!("{}/#/message/{}", sandbox.url(), id.0));
    browser.wait(&format!("document.querySelector('main').dataset.view === '#/message/{}'", id.0));
    if browser.value("document.querySelector('#test-text') === null") == true {
        browser.click("details[data-key=test] > summary");
    }
    browser.text("#test-text");
    browser.choose("#field-test", language);
    let text = browser.wait(&format!(
        "document.querySelector('#test-text').textContent.startsWith('{begins}') && document.querySelector('#test-text').textContent"
    ));
    text.as_str().expect("a text").to_owned()
}

fn run(program: &str, file: &str, text: &str) -> Option<Output> {
    let folder = env::temp_dir().join(format!("otp-copied-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(file);
    fs::write(&path, text).expect("written");
    let output = Command::new(program).arg(&path).env("ENGAGELAB_SANDBOX_TOKEN", TOKEN).output().ok();
    drop(fs::remove_dir_all(&folder));
    output
}

fn passes(output: &Output) -> bool {
    output.status.success()
}

#[test]
fn a_copied_test_has_the_same_happen_once_more_whatever_happened_to_the_message() {
    let Some(browser) = peers::found("chromedriver", Browser::start()) else { return };
    let sandbox = Sandbox::builder().manual_clock().token(TOKEN).start().expect("started");
    let stage = Stage { sandbox: &sandbox, client: Client::for_sandbox(&sandbox).expect("built") };
    let messages: Vec<_> = KINDS.iter().map(|(name, act)| (*name, act(&stage))).collect();
    browser.resize(1180, 900);
    browser.open(&format!("{}/#token={TOKEN}", sandbox.url()));
    browser.wait("document.querySelector('#live').textContent === 'live'");
    assert_eq!(browser.value("location.href.includes('token')"), false);

    let mut copied = Vec::new();
    for (name, id) in &messages {
        let rust = test_of(&browser, &sandbox, id, "Rust", "use ");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/sandbox/copied/{name}.rs"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &rust).expect("written");
        }
        let golden = fs::read_to_string(&path).expect("a golden file; UPDATE_GOLDEN=1 writes it");
        assert_eq!(rust, golden, "{name} differs; UPDATE_GOLDEN=1 writes it anew");
        let python = test_of(&browser, &sandbox, id, "Python", "import base64");
        let typescript = test_of(&browser, &sandbox, id, "TypeScript", "import assert");
        copied.push((name, python, typescript));
    }
    assert_eq!(browser.complaints(), [""; 0]);
    // They empty the sandbox, and so come last.
    for (name, python, typescript) in &copied {
        assert!(!python.contains(TOKEN) && !typescript.contains(TOKEN), "{name}");
        if let Some(ran) = peers::found("python3", run("python3", "test_copied.py", python)) {
            assert!(passes(&ran), "{name}: {}\n{python}", String::from_utf8_lossy(&ran.stderr));
        }
        if let Some(ran) = peers::found("node", run("node", "copied.mjs", typescript)) {
            assert!(passes(&ran), "{name}: {}\n{typescript}", String::from_utf8_lossy(&ran.stdout));
        }
    }
    // A test that cannot fail is none.
    let (_, python, typescript) = &copied[0];
    for (program, file, text) in [("python3", "test_copied.py", python), ("node", "copied.mjs", typescript)] {
        let other = text.replace("\"delivered sms\"", "\"delivered voice\"");
        assert_ne!(&other, text);
        if let Some(ran) = peers::found(program, run(program, file, &other)) {
            assert!(!passes(&ran), "{other}");
        }
    }
}

/// The call that is copied from the newest request, as a list of words, with variables set.
fn words(browser: &Browser, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
    browser.value("(window.copied = '', navigator.clipboard.writeText = async (text) => { window.copied = text; }, true)");
    browser.expand_first();
    browser.click("main details button[aria-label='Copy as curl']");
    let copied = browser.wait("window.copied");
    let copied = copied.as_str().expect("a text");
    assert!(copied.starts_with("curl "), "{copied}");
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{copied}");
    let mut shell = Command::new("/bin/sh");
    let said = shell.args(["-c", &script]).env_clear().envs(variables.iter().copied());
    let said = said.output().expect("sh runs");
    if !said.status.success() {
        return Err(String::from_utf8(said.stderr).expect("UTF-8"));
    }
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    Ok(said.split_terminator('\0').map(str::to_owned).collect())
}

/// Makes a request, and opens the page that lists it.
fn request(browser: &Browser, sandbox: &Sandbox, path: &str, authorization: &str, body: &str) {
    let mut stream = connect(sandbox.address());
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}");
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).expect("written");
    assert!(read_message(&stream).is_some());
    browser.resize(1180, 900);
    // From the start, so that nothing is open.
    browser.open("data:,");
    browser.open(&format!("{}/#/requests", sandbox.url()));
    browser.wait(
        "document.querySelector('#live').textContent === 'live' && document.querySelector('main details')",
    );
}

/// The header by which the published key is sent.
const DEMO: &str = "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n";

#[test]
fn a_copied_call_runs_nothing_until_what_was_not_kept_is_filled_in() {
    let Some(browser) = peers::found("chromedriver", Browser::start()) else { return };
    let sandbox = Sandbox::start().expect("started");
    let request =
        |path: &str, authorization: &str, body: &str| request(&browser, &sandbox, path, authorization, body);
    let demo = DEMO;
    request(
        "/v1/codes",
        demo,
        r#"{"to": "+6591234567", "code": "398210", "template": {"id": "it's", "params": {"code": "1"}}}"#,
    );
    let refused = words(&browser, &[("CODE", "4711")]).expect_err("CODE_2 is missing");
    assert!(refused.contains("CODE_2") && refused.contains("masked"), "{refused}");
    assert!(
        browser
            .text("main details")
            .contains("To be set in your shell first, since it is masked or not kept: CODE CODE_2")
    );
    let call = words(&browser, &[("CODE", "4711"), ("CODE_2", "2")]).expect("complete");
    assert_eq!(call[..2], ["-u", "sandbox_demo:sandbox_secret"]);
    let body: serde_json::Value = serde_json::from_str(call.last().expect("a body")).expect("JSON");
    assert_eq!(
        body,
        json!({"to": "+6591234567", "code": "4711", "template": {"id": "it's", "params": {"code": "2"}}})
    );

    // The secret that was refused is not known, nor is any secret of a key that is not known.
    request("/v1/messages", "Authorization: Basic c2FuZGJveF9kZW1vOndyb25n\r\n", "{}");
    assert!(words(&browser, &[]).expect_err("SECRET is missing").contains("SECRET"));
    assert_eq!(words(&browser, &[("SECRET", "x'y")]).expect("complete")[..2], ["-u", "sandbox_demo:x'y"]);
    // x:y
    request("/v1/messages", "Authorization: Basic eDp5\r\n", "{}");
    let call = words(&browser, &[("KEY", "x"), ("SECRET", "y")]).expect("complete");
    assert_eq!(call[..2], ["-u", "x:y"]);
    request("/v1/messages", "", "{}");
    assert!(!words(&browser, &[]).expect("complete").contains(&"-u".to_owned()));
    request("/v1/messages", &format!("{demo}X-Sandbox-Fault: error=5016\r\n"), "{}");
    assert!(words(&browser, &[]).expect("complete").contains(&"X-Sandbox-Fault: error=5016".to_owned()));

    request("/v1/messages", &format!("{demo}X-Sandbox-Fault: gremlins\r\n"), "{}");
    assert!(words(&browser, &[]).expect_err("FAULT is missing").contains("FAULT"));
    let call = words(&browser, &[("FAULT", "gremlins")]).expect("complete");
    assert!(call.contains(&"X-Sandbox-Fault: gremlins".to_owned()), "{call:?}");

    // What curl would send otherwise than it was sent is not offered.
    let mut stream = connect(sandbox.address());
    stream.write_all(b"GET /v1/messages HTTP/1.1\r\nHost: example.com\r\n\r\n").expect("written");
    assert!(read_message(&stream).is_some());
    browser.wait("document.querySelector('main details').innerText.includes('421')");
    browser.expand_first();
    assert!(browser.text("main details").contains("refused for Host, which is not kept"));
    assert_eq!(
        browser.value("document.querySelector(\"main details\").innerText.includes('Copy as curl')"),
        false
    );
    for (body, said) in
        [(format!("{{\"to\": \"{}\"}}", "x".repeat(5000)), "too long"), ("code=398210".to_owned(), "no JSON")]
    {
        request("/v1/messages", demo, &body);
        browser.expand_first();
        assert!(browser.text("main details").contains(said));
        assert_eq!(
            browser.value("document.querySelector(\"button[aria-label='Copy as curl']\")"),
            json!(null)
        );
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn each_value_that_is_masked_is_a_variable_called_as_its_field_is_and_keeps_its_type() {
    let Some(browser) = peers::found("chromedriver", Browser::start()) else { return };
    let sandbox = Sandbox::start().expect("started");
    let request = |path: &str, body: &str| request(&browser, &sandbox, path, DEMO, body);
    request("/v1/verifications", r#"{"message_id": "1725407449772531712", "verify_code": 398210}"#);
    let call = words(&browser, &[("VERIFY_CODE", "398210")]).expect("complete");
    let body: serde_json::Value = serde_json::from_str(call.last().expect("a body")).expect("JSON");
    assert_eq!(body, json!({"message_id": "1725407449772531712", "verify_code": 398_210}), "a number");
    request(
        "/v1/custom-messages",
        r#"{"to": ["+6591234567"], "template": {"id": "a \" b", "params": {"order no.": "it's 1", "login": "398210", "pin": 42,
            "path": "398210", "398211": "x", "list": ["398212", {"otp": 1.5}]}}}"#,
    );
    let variables = [
        ("LOGIN", "398210"),
        ("PIN", "42"),
        ("VALUE_PATH", "398213"),
        ("NAME", "398211"),
        ("LIST", "398212"),
        ("OTP", "1.5"),
    ];
    for missing in 0..variables.len() {
        let mut others = variables.to_vec();
        let (name, _) = others.remove(missing);
        assert!(words(&browser, &others).expect_err("one is missing").contains(name), "{name}");
    }
    let call = words(&browser, &variables).expect("complete");
    let body: serde_json::Value = serde_json::from_str(call.last().expect("a body")).expect("JSON");
    let params = json!({"order no.": "it's 1", "login": "398210", "pin": 42, "path": "398213", "398211": "x",
        "list": ["398212", {"otp": 1.5}]});
    assert_eq!(body, json!({"to": ["+6591234567"], "template": {"id": "a \" b", "params": params}}));
    request("/v1/messages/+6591234567/x?to=%2B6591234567&wait=2", "{}");
    let call = words(&browser, &[("PATH_PART", "+6591234567"), ("TO", "%2B6591234567")]).expect("complete");
    let address = format!("{}/v1/messages/+6591234567/x?to=%2B6591234567&wait=2", sandbox.url());
    assert!(call.contains(&address), "{call:?}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_first_call_is_made_as_it_is_copied_whatever_key_and_secret_hold() {
    let Some(browser) = peers::found("chromedriver", Browser::start()) else { return };
    let secret = "s \"`\u{e9}'";
    let own = Credentials::new("k'$(x)\\", secret).expect("valid");
    for credentials in [None, Some(own)] {
        let is_own = credentials.is_some();
        let builder = Sandbox::builder();
        let sandbox = match credentials {
            Some(own) => builder.credentials(own),
            None => builder,
        };
        let sandbox = sandbox.start().expect("started");
        browser.open(&sandbox.url());
        let run = |program: &str, text: &str, secret: Option<&str>| {
            let mut command = Command::new(program);
            command.args(["-c", text]).env_remove("ENGAGELAB_DEV_SECRET");
            command.envs(secret.map(|secret| ("ENGAGELAB_DEV_SECRET", secret))).output().ok()
        };
        let environment = is_own.then_some(secret);
        for (language, program, begins) in [("curl", "sh", "curl"), ("Python", "python3", "import")] {
            let before = sandbox.requests().len();
            // A recipient for each, since the code before still counts.
            browser.fill("#field-to", &format!("+659000000{before}"));
            browser.choose("#field-snippet", language);
            let call = browser.wait(&format!(
                "document.querySelector('#snippet').textContent.startsWith('{begins}') && document.querySelector('#snippet').textContent.includes('+659000000{before}') && document.querySelector('#snippet').textContent"
            ));
            let call = call.as_str().expect("a text");
            let Some(ran) = peers::found(program, run(program, call, environment)) else { continue };
            let said = String::from_utf8_lossy(&ran.stdout);
            assert!(said.contains("message_id"), "{call}: {said} {}", String::from_utf8_lossy(&ran.stderr));
            assert_eq!(sandbox.requests().len(), before + 1);
            // Without the secret nothing is sent.
            if is_own {
                assert!(!run(program, call, None).is_some_and(|ran| passes(&ran)), "{call}");
                assert_eq!(sandbox.requests().len(), before + 1);
            }
        }
        // What programs read from the environment is what the shell makes of these lines.
        let lines = browser.text("#environment");
        let script = format!("{lines}\nprintf '%s %s' \"$ENGAGELAB_DEV_KEY\" \"$ENGAGELAB_DEV_SECRET\"");
        let said = run("sh", &script, environment).expect("sh runs").stdout;
        let keys = sandbox.credentials();
        assert_eq!(String::from_utf8(said).expect("UTF-8"), format!("{} {}", keys.key(), keys.secret()));
        assert!(!browser.text("body").contains(secret));
    }
}

const TOKEN: &str = "t0ken+/=";
