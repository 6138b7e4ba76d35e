//! The control API takes what its document describes, and nothing else.

use std::io::{Read as _, Write as _};
use std::time::{Duration, SystemTime};

use engagelab_otp::sandbox::{CallbackState, Sandbox};
use engagelab_otp::{Client, MessageId, TemplateRef};
use serde_json::{Value, json};

use super::loopback::{CallbackServer, TIMEOUT, connect, exchange};

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    let answer = exchange(sandbox.address(), request.as_bytes());
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (status, serde_json::from_str(body).expect("JSON"))
}

fn send(sandbox: &Sandbox, to: &str) -> MessageId {
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let client = Client::for_sandbox(sandbox).expect("built");
    client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id
}

#[test]
fn a_body_that_is_not_understood_is_refused_by_field_and_changes_nothing() {
    let server = CallbackServer::start();
    let sandbox = Sandbox::builder().manual_clock().callback_url(server.url()).expect("a URL");
    let sandbox = sandbox.start().expect("started");
    let events = format!("/sandbox/messages/{}/events", send(&sandbox, "+6591234567"));
    let before = sandbox.messages()[0].timeline.len();
    for (method, path, body, field) in [
        ("POST", "/sandbox/clock", json!({"advance_second": 5}), "advance_second"),
        ("POST", "/sandbox/clock", json!({"advance_seconds": 5, "unit": "s"}), "unit"),
        ("POST", "/sandbox/clock", json!({"advance_seconds": "5"}), "advance_seconds"),
        ("POST", "/sandbox/clock", json!({}), "advance_seconds"),
        ("POST", "/sandbox/clock", json!([5]), "body"),
        ("POST", "/sandbox/faults", json!({"api": "stall", "time": 1}), "time"),
        ("POST", "/sandbox/faults", json!({"api": "gremlins"}), "api"),
        ("POST", "/sandbox/faults", json!({"callbacks": "gremlins"}), "callbacks"),
        ("POST", "/sandbox/faults", json!({"api": "stall", "operation": "sendOtp"}), "times"),
        ("POST", "/sandbox/faults", json!({"api": "stall", "times": 0}), "times"),
        ("POST", "/sandbox/faults", json!({"api": "stall", "times": 10_001}), "times"),
        ("POST", "/sandbox/faults", json!({"api": "stall", "times": -1}), "times"),
        ("POST", "/sandbox/faults", json!({"callbacks": "forged", "times": 1}), "times"),
        ("POST", "/sandbox/faults", json!({"callbacks": "forged", "operation": "sendOtp"}), "operation"),
        ("POST", "/sandbox/faults", json!({"api": "", "times": 1}), "times"),
        ("POST", "/sandbox/faults", json!({}), "body"),
        ("PUT", "/sandbox/templates/sandbox-otp-tpl/status", json!({"status": 77}), "status"),
        ("PUT", "/sandbox/templates/sandbox-otp-tpl/status", json!({"status": 0}), "status"),
        ("PUT", "/sandbox/templates/sandbox-otp-tpl/status", json!({"status": 1, "reason": ""}), "reason"),
        ("POST", &events, json!({"event": "fail", "error": 0}), "error"),
        ("POST", &events, json!({"event": "fail", "error": -7}), "error"),
        ("POST", &events, json!({"event": "deliver", "error": 5012}), "error"),
        ("POST", &events, json!({"event": "explode"}), "event"),
        ("POST", &events, json!({"event": "fail", "code": 5012}), "code"),
        ("POST", "/sandbox/callbacks", json!({"event": "key_manage", "row": {}}), "body"),
        ("POST", "/sandbox/callbacks", json!({"message": "1"}), "body"),
        ("POST", "/sandbox/callbacks", json!({"message": "1", "status": "eaten"}), "status"),
        ("POST", "/sandbox/callbacks", json!({"events": "key_manage"}), "events"),
        ("POST", "/sandbox/callbacks/1/redeliveries", json!({"as_is": true}), "as_is"),
        ("POST", "/sandbox/callback-urls", json!({"urls": []}), "urls"),
        ("POST", "/sandbox/callback-urls", json!({"url": "http://user:hush@127.0.0.1/"}), "url"),
        ("PUT", "/sandbox/behaviors/login", json!({"behaviour": "silent"}), "behaviour"),
        ("PUT", "/sandbox/behaviors/6591234567", json!({"behavior": "silent"}), "the path"),
        (
            "POST",
            "/sandbox/call",
            json!({"key": "k", "method": "GET", "path": "/v1/x", "headers": {}}),
            "headers",
        ),
        ("POST", "/sandbox/call", json!({"key": "k", "method": "G T", "path": "/v1/x"}), "method"),
        ("POST", "/sandbox/reset", json!({"clock": true}), "clock"),
        ("POST", "/sandbox/templates/restore", json!({"all": true}), "all"),
    ] {
        let (status, answer) = ask(&sandbox, method, path, &body);
        assert_eq!((status, &answer["field"]), (400, &json!(field)), "{path} {body}: {answer}");
        let said = answer["error"].as_str().expect("a sentence");
        assert!(said.contains(field) && said.contains("must ") && !said.contains("hush"), "{said}");
    }
    let (_, state) = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
    assert_eq!(state["clock_offset_seconds"].as_f64(), Some(0.0));
    assert_eq!(state["api"]["queued_count"], 0);
    assert!(state["api"]["fault"].is_null() && state["callbacks"]["fault"].is_null());
    assert_eq!(sandbox.messages()[0].timeline.len(), before);
}

