//! The JSON below the console's page.

use std::io::{Read as _, Write as _};

use engagelab_otp::Client;
use engagelab_otp::sandbox::{CallbackFault, Fault, Sandbox};
use engagelab_otp::smpp::smsc::Faults;
use serde_json::{Value, json};

use super::loopback::{CallbackServer, connect, exchange};

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> String {
    let body = body.to_string();
    let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    exchange(sandbox.address(), request.as_bytes())
}

fn value(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn every_answer_forbids_what_the_page_does_not_need() {
    let sandbox = Sandbox::start().expect("started");
    for path in ["/", "/console/state", "/console/no-such"] {
        let answer = ask(&sandbox, "GET", path, &Value::Null);
        for header in [
            "Content-Security-Policy: default-src 'none'; script-src 'sha256-",
            "frame-ancestors 'none'",
            "X-Content-Type-Options: nosniff",
            "Cross-Origin-Resource-Policy: same-origin",
            "Cache-Control: no-store",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}");
        }
        assert!(!answer.contains("Access-Control-Allow"), "{path}");
    }
}

#[test]
fn faults_are_switched_on_and_off() {
    let server = CallbackServer::start();
    let builder = Sandbox::builder().smpp_listen("127.0.0.1:0".parse().expect("an address"));
    let sandbox = builder.callback_url(server.url()).expect("a URL").start().expect("started");
    let switch = |faults: Value| ask(&sandbox, "POST", "/console/faults", &faults);
    value(&switch(json!({"api": "rate-limited=7", "callbacks": "late=5", "smpp": "throttle"})));
    let state = || value(&ask(&sandbox, "GET", "/console/state", &Value::Null));
    let on = state();
    assert_eq!(
        on["api"]["fault"],
        Fault::RateLimited { retry_after: std::time::Duration::from_secs(7) }.to_string()
    );
    assert_eq!(
        on["callbacks"]["fault"],
        CallbackFault::Late { by: std::time::Duration::from_secs(5) }.to_string()
    );
    assert_eq!(on["smpp"]["fault"], "throttle");
    assert_eq!(sandbox.smsc().expect("SMPP is on").faults().throttle, 10);

    value(&switch(json!({"api": "", "callbacks": "", "smpp": ""})));
    let off = state();
    let kinds = ["api", "callbacks", "smpp"];
    assert!(kinds.iter().all(|kind| off[kind]["fault"].is_null()), "{off}");
    assert_eq!(sandbox.smsc().expect("SMPP is on").faults(), Faults::default());
    assert!(switch(json!({"smpp": "gremlins"})).starts_with("HTTP/1.1 400 "));

    value(&switch(json!({"api": "html-error", "times": 1})));
    assert_eq!(state()["api"]["in_store"], 1);
    let client = Client::for_sandbox(&sandbox).expect("built");
    // The first is asked again by itself, since a list may be.
    assert!(client.list_templates().is_ok());
    assert_eq!(state()["api"]["in_store"], 0);
}

#[test]
fn a_call_is_made_as_if_from_outside_and_says_what_came_of_it() {
    let sandbox = Sandbox::start().expect("started");
    let call = |key: &str, fault: Option<&str>| {
        let body = json!({"to": "+6591234567", "template": {"id": "sandbox-otp-tpl"}});
        let call =
            json!({"key": key, "method": "POST", "path": "/v1/messages", "body": body, "fault": fault});
        value(&ask(&sandbox, "POST", "/console/call", &call))
    };
    assert_eq!(call("nobody", None)["body"]["code"], 2001);
    assert!(call("sandbox_demo", Some("lost-answer"))["unanswered"].is_string());
    assert_eq!(call("sandbox_demo", None)["body"]["code"], 3004, "the one whose answer was lost lives");
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn whoever_watches_hears_of_changes_and_of_the_end() {
    let sandbox = Sandbox::start().expect("started");
    let seen = value(&ask(&sandbox, "GET", "/console/state", &Value::Null))["version"].clone();
    let address = sandbox.address();
    let watch = move |version: u64| {
        let request = format!(
            "GET /console/changes?since={version} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        // It asks before anything else happens; only the waiting is another thread's.
        let mut stream = connect(address);
        stream.write_all(request.as_bytes()).expect("written");
        std::thread::spawn(move || {
            let mut answer = String::new();
            // A reset counts as an end as well.
            drop(stream.read_to_string(&mut answer));
            answer
        })
    };
    let watching = watch(seen.as_u64().expect("a number"));
    sandbox.fail_next(engagelab_otp::ErrorCode::Internal);
    let now = value(&watching.join().expect("answered"))["version"].as_u64().expect("a number");
    assert!(now > seen.as_u64().expect("a number"));
    let watching = watch(now);
    drop(sandbox);
    // An answer, or none: but an end.
    drop(watching.join().expect("ended"));
}
