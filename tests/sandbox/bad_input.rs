//! Clients that mean no good, or know no better.

use std::io::{Read, Write};
use std::net::TcpStream;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, TemplateRef};

use super::loopback::{connect, exchange};

fn works(sandbox: &Sandbox) -> bool {
    Client::for_sandbox(sandbox).expect("built").list_templates().is_ok()
}

fn status(sandbox: &Sandbox, request: &str) -> String {
    let answer = exchange(sandbox.address(), request.as_bytes());
    answer.split(' ').nth(1).unwrap_or("closed").to_owned()
}

#[test]
fn bodies_of_ten_megabytes_are_refused_and_not_read_into_memory() {
    let sandbox = Sandbox::start().expect("started");
    let length = 10 * 1024 * 1024;
    let mut stream = connect(sandbox.address());
    let head = format!("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("written");
    // The sandbox may close before all is written.
    drop(stream.write_all(&vec![b' '; length]));
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");
    assert!(works(&sandbox));
}

#[test]
fn slow_and_silent_clients_shut_out_only_each_other() {
    let sandbox = Sandbox::start().expect("started");
    let open = || -> TcpStream {
        let mut stream = connect(sandbox.address());
        // Half a head, and never the rest; those closed to make room may fail here.
        drop(stream.write_all(b"POST /v1/messages HTTP/1.1\r\nHost: loc"));
        stream
    };
    let crowd: Vec<TcpStream> = (0..3_000).map(|_| open()).collect();
    for _ in 0..20 {
        assert!(works(&sandbox));
    }
    drop(crowd);
    assert!(works(&sandbox));
}

#[test]
fn paths_lead_nowhere_but_to_what_there_is() {
    let sandbox = Sandbox::start().expect("started");
    for path in [
        "/../../etc/passwd",
        "/sandbox/../../etc/passwd",
        "/sandbox/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/sandbox/page.html",
        "/sandbox/",
        "/sandbox",
        "/console/state",
        "/index.html",
        "/%00",
        "/v1",
        "/v1/messages/",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&sandbox, &request), "404", "{path}");
    }
}

#[test]
fn wrong_methods_are_refused() {
    let sandbox = Sandbox::start().expect("started");
    let ask = |method: &str, path: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let rest = "Content-Type: application/json\r\nAuthorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n\r\n";
        status(&sandbox, &format!("{head}{rest}"))
    };
    for (method, path) in [
        ("DELETE", "/v1/messages"),
        ("PUT", "/v1/template-configs/sandbox-otp-tpl"),
        ("POST", "/"),
        ("DELETE", "/sandbox/callbacks"),
        ("OPTIONS", "/sandbox/callbacks"),
    ] {
        assert_eq!(ask(method, path), "405", "{method} {path}");
    }
}

