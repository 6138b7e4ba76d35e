//! Callbacks: signed, checked and received.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use engagelab_otp::sandbox::{CallbackFault, Sandbox};
use engagelab_otp::{Client, TemplateRef};

use super::session::{Session, feed};
use crate::sandbox::loopback::{BUSY, CallbackServer, OK, TIMEOUT};

#[test]
fn a_signature_is_made_and_checked() {
    let mut session = Session::start();
    session.run("callback sign --sandbox --at 1791763200 --nonce n1", "");
    let json = session.run("callback sign --sandbox --at 1791763200 --nonce n1 --output json", "");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let value = json["value"].as_str().expect("a value");
    let body = r#"{"total":1,"rows":[{"message_id":"17","status":{"message_status":"delivered"}}]}"#;
    let check = format!("callback verify --sandbox --signature {value}");
    session.run(&format!("{check} --at 1791763210"), body);
    session.run(&format!("{check} --at 1791763210 --output json"), body);
    session.run(&format!("{check} --at 1791763900"), body);
    session.run(&format!("{check} --at 1791763900 --output json"), body);
    session.run(&format!("{check} --at 1791763210"), "no JSON");
    session.run(&format!("{check} --at 1791763210"), "{}");
    session.run(&format!("{check} --at 1791763900"), "{}");
    session.run("callback sign --sandbox --output json --nonce ;", "");
    session.run(&format!("{check}0 --at 1791763210"), body);
    let forged = value.replace("nonce=n1", "nonce=n2");
    session.run(&format!("callback verify --sandbox --signature {forged} --at 1791763210"), body);
    let header = format!("x-callback-id: {value}");
    let words = ["callback", "verify", "--sandbox", "--at", "1791763210", "--signature", &header];
    let output = feed(&mut session.command(&words), body.as_bytes());
    session.record("callback verify --sandbox --signature 'x-callback-id: …' --at 1791763210", &output);
    session.compare("signatures");
}

#[test]
fn a_random_nonce_differs_each_time() {
    let session = Session::start();
    let sign = || feed(&mut session.command(&["callback", "sign", "--sandbox"]), b"").stdout;
    assert_ne!(sign(), sign());
}

/// `callback listen`, under way.
pub(super) struct Listening {
    pub(super) child: Child,
    pub(super) url: String,
    said: BufReader<std::process::ChildStderr>,
    first_line: String,
}

impl Listening {
    pub(super) fn start(session: &Session, arguments: &[&str]) -> Self {
        let mut command = session.command(&["callback", "listen", "--sandbox", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        Self::spawn(command)
    }

    pub(super) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut said = BufReader::new(child.stderr.take().expect("piped"));
        let mut first_line = String::new();
        said.read_line(&mut first_line).expect("text");
        let (_, url) = first_line.split_once("Listening on ").expect("an address");
        let url = url.trim_end_matches(['"', '}', '\n']).to_owned();
        // What it checks is said before anything comes.
        said.read_line(&mut first_line).expect("text");
        Self { child, url, said, first_line }
    }

    /// What it printed until it ended by itself.
    pub(super) fn finish(mut self) -> Output {
        let mut error = self.first_line.clone();
        self.said.read_to_string(&mut error).expect("text");
        let mut out = Vec::new();
        self.child.stdout.take().expect("piped").read_to_end(&mut out).expect("read");
        let status = self.child.wait().expect("it ends");
        Output { status, stdout: out, stderr: error.into_bytes() }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A sandbox whose clock is that of this machine, and that posts there.
fn posting_to(url: &str) -> Sandbox {
    Sandbox::builder().callback_url(url).expect("a URL").start().expect("a sandbox")
}

/// Sends to somebody who gets it at once.
fn send(sandbox: &Sandbox) {
    let client = Client::for_sandbox(sandbox).expect("a client");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+10000000010".parse().expect("valid"), &template).expect("sent");
}

#[test]
fn events_are_printed_as_they_come_and_handed_on_as_they_came() {
    let mut session = Session::start();
    for (format, name) in [("text", "text"), ("json", "JSON Lines")] {
        let local = CallbackServer::start();
        local.answer(OK);
        let target = local.url();
        let listening =
            Listening::start(&session, &["--count", "1", "--output", format, "--forward-to", &target]);
        let url = listening.url.clone();
        let sandbox = posting_to(&url);
        assert!(sandbox.wait_idle(TIMEOUT), "the address check is answered");
        send(&sandbox);
        let output = listening.finish();
        let handed_on = local.next();
        assert!(
            handed_on.header("x-callback-id").is_some_and(|value| value.contains("username=sandbox_demo"))
        );
        assert_eq!(handed_on.header("content-type"), Some("application/json"));
        let posted = sandbox.callbacks().into_iter().map(|callback| callback.body).collect::<Vec<_>>();
        assert!(posted.contains(&handed_on.body), "{posted:?}");
        let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        if format == "json" {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("JSON");
            }
        }
        session.record(&format!("callback listen --count 1 --forward-to LOCAL   # as {name}"), &output);
    }
    session.compare("listen");
}

#[test]
fn a_local_receiver_that_fails_has_the_callback_come_again() {
    let mut session = Session::start();
    let local = CallbackServer::start();
    local.answer(BUSY);
    let target = local.url();
    let listening = Listening::start(&session, &["--count", "1", "--forward-to", &target]);
    let sandbox = posting_to(&listening.url);
    assert!(sandbox.wait_idle(TIMEOUT));
    send(&sandbox);
    let output = listening.finish();
    assert!(sandbox.wait_for(Duration::from_secs(20), |sandbox| {
        sandbox
            .callbacks()
            .iter()
            .flat_map(|callback| &callback.attempts)
            .any(|attempt| !attempt.answer.is_ok())
    }));
    session.record("callback listen --count 1 --forward-to LOCAL   # which answers 503", &output);
    session.compare("listen_busy");
}

#[test]
fn what_is_not_genuine_is_refused_and_not_printed() {
    let mut session = Session::start();
    let listening = Listening::start(&session, &["--count", "1"]);
    let sandbox = posting_to(&listening.url);
    assert!(sandbox.wait_idle(TIMEOUT));
    sandbox.set_callback_fault(Some(CallbackFault::Forged));
    send(&sandbox);
    assert!(sandbox.wait_for(TIMEOUT, |sandbox| {
        sandbox
            .callbacks()
            .iter()
            .flat_map(|callback| &callback.attempts)
            .any(|attempt| !attempt.answer.is_ok())
    }));
    sandbox.set_callback_fault(None);
    drop(sandbox);
    let honest = posting_to(&listening.url);
    send(&honest);
    let output = listening.finish();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Refused with 401: the signature is wrong"), "{said}");
    assert_eq!(output.status.code(), Some(0));
    session.record("callback listen --count 1", &output);
}
