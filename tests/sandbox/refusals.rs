//! "Why was I refused?": whatever turns a request away, the sandbox remembers it with rule and field.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::time::Duration;

use engagelab_otp::sandbox::{Fault, RecordedRequest, Sandbox};
use serde_json::Value;

use super::loopback::{connect, exchange};

const KEY: &str = "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0";
const SEND: &str = r#"{"to":"+6591234567","template":{"id":"sandbox-otp-tpl"}}"#;

/// What is remembered of the only request, once it is.
fn only(sandbox: &Sandbox) -> RecordedRequest {
    let one = |sandbox: &Sandbox| !sandbox.requests().is_empty();
    assert!(sandbox.wait_for(Duration::from_secs(10), one), "it is remembered");
    let mut requests = sandbox.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends one request to a new sandbox; the status of the answer, and what is remembered.
fn refused(request: &str) -> (u16, RecordedRequest) {
    let sandbox = Sandbox::start().expect("started");
    let answer = exchange(sandbox.address(), request.as_bytes());
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, only(&sandbox))
}

#[test]
fn what_http_itself_turns_away_is_remembered_with_rule_and_part() {
    let head = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let long = format!("GET /v1/messages HTTP/1.1\r\nHost: localhost\r\nA: {}\r\n\r\n", "a".repeat(20_000));
    let crowded = format!("{head}{}\r\n", "A: b\r\n".repeat(70));
    for (request, status, path, part, rule) in [
        (format!("{head}Content-Length: 2000000\r\n\r\n"), 413, "/v1/messages", "the body", "1 MiB"),
        (format!("{head}Content-Length: +2\r\n\r\n"), 400, "/v1/messages", "Content-Length", "digits"),
        (
            format!("{head}Transfer-Encoding: gzip\r\n\r\n"),
            501,
            "/v1/messages",
            "Transfer-Encoding",
            "chunked",
        ),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\n+2\r\n"),
            400,
            "/v1/messages",
            "the body",
            "chunks",
        ),
        (format!("{head}Host: localhost\r\n\r\n"), 400, "/v1/messages", "Host", "once"),
        (format!("{head}Bad Name: x\r\n\r\n"), 400, "/v1/messages", "each header field", "letters"),
        (crowded, 431, "/v1/messages", "the head", "64"),
        (long, 431, "/v1/messages", "the head", "16 KiB"),
        (
            "GET /v1/messages HTTP/1.1\nHost: localhost\n\n".to_owned(),
            400,
            "/v1/messages",
            "each line of the head",
            "CR LF",
        ),
        ("\u{16}\u{3}\u{1}".to_owned() + &"\0".repeat(200), 400, "", "the scheme", "https"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505, "*", "the version", "HTTP/1.1"),
    ] {
        let (answered, recorded) = refused(&request);
        let reason = recorded.reason.clone().unwrap_or_default();
        assert_eq!((answered, recorded.status), (status, Some(status)), "{request:.80?}");
        assert_eq!((recorded.path.as_str(), recorded.field.as_deref()), (path, Some(part)), "{request:.80?}");
        assert!(reason.starts_with(part) && reason.contains(rule), "{reason}");
        assert!(recorded.is_refused() && recorded.error.is_some() && recorded.took > Duration::ZERO);
    }
    let (_, recorded) = refused(&format!("{head}Content-Length: 2000000\r\n\r\n"));
    assert_eq!(recorded.operation, Some("sendOtp"), "and counts as a request to its operation");
}

#[test]
fn a_name_that_is_not_known_and_a_method_that_is_not_taken_are_remembered() {
    let request = post("/v1/messages", KEY, SEND).replace("localhost", "otp.example.com");
    let (status, recorded) = refused(&request);
    assert_eq!((status, recorded.field.as_deref()), (421, Some("Host")));
    assert!(recorded.reason.is_some_and(|reason| reason.contains("--allow-host")));

    let request = post("/v1/messages", KEY, "").replace("POST", "PATCH");
    let (status, recorded) = refused(&request);
    assert_eq!((status, recorded.field.as_deref()), (405, Some("the method")));
    assert_eq!(recorded.reason.as_deref(), Some("the method must be POST here"));

    let browser = "GET /v1/template-configs HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    let (status, recorded) = refused(browser);
    assert_eq!(
        (status, recorded.status),
        (401, Some(401)),
        "a program that accepts HTML has no key all the same"
    );
    assert_eq!(recorded.operation, Some("listTemplates"));
}

