//! What is known when an answer does not come, for each fault and each operation.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engagelab_otp::api::operations;
use engagelab_otp::{
    Client, Code, CodeAlphabet, CodeConfig, DefaultText, Error, ErrorKind, MessageId, Outcome, SmsText,
    TemplateDefinition, TemplateId, Timeouts,
};

use crate::support::clock::TestClock;
use crate::support::server::{Fault, Server, json};
use crate::support::tls::TlsServer;
use crate::support::{client, phone, template};

/// Makes each operation once, by its `operationId`.
fn call(client: &Client, operation: &str) -> Result<(), Error> {
    let id = TemplateId::new("login").expect("valid");
    let code = Code::new("398210").expect("valid");
    match operation {
        "sendOtp" => client.send_otp(&phone(), &template()).map(drop),
        "sendCode" => client.send_code(&phone(), &code, &template()).map(drop),
        "sendMessage" => client.send_message(&phone(), &template()).map(drop),
        "verifyOtp" => client.verify_otp(&MessageId("1".to_owned()), &code).map(|_| ()),
        "createTemplate" => client.create_template(&definition()),
        "listTemplates" => client.list_templates().map(drop),
        "getTemplate" => client.get_template(&id).map(drop),
        "deleteTemplate" => client.delete_template(&id),
        unknown => panic!("{unknown} is not covered: add it here and to the facade"),
    }
}

fn definition() -> TemplateDefinition {
    TemplateDefinition::builder(TemplateId::new("login").expect("valid"), "sms".parse().expect("valid"))
        .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5).expect("valid"))
        .sms(SmsText::Default(DefaultText::new()))
        .build()
        .expect("valid")
}

const SHORT: Duration = Duration::from_millis(150);
/// Long enough for a busy machine.
const LONG: Duration = Duration::from_secs(20);

/// A row of the table: what the server does, and what is known afterwards. `sent` is how often an operation that
/// must not be repeated arrives, `repeated` how often one that may be repeated does.
struct Row {
    name: &'static str,
    fault: Fault,
    timeout: Duration,
    outcome: Outcome,
    kind: ErrorKind,
    sent: usize,
    repeated: usize,
}

fn unknown(name: &'static str, fault: Fault, timeout: Duration, kind: ErrorKind) -> Row {
    Row { name, fault, timeout, outcome: Outcome::Unknown, kind, sent: 1, repeated: 3 }
}

fn failed(name: &'static str, text: String, kind: ErrorKind) -> Row {
    unknown(name, Fault::Answer(text), LONG, kind)
}