#[test]
fn the_console_is_not_for_other_sites() {
    let sandbox = Sandbox::start().expect("started");
    let fire = |headers: &str| {
        let body = r#"{"advance_seconds": 86400}"#;
        let request = format!(
            "POST /sandbox/clock HTTP/1.1\r\n{headers}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        status(&sandbox, &request)
    };
    let before = sandbox.now();
    assert_eq!(fire("Host: otp.example.com\r\nContent-Type: application/json"), "421");
    assert_eq!(fire("Content-Type: application/json"), "400", "a request names a host");
    assert_eq!(
        fire("Host: localhost\r\nOrigin: http://example.com\r\nContent-Type: application/json"),
        "403"
    );
    assert_eq!(
        fire("Host: localhost\r\nSec-Fetch-Site: cross-site\r\nContent-Type: application/json"),
        "403"
    );
    assert_eq!(fire("Host: localhost\r\nContent-Type: text/plain"), "415");
    assert!(sandbox.now().duration_since(before).expect("later").as_secs() < 3600, "no time was let pass");
    assert_eq!(fire("Host: localhost\r\nContent-Type: application/json"), "200");
    assert!(sandbox.now().duration_since(before).expect("later").as_secs() >= 86400);
}

#[test]
fn nonsense_for_the_console_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::start().expect("started");
    let ask = |path: &str, body: &str| {
        let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
        let length = body.len();
        status(&sandbox, &format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}"))
    };
    // Thousands of each are remembered, so each is as short as what it is of.
    let of = format!(r#"{{"behaviors": {{"{}": "silent"}}}}"#, "x".repeat(2000));
    let code = format!(r#"{{"behaviors": {{"+6591234567": "code={}"}}}}"#, "1".repeat(2000));
    for (path, body) in [
        ("/sandbox/seed", of.as_str()),
        ("/sandbox/seed", &code),
        ("/sandbox/clock", r#"{"advance_seconds": -1}"#),
        ("/sandbox/clock", r#"{"advance_seconds": 1e300}"#),
        ("/sandbox/clock", ""),
        ("/sandbox/faults", r#"{"api": "gremlins"}"#),
        ("/sandbox/faults", r#"{"api": "reset", "times": 1, "operation": "noSuch"}"#),
        ("/sandbox/faults", "[[[[["),
        ("/sandbox/call", r#"{"key": "k", "method": "GET", "path": "/sandbox/state"}"#),
        ("/sandbox/callbacks", r#"{"event": "no such event"}"#),
        ("/sandbox/seed", r#"{"behaviors": {"+6591234567": "gone"}}"#),
    ] {
        assert_eq!(ask(path, body), "400", "{path} {body}");
    }
    assert_eq!(ask("/sandbox/callbacks", "{}"), "409");
    assert_eq!(ask("/sandbox/callbacks/1/redeliveries", "{}"), "404");
    assert_eq!(ask("/sandbox/messages/1/events", r#"{"event": "deliver"}"#), "404");
    // A year at a time, and for ever: the clock has an end, and reaching it hurts nobody.
    sandbox.advance(std::time::Duration::MAX);
    for _ in 0..5 {
        assert_eq!(ask("/sandbox/clock", r#"{"advance_seconds": 31536000}"#), "200");
    }
    assert!(works(&sandbox));
}

#[test]
fn time_can_be_let_pass_until_there_is_none_left() {
    let sandbox = Sandbox::start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    for years in [1, 300, u64::MAX / 40_000_000, u64::MAX / 40_000_000] {
        sandbox.advance(std::time::Duration::from_secs(years.saturating_mul(31_536_000)));
        drop(client.send_otp(&"+6591234567".parse().expect("valid"), &template));
        assert!(works(&sandbox));
    }
}

#[test]
fn requests_that_could_be_two_are_refused() {
    let sandbox = Sandbox::start().expect("started");
    let both = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(&sandbox, both), "400");
    let twice =
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(status(&sandbox, twice), "400");
    assert_eq!(status(&sandbox, "\0\0\0\0\r\n\r\n"), "400");
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000));
    assert_eq!(status(&sandbox, &long), "431");
    assert!(works(&sandbox));
}

#[test]
fn framing_that_others_may_read_differently_is_refused() {
    let sandbox = Sandbox::start().expect("started");
    let post = |headers: &str, body: &str| {
        let head = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close";
        status(&sandbox, &format!("{head}\r\n{headers}\r\n\r\n{body}"))
    };
    let chunked = "Transfer-Encoding: chunked";
    assert_eq!(post(chunked, "2\r\n{}\r\n0\r\n\r\n"), "401", "this one is read");
    assert_eq!(post(chunked, "2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n"), "401", "and this one");
    assert_eq!(post("Content-Length: +2", "{}"), "400");
    assert_eq!(post("Transfer-Encoding: gzip, chunked", "2\r\n{}\r\n0\r\n\r\n"), "501");
    assert_eq!(post(&format!("{chunked}\r\n{chunked}"), "2\r\n{}\r\n0\r\n\r\n"), "400");
    for body in [
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "\r\n",
        " 2\r\n{}\r\n0\r\n\r\n",
        "10000000000000000\r\n",
    ] {
        assert_eq!(post(chunked, body), "400", "{body:?}");
    }
    assert_eq!(status(&sandbox, "GET / HTTP/1.1\nHost: localhost\n\n"), "400");
    assert!(works(&sandbox));
}

#[test]
fn a_connection_of_http_1_0_ends_with_its_answer() {
    let sandbox = Sandbox::start().expect("started");
    let answer = exchange(sandbox.address(), b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"));
}

#[test]
fn whoever_keeps_a_connection_waiting_shuts_out_nobody() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
    let state = exchange(sandbox.address(), get("/sandbox/state", "Connection: close\r\n").as_bytes());
    let (_, body) = state.split_once("\r\n\r\n").expect("a body");
    let state: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let version = &state["version"];
    for (what, request) in [
        ("watches", get(&format!("/sandbox/changes?since={version}"), "")),
        ("waits for a message", get("/sandbox/messages/latest?to=%2B6590000000&wait=60", "")),
        ("has octets come late", get("/v1/messages", "X-Sandbox-Fault: slow-body=99999999\r\n")),
        ("has nothing come", get("/v1/messages", "X-Sandbox-Fault: stall\r\n")),
        ("sends no body", "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n".to_owned()),
        ("says nothing", String::new()),
    ] {
        let park = |_| {
            let mut stream = connect(sandbox.address());
            drop(stream.write_all(request.as_bytes()));
            stream
        };
        let parked: Vec<TcpStream> = (0..530).map(park).collect();
        for _ in 0..5 {
            // Once, without the client's repeats.
            let key = "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\nConnection: close\r\n";
            assert_eq!(
                status(&sandbox, &get("/v1/template-configs", key)),
                "200",
                "beside 530 of whom each {what}"
            );
        }
        drop(parked);
    }
}