#[test]
fn what_goes_wrong_on_purpose_is_remembered_with_the_reason_that_lay_beneath() {
    for (fault, status, error, reason) in [
        ("rate-limited=7", Some(429), Some(3004), "too many requests"),
        ("error=5016", Some(429), Some(5016), "this error was asked for"),
        ("html-error", Some(500), None, "HTML"),
        ("stall", None, None, "nothing is said"),
        ("reset", None, None, "reset"),
        ("slow-body=0", Some(400), Some(3002), "template.language must be"),
        ("lost-answer", None, Some(3002), "template.language must be"),
    ] {
        let sandbox = Sandbox::start().expect("started");
        let body = r#"{"to":"+6591234567","template":{"id":"sandbox-otp-tpl","language":"klingon"}}"#;
        let request = post("/v1/messages", &format!("{KEY}\r\nX-Sandbox-Fault: {fault}"), body);
        let address = sandbox.address();
        // A stall ends with the sandbox, and is remembered before.
        let asking = std::thread::spawn(move || exchange(address, request.as_bytes()));
        let recorded = only(&sandbox);
        drop(sandbox);
        drop(asking.join());
        let code = recorded.error.map(engagelab_otp::ErrorCode::value);
        if fault.starts_with("error") {
            assert_eq!(code, error, "{fault}");
        } else {
            assert_eq!((recorded.status, code), (status, error), "{fault}");
        }
        assert!(
            recorded.reason.as_deref().is_some_and(|said| said.contains(reason)),
            "{fault}: {recorded:?}"
        );
        assert!(recorded.fault.is_some() && recorded.advice().is_some());
    }
}

#[test]
fn a_lost_answer_to_what_was_done_is_no_refusal() {
    let sandbox = Sandbox::start().expect("started");
    sandbox.inject(Fault::LostAnswer, 1);
    exchange(sandbox.address(), post("/v1/messages", KEY, SEND).as_bytes());
    let recorded = only(&sandbox);
    assert!(!recorded.is_refused() && recorded.message.is_some(), "{recorded:?}");
}

#[test]
fn a_refusal_leads_to_the_message_that_it_is_about() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let ask = |path: &str, body: &str| exchange(sandbox.address(), post(path, KEY, body).as_bytes());
    ask("/v1/messages", SEND);
    let id = sandbox.messages().remove(0).id;
    ask("/v1/messages", SEND);
    sandbox.advance(Duration::from_secs(300));
    ask("/v1/verifications", &format!(r#"{{"message_id":"{id}","verify_code":"000000"}}"#));
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 3);
    for (request, code) in requests[1..].iter().zip([3004, 3003]) {
        assert_eq!(request.error.map(engagelab_otp::ErrorCode::value), Some(code));
        assert_eq!(request.message.as_ref(), Some(&id), "{request:?}");
    }
}

#[test]
fn a_secret_in_the_place_of_the_key_is_shown_nowhere_and_the_swap_is_named() {
    // sandbox_secret:sandbox_demo
    let swapped = "Authorization: Basic c2FuZGJveF9zZWNyZXQ6c2FuZGJveF9kZW1v";
    // hunter2:x
    let unknown = "Authorization: Basic aHVudGVyMjp4";
    for (header, said) in [(swapped, "look swapped"), (unknown, "the key or the secret is wrong")] {
        let sandbox = Sandbox::start().expect("started");
        let answer = exchange(sandbox.address(), post("/v1/messages", header, SEND).as_bytes());
        let recorded = only(&sandbox);
        assert_eq!(recorded.key, None);
        assert!(recorded.reason.as_deref().is_some_and(|reason| reason.contains(said)), "{recorded:?}");
        let shown = exchange(
            sandbox.address(),
            b"GET /sandbox/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        );
        for text in [answer, shown, format!("{recorded:?}")] {
            assert!(!text.contains("sandbox_secret") && !text.contains("hunter2"), "{text}");
        }
    }
}

#[test]
fn a_target_in_absolute_form_and_http_1_0_without_a_host_are_taken() {
    let sandbox = Sandbox::start().expect("started");
    let port = sandbox.address().port();
    let ask = |request: &str| exchange(sandbox.address(), request.as_bytes());
    let absolute = format!(
        "GET http://localhost:{port}/v1/template-configs HTTP/1.1\r\nHost: otp.example.com\r\n{KEY}\r\nConnection: close\r\n\r\n"
    );
    assert!(ask(&absolute).starts_with("HTTP/1.1 200 "));
    let elsewhere = "GET http://otp.example.com/v1/template-configs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(ask(elsewhere).starts_with("HTTP/1.1 421 "), "the host of the target counts");
    assert!(ask(&format!("GET /v1/template-configs HTTP/1.0\r\n{KEY}\r\n\r\n")).starts_with("HTTP/1.1 200 "));
    let head = ask("HEAD /sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let (_, body) = head.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 ") && body.is_empty(), "{head}");
}