#[test]
fn the_members_that_a_body_may_have_are_those_of_the_document() {
    let document: Value =
        yaml_serde::from_str(include_str!("../../openapi/sandbox.yaml")).expect("the document is YAML");
    let resolved = |value: &Value| match value["$ref"].as_str() {
        Some(target) => document.pointer(&target[1..]).expect("it is there").clone(),
        None => value.clone(),
    };
    let sandbox = Sandbox::start().expect("started");
    let mut bodies = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["put", "post"].into_iter().filter(|method| item[method]["requestBody"].is_object()) {
            bodies += 1;
            let body = resolved(&item[method]["requestBody"]);
            let schema = resolved(&body["content"]["application/json"]["schema"]);
            assert_eq!(schema["additionalProperties"], false, "{method} {path}");
            let names =
                |value: &Value| value.as_object().into_iter().flat_map(|it| it.keys().cloned()).collect();
            let mut described: Vec<String> = names(&schema["properties"]);
            let path = path.replace("{id}", "1").replace("{number}", "1").replace("{of}", "login");
            let (status, answer) = ask(&sandbox, &method.to_uppercase(), &path, &json!({"nonsense": 1}));
            assert_eq!((status, &answer["field"]), (400, &json!("nonsense")), "{path}: {answer}");
            let said = answer["error"].as_str().and_then(|said| said.split_once("known here are "));
            let (_, known) = said.expect("it says what is known");
            let mut known: Vec<String> =
                known.split(", ").filter(|name| *name != "none").map(str::to_owned).collect();
            known.sort_unstable();
            described.sort_unstable();
            assert_eq!(known, described, "{method} {path}");
        }
    }
    assert!(bodies >= 12, "{bodies}");
}

