//! Peers that nobody here wrote: the npm `smpp` server, and the Python package `smpplib` as a client.
//!
//! They are installed by `.ci/peers-smpp` and looked for in `PEERS_DIR`, by default `target/peers`. Without them these
//! tests say that they were skipped, and with `REQUIRE_PEERS=1` they fail.

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use engagelab_otp::Code;
use engagelab_otp::smpp::{ConnectErrorKind, Credentials, Event, Message, SmppClient, SmppConfig};

use super::loopback::{TIMEOUT, connect, credentials, phone, server, template, to};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The peer's place, if it is installed.
fn installed(peer: &str) -> Option<PathBuf> {
    let peers = env::var_os("PEERS_DIR").map_or_else(|| root().join("target/peers"), PathBuf::from);
    let path = peers.join(peer);
    if path.exists() {
        return Some(path);
    }
    assert!(env::var_os("REQUIRE_PEERS").is_none_or(|value| value != "1"), "{} is missing", path.display());
    eprintln!("SKIPPED: {} is missing; .ci/peers-smpp installs it", path.display());
    None
}

/// A node process that serves until this is dropped, and what it says.
struct NodeServer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    port: String,
}

impl NodeServer {
    fn start() -> Option<Self> {
        let modules = installed("node_modules/smpp")?.parent().map(Path::to_path_buf)?;
        let mut child = Command::new("node")
            .arg(root().join("tests/peers/smpp_server.js"))
            .env("NODE_PATH", modules)
            .env("REPORTS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("readable");
        let port = first.strip_prefix("listening ").expect("its port").to_owned();
        let input = child.stdin.take();
        Some(Self { child, input, lines, port })
    }

    fn config(&self, credentials: Credentials) -> SmppConfig {
        SmppConfig::new(&format!("127.0.0.1:{}", self.port), credentials)
    }

    /// Ends the server, and gives all that it said.
    fn said(mut self) -> Vec<String> {
        drop(self.input.take());
        self.child.wait().expect("it ends with its input");
        self.lines.by_ref().map(|line| line.expect("readable")).collect()
    }
}

#[test]
fn the_npm_server_takes_a_window_of_submissions_and_its_reports_are_matched() {
    let Some(server) = NodeServer::start() else { return };
    let config = server.config(credentials()).window(100).enquire_interval(Duration::from_millis(20));
    let (client, mut events) = connect(&config);
    let messages: Vec<_> = (0..100)
        .map(|number| {
            let code = Code::new(format!("{number:06}")).expect("a code");
            let filled = template("tpl").param("name", "ä".repeat(number * 3));
            Message::code(&phone("+6591234567"), &filled, &code).expect("well formed")
        })
        .collect();
    let accepted: Vec<_> = client.submit_all(messages).map(|result| result.expect("accepted")).collect();
    let mut reported = HashSet::new();
    while reported.len() < 100 {
        let event = events.next_timeout(TIMEOUT).expect("a report for each");
        let Event::Report { submission: Some(submission), report } = event else { panic!("{event:?}") };
        assert!(report.state().is_delivered());
        assert!(reported.insert((submission, report.message_id().expect("an id").to_owned())));
    }
    assert!(accepted.iter().all(|one| reported.contains(&(one.submission, one.message_id.clone()))));
    client.shutdown();
    assert_eq!(events.next(), None);

    let said = server.said();
    let count = |what: &str| said.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(count("bound sandbox_demo"), 1);
    assert_eq!(count("submit "), 100);
    assert_eq!(count("report taken 0"), 100, "every report was answered");
    assert_eq!(count("alive"), 1, "the server's own probe was answered");
    assert_eq!(count("unbind"), 1);
    let submit = said.iter().find(|line| line.contains("000042")).expect("the code arrived");
    let fields: Vec<String> =
        serde_json::from_str(submit.strip_prefix("submit ").expect("such a line")).expect("JSON");
    assert_eq!(fields[1..3], ["CODE", "+6591234567"]);
    let text: serde_json::Value = serde_json::from_str(&fields[3]).expect("the text is JSON over there too");
    assert_eq!(text["params"]["name"], "ä".repeat(126), "from message_payload");
}

#[test]
fn the_npm_server_answers_probes_and_the_link_stays() {
    let Some(server) = NodeServer::start() else { return };
    let config = server.config(credentials()).enquire_interval(Duration::from_millis(20));
    let (client, _events) = connect(&config.enquire_timeout(TIMEOUT));
    let message = to("+6591234567");
    let mut server = server;
    let mut probes = 0;
    while probes < 3 {
        let line = server.lines.next().expect("it goes on").expect("readable");
        probes += usize::from(line == "probe");
    }
    client.submit(&message).expect("accepted");
    client.shutdown();
    assert_eq!(
        server.said().iter().filter(|line| line.starts_with("bound")).count(),
        0,
        "one link was enough"
    );
}

#[test]
fn the_npm_server_drops_a_wrong_password() {
    let Some(server) = NodeServer::start() else { return };
    let wrong = Credentials::new("sandbox_demo", "guess").expect("short");
    let error = SmppClient::connect(&server.config(wrong)).expect_err("dropped");
    assert_eq!(error.kind(), ConnectErrorKind::ClosedDuringBind);
    assert_eq!(server.said(), ["refused sandbox_demo"]);
}

#[test]
fn smpplib_binds_submits_is_reported_to_and_unbinds() {
    let Some(python) = installed("venv/bin/python") else { return };
    let smsc = server();
    let run = |password: &str| {
        Command::new(&python)
            .arg(root().join("tests/peers/smpplib_client.py"))
            .args([&smsc.address().port().to_string(), password])
            .output()
            .expect("python runs")
    };
    let output = run("sandbox");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let record = smsc.record();
    assert_eq!((record.enquire_links, record.unbinds, record.submission_count), (1, 1, 10));
    assert!(smsc.wait_for(TIMEOUT, |record| record.reports_taken == 8));
    let ids: Vec<_> = record.submissions.iter().filter_map(|one| one.answer.clone().ok()).collect();
    assert_eq!(said["ids"], serde_json::json!(ids));
    assert_eq!(said["reported"], serde_json::json!(ids), "by the parameter receipted_message_id");
    assert_eq!(said["statuses"], serde_json::json!([0x32, 0x55]));

    assert!(!run("wrong").status.success(), "a bad bind is dropped");
}

#[test]
fn smpplib_is_understood_in_the_alphabet_that_it_has_by_default() {
    let Some(python) = installed("venv/bin/python") else { return };
    let smsc = server();
    let contents = serde_json::json!([
        { "id": "tpl_1", "code": "482913" },
        { "id": "tpl_1", "language": "zh_CN", "code": "482913", "params": { "name": "Zo\u{e9} @ [caf\u{e9}] ~ {x} \\ | ^ \u{20ac}5" } },
    ]);
    let mut child = Command::new(&python)
        .arg(root().join("tests/peers/smpplib_gsm.py"))
        .arg(smsc.address().port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(contents.to_string().as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ids: Vec<String> = serde_json::from_slice(&output.stdout).expect("JSON");
    let record = smsc.record();
    assert_eq!(record.submissions.len(), 2);
    for ((received, id), sent) in record.submissions.iter().zip(ids).zip(contents.as_array().expect("two")) {
        assert_eq!(received.answer, Ok(id));
        let submission = received.submission.as_ref().expect("readable");
        assert_eq!(submission.recipient, "+6591234567", "by its type of number");
        assert_eq!(Some(submission.template.as_str()), sent["id"].as_str());
        assert_eq!(submission.code.as_deref(), sent["code"].as_str());
        assert_eq!(submission.language.as_deref(), sent["language"].as_str());
        assert_eq!(submission.params.get("name").map(String::as_str), sent["params"]["name"].as_str());
    }
}
