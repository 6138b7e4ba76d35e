//! The vendor's Python SDK believes what we sign, and we believe what it would.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::{CallbackRequest, Delivery, Detail, Event, Receiver, Server, Signer};
use serde::{Deserialize, Serialize};

use super::fixture::{DELIVERED, NOW, SECRET, USER, at};
use crate::sandbox::loopback::exchange;

const SCRIPT: &str = include_str!("peer.py");

#[derive(Serialize)]
struct Asked {
    user: String,
    secret: String,
    now: u64,
    nonce: String,
    header: String,
    body: String,
}

#[derive(Deserialize)]
struct Answered {
    verified: bool,
    /// Kind, message and what happened.
    events: Vec<(String, String, String)>,
    signed: String,
}

/// The Python that has the SDK, if it is installed. `.ci/peers-callback` installs it.
fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let peers = env::var_os("PEERS_DIR").map_or_else(|| "target/peers".into(), PathBuf::from);
    let python = root.join(peers).join("venv/bin/python");
    let installed = Command::new(&python).args(["-c", "import engagelab_otp"]).output();
    if installed.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let required = env::var_os("REQUIRE_PEERS").is_some_and(|required| required == "1");
    assert!(!required, "REQUIRE_PEERS=1, and {} has no engagelab_otp", python.display());
    // Not by `eprintln!`, which is swallowed when a test passes.
    let notice = "SKIPPED: the vendor's SDK is not installed; run .ci/peers-callback";
    writeln!(std::io::stderr(), "\n{notice}\n").expect("standard error is open");
    None
}

fn ask(python: &Path, asked: &[Asked]) -> Vec<Answered> {
    let mut peer = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the peer starts");
    let questions = serde_json::to_vec(asked).expect("questions are JSON");
    peer.stdin.take().expect("piped").write_all(&questions).expect("the peer reads");
    let output = peer.wait_with_output().expect("the peer ends");
    assert!(output.status.success(), "the peer failed");
    serde_json::from_slice(&output.stdout).expect("answers are JSON")
}

/// An event in the SDK's words.
fn in_its_words(event: &Event) -> (String, String, String) {
    let (kind, what) = match event.detail() {
        Detail::Status(status) => {
            ("message_status", status.message_status().map(|status| status.to_string()))
        }
        Detail::Notification(notification) => {
            ("notification", notification.event.as_ref().map(ToString::to_string))
        }
        Detail::Response(response) => ("uplink", response.event.as_ref().map(ToString::to_string)),
        Detail::System(system) => ("system_event", system.event.as_ref().map(ToString::to_string)),
        _ => panic!("the SDK drops these"),
    };
    let id = event.message_id().map(ToString::to_string).unwrap_or_default();
    (kind.to_owned(), id, what.unwrap_or_default())
}

#[test]
fn the_vendors_sdk_and_we_believe_each_other() {
    let Some(python) = python() else { return };
    let body = r#"{"total":4,"rows":[
        {"message_id":"17","status":{"message_status":"delivered_failed","error_code":5018}},
        {"notification":{"event":"insufficient_balance","notification_data":{}}},
        {"message_id":"18","response":{"event":"uplink_message","response_data":{"body":"STOP"}}},
        {"system_event":{"event":"api_call","data":{"api_call":{"method":"POST"}}}}]}"#;
    let long = "s".repeat(200);
    let shops = [
        ("shop", "correct horse battery staple", "k2f8r1"),
        ("sandbox_demo", "sandbox_webhook_secret", "0"),
        ("a=b", "schlüssel", "azJmOHIx=="),
        ("1", long.as_str(), "1791763200"),
    ];
    let mut asked = Vec::new();
    for (user, secret, nonce) in shops {
        let signer = Signer::new(user, secret).expect("valid");
        let header = signer.header(at(NOW), nonce).expect("valid");
        let forged = Signer::new(user, "another").expect("valid").header(at(NOW), nonce).expect("valid");
        let old = signer.header(at(NOW - 301), nonce).expect("valid");
        for header in [
            header.clone(),
            forged,
            old,
            header.replace("nonce=", "nonce=x"),
            header.replace("username=", "username=x"),
        ] {
            let [user, secret, nonce] = [user, secret, nonce].map(ToOwned::to_owned);
            asked.push(Asked { user, secret, now: NOW, nonce, header, body: body.to_owned() });
        }
    }
    let answered = ask(&python, &asked);
    assert_eq!(answered.len(), asked.len());
    for (asked, answered) in asked.iter().zip(&answered) {
        let receiver = || {
            let builder = Receiver::builder().secret(&asked.user, &asked.secret).expect("valid");
            builder.build().expect("configured")
        };
        let receive = |header: &str| {
            receiver().receive_at(
                &CallbackRequest::new(asked.body.as_bytes()).with_signature(Some(header)),
                at(NOW),
            )
        };
        assert_eq!(receive(&asked.header).is_ok(), answered.verified, "{}", asked.header);
        let Ok(Delivery::Events(batch)) = receive(&answered.signed) else {
            panic!("the SDK believes {}", answered.signed);
        };
        let ours: Vec<_> = batch.events().iter().map(in_its_words).collect();
        assert_eq!(ours, answered.events);
    }
    assert_eq!(answered.iter().filter(|answered| answered.verified).count(), shops.len());
}

#[test]
fn the_server_takes_what_the_vendors_sdk_believes_once_and_with_that_body_alone() {
    let Some(python) = python() else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let ask_for = |secret: &str, nonce: &str| Asked {
        user: USER.to_owned(),
        secret: secret.to_owned(),
        now,
        nonce: nonce.to_owned(),
        header: String::new(),
        body: DELIVERED.to_owned(),
    };
    let answered = ask(&python, &[ask_for(SECRET, "k2f8r1"), ask_for("another", "k2f8r2")]);
    let [genuine, forged] = &answered[..] else { panic!("two answers") };

    let (sender, events) = mpsc::channel();
    let receiver = Receiver::builder().secret(USER, SECRET).expect("valid").build().expect("configured");
    let server = Server::builder(receiver).start("127.0.0.1:0", move |callback| {
        for event in callback.events() {
            sender.send(in_its_words(event)).expect("the test listens");
        }
        Ok(())
    });
    let server = server.expect("started");
    let post = |signature: &str, body: &str| {
        let length = body.len();
        let head = format!(
            "POST /callback HTTP/1.1\r\nHost: h\r\nX-CALLBACK-ID: {signature}\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        let answer = exchange(server.address(), (head + body).as_bytes());
        answer.split(' ').nth(1).expect("a status").to_owned()
    };
    assert_eq!(post(&forged.signed, DELIVERED), "401");
    assert_eq!(post(&genuine.signed, DELIVERED), "200");
    assert_eq!(post(&genuine.signed, DELIVERED), "200", "a duplicate");
    assert_eq!(post(&genuine.signed, &DELIVERED.replace("17", "18")), "403");
    drop(server);
    assert_eq!(events.iter().collect::<Vec<_>>(), genuine.events);
}