#[test]
fn a_parameter_that_is_not_understood_is_refused_by_name() {
    let sandbox = Sandbox::start().expect("started");
    for (path, field) in [
        ("/sandbox/messages?limit=0", "limit"),
        ("/sandbox/messages?limit=501", "limit"),
        ("/sandbox/messages?limit=many", "limit"),
        ("/sandbox/messages?since=yesterday", "since"),
        ("/sandbox/messages?until=1.5", "until"),
        ("/sandbox/messages?before=abc", "before"),
        ("/sandbox/messages?channel=pigeon", "channel"),
        ("/sandbox/messages?status=eaten", "status"),
        ("/sandbox/messages?statuses=sent", "statuses"),
        ("/sandbox/messages?limit=5&limit=6", "limit"),
        ("/sandbox/messages?q=%FF", "the query"),
        ("/sandbox/messages/latest?recipient=x", "recipient"),
        ("/sandbox/messages/latest?to=6591234567&wait=60", "to"),
        ("/sandbox/messages?to=nobody", "to"),
        ("/sandbox/messages/latest?wait=61", "wait"),
        ("/sandbox/messages/latest?wait=-1", "wait"),
        ("/sandbox/messages/latest?wait=NaN", "wait"),
        ("/sandbox/messages/latest?wait=soon", "wait"),
        ("/sandbox/messages/latest?after=x", "after"),
        ("/sandbox/requests?refused=yes", "refused"),
        ("/sandbox/requests?before=x", "before"),
        ("/sandbox/callbacks?limit=-1", "limit"),
        ("/sandbox/changes?since=x", "since"),
        ("/sandbox/state?verbose", "verbose"),
    ] {
        let (status, answer) = ask(&sandbox, "GET", path, &Value::Null);
        assert_eq!((status, &answer["field"]), (400, &json!(field)), "{path}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|said| said.contains(field)), "{answer}");
    }
    send(&sandbox, "+6591234567");
    for to in ["%2B6591234567", "+6591234567", "%206591234567"] {
        let (status, latest) =
            ask(&sandbox, "GET", &format!("/sandbox/messages/latest?to={to}"), &Value::Null);
        assert_eq!((status, &latest["to"]), (200, &json!("+6591234567")), "{to}");
    }
    for path in ["/sandbox/messages?limit=500&q=&since=-1", "/sandbox/requests?refused=false&limit=1"] {
        assert_eq!(ask(&sandbox, "GET", path, &Value::Null).0, 200, "{path}");
    }
}

#[test]
fn a_seed_is_taken_whole_or_not_at_all() {
    let sandbox = Sandbox::start().expect("started");
    let before = sandbox.template_ids();
    let text = json!({"contain_security": true, "contain_expire": true});
    let template = |id: &str| {
        json!({
            "template_id": id, "send_channel_strategy": "sms",
            "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
            "sms_config": {"template_type": 1, "template_default_config": text},
        })
    };
    let mut broken = template("second");
    broken["verify_code_config"]["verify_code_len"] = json!(99);
    for (seed, field) in [
        (
            json!({"templates": [template("first"), broken]}),
            "templates[1].verify_code_config.verify_code_len",
        ),
        (json!({"templates": [template("first")], "behaviors": {"login": "gone"}}), "behaviors[\"login\"]"),
        (json!({"templates": [template("first"), template("first")]}), "templates[1].template_id"),
        (
            json!({"behaviors": {"login": "silent"}, "templates": [template("first"), {}]}),
            "templates[1].send_channel_strategy",
        ),
    ] {
        let (status, answer) = ask(&sandbox, "POST", "/sandbox/seed", &seed);
        assert_eq!((status, &answer["field"]), (400, &json!(field)), "{answer}");
        assert_eq!(sandbox.seed(&seed).expect_err("refused").field(), field);
        assert!(Sandbox::builder().seed(&seed).is_err(), "before it starts too");
        assert_eq!(sandbox.template_ids(), before);
        let (_, state) = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
        assert_eq!(state["behaviors"], json!({}));
    }
    // More than there is room for, of which the first would have fitted.
    let crowd: Vec<Value> = (0..1_000).map(|number| template(&format!("t{number}"))).collect();
    let refused = sandbox.seed(&json!({"templates": crowd})).expect_err("too many");
    assert_eq!(refused.field(), "templates[997]");
    assert_eq!(sandbox.template_ids(), before);
    let seeded = Sandbox::builder().seed(&json!({"templates": [template("first")]})).expect("a seed");
    assert!(seeded.start().expect("started").template_ids().contains(&"first".to_owned()));
}

#[test]
fn back_to_real_time_nothing_stands_in_the_future_and_what_happened_lies_as_long_ago() {
    let server = CallbackServer::start();
    let builder = Sandbox::builder().manual_clock().callback_url(server.url()).expect("a URL");
    let sandbox = builder.start().expect("started");
    assert!(sandbox.wait_idle(TIMEOUT));
    let start = sandbox.now();
    sandbox.advance(Duration::from_secs(86_400));
    let id = send(&sandbox, "+6591234567");
    sandbox.advance(Duration::from_secs(600));
    assert!(sandbox.wait_idle(TIMEOUT));
    let ages = |sandbox: &Sandbox| {
        let now = sandbox.now();
        let message = sandbox.message(&id).expect("remembered");
        let mut times = vec![message.sent];
        times.extend(message.timeline.iter().map(|entry| entry.at));
        times.extend(sandbox.requests().iter().map(|request| request.at));
        for callback in sandbox.callbacks() {
            times.push(callback.made);
            times.extend(callback.attempts.iter().map(|attempt| attempt.at));
        }
        let age = |time: SystemTime| now.duration_since(time).expect("not in the future");
        times.into_iter().map(age).collect::<Vec<_>>()
    };
    let before = ages(&sandbox);
    assert!(before.len() > 10, "{before:?}");
    assert_eq!(ask(&sandbox, "DELETE", "/sandbox/clock", &Value::Null).0, 200);
    assert_eq!(sandbox.now(), start);
    assert_eq!(ages(&sandbox), before);
    let (_, page) = ask(&sandbox, "GET", "/sandbox/templates", &Value::Null);
    let created = page["templates"][0]["created"].as_u64().expect("a time");
    assert!(Duration::from_millis(created) < start.duration_since(SystemTime::UNIX_EPOCH).expect("after"));
}

#[test]
fn an_address_for_callbacks_is_removed_and_set_again() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let (first, second) = (CallbackServer::start(), CallbackServer::start());
    let set = |server: &CallbackServer| {
        assert_eq!(ask(&sandbox, "POST", "/sandbox/callback-urls", &json!({"url": server.url()})).0, 200);
        assert_eq!(server.next().body, "{}");
    };
    let remove =
        |query: &str| ask(&sandbox, "DELETE", &format!("/sandbox/callback-urls{query}"), &Value::Null).0;
    set(&first);
    set(&second);
    let only = first.url().replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    assert_eq!(remove(&format!("?url={only}")), 200);
    assert_eq!(remove(&format!("?url={only}")), 404, "it is gone");
    send(&sandbox, "+6591234561");
    assert_eq!(second.next().statuses(), ["plan", "target_valid", "sent"]);
    assert!(sandbox.wait_idle(TIMEOUT));
    assert!(first.rest().is_empty(), "nothing goes there any more");
    let (status, answer) = ask(&sandbox, "POST", "/sandbox/callbacks/1/redeliveries", &json!({}));
    assert_eq!(status, 404, "{answer}");
    assert_eq!(remove(""), 200);
    assert_eq!(ask(&sandbox, "GET", "/sandbox/state", &Value::Null).1["callbacks"]["urls"], json!([]));
    let waiting = |sandbox: &Sandbox| {
        let is_open = |state| matches!(state, CallbackState::Waiting | CallbackState::Failing { .. });
        sandbox.callbacks().into_iter().filter(|callback| is_open(callback.state)).count()
    };
    assert_eq!(waiting(&sandbox), 0);
    set(&first);
    send(&sandbox, "+6591234562");
    assert_eq!(first.next().statuses(), ["plan", "target_valid", "sent"]);
}

