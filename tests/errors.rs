//! Errors: what each answer becomes, and what is said about it.

use std::error::Error as _;

use engagelab_otp::{
    Error, ErrorCode, ErrorCodeClass, ErrorKind, MessageId, Outcome, RetryPolicy, Verification,
};

use crate::support::server::{Fault, Server, answer, json};
use crate::support::{client, phone, template};

fn error(response: String) -> Error {
    let server = Server::start(vec![Fault::Answer(response)]);
    let client = client(&server.url()).retry(RetryPolicy::never()).build().expect("a client");
    client.send_otp(&phone(), &template()).expect_err("it fails")
}

/// The codes as the service documents them, with their classes and statuses.
const CODES: [(i64, u16, ErrorCode, ErrorCodeClass); 20] = {
    use ErrorCode as Code;
    use ErrorCodeClass as Class;
    [
        (1000, 500, Code::Internal, Class::Transient),
        (2001, 401, Code::WrongCredentials, Class::Authentication),
        (2002, 401, Code::KeyDisabled, Class::Authentication),
        (2004, 403, Code::NotPermitted, Class::Permission),
        (3001, 400, Code::InvalidJson, Class::InvalidRequest),
        (3002, 400, Code::InvalidParameter, Class::InvalidRequest),
        (3003, 400, Code::RuleBroken, Class::BusinessRule),
        (3004, 400, Code::ResentTooSoon, Class::RateLimited),
        (4001, 400, Code::NotFound, Class::NotFound),
        (5001, 400, Code::SendFailed, Class::SendFailed),
        (5011, 400, Code::InvalidPhoneNumber, Class::InvalidRecipient),
        (5012, 400, Code::Unreachable, Class::Unreachable),
        (5013, 400, Code::Blocked, Class::Blocked),
        (5014, 400, Code::ContentRejected, Class::ContentRejected),
        (5015, 400, Code::Intercepted, Class::ContentRejected),
        (5016, 400, Code::SendFailedInternally, Class::SendFailed),
        (5017, 400, Code::ChinaNotPermitted, Class::Permission),
        (5018, 400, Code::HandsetOff, Class::Unreachable),
        (5019, 400, Code::Unsubscribed, Class::Blocked),
        (5020, 400, Code::NotRegistered, Class::InvalidRecipient),
    ]
};

#[test]
fn every_code_of_the_service_has_a_name_and_a_class() {
    for (number, status, code, class) in CODES {
        let body = format!(r#"{{"code":{number},"message":"because"}}"#);
        let error = error(json(status, &body));
        let api = error.api().expect("an error of the service");
        assert_eq!((api.code(), api.class(), api.status()), (code, class, status));
        assert_eq!((api.code().value(), code.http_status()), (number, status));
        assert_eq!((api.message(), api.expose_message()), ("because", "because"));
        let outcome = if number == 1000 { Outcome::Unknown } else { Outcome::Rejected };
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Service, outcome), "{number}");
    }
}

