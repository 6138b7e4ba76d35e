//! `--metrics`, as Prometheus reads it.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use engagelab_otp::{Client, Credentials, ErrorCode, TemplateRef};

use super::session::Session;
use crate::sandbox::loopback::exchange;
use crate::sandbox::peers;

/// A program that serves metrics, until the test ends.
struct Serving {
    child: Child,
    /// Where it serves them.
    metrics: SocketAddr,
    /// What it said besides, on standard error.
    said: String,
}

impl Serving {
    /// Starts it, and waits until it has said this.
    fn start(session: &Session, arguments: &[&str], ready: &str) -> Self {
        let mut command = session.command(arguments);
        command.args(["--metrics", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        while !said.contains(ready) || !said.contains("/metrics") {
            assert!(lines.read_line(&mut said).expect("text") > 0, "it ended early: {said}");
        }
        let metrics = said
            .lines()
            .find_map(|line| line.strip_prefix("Metrics on http://")?.strip_suffix("/metrics"))
            .expect("an address")
            .parse()
            .expect("an address");
        Self { child, metrics, said }
    }

    fn scrape(&self) -> String {
        let answer = exchange(self.metrics, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/plain; version=0.0.4"), "{head}");
        body.to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Has Prometheus' own tool read a page.
fn check(page: &str) {
    let promtool = Command::new("promtool").arg("--version").output().is_ok().then_some("promtool");
    let Some(promtool) = peers::found("promtool", promtool) else { return };
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("piped").write_all(page.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}\n{page}");
}

#[test]
fn a_sandbox_serves_what_it_was_asked() {
    let session = Session::start();
    let mut sandbox = Serving::start(&session, &["sandbox", "--no-smpp", "--listen", "127.0.0.1:0"], "");
    let mut out = BufReader::new(sandbox.child.stdout.take().expect("piped"));
    let mut first = String::new();
    out.read_line(&mut first).expect("text");
    let url = first.strip_prefix("REST").expect("the first line").trim();
    let credentials = Credentials::new("sandbox_demo", "sandbox_secret").expect("valid");
    let client = Client::builder(credentials).base_url(url).build().expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+6591234567".parse().expect("valid"), &template).expect("sent");
    let refused = client.send_otp(&"+10000000001".parse().expect("valid"), &template).expect_err("refused");
    assert_eq!(refused.api().map(engagelab_otp::ApiError::code), Some(ErrorCode::InvalidPhoneNumber));
    let page = sandbox.scrape();
    for line in [
        "# TYPE http_server_request_duration_seconds histogram",
        "http_server_request_duration_seconds_count{operation=\"sendOtp\",http_response_status_code=\"200\"} 1",
        "http_server_request_duration_seconds_count{operation=\"sendOtp\",http_response_status_code=\"400\"} 1",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("+65") && !page.contains("sandbox-otp-tpl"), "{page}");
    check(&page);
}

#[test]
fn a_receiver_serves_how_many_callbacks_it_took_and_refused() {
    let session = Session::start();
    let arguments = ["callback", "listen", "--sandbox", "--listen", "127.0.0.1:0"];
    let listening = Serving::start(&session, &arguments, "Listening on");
    let address = listening.said.lines().find_map(|line| line.strip_prefix("Listening on http://"));
    let address = address.expect("an address").parse().expect("an address");
    for body in ["{}", r#"{"total":1,"rows":[{"message_id":"17","status":{"message_status":"delivered"}}]}"#]
    {
        let length = body.len();
        exchange(
            address,
            format!(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .as_bytes(),
        );
    }
    let page = listening.scrape();
    for line in [
        "# TYPE engagelab_callback_requests_total counter",
        "engagelab_callback_requests_total{result=\"address_check\"} 1",
        "engagelab_callback_requests_total{result=\"signature_missing\"} 1",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    check(&page);
}

#[test]
fn metrics_are_served_while_others_are_slow() {
    let session = Session::start();
    let arguments = ["callback", "listen", "--sandbox", "--listen", "127.0.0.1:0"];
    let listening = Serving::start(&session, &arguments, "Listening on");
    let idle: Vec<_> = (0..10).map(|_| TcpStream::connect(listening.metrics).expect("connected")).collect();
    listening.scrape();
    drop(idle);
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("nonsense\r\n\r\n", "405"),
    ] {
        let answer = exchange(listening.metrics, request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
}

#[test]
fn an_address_in_use_is_said_before_anything_is_served() {
    let mut session = Session::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    session.replace(address.clone(), "ADDRESS");
    session.run(&format!("sandbox --metrics {address}"), "");
    session.compare("metrics_busy");
}