#[test]
fn a_secret_that_was_brought_along_is_not_shown() {
    let secret_of = |sandbox: &Sandbox| {
        let (_, state) = ask(sandbox, "GET", "/sandbox/state", &Value::Null);
        state["keys"][0]["secret"].clone()
    };
    assert_eq!(secret_of(&Sandbox::start().expect("started")), "sandbox_secret");
    let credentials = engagelab_otp::Credentials::new("real_key", "real_secret").expect("valid");
    let sandbox = Sandbox::builder().credentials(credentials).start().expect("started");
    assert_eq!(secret_of(&sandbox), Value::Null);
    let call = json!({"key": "real_key", "method": "GET", "path": "/v1/template-configs"});
    assert_eq!(ask(&sandbox, "POST", "/sandbox/call", &call).1["status"], 200, "the page calls all the same");
}

#[test]
fn whoever_waits_for_a_message_hears_that_the_sandbox_stops() {
    let sandbox = Sandbox::start().expect("started");
    let mut parked = Vec::new();
    for path in ["/sandbox/messages/latest?to=%2B6590000000&wait=60", "/sandbox/changes?since=0"] {
        let (_, state) = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
        let path = path.replace("since=0", &format!("since={}", state["version"]));
        let mut stream = connect(sandbox.address());
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("written");
        parked.push((path, stream));
    }
    // What has been asked and not read yet would be closed.
    while ask(&sandbox, "GET", "/sandbox/state", &Value::Null).1["watchers"] != 2 {}
    assert!(sandbox.shut_down(TIMEOUT));
    for (path, mut stream) in parked {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(
            answer.starts_with("HTTP/1.1 503 ") && answer.contains("the sandbox stops"),
            "{path}: {answer}"
        );
    }
}

