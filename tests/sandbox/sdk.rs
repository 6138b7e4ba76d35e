//! The vendor's Python SDK, pointed at the sandbox.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use engagelab_otp::ErrorCode;
use engagelab_otp::sandbox::{CallbackFault, DeliveryResponse, Fault, SampleEvent, Sandbox};
use serde_json::{Value, json};

use super::loopback::TIMEOUT;
use super::peers;

struct Sdk {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Sdk {
    fn start() -> Option<Self> {
        let python = peers::folder().join("venv/bin/python");
        let installed = Command::new(&python).args(["-c", "import engagelab_otp, flask"]).output();
        let installed = installed.is_ok_and(|output| output.status.success());
        peers::found("the vendor's SDK", installed.then_some(()))?;
        let mut process = Command::new(python)
            .args(["-c", include_str!("sdk.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SDK's Python starts");
        let questions = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Some(Self { process, questions, answers })
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the SDK answers");
        serde_json::from_str(&line).expect("the SDK's answer is JSON")
    }

    #[allow(clippy::needless_pass_by_value, reason = "each question is made where it is asked")]
    fn ask(&mut self, question: Value) -> Value {
        writeln!(self.questions, "{question}").expect("the SDK listens");
        self.answer()
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The SDK, and a sandbox that reports to its receiver.
fn start() -> Option<(Sdk, Sandbox)> {
    let mut sdk = Sdk::start()?;
    let told = sdk.answer();
    let url = |name: &str| told[name].as_str().expect("an address").to_owned();
    // The SDK looks at the machine's clock, so that time must be the sandbox's too.
    let builder = Sandbox::builder().callback_url(url("receiver")).expect("a URL");
    let sandbox = builder.callback_url(url("flask_view")).expect("a URL").start().expect("started");
    sdk.ask(json!({"url": sandbox.url()}));
    Some((sdk, sandbox))
}

#[test]
fn the_vendors_sdk_sends_and_verifies() {
    let Some((mut sdk, sandbox)) = start() else { return };
    let sent = sdk.ask(json!({"send": "+10000000005"}));
    assert_eq!(sent["send_channel"], "sms");
    let id = sent["message_id"].as_str().expect("an id").to_owned();
    assert_eq!(sandbox.messages()[0].id.0, id);
    let mut verify = |code: &str| sdk.ask(json!({"verify": id, "code": code}));
    assert_eq!(verify("000000")["verified"], false);
    assert_eq!(verify("123456")["verified"], true);
    assert_eq!(verify("123456"), json!({"code": 3003, "status": 400, "retryable": false}));
    let own = sdk.ask(json!({"send_custom": "sandbox@example.com"}));
    assert_eq!(own["send_channel"], "email");
    // The service takes a list here, and the SDK sends one; the document leaves it out.
    let before = sandbox.messages().len();
    let several = sdk.ask(json!({"send_custom": ["+6591234567", "+6591234568"]}));
    assert_eq!(several["message_id"], json!(sandbox.messages()[before].id));
    let to: Vec<String> = sandbox.messages().into_iter().skip(before).map(|message| message.to).collect();
    assert_eq!(to, ["+6591234567", "+6591234568"]);
    let refused = sdk.ask(json!({"send_custom": ["+6591234569", "+10000000011"]}));
    assert_eq!(refused, json!({"code": 5013, "status": 400, "retryable": false}));
    assert_eq!(sandbox.messages().len(), before + 2, "all or none");
}

#[test]
fn the_vendors_sdk_sends_parameters_and_languages() {
    let Some((mut sdk, sandbox)) = start() else { return };
    let sent = sdk.ask(json!({"send": "+6591234567", "params": {"app": "<Ä>"}, "language": "zh_CN"}));
    assert_eq!(sent["send_channel"], "sms");
    let sent = sdk.ask(json!({"send_custom": "+6591234567", "params": {"code": "77", "app": "x"}}));
    assert_eq!(sent["send_channel"], "sms");
    let messages = sandbox.messages();
    assert_eq!(messages[0].params.get("app").map(String::as_str), Some("<Ä>"));
    assert_eq!((messages[1].code.as_deref(), messages[1].params.len()), (Some("77"), 2));
    let refused = sdk.ask(json!({"send": "+6591234568", "language": "klingon"}));
    assert_eq!(refused, json!({"code": 3002, "status": 400, "retryable": false}));
}

#[test]
fn the_vendors_sdk_understands_refusals() {
    let Some((mut sdk, sandbox)) = start() else { return };
    for (to, code) in [
        ("+10000000001", 5011),
        ("+10000000011", 5013),
        ("+10000000012", 5019),
        ("+10000000099", 3004),
        ("x", 5011),
    ] {
        let refused = json!({"code": code, "status": 400, "retryable": false});
        assert_eq!(sdk.ask(json!({"send": to})), refused, "{to}");
    }
    let retryable = |code: i64, status: u16| json!({"code": code, "status": status, "retryable": true});
    for (fault, refused) in [
        (Fault::Error { code: ErrorCode::Internal }, retryable(1000, 500)),
        (Fault::Error { code: ErrorCode::from(5016) }, retryable(5016, 400)),
        (Fault::RateLimited { retry_after: Duration::from_secs(1) }, retryable(3004, 429)),
        (Fault::HtmlError, retryable(0, 500)),
    ] {
        sandbox.inject(fault, 1);
        assert_eq!(sdk.ask(json!({"send": "+6591234567"})), refused, "{fault}");
    }
    let unknown = sdk.ask(json!({"send": "+6591234567", "template": "no-such"}));
    assert_eq!(unknown, json!({"code": 4001, "status": 400, "retryable": false}));
    let stranger = sdk.ask(json!({"stranger": "+6591234567"}));
    assert_eq!(stranger, json!({"code": 2001, "status": 401, "retryable": false}));
}

#[test]
fn the_vendors_sdk_believes_the_sandboxes_callbacks() {
    let Some((mut sdk, sandbox)) = start() else { return };
    sdk.ask(json!({"send": "+10000000010"}));
    for event in [SampleEvent::InsufficientBalance, SampleEvent::UplinkMessage, SampleEvent::AccountLogin] {
        sandbox.emit(event);
    }
    sandbox.set_callback_fault(Some(CallbackFault::Forged));
    sandbox.emit(SampleEvent::ApiCall);
    assert!(sandbox.wait_idle(TIMEOUT));
    let all = sdk.ask(json!({}));
    let received = &all["received"];
    let told: Vec<&Value> = received.as_array().expect("a list").iter().map(|one| &one["told"]).collect();
    let statuses = json!(["plan", "target_valid", "sent", "delivered"]);
    let expected = [
        &json!([]),
        &statuses,
        &json!(["insufficient_balance"]),
        &json!(["uplink_message"]),
        &json!(["account_login"]),
        &json!(["signature mismatch"]),
    ];
    assert_eq!(told, expected);
    let kinds: Vec<&Value> = (2..5).map(|index| &received[index]["kinds"][0]).collect();
    assert_eq!(kinds, ["notification", "uplink", "system_event"]);
    assert_eq!(received[5]["verified"], false);
    // The SDK's view for Flask hands over the same events, and answers a forged callback with 401.
    let handled = all["handled"].as_array().expect("a list");
    let told: Vec<&Value> = handled.iter().map(|one| one.get("status").unwrap_or(&one["event"])).collect();
    let events = ["insufficient_balance", "uplink_message", "account_login"].map(|event| json!(event));
    assert_eq!(told, statuses.as_array().expect("a list").iter().chain(&events).collect::<Vec<_>>());
    let delivered = &handled[3];
    assert_eq!((&delivered["is_terminal"], &delivered["to"]), (&json!(true), &json!("+10000000010")));
    assert_eq!(delivered["current_send_channel"], "sms");
    assert_eq!(delivered["template_key"], "sandbox-otp-tpl");
    let last = sandbox.callbacks().pop().expect("made");
    assert!(last.url.ends_with("/webhook"), "{}", last.url);
    let answered = last.attempts.last().map(|attempt| &attempt.answer);
    assert!(matches!(answered, Some(DeliveryResponse::Status { status: 401, .. })), "{answered:?}");
}