#[test]
fn an_unknown_code_survives_and_its_class_is_unknown() {
    let error = error(json(400, r#"{"code":9999}"#));
    let api = error.api().expect("an error of the service");
    assert_eq!((api.code(), api.class()), (ErrorCode::Other(9999), ErrorCodeClass::Unknown));
    assert_eq!(api.message(), "");
}

#[test]
fn each_answer_that_makes_no_sense_says_so_in_its_own_words() {
    let page = "<html><body>Welcome to the hotel's network</body></html>";
    for (response, said) in [
        (
            answer(200, "text/html", page),
            "sendOtp: the answer was not of type application/json (HTTP status 200): text/html, “<html><body>Welcome to the hotel's network</body></html>”; outcome unknown: the service may have acted on it",
        ),
        (
            answer(502, "text/html", page),
            "sendOtp: an answer that is not the service's (HTTP status 502): text/html, “<html><body>Welcome to the hotel's network</body></html>”; outcome unknown: the service may have acted on it",
        ),
        (
            json(200, ""),
            "sendOtp: the answer was empty (HTTP status 200); outcome unknown: the service may have acted on it",
        ),
        (
            json(200, "{\"message_id\""),
            "sendOtp: the answer ended early (HTTP status 200); outcome unknown: the service may have acted on it",
        ),
        (
            json(200, "done"),
            "sendOtp: the answer was not JSON (HTTP status 200): application/json, “done”; outcome unknown: the service may have acted on it",
        ),
        (
            json(200, "{}"),
            "sendOtp: the answer had another shape than expected (HTTP status 200): missing field `message_id` at line 1 column 2; outcome unknown: the service may have acted on it",
        ),
        (
            json(403, ""),
            "sendOtp: an answer that is not the service's (HTTP status 403): application/json, empty",
        ),
        (
            json(400, r#"{"code":5013,"message":"on a list"}"#),
            "sendOtp: the service answered with an error: error 5013 (blocked, HTTP status 400): on a list",
        ),
    ] {
        assert_eq!(error(response).to_string(), said);
    }
}

#[test]
fn an_error_never_repeats_its_source() {
    let server = Server::start(vec![Fault::Close]);
    let client = client(&server.url()).build().expect("a client");
    let error = client.send_otp(&phone(), &template()).expect_err("it fails");
    let source = error.source().expect("a cause").to_string();
    assert!(!error.to_string().contains(&source), "{error} repeats {source}");
}

#[test]
fn an_answer_to_another_verification_is_no_answer() {
    for body in [
        r#"{"message_id":"999","verify_code":"398210","verified":true}"#,
        r#"{"message_id":"1","verify_code":"000000","verified":true}"#,
    ] {
        let server = Server::start(vec![Fault::Answer(json(200, body))]);
        let client = client(&server.url()).build().expect("a client");
        let code = "398210".parse().expect("valid");
        let error = client.verify_otp(&MessageId("1".to_owned()), &code).expect_err("not ours");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::UnexpectedJson, Outcome::Unknown));
    }
}

#[test]
fn a_one_time_password_that_comes_back_is_no_code_of_an_error() {
    for (status, code) in [(200, "398210"), (400, "398210"), (200, "0098210"), (400, "0098210")] {
        let echo = json(status, &format!(r#"{{"code":"{code}","to":"+6591234567"}}"#));
        let server = Server::start(vec![Fault::Answer(echo)]);
        let client = client(&server.url()).build().expect("a client");
        let code = code.parse().expect("valid");
        let error = client.send_code(&phone(), &code, &template()).expect_err("an echo");
        assert!(error.api().is_none(), "{error}");
        assert!(!format!("{error} {error:?}").contains("8210"), "{error:?}");
        let whole = code.expose() == "398210";
        assert!(status == 400 && !whole || error.outcome() == Outcome::Unknown, "{error}");
    }
}

#[test]
fn a_receipt_that_names_no_message_is_none() {
    let error = error(json(200, r#"{"message_id":"","send_channel":"sms"}"#));
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::UnexpectedJson, Outcome::Unknown));
}

#[test]
fn a_code_is_expired_or_used_only_if_the_service_says_so_itself() {
    let verify = |status| {
        let refusal = json(status, r#"{"code":3003,"message":"no"}"#);
        let server = Server::start(vec![Fault::Answer(refusal)]);
        let client = client(&server.url()).retry(RetryPolicy::never()).build().expect("a client");
        client.verify_otp(&MessageId("1".to_owned()), &"398210".parse().expect("valid"))
    };
    for status in [200, 400] {
        assert_eq!(verify(status).expect("it was checked"), Verification::ExpiredOrUsed);
    }
    assert_eq!(verify(503).expect_err("a gateway").outcome(), Outcome::Unknown);
    assert_eq!(verify(429).expect_err("throttled").status(), Some(429));
}

#[test]
fn bad_input_is_named_with_its_rule() {
    let error = Error::from("6591234567".parse::<engagelab_otp::Recipient>().expect_err("no plus"));
    assert_eq!(error.to_string(), "to must begin with `+` and the country code, or be an e-mail address");
}

#[test]
fn an_error_is_json_for_logs() {
    let error = error(json(400, r#"{"code":5013,"message":"+6591234567 is on a list"}"#));
    let json = serde_json::to_value(&error).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "kind": "service",
            "outcome": "rejected",
            "message": error.to_string(),
            "operation": "sendOtp",
            "attempts": 1,
            "status": 400,
            "api": {"status": 400, "code": 5013, "name": "blocked", "message": "… is on a list"},
            "retry_after": null,
            "request_id": null,
            "invalid_field": null,
            "causes": [],
        })
    );
    let lost = Server::start(vec![Fault::Close]);
    let client = client(&lost.url()).build().expect("a client");
    let error = client.send_otp(&phone(), &template()).expect_err("it fails");
    let json = serde_json::to_value(&error).expect("JSON");
    assert_eq!((&json["kind"], &json["outcome"]), (&"connection_lost".into(), &"unknown".into()));
    assert_eq!(json["causes"].as_array().map(Vec::len), Some(1));
}

/// Every rule in the sources, as far as it stands as a text where the error is made.
#[test]
fn what_is_said_of_bad_input_is_what_it_must_be() {
    let made = regex::Regex::new(r#"InvalidInput::(?:new|unless)\([^;]*?"(?P<rule>[a-z`][^"]* [^"]*)"\)"#)
        .expect("a pattern");
    let mut rules = 0;
    for (path, text) in crate::architecture::sources("src") {
        for found in made.captures_iter(&text) {
            assert!(found["rule"].starts_with("must "), "{}: {:?}", path.display(), &found["rule"]);
            rules += 1;
        }
    }
    assert!(rules > 30, "only {rules} rules were found");
}