#[test]
fn a_slow_answer_is_given_whole_when_the_sandbox_stops() {
    let sandbox = Sandbox::start().expect("started");
    let mut stream = connect(sandbox.address());
    let request = "GET /v1/template-configs HTTP/1.1\r\nHost: localhost\r\nX-Sandbox-Fault: slow-body=60000\r\n\
                   Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("written");
    let mut answer = vec![0; 20];
    stream.read_exact(&mut answer).expect("the head is there");
    drop(sandbox);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the rest");
    let (_, body) = rest.split_once("\r\n\r\n").expect("a body");
    assert!(serde_json::from_str::<Value>(body).is_ok_and(|list| list.is_array()), "{body}");
}

#[test]
fn a_code_is_waited_for_though_a_message_without_one_came_later() {
    let sandbox = Sandbox::start().expect("started");
    let text = json!({"template_type": 2, "template_custom_config": {"custom_sub_type": "marketing", "custom_content": "Hello"}});
    let seed =
        json!({"templates": [{"template_id": "hello", "send_channel_strategy": "sms", "sms_config": text}]});
    sandbox.seed(&seed).expect("seeded");
    let id = send(&sandbox, "+6591234567");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let user = "+6591234567".parse().expect("valid");
    client.send_message(&user, &TemplateRef::new("hello").expect("valid")).expect("sent");
    assert_eq!(sandbox.wait_for_code(&user), sandbox.code(&id));
}

#[test]
fn waiters_whose_programs_have_gone_keep_nobody_from_waiting() {
    let sandbox = Sandbox::start().expect("started");
    let path = "/sandbox/messages/latest?to=%2B6590000000&wait=60";
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = connect(sandbox.address());
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("written");
            stream
        })
        .collect();
    while ask(&sandbox, "GET", "/sandbox/state", &Value::Null).1["watchers"] != 64 {}
    drop(waiting);
    std::thread::scope(|scope| {
        let newest = scope.spawn(|| ask(&sandbox, "GET", path, &Value::Null));
        // The first of those who have gone gives its place up.
        let sent = send(&sandbox, "+6590000000");
        let (status, message) = newest.join().expect("answered");
        assert_eq!((status, &message["id"]), (200, &json!(sent.0)), "{message}");
    });
}

#[test]
fn an_empty_parameter_and_a_body_of_a_deletion_are_no_wish_for_all_there_is() {
    let receivers = ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"];
    let sandbox = Sandbox::start().expect("started");
    for url in receivers {
        assert_eq!(ask(&sandbox, "POST", "/sandbox/callback-urls", &json!({"url": url})).0, 200);
    }
    for (method, path, body) in [
        ("DELETE", "/sandbox/callback-urls", json!({"url": receivers[0]})),
        ("DELETE", "/sandbox/callback-urls?url=", Value::Null),
        ("DELETE", "/sandbox/messages", json!({"x": 1})),
        ("GET", "/sandbox/messages/latest?to=", Value::Null),
    ] {
        assert_eq!(ask(&sandbox, method, path, &body).0, 400, "{method} {path}");
    }
    let (_, state) = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
    assert_eq!(state["callbacks"]["urls"], json!(receivers));
}