#[test]
fn refusals_are_found_over_the_control_api() {
    let sandbox = Sandbox::start().expect("started");
    exchange(
        sandbox.address(),
        b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    );
    exchange(sandbox.address(), post("/v1/messages", KEY, SEND).as_bytes());
    let answer = exchange(
        sandbox.address(),
        b"GET /sandbox/requests?refused=true HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let page: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(page["requests"].as_array().map(Vec::len), Some(1), "{page}");
    let refused = &page["requests"][0];
    assert_eq!((&refused["method"], &refused["path"]), (&"POST".into(), &"/v1/messages".into()));
    assert_eq!((&refused["status"], &refused["field"]), (&400.into(), &"Content-Length".into()));
    assert_eq!(refused["reason"], "Content-Length must be digits alone");
}

/// Whatever the sandbox shows of its requests.
fn shown(sandbox: &Sandbox) -> String {
    let page = exchange(
        sandbox.address(),
        b"GET /sandbox/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    let requests = sandbox.requests();
    let fields = requests.iter().map(|request| {
        let RecordedRequest { method, path, query, reason, field, answer, .. } = request;
        format!("{method} {path} {query} {reason:?} {field:?} {answer}\n")
    });
    format!("{page}\n{requests:?}\n{}", fields.collect::<String>())
}

#[test]
fn an_address_or_a_code_in_a_path_a_query_or_a_name_is_shown_nowhere() {
    let get = |target: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{KEY}\r\n\r\n")
    };
    let params = |name: &str| {
        let body = format!(
            r#"{{"to":"+6590000000","template":{{"id":"sandbox-otp-tpl","params":{{"{name}":1}}}}}}"#
        );
        post("/v1/messages", KEY, &body)
    };
    for request in [
        get("/v1/messages/+6591234567"),
        get("/v1/messages/%2B6591234567"),
        get("/v1/messages?to=+6591234567&verify_code=398210"),
        get("/v1/messages?to=%2B6591234567"),
        get("/v1/verifications/398210"),
        get("/v1/template-configs/+6591234567"),
        get("http://localhost/v1/messages/+6591234567?code=398210"),
        get("/messages/someone%40example.com?q=someone@example.com"),
        get("/v1/messages/+6591234567").replace("GET", "DELETE"),
        // What never reaches the API, the control API's own paths among it.
        get("/sandbox/messages/latest?to=%2B6591234567").replace("localhost", "otp.example.com"),
        get("/sandbox/messages/latest?to=+6591234567").replace("\r\n\r\n", "\r\nContent-Length: +2\r\n\r\n"),
        get("/v1/messages/+6591234567 398210"),
        get("/v1/messages/+6591234567").replace("GET", "398210"),
        get("/v1/messages/+6591234567").replace("HTTP/1.1", "HTTP/7.0"),
        get("/v1/messages/+6591234567?to=+6591234567").trim_end().to_owned(),
        params("+6591234567"),
        params("398210"),
        params("someone@example.com"),
    ] {
        let sandbox = Sandbox::start().expect("started");
        let mut stream = connect(sandbox.address());
        stream.write_all(request.as_bytes()).expect("written");
        drop(stream.shutdown(Shutdown::Write));
        let recorded = only(&sandbox);
        assert!(recorded.is_refused(), "{request:?}");
        let shown = shown(&sandbox);
        for secret in ["6591234567", "91234567", "398210", "someone"] {
            assert!(!shown.contains(secret), "{request:?}: {shown}");
        }
    }
    let sandbox = Sandbox::start().expect("started");
    exchange(sandbox.address(), get("/v1/messages/1725407449772531712?to=+6591234567&wait=20").as_bytes());
    let recorded = only(&sandbox);
    assert_eq!(recorded.path, "/v1/messages/1725407449772531712", "the id of a message is kept");
    assert_eq!(recorded.query, "to=••••••&wait=20", "and names are");
}

#[test]
fn one_recipient_of_a_list_is_named_by_its_place_and_all_messages_are_linked() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let send = |to: &str| {
        let body =
            format!(r#"{{"to":{to},"template":{{"id":"sandbox-custom-tpl","params":{{"code":"1"}}}}}}"#);
        exchange(sandbox.address(), post("/v1/custom-messages", KEY, &body).as_bytes())
    };
    for (to, field, said) in [
        (r#"["+6590000000","6591234567"]"#, "to[1]", "to[1] must begin with `+`"),
        (r#"["+6590000000","+10000000011"]"#, "to[1]", "to[1]: sends to this recipient"),
        (r#"["+6590000000",7]"#, "to[1]", "to[1] must be a string"),
        ("[null]", "to[0]", "to[0] must be"),
        (r#""6591234567""#, "to", "to must begin with `+`"),
        ("[]", "to", "to must have 1 to 1000 recipients"),
    ] {
        let answer = send(to);
        let recorded = sandbox.requests().pop().expect("remembered");
        assert_eq!(recorded.field.as_deref(), Some(field), "{to}: {recorded:?}");
        assert!(recorded.reason.as_deref().is_some_and(|reason| reason.starts_with(said)), "{recorded:?}");
        assert!(answer.contains(said), "{answer}");
    }
    assert_eq!(sandbox.messages().len(), 0, "of a list, all are sent or none");
    send(r#"["+6590000001","+6590000002","+6590000003"]"#);
    let ids: Vec<_> = sandbox.messages().into_iter().map(|message| message.id).collect();
    let recorded = sandbox.requests().pop().expect("remembered");
    assert_eq!((recorded.messages(), recorded.message.as_ref()), (ids.clone(), ids.first()));
    for id in ids {
        let path =
            format!("GET /sandbox/messages/{id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = exchange(sandbox.address(), path.as_bytes());
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let message: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(message["requests"][0]["id"], recorded.id, "{message}");
        assert_eq!(message["requests"][0]["messages"].as_array().map(Vec::len), Some(3));
    }
}

#[test]
fn a_refusal_says_in_plain_words_what_to_do() {
    let fault = |fault: &str| format!("X-Sandbox-Fault: {fault}");
    let basic = |text: &str| {
        use base64::Engine as _;
        format!("Authorization: Basic {}", base64::prelude::BASE64_STANDARD.encode(text))
    };
    let id = r#"{"id":"sandbox-otp-tpl"}"#;
    for (request, field, said) in [
        (post("/v1/messages", &format!("{KEY}\r\n{KEY}"), SEND), "Authorization", "must be given once"),
        (post("/v1/messages", "A: b", SEND), "Authorization", "must be given: `Basic`"),
        (post("/v1/messages", "Authorization: Bearer x", SEND), "Authorization", "no other scheme"),
        (post("/v1/messages", "Authorization: Basic ?", SEND), "Authorization", "not base64"),
        (post("/v1/messages", &basic("sandbox_demo"), SEND), "Authorization", "no colon"),
        (
            post("/v1/messages", &format!("{KEY}\r\n{}\r\n{}", fault("reset"), fault("reset")), SEND),
            "X-Sandbox-Fault",
            "must be given once",
        ),
        (post("/v1/messages", KEY, &format!("\u{feff}{SEND}")), "body", "byte order mark"),
        (
            post("/v1/messages", &format!("{KEY}\r\nContent-Encoding: gzip"), SEND),
            "Content-Encoding",
            "must be left out",
        ),
        (post("/v1/messages", KEY, ""), "body", "must be given: an object"),
        (post("/v1/messages", KEY, &format!("[{SEND}]")), "body", "must be an object, and is an array"),
        (post("/v1/messages", KEY, "\"+6591234567\""), "body", "must be an object, and is a string"),
        (post("/v1/messages", KEY, "null"), "body", "must be an object, and is null"),
        (
            post("/v1/messages", KEY, r#"{"to":"+6591234567","template":["sandbox-otp-tpl"]}"#),
            "template",
            "must be an object",
        ),
        (
            post("/v1/messages", KEY, r#"{"to":"+6591234567","template":{"id":"x","language":null}}"#),
            "template.language",
            "null is not allowed",
        ),
        (
            post("/v1/messages", KEY, &format!(r#"{{"to":["+6591234567"],"template":{id}}}"#)),
            "to",
            "must be a string",
        ),
        (
            "GET /v1/mess ages HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            "the target",
            "must have no white space: write a space as %20",
        ),
        ("GET  /v1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), "the request line", "one space"),
    ] {
        let (status, recorded) = refused(&request);
        let reason = recorded.reason.clone().unwrap_or_default();
        assert_eq!(recorded.field.as_deref(), Some(field), "{request}: {recorded:?}");
        assert!(reason.starts_with(field) && reason.contains(said), "{request}: {reason}");
        assert!((400..500).contains(&status), "{request}: {status}");
    }
}

#[test]
fn no_word_of_a_programming_language_stands_in_a_reason() {
    let sandbox = Sandbox::start().expect("started");
    for (path, body) in [
        ("/sandbox/faults", r#"{"api": "stall", "times": -1}"#),
        ("/sandbox/faults", r#"{"api": "stall", "times": "1"}"#),
        ("/sandbox/faults", r#"{"api": "stall", "times": 1.5}"#),
        ("/sandbox/faults", r#"{"api": 7, "times": 1}"#),
        ("/sandbox/clock", r#"{"advance_seconds": {}}"#),
        ("/sandbox/clock", r#"{"advance_seconds": null}"#),
        ("/sandbox/callbacks/1/redeliveries", r#"{"as_it_was": 1}"#),
        ("/sandbox/messages/1/events", r#"{"event": "fail", "error": 1e30}"#),
        ("/sandbox/seed", r#"{"templates": [{"template_id": 7, "send_channel_strategy": "sms"}]}"#),
        (
            "/v1/template-configs",
            r#"{"template_id": "t", "send_channel_strategy": "sms", "verify_code_config": {"verify_code_type": "1", "verify_code_len": 6, "verify_code_ttl": 5}}"#,
        ),
        (
            "/v1/template-configs",
            r#"{"template_id": "t", "send_channel_strategy": "sms", "sms_config": {"template_type": 1, "template_default_config": {"contain_security": 1, "contain_expire": true}}}"#,
        ),
    ] {
        let answer = exchange(sandbox.address(), post(path, KEY, body).as_bytes());
        let (_, said) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 ") && said.contains(" must be "), "{path} {body}: {answer}");
        for word in
            ["usize", "u64", "i64", "f64", "i32", "u32", "struct", "enum", "sequence", "boolean", "map"]
        {
            assert!(!said.contains(word), "{path} {body}: {said}");
        }
    }
}

#[test]
fn a_head_that_breaks_off_is_remembered_and_a_line_end_too_many_is_not() {
    for (request, method, path) in [
        ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthor", "POST", "/v1/messages"),
        ("POST /v1/messages/+6591234567 HTTP/1.1\r\n", "POST", "/v1/messages/••••••"),
        ("GE", "", ""),
    ] {
        let sandbox = Sandbox::start().expect("started");
        let mut stream = connect(sandbox.address());
        stream.write_all(request.as_bytes()).expect("written");
        drop(stream);
        let recorded = only(&sandbox);
        assert_eq!((recorded.method.as_str(), recorded.path.as_str()), (method, path));
        assert_eq!((recorded.status, recorded.field.as_deref()), (Some(400), Some("the head")));
        assert!(recorded.reason.is_some_and(|reason| reason.contains("the connection ended before")));
    }
    let sandbox = Sandbox::start().expect("started");
    let mut stream = connect(sandbox.address());
    stream.write_all(b"\r\n").expect("written");
    drop(stream.shutdown(Shutdown::Write));
    // The end is read once the sandbox has closed as well.
    assert_eq!(stream.read(&mut [0]).expect("an end"), 0);
    assert_eq!(sandbox.requests().len(), 0);
}