/// Refusals in which the code 1000 stands, or may have stood.
fn refusals_that_leave_it_open() -> Vec<Row> {
    let gzip = |answer: String| answer.replacen("\r\n", "\r\nContent-Encoding: gzip\r\n", 1);
    vec![
        failed(
            "400 with code 1000, whatever the message is",
            json(400, r#"{"code":1000,"message":{"en":"internal"}}"#),
            ErrorKind::Service,
        ),
        failed(
            "400 with code 1000 and a message that is no Unicode",
            json(400, r#"{"message":"\ud800","code":1000}"#),
            ErrorKind::Service,
        ),
        failed("400 with code 1000 as a text", json(400, r#"{"code":"1000"}"#), ErrorKind::Service),
        failed("400 with code 1000 as a decimal", json(400, r#"{"code":1000.0}"#), ErrorKind::Service),
        failed("400 with code 1000 among two", json(400, r#"{"code":1000,"code":3002}"#), ErrorKind::Service),
        failed(
            "400 with code 1000 behind a byte order mark",
            json(400, "\u{FEFF}{\"code\":1000}"),
            ErrorKind::Service,
        ),
        failed(
            "400 with code 1000 before something else",
            json(400, "{\"code\":1000}\n<hr>"),
            ErrorKind::Service,
        ),
        failed("400 in a coding that nobody asked for", gzip(json(400, "x")), ErrorKind::Status),
        failed(
            "400 in a coding of the transfer that nobody asked for",
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".to_owned(),
            ErrorKind::Status,
        ),
        unknown(
            "400 in chunks of a version that has none",
            Fault::AnswerAndClose(
                "HTTP/1.0 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{\"code\":1000}\r\n0\r\n\r\n"
                    .to_owned(),
            ),
            LONG,
            ErrorKind::Protocol,
        ),
        failed("400 with JSON that breaks", json(400, r#"{"code":1000,"message":no}"#), ErrorKind::Status),
        failed("400 with a name that is no Unicode", json(400, r#"{"\ud800":1,"code":1000}"#), ErrorKind::Status),
        failed("400 with JSON in UTF-16", json(400, "\0{\0\"\0c\0o\0d\0e\0\"\0:"), ErrorKind::Status),
        failed("400 with a code too large for one", json(400, r#"{"code":1e999,"code":1000}"#), ErrorKind::Status),
        unknown(
            "400 whose body ends with the connection, before it begins",
            Fault::AnswerAndClose("HTTP/1.1 400 Bad Request\r\n\r\n".to_owned()),
            LONG,
            ErrorKind::TruncatedResponse,
        ),
        unknown(
            "400 whose body ends with the connection, before its first brace",
            Fault::AnswerAndClose("HTTP/1.0 400 Bad Request\r\n\r\n \n".to_owned()),
            LONG,
            ErrorKind::TruncatedResponse,
        ),
    ]
}

fn table() -> Vec<Row> {
    let refused = |name, status: u16, body: &str, kind| Row {
        name,
        fault: Fault::Answer(json(status, body)),
        timeout: LONG,
        outcome: Outcome::Rejected,
        kind,
        sent: 1,
        repeated: 1,
    };
    let html = |status| crate::support::server::answer(status, "text/html", "<h1>Bad gateway</h1>");
    let lost = ErrorKind::ConnectionLost;
    vec![
        unknown("closed after the request", Fault::Close, LONG, lost),
        unknown("half an answer", Fault::Half, LONG, ErrorKind::TruncatedResponse),
        unknown("no answer", Fault::Stall, SHORT, ErrorKind::Timeout),
        unknown("an answer after the time-out", Fault::Late, SHORT, ErrorKind::Timeout),
        unknown("a reset", Fault::Reset, LONG, lost),
        failed("500 with code 1000", json(500, r#"{"code":1000,"message":"internal"}"#), ErrorKind::Service),
        failed("200 with code 1000", json(200, r#"{"code":1000,"message":"internal"}"#), ErrorKind::Service),
        failed("503 from a gateway", html(503), ErrorKind::Status),
        failed("408", html(408), ErrorKind::Status),
        failed("499", html(499), ErrorKind::Status),
        failed("303", json(303, ""), ErrorKind::Status),
        failed("429 with code 1000", json(429, r#"{"code":1000,"message":"internal"}"#), ErrorKind::Service),
        failed("400 with code 1000", json(400, r#"{"code":1000,"message":"internal"}"#), ErrorKind::Service),
        failed("400 with half an error", json(400, r#"{"code":30"#), ErrorKind::TruncatedResponse),
        failed(
            "a head that is too large",
            format!("HTTP/1.1 200 OK\r\nX-Filler: {}\r\n\r\n", "x".repeat(20_000)),
            ErrorKind::OversizedResponse,
        ),
        failed(
            "a head of too many fields",
            format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Filler: x\r\n".repeat(500)),
            ErrorKind::OversizedResponse,
        ),
        failed(
            "200 with a chunk of no length",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n".to_owned(),
            ErrorKind::Protocol,
        ),
        failed("200 without a body", json(200, ""), ErrorKind::EmptyResponse),
        failed("200 with a page", html(200), ErrorKind::ContentType),
        failed("200 with half a JSON", json(200, "\"unfinished"), ErrorKind::TruncatedResponse),
        failed("200 with another shape", json(200, "\"done\""), ErrorKind::UnexpectedJson),
        refused("400 with code 3002", 400, r#"{"code":3002,"message":"no"}"#, ErrorKind::Service),
        refused("400 with code 3004", 400, r#"{"code":3004,"message":"no"}"#, ErrorKind::Service),
        refused("400 with code 5001", 400, r#"{"code":5001,"message":"no"}"#, ErrorKind::Service),
        refused("400 with code 5016", 400, r#"{"code":5016,"message":"no"}"#, ErrorKind::Service),
        refused("200 with code 3002", 200, r#"{"code":3002,"message":"no"}"#, ErrorKind::Service),
        refused("429 with code 3003", 429, r#"{"code":3003,"message":"no"}"#, ErrorKind::Service),
        refused("200 with code 3002 as a text", 200, r#"{"code":"3002"}"#, ErrorKind::Service),
        refused(
            "200 with code 3002 and no message",
            200,
            r#"{"code":3002,"message":[]}"#,
            ErrorKind::Service,
        ),
        Row { fault: Fault::Answer(html(400)), ..refused("400 with a page", 400, "", ErrorKind::Status) },
        refused(
            "200 with a code too large for one",
            200,
            r#"{"code":99999999999999999999}"#,
            ErrorKind::Service,
        ),
        refused("401", 401, r#"{"code":2001,"message":"no"}"#, ErrorKind::Service),
        refused("404 without an error body", 404, "", ErrorKind::Status),
        refused("a redirect", 302, "", ErrorKind::Status),
        Row {
            name: "429",
            fault: Fault::Answer(json(429, "")),
            timeout: LONG,
            outcome: Outcome::Rejected,
            kind: ErrorKind::Status,
            sent: 3,
            repeated: 3,
        },
    ]
}

#[test]
fn each_fault_leaves_each_operation_as_the_table_says() {
    for row in table().into_iter().chain(refusals_that_leave_it_open()) {
        for operation in operations::ALL {
            let server = Server::start(vec![row.fault.clone()]);
            let client = client(&server.url())
                .clock(TestClock::default())
                .timeouts(Timeouts::new().response(row.timeout))
                .build()
                .expect("a client");
            let error = call(&client, operation.id).expect_err("it fails");
            let times = if operation.repeatable { row.repeated } else { row.sent };
            let seen = (error.outcome(), error.kind(), server.seen(), error.attempts() as usize);
            assert_eq!(
                seen,
                (row.outcome, row.kind, times, times),
                "{}, {}: {error}",
                row.name,
                operation.id
            );
            assert_eq!(error.operation(), Some(operation.id));
        }
    }
}

/// Calls every operation, each of which must not have been sent, for `kind`, after `attempts`.
fn not_sent(client: &Client, kind: ErrorKind, attempts: u32) {
    for operation in operations::ALL {
        let error = call(client, operation.id).expect_err("it fails");
        let seen = (error.outcome(), error.kind(), error.attempts());
        assert_eq!(seen, (Outcome::NotSent, kind, attempts), "{}: {error}", operation.id);
    }
}

#[test]
fn nobody_listens_and_nothing_is_sent() {
    let client =
        client(&format!("http://{}", free_address())).clock(TestClock::default()).build().expect("a client");
    not_sent(&client, ErrorKind::Connect, 3);
}

#[test]
fn a_name_that_does_not_exist_is_not_sent_to() {
    // A part of a name has 63 octets at most: it is known not to exist without asking a server, which may take its time.
    let client = client(&format!("http://{}.invalid", "a".repeat(64)))
        .allow_plain_http()
        .clock(TestClock::default())
        .build()
        .expect("a client");
    not_sent(&client, ErrorKind::Resolve, 3);
}

#[test]
fn nothing_is_sent_through_broken_tls() {
    // Closes when it sees the client's hello, which is no HTTP request.
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let client = client(&format!("https://{address}")).clock(TestClock::default()).build().expect("a client");
    not_sent(&client, ErrorKind::Tls, 3);
}

#[test]
fn nothing_is_sent_to_a_certificate_that_is_not_trusted_or_for_another_name() {
    let done = json(200, r#"{"message_id":"1"}"#);
    let untrusted = TlsServer::start("localhost", done.clone());
    let stranger = client(&untrusted.url()).clock(TestClock::default()).build().expect("a client");
    not_sent(&stranger, ErrorKind::Certificate, 3);

    let misnamed = TlsServer::start("elsewhere.example", done);
    let trusting = client(&misnamed.url())
        .extra_roots(&misnamed.certificate)
        .clock(TestClock::default())
        .build()
        .expect("a client");
    not_sent(&trusting, ErrorKind::Certificate, 3);
}

#[test]
fn a_connection_that_stalls_while_shaking_hands_is_not_sent_to() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("it listens");
    let client = client(&format!("https://{address}"))
        .timeouts(Timeouts::new().connect(SHORT))
        .clock(TestClock::default())
        .build()
        .expect("a client");
    not_sent(&client, ErrorKind::Timeout, 3);
    drop(listener);
}

#[test]
fn an_idle_connection_that_the_server_closed_costs_nothing() {
    let done = json(200, r#"{"message_id":"1","send_channel":"sms"}"#);
    let server = Server::start(vec![Fault::AnswerAndClose(done)]);
    let client = client(&server.url()).build().expect("a client");
    for sent in 1..=5 {
        client.send_otp(&phone(), &template()).expect("sent");
        assert_eq!(server.seen(), sent);
        server.closed();
    }
}

#[test]
fn refused_twice_then_listening_is_delivered_exactly_once() {
    let address = free_address();
    let server = Arc::new(Mutex::new(None));
    let clock = TestClock::on_sleep({
        let server = server.clone();
        move |number| {
            if number == 2 {
                let listener = TcpListener::bind(address).expect("the port is still free");
                let done = json(200, r#"{"message_id":"1","send_channel":"sms"}"#);
                *server.lock().expect("not poisoned") =
                    Some(Server::listen(listener, vec![Fault::Answer(done)]));
            }
        }
    });
    let client = client(&format!("http://{address}")).clock(clock.clone()).build().expect("a client");
    let receipt = client.send_otp(&phone(), &template()).expect("sent at the third attempt");
    assert_eq!(receipt.message_id.0, "1");
    assert_eq!(clock.slept().len(), 2);
    assert_eq!(server.lock().expect("not poisoned").as_ref().map(Server::seen), Some(1));
}

#[test]
fn a_lost_answer_to_verify_is_reported_as_unknown_and_not_repeated() {
    let right = json(200, r#"{"message_id":"1","verify_code":"398210","verified":true}"#);
    let server = Server::start(vec![Fault::Close, Fault::Answer(right)]);
    let client = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    let error = call(&client, "verifyOtp").expect_err("the answer was lost");
    assert_eq!((error.outcome(), server.seen()), (Outcome::Unknown, 1));
}

#[test]
fn a_repeated_delete_of_what_is_gone_has_succeeded() {
    let gone = json(400, r#"{"code":4001,"message":"no such template"}"#);
    let server = Server::start(vec![Fault::Close, Fault::Answer(gone.clone())]);
    let one = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    call(&one, "deleteTemplate").expect("the first attempt did it");
    assert_eq!(server.seen(), 2);

    let server = Server::start(vec![Fault::Answer(gone)]);
    let other = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    let error = call(&other, "deleteTemplate").expect_err("nothing was there");
    assert_eq!(error.outcome(), Outcome::Rejected);
}

#[test]
fn what_an_earlier_attempt_may_have_done_is_not_forgotten() {
    let forbidden = json(403, r#"{"code":2004,"message":"no"}"#);
    let server = Server::start(vec![Fault::Close, Fault::Answer(forbidden)]);
    let client = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    let error = call(&client, "deleteTemplate").expect_err("it was refused");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Service, Outcome::Unknown));
}

#[test]
fn a_429_waits_as_long_as_it_says() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n".to_owned();
    let done = json(200, r#"{"message_id":"1","send_channel":"sms"}"#);
    let server = Server::start(vec![Fault::Answer(busy.clone()), Fault::Answer(done)]);
    let clock = TestClock::default();
    let unhurried = client(&server.url()).clock(clock.clone()).build().expect("a client");
    unhurried.send_otp(&phone(), &template()).expect("sent at the second attempt");
    assert_eq!(clock.slept(), [Duration::from_secs(7)]);

    let server = Server::start(vec![Fault::Answer(busy)]);
    let hurried = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    let error = hurried
        .with_timeout(Duration::from_secs(5))
        .send_otp(&phone(), &template())
        .expect_err("no time to wait");
    assert_eq!((error.retry_after(), server.seen()), (Some(Duration::from_secs(7)), 1));
}

#[test]
fn no_time_is_no_request_with_a_body_or_without() {
    let server = Server::start(vec![Fault::Answer(json(200, "[]"))]);
    let client = client(&server.url()).clock(TestClock::default()).build().expect("a client");
    for operation in operations::ALL {
        let error = call(&client.with_timeout(Duration::from_nanos(1)), operation.id).expect_err("no time");
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Timeout, Outcome::NotSent),
            "{}",
            operation.id
        );
    }
    assert_eq!(server.seen(), 0);
}

#[test]
fn an_answer_that_comes_before_the_request_was_read_is_heard() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepted");
        stream.write_all(json(413, "").as_bytes()).expect("answered");
        // Nothing more is taken, and nothing of what was sent is read: the system resets the connection.
    });
    let client = client(&format!("http://{address}")).build().expect("a client");
    let long = template().param("text", "x".repeat(8 << 20));
    let error = client.send_otp(&phone(), &long).expect_err("too large");
    assert_eq!((error.status(), error.outcome()), (Some(413), Outcome::Rejected), "{error}");
}

#[test]
fn a_wait_that_is_too_long_is_told_and_not_shortened() {
    for (asked, told) in [("1.5", 1500), ("99999999999999999999", u128::MAX)] {
        let busy = format!("HTTP/1.1 429 Busy\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::start(vec![Fault::Answer(busy)]);
        let clock = TestClock::default();
        let client = client(&server.url()).clock(clock.clone()).build().expect("a client");
        let error = client.send_otp(&phone(), &template()).expect_err("busy");
        assert!(error.retry_after().is_some_and(|wait| wait.as_millis() >= told.min(1 << 60)), "{error:?}");
        assert!(clock.slept().iter().all(|pause| pause.as_millis() >= told), "{:?}", clock.slept());
    }
}

/// An address of loopback where nobody listens.
fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}