/// Sends a body that `json!` cannot make.
fn post_text(sandbox: &Sandbox, path: &str, body: &str) -> (u16, Value) {
    let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let length = body.len();
    let request = format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    let answer = exchange(sandbox.address(), request.as_bytes());
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (status, serde_json::from_str(body).expect("JSON"))
}

#[test]
fn a_member_that_is_there_twice_or_null_is_refused_by_name() {
    let server = CallbackServer::start();
    let builder = Sandbox::builder().manual_clock().callback_url(server.url()).expect("a URL");
    let sandbox = builder.start().expect("started");
    let events = format!("/sandbox/messages/{}/events", send(&sandbox, "+6591234567"));
    for (path, body, field, rule) in [
        ("/sandbox/clock", r#"{"advance_seconds": 1, "advance_seconds": 60}"#, "advance_seconds", "once"),
        ("/sandbox/faults", r#"{"api": "", "api": "stall"}"#, "api", "once"),
        (
            "/sandbox/seed",
            r#"{"behaviors": {"login": "silent", "login": "silent"}}"#,
            "behaviors.login",
            "once",
        ),
        (
            "/sandbox/call",
            r#"{"key": "k", "method": "GET", "path": "/v1/x", "body": {"a": 1, "a": 2}}"#,
            "body.a",
            "once",
        ),
        ("/sandbox/callbacks", r#"{"row": null}"#, "row", "left out"),
        ("/sandbox/callbacks", r#"{"event": "key_manage", "row": null}"#, "row", "left out"),
        ("/sandbox/callbacks", r#"{"event": "key_manage", "message": null}"#, "message", "left out"),
        (&events, r#"{"event": "fail", "error": null}"#, "error", "left out"),
        ("/sandbox/faults", r#"{"api": "stall", "times": null}"#, "times", "left out"),
        ("/sandbox/seed", r#"{"templates": null}"#, "templates", "left out"),
    ] {
        let (status, answer) = post_text(&sandbox, path, body);
        assert_eq!((status, &answer["field"]), (400, &json!(field)), "{path} {body}: {answer}");
        let said = answer["error"].as_str().expect("a sentence");
        assert!(said.starts_with(field) && said.contains(rule), "{said}");
    }
    let (_, state) = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
    assert!(state["api"]["fault"].is_null() && state["behaviors"] == json!({}), "{state}");
    // The document allows null here.
    let call = r#"{"key": "sandbox_demo", "method": "GET", "path": "/v1/template-configs", "body": null, "fault": null}"#;
    assert_eq!(post_text(&sandbox, "/sandbox/call", call).1["status"], 200);
}

#[test]
fn what_takes_no_members_needs_no_body_and_no_type_of_one() {
    let sandbox = Sandbox::start().expect("started");
    let bare = |path: &str, more: &str| {
        let request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
        exchange(sandbox.address(), request.as_bytes())
    };
    let id = send(&sandbox, "+6591234567");
    assert!(bare("/sandbox/reset", "").starts_with("HTTP/1.1 200 "));
    assert!(sandbox.message(&id).is_none());
    assert!(bare("/sandbox/templates/restore", "").starts_with("HTTP/1.1 200 "));
    for (path, more, status, said) in [
        ("/sandbox/reset", "Content-Type: text/plain\r\n", 415, "Content-Type must be application/json"),
        ("/sandbox/reset", "Origin: http://example.com\r\n", 403, "only the sandbox's own page"),
        ("/sandbox/reset", "Origin: null\r\n", 403, "only the sandbox's own page"),
        ("/sandbox/reset", "Sec-Fetch-Site: cross-site\r\n", 403, "only the sandbox's own page"),
        ("/sandbox/clock", "", 400, "body must be given: an object in JSON"),
    ] {
        let answer = bare(path, more);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(said), "{answer}");
    }
}

#[test]
fn after_and_before_count_by_number_whatever_has_become_of_the_message() {
    let sandbox = Sandbox::builder().history(3).manual_clock().start().expect("started");
    let ids: Vec<MessageId> = (0..5).map(|number| send(&sandbox, &format!("+659000000{number}"))).collect();
    let later = |by: u64| (ids[4].0.parse::<u64>().expect("a number") + by).to_string();
    let get = |path: &str| ask(&sandbox, "GET", &format!("/sandbox/messages{path}"), &Value::Null);
    let newest = (200, json!(ids[4]));
    let latest = |query: &str| {
        let (status, answer) = get(&format!("/latest?{query}"));
        (status, answer["id"].clone())
    };
    // Remembered, forgotten, never given out: what is newer counts.
    for after in [ids[3].0.as_str(), &ids[0].0, "1", "0"] {
        assert_eq!(latest(&format!("after={after}")), newest, "{after}");
    }
    // Nothing is newer than the newest, or than one that does not exist yet.
    for after in [ids[4].0.clone(), later(1), later(1_000), "9".repeat(30)] {
        assert_eq!(latest(&format!("after={after}")).0, 404, "{after}");
    }
    assert_eq!(latest(&format!("after={}&to=%2B6590000003", ids[3].0)).0, 404, "that one is no newer");
    assert_eq!(latest(&format!("after={}&to=%2B6590000003", ids[0].0)), (200, json!(ids[3])));

    for filter in ["", "&channel=sms"] {
        let page = |before: &str| {
            let (status, page) = get(&format!("?before={before}{filter}"));
            let page = page["messages"].as_array().expect("a list").iter();
            (
                status,
                page.map(|message| message["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>(),
            )
        };
        let all = vec![ids[4].0.clone(), ids[3].0.clone(), ids[2].0.clone()];
        assert_eq!(page(&ids[4].0), (200, all[1..].to_vec()), "{filter}");
        for before in [later(1), later(1_000), "9".repeat(30)] {
            assert_eq!(page(&before), (200, all.clone()), "{before}{filter}");
        }
        for before in [ids[2].0.as_str(), &ids[0].0, "1", "9"] {
            assert_eq!(page(before), (200, Vec::new()), "{before}{filter}");
        }
    }
}

#[test]
fn a_delivery_ends_once_and_what_is_asked_of_it_later_is_refused_with_a_reason() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let event = |id: &MessageId, event: &str| {
        ask(&sandbox, "POST", &format!("/sandbox/messages/{id}/events"), &json!({"event": event}))
    };
    let timeline = |id: &MessageId| sandbox.message(id).expect("remembered").timeline.len();
    let delivered = send(&sandbox, "+6590000001");
    let failed = send(&sandbox, "+10000000002");
    let by_hand = send(&sandbox, "+6590000002");
    let silent = send(&sandbox, "+10000000003");
    sandbox.advance(Duration::from_millis(500));
    assert_eq!(event(&by_hand, "fail").0, 200);
    assert_eq!(event(&silent, "deliver").0, 200);
    sandbox.advance(Duration::from_secs(1));
    for id in [&delivered, &failed, &by_hand, &silent] {
        let before = timeline(id);
        for name in ["deliver", "fail"] {
            let (status, answer) = event(id, name);
            assert_eq!((status, &answer["field"]), (400, &json!("event")), "{answer}");
            assert!(answer["error"].as_str().is_some_and(|said| said.contains("has ended")), "{answer}");
        }
        assert!(!sandbox.deliver_now(id) && !sandbox.fail_now(id, engagelab_otp::ErrorCode::HandsetOff));
        assert_eq!(timeline(id), before);
        let shown = ask(&sandbox, "GET", &format!("/sandbox/messages/{id}"), &Value::Null).1;
        assert_eq!(shown["delivery_has_ended"], true);
    }
    // The code counts on, until it has come to its own end.
    assert_eq!(event(&delivered, "verify").0, 200);
    assert_eq!(event(&failed, "expire").0, 200);
    for (id, name, said) in [
        (&delivered, "verify", "verified before"),
        (&delivered, "expire", "no code that still counts"),
        (&failed, "verify", "has expired"),
        (&failed, "expire", "no code that still counts"),
    ] {
        let (status, answer) = event(id, name);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(said)), "{answer}");
    }
}
