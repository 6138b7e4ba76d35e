//! Requests that go wrong on demand.

use std::io::{Read, Write};
use std::time::Duration;

use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{Client, Error, ErrorKind, Outcome, SendReceipt, TemplateRef};

use super::loopback::{connect, exchange};

fn start() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().expect("started");
    // One attempt each: what is seen is what happened.
    let client = Client::builder(sandbox.credentials())
        .base_url(sandbox.url())
        .retry(engagelab_otp::RetryPolicy::never())
        .build()
        .expect("built");
    (sandbox, client)
}

fn send(client: &Client) -> Result<SendReceipt, Error> {
    client.send_otp(
        &"+6591234567".parse().expect("valid"),
        &TemplateRef::new("sandbox-otp-tpl").expect("valid"),
    )
}

/// A send as it stands on the wire, with one more header.
fn request(header: &str) -> String {
    let body = r#"{"to":"+6591234567","template":{"id":"sandbox-otp-tpl"}}"#;
    format!(
        "POST /v1/messages HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n\
         {header}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_lost_answer_is_lost_after_the_request_was_acted_on() {
    let (sandbox, client) = start();
    sandbox.inject(Fault::LostAnswer, 1);
    let error = send(&client).expect_err("lost");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::ConnectionLost, Outcome::Unknown));
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn after_a_reset_nothing_was_acted_on_and_the_client_cannot_know() {
    let (sandbox, client) = start();
    sandbox.inject(Fault::Reset, 1);
    let error = send(&client).expect_err("reset");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(sandbox.messages().len(), 0);
    assert!(send(&client).is_ok(), "only the next one was to fail");
}

#[test]
fn a_reset_is_a_reset_and_not_a_close() {
    let (sandbox, _) = start();
    let mut stream = connect(sandbox.address());
    stream.write_all(request("X-Sandbox-Fault: reset").as_bytes()).expect("written");
    let error = stream.read(&mut [0; 16]).expect_err("no orderly end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_stall_lasts_until_the_client_gives_up() {
    let (sandbox, client) = start();
    sandbox.set_fault(Some(Fault::Stall));
    let error = send(&client.with_timeout(Duration::from_millis(200))).expect_err("stalled");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(sandbox.messages().len(), 0);
    sandbox.set_fault(None);
    assert!(send(&client).is_ok());
}

#[test]
fn a_stall_ends_with_the_sandbox() {
    let (sandbox, _) = start();
    let mut stream = connect(sandbox.address());
    stream.write_all(request("X-Sandbox-Fault: stall").as_bytes()).expect("written");
    drop(sandbox);
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    assert_eq!(answer, "");
}

#[test]
fn too_many_requests_says_when_to_come_back() {
    let (sandbox, client) = start();
    sandbox.inject(Fault::RateLimited { retry_after: Duration::from_secs(7) }, 1);
    let error = send(&client).expect_err("refused");
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(sandbox.messages().len(), 0);
}

#[test]
fn a_page_of_html_is_not_an_answer() {
    let (sandbox, client) = start();
    sandbox.inject(Fault::HtmlError, 1);
    let error = send(&client).expect_err("500");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.status(), Some(500));
}

#[test]
fn a_slow_body_arrives_all_the_same() {
    let (sandbox, client) = start();
    sandbox.inject(Fault::SlowBody { pause: Duration::from_millis(1) }, 1);
    let receipt = send(&client).expect("sent");
    assert!(sandbox.message(&receipt.message_id).is_some());
}

#[test]
fn a_header_asks_for_a_fault_for_its_own_request() {
    let (sandbox, _) = start();
    let ask = |header: &str| exchange(sandbox.address(), request(header).as_bytes());
    let limited = ask("X-Sandbox-Fault: rate-limited=3");
    assert!(limited.starts_with("HTTP/1.1 429 ") && limited.contains("\r\nRetry-After: 3\r\n"), "{limited}");
    assert!(ask("X-Sandbox-Fault: html-error").contains("Content-Type: text/html"));
    assert_eq!(ask("X-Sandbox-Fault: lost-answer"), "");
    assert_eq!(sandbox.messages().len(), 1);
    let unknown = ask("X-Sandbox-Fault: gremlins");
    assert!(unknown.starts_with("HTTP/1.1 400 ") && unknown.contains("lost-answer"), "{unknown}");
    assert!(ask("X-Other: 1").contains("\"code\":3004"), "the one whose answer was lost still lives");
}

#[test]
fn errors_queue_up_and_wait_for_their_operation() {
    use engagelab_otp::ErrorCode;
    use engagelab_otp::api::operations;
    let (sandbox, client) = start();
    let code = |error: &Error| error.api().map(|api| api.code().value());
    sandbox.inject_for(&operations::VERIFY_OTP, Fault::Error { code: ErrorCode::Internal }, 1);
    sandbox.fail_next(ErrorCode::Intercepted);
    sandbox.fail_next(ErrorCode::NotRegistered);
    assert_eq!(code(&send(&client).expect_err("the first")), Some(5015));
    assert_eq!(code(&send(&client).expect_err("the second")), Some(5020));
    let receipt = send(&client).expect("the third is well");
    let typed = engagelab_otp::Code::new("000000").expect("valid");
    let error = client.verify_otp(&receipt.message_id, &typed).expect_err("queued for this operation");
    assert_eq!(code(&error), Some(1000));
    for wanted in [1000, 2002, 2004, 5001, 5012, 5014, 5015, 5016, 5017, 5018, 5020] {
        let answer =
            exchange(sandbox.address(), request(&format!("X-Sandbox-Fault: error={wanted}")).as_bytes());
        assert!(answer.contains(&format!("\"code\":{wanted}")), "{answer}");
    }
}
