//! The control API, on which the console's page and tests in other languages live.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use engagelab_otp::sandbox::{CallbackFault, Fault, Sandbox, Speed};
use engagelab_otp::smpp::smsc::Faults;
use engagelab_otp::{Client, MessageId, TemplateRef};
use serde_json::{Value, json};

use super::loopback::{CallbackServer, connect, exchange};

fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> String {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    exchange(sandbox.address(), request.as_bytes())
}

fn value(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn every_answer_forbids_what_the_page_does_not_need() {
    let sandbox = Sandbox::start().expect("started");
    for path in ["/", "/sandbox/state", "/sandbox/no-such"] {
        let answer = ask(&sandbox, "GET", path, &Value::Null);
        for header in [
            "Content-Security-Policy: default-src 'none'; script-src 'sha256-",
            "frame-ancestors 'none'",
            "X-Content-Type-Options: nosniff",
            "Cross-Origin-Resource-Policy: same-origin",
            "Cache-Control: no-store",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}");
        }
        assert!(!answer.contains("Access-Control-Allow"), "{path}");
    }
}

#[test]
fn faults_are_switched_on_and_off() {
    let server = CallbackServer::start();
    let builder = Sandbox::builder().smpp_listen("127.0.0.1:0".parse().expect("an address"));
    let sandbox = builder.callback_url(server.url()).expect("a URL").start().expect("started");
    let switch = |faults: Value| ask(&sandbox, "POST", "/sandbox/faults", &faults);
    value(&switch(json!({"api": "rate-limited=7", "callbacks": "late=5", "smpp": "throttle"})));
    let state = || value(&ask(&sandbox, "GET", "/sandbox/state", &Value::Null));
    let on = state();
    assert_eq!(
        on["api"]["fault"],
        Fault::RateLimited { retry_after: std::time::Duration::from_secs(7) }.to_string()
    );
    assert_eq!(
        on["callbacks"]["fault"],
        CallbackFault::Late { by: std::time::Duration::from_secs(5) }.to_string()
    );
    assert_eq!(on["smpp"]["fault"], "throttle");
    assert_eq!(sandbox.smsc().expect("SMPP is on").faults().throttle, 10);

    value(&switch(json!({"api": "", "callbacks": "", "smpp": ""})));
    let off = state();
    let kinds = ["api", "callbacks", "smpp"];
    assert!(kinds.iter().all(|kind| off[kind]["fault"].is_null()), "{off}");
    assert_eq!(sandbox.smsc().expect("SMPP is on").faults(), Faults::default());
    assert!(switch(json!({"smpp": "gremlins"})).starts_with("HTTP/1.1 400 "));

    value(&switch(json!({"api": "html-error", "times": 1})));
    assert_eq!(state()["api"]["queued_count"], 1);
    let client = Client::for_sandbox(&sandbox).expect("built");
    // The first is asked again by itself, since a list may be.
    assert!(client.list_templates().is_ok());
    assert_eq!(state()["api"]["queued_count"], 0);
}

#[test]
fn a_call_is_made_as_if_from_outside_and_says_what_came_of_it() {
    let sandbox = Sandbox::start().expect("started");
    let call = |key: &str, fault: Option<&str>| {
        let body = json!({"to": "+6591234567", "template": {"id": "sandbox-otp-tpl"}});
        let call =
            json!({"key": key, "method": "POST", "path": "/v1/messages", "body": body, "fault": fault});
        value(&ask(&sandbox, "POST", "/sandbox/call", &call))
    };
    assert_eq!(call("nobody", None)["body"]["code"], 2001);
    assert!(call("sandbox_demo", Some("lost-answer"))["unanswered"].is_string());
    assert_eq!(call("sandbox_demo", None)["body"]["code"], 3004, "the one whose answer was lost lives");
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn whoever_watches_hears_of_changes_and_of_the_end() {
    let sandbox = Sandbox::start().expect("started");
    let seen = value(&ask(&sandbox, "GET", "/sandbox/state", &Value::Null))["version"].clone();
    let address = sandbox.address();
    let watch = move |version: u64| {
        let request = format!(
            "GET /sandbox/changes?since={version} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        // It asks before anything else happens; only the waiting is another thread's.
        let mut stream = connect(address);
        stream.write_all(request.as_bytes()).expect("written");
        std::thread::spawn(move || {
            let mut answer = String::new();
            // A reset counts as an end as well.
            drop(stream.read_to_string(&mut answer));
            answer
        })
    };
    let watching = watch(seen.as_u64().expect("a number"));
    sandbox.fail_next(engagelab_otp::ErrorCode::Internal);
    let now = value(&watching.join().expect("answered"))["version"].as_u64().expect("a number");
    assert!(now > seen.as_u64().expect("a number"));
    let watching = watch(now);
    drop(sandbox);
    // An answer, or none: but an end.
    drop(watching.join().expect("ended"));
}

fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Value {
    value(&ask(sandbox, "POST", path, body))
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    value(&ask(sandbox, "GET", path, &Value::Null))
}

fn send(sandbox: &Sandbox, to: &str) -> Result<MessageId, engagelab_otp::Error> {
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let client = Client::for_sandbox(sandbox).expect("built");
    client.send_otp(&to.parse().expect("valid"), &template).map(|receipt| receipt.message_id)
}

#[test]
fn why_a_request_was_refused_is_remembered_with_rule_and_field() {
    let sandbox = Sandbox::start().expect("started");
    let body = json!({"to": "+65912345", "template": {"id": "sandbox-otp-tpl", "language": "klingon"}});
    let call = json!({"key": "sandbox_demo", "method": "POST", "path": "/v1/codes", "body": {"to": "x", "code": "1 2"}});
    post(&sandbox, "/sandbox/call", &call);
    let call = json!({"key": "sandbox_demo", "method": "POST", "path": "/v1/messages", "body": body});
    assert_eq!(post(&sandbox, "/sandbox/call", &call)["body"]["code"], 3002);
    let id = send(&sandbox, "+6591234567").expect("sent");
    let recorded = sandbox.requests();
    let refused = &recorded[1];
    assert_eq!((refused.status, refused.operation), (Some(400), Some("sendOtp")));
    assert_eq!(refused.field.as_deref(), Some("template.language"));
    assert!(
        refused.reason.as_deref().is_some_and(|reason| reason.contains("must be a language of the service"))
    );
    assert!(refused.advice().is_some() && refused.body.contains("+65912345"));
    assert!(!recorded[0].body.contains("1 2"), "codes are masked");
    assert_eq!((recorded[2].message.as_ref(), recorded[2].key.as_deref()), (Some(&id), Some("sandbox_demo")));
    let page = get(&sandbox, "/sandbox/requests?refused=true&limit=1");
    assert_eq!(page["requests"][0]["field"], "template.language");
    assert!(page["next"].is_number());
}

#[test]
fn the_newest_message_to_somebody_is_waited_for_and_brings_its_code() {
    let sandbox = Sandbox::start().expect("started");
    let address = sandbox.address();
    let mut stream = connect(address);
    let request = "GET /sandbox/messages/latest?to=%2B6591234567&wait=20 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("written");
    let id = send(&sandbox, "+6591234567").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let latest = value(&answer);
    assert_eq!(latest["id"], json!(id));
    assert_eq!(latest["code"].as_str().map(str::to_owned), sandbox.code(&id));
    let none = ask(&sandbox, "GET", "/sandbox/messages/latest?to=%2B6590000000", &Value::Null);
    assert!(none.starts_with("HTTP/1.1 404 "), "{none}");
}

#[test]
fn a_message_is_delivered_failed_and_expired_at_a_word() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let event =
        |id: &MessageId, event: Value| post(&sandbox, &format!("/sandbox/messages/{id}/events"), &event);
    let status = |id: &MessageId| sandbox.message(id).expect("remembered").status().expect("one").to_string();
    let id = send(&sandbox, "+6591234561").expect("sent");
    event(&id, json!({"event": "deliver"}));
    assert_eq!(status(&id), "delivered");
    sandbox.advance(Duration::from_secs(5));
    assert_eq!(status(&id), "delivered", "nothing of the old plan follows");
    event(&id, json!({"event": "expire"}));
    assert_eq!(status(&id), "verified_timeout");
    let id = send(&sandbox, "+6591234562").expect("sent");
    event(&id, json!({"event": "fail", "error": 5018}));
    let last = sandbox.message(&id).expect("remembered").timeline.pop().expect("an entry");
    assert_eq!(
        (last.status.as_str(), last.error.map(engagelab_otp::ErrorCode::value)),
        ("delivered_failed", Some(5018))
    );
    event(&id, json!({"event": "verify"}));
    assert_eq!(status(&id), "verified");
    let again = ask(&sandbox, "POST", &format!("/sandbox/messages/{id}/events"), &json!({"event": "verify"}));
    assert!(again.starts_with("HTTP/1.1 400 ") && again.contains("verified before"), "{again}");
}

#[test]
fn messages_are_found_by_text_code_channel_and_time_and_counted() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    for number in 0..1_200 {
        send(&sandbox, &format!("+65{number:08}")).expect("sent");
    }
    let mail = send(&sandbox, "someone@example.com").expect("sent");
    let code = sandbox.code(&mail).expect("a code");
    let all = get(&sandbox, "/sandbox/messages?limit=5");
    assert_eq!(
        (&all["total"], &all["matching"], all["next"].is_string()),
        (&json!(1201), &Value::Null, true)
    );
    let found =
        |query: &str| get(&sandbox, &format!("/sandbox/messages?limit=5&{query}"))["matching"].clone();
    assert_eq!(found("channel=sms"), 1200);
    assert_eq!(found("q=SOMEONE"), 1);
    assert_eq!(found("q=your+code"), 1201, "both words are in every text");
    assert_eq!(found("q=your+nonsense"), 0);
    let greeting = TemplateRef::new("sandbox-custom-tpl").expect("valid").param("code", "1");
    let greeting = greeting.param("word", "GRÜSSE");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let greeted = client.send_message(&"+6591234560".parse().expect("valid"), &greeting).expect("sent");
    assert_eq!(found("q=gr%C3%BCsse"), 1, "in a parameter, whatever the case");
    assert_eq!(found(&format!("q={}", &greeted.message_id.0[..19])), 1);
    assert_eq!(found("q=sandbox-custom-tplyour"), 0, "and not across two of the texts");
    assert!(found(&format!("q={code}")).as_u64() >= Some(1));
    assert_eq!(found("status=verified"), 0);
    sandbox.advance(Duration::from_secs(3600));
    let later = send(&sandbox, "+6591234567").expect("sent");
    let sent = sandbox.message(&later).expect("remembered").sent.duration_since(UNIX_EPOCH).expect("after");
    assert_eq!(found(&format!("since={}", sent.as_millis())), 1);
    let first = get(&sandbox, "/sandbox/messages?limit=500&channel=sms");
    let second = format!("channel=sms&before={}", first["next"].as_str().expect("a next page"));
    assert_eq!((&first["matching"], found(&second)), (&json!(1202), json!(1202)), "whatever the page");
    // Page by page, each message comes once.
    let mut seen = std::collections::HashSet::new();
    let mut path = "/sandbox/messages?limit=500".to_owned();
    loop {
        let page = get(&sandbox, &path);
        for message in page["messages"].as_array().expect("a list") {
            assert!(seen.insert(message["id"].to_string()));
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/sandbox/messages?limit=500&before={next}");
    }
    assert_eq!(seen.len(), 1203);
}

#[test]
fn the_clock_is_put_back_and_what_was_planned_keeps_its_time() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let before = sandbox.now();
    post(&sandbox, "/sandbox/clock", &json!({"advance_seconds": 86400}));
    assert_eq!(get(&sandbox, "/sandbox/state")["clock_offset_seconds"], 86400.0);
    let id = send(&sandbox, "+10000000000").expect("sent");
    value(&ask(&sandbox, "DELETE", "/sandbox/clock", &Value::Null));
    assert_eq!(sandbox.now(), before);
    sandbox.advance(Duration::from_secs(2));
    assert_eq!(
        sandbox.message(&id).expect("remembered").status().map(engagelab_otp::MessageStatus::as_str),
        Some("delivered")
    );
    assert_eq!(send(&sandbox, "+10000000000").unwrap_err().api().map(|api| api.code().value()), Some(3004));
    sandbox.advance(Duration::from_secs(299));
    send(&sandbox, "+10000000000").expect("the code has expired");
}

#[test]
fn templates_and_behaviors_come_from_a_seed_and_end_with_a_reset() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let text = json!({"contain_security": true, "contain_expire": true});
    let template = json!({
        "template_id": "login", "send_channel_strategy": "whatsapp|sms",
        "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
        "whatsapp_config": {"template_type": 1, "template_default_config": text},
        "sms_config": {"template_type": 1, "template_default_config": text},
    });
    let seed = json!({"templates": [template], "behaviors": {"+6591234567": "first-channel-fails"}});
    post(&sandbox, "/sandbox/seed", &seed);
    assert!(sandbox.seed(&json!({"template": []})).is_err(), "a word that is not known");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let login = TemplateRef::new("login").expect("valid");
    let sent = |to: &str| client.send_otp(&to.parse().expect("valid"), &login);
    let ends = |to: &str| {
        let id = sent(to).expect("sent").message_id;
        sandbox.advance(Duration::from_secs(10));
        let timeline = sandbox.message(&id).expect("remembered").timeline;
        let ends = timeline.iter().filter(|entry| entry.status.as_str().starts_with("delivered"));
        ends.map(|entry| format!("{} {}", entry.channel, entry.status)).collect::<Vec<_>>()
    };
    let fallback = ["whatsapp delivered_failed", "sms delivered"];
    assert_eq!(ends("+6591234567"), fallback);
    assert_eq!(ends("+10000000004"), fallback, "by the template's own channels");
    assert_eq!(ends("+10000000002"), ["whatsapp delivered_failed", "sms delivered_failed"]);
    value(&ask(&sandbox, "PUT", "/sandbox/behaviors/login", &json!({"behavior": "refused=5014"})));
    assert_eq!(sent("+6591234560").unwrap_err().api().map(|api| api.code().value()), Some(5014));
    post(&sandbox, "/sandbox/reset", &json!({}));
    assert!(sandbox.messages().is_empty() && sandbox.requests().is_empty());
    assert_eq!(sent("+6591234560").unwrap_err().api().map(|api| api.code().value()), Some(4001));
    client.delete_template(&"sandbox-otp-tpl".parse().expect("valid")).expect("deleted");
    post(&sandbox, "/sandbox/templates/restore", &json!({}));
    assert_eq!(sandbox.template_ids().len(), 3);
}

#[test]
fn beyond_this_machine_the_control_api_wants_a_token_and_the_api_does_not() {
    let sandbox = Sandbox::builder().token("let-me-in").start().expect("started");
    let refused = ask(&sandbox, "GET", "/sandbox/state", &Value::Null);
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    let request = "GET /sandbox/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer let-me-in\r\n\r\n";
    value(&exchange(sandbox.address(), request.as_bytes()));
    send(&sandbox, "+6591234567").expect("the API has keys of its own");
    let page = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(
        exchange(sandbox.address(), page.as_bytes()).starts_with("HTTP/1.1 200 "),
        "the page asks for it"
    );
}

#[test]
fn a_name_from_elsewhere_is_refused_with_a_page_for_browsers_unless_it_is_allowed() {
    let sandbox = Sandbox::builder().allow_host("otp.example.com").expect("a name").start().expect("started");
    let ask = |host: &str, accept: &str, path: &str| {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
        exchange(sandbox.address(), request.as_bytes())
    };
    for path in ["/", "/v1/template-configs", "/sandbox/state"] {
        let refused = ask("evil.example.com", "text/html", path);
        assert!(refused.starts_with("HTTP/1.1 421 ") && refused.contains("--allow-host NAME"), "{refused}");
        assert!(refused.contains("Content-Type: text/html"));
        assert!(!ask("otp.example.com", "text/html", path).starts_with("HTTP/1.1 421 "), "{path}");
        assert!(!ask("otp-sandbox:8035", "*/*", path).starts_with("HTTP/1.1 421 "), "a service of compose");
    }
    let hint = ask("localhost", "text/html", "/index.php");
    assert!(hint.starts_with("HTTP/1.1 404 ") && hint.contains("The page is at /"), "{hint}");
    let hint = ask("localhost", "*/*", "/messages");
    assert!(hint.contains("did you mean POST /v1/messages?"), "{hint}");
    let hint = ask("localhost", "*/*", "/v1/messages/+6591234567");
    assert!(hint.contains("did you mean POST /v1/messages?") && !hint.contains("6591234567"), "{hint}");
}

#[test]
fn a_callback_address_is_set_while_it_runs() {
    let sandbox = Sandbox::start().expect("started");
    let server = CallbackServer::start();
    post(&sandbox, "/sandbox/callback-urls", &json!({"url": server.url()}));
    assert_eq!(server.next().body, "{}");
    send(&sandbox, "+10000000010").expect("sent");
    assert_eq!(server.next().statuses(), ["plan", "target_valid", "sent", "delivered"]);
    let refused = ask(&sandbox, "POST", "/sandbox/callback-urls", &json!({"url": "ftp://example.com"}));
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
}

#[test]
fn a_test_suite_in_python_lives_on_the_control_api() {
    let sandbox = Sandbox::start().expect("started");
    let python = Command::new("python3")
        .args(["-c", include_str!("control.py")])
        .env("SANDBOX_URL", sandbox.url())
        .output();
    let Some(output) = super::peers::found("python3", python.ok()) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Ran 8 tests"), "{said}");
}

#[test]
fn every_operation_of_its_document_is_answered() {
    let document: Value =
        yaml_serde::from_str(include_str!("../../openapi/sandbox.yaml")).expect("the document is YAML");
    let sandbox = Sandbox::start().expect("started");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "put", "post", "delete"].into_iter().filter(|method| item[method].is_object()) {
            operations += 1;
            let path = path.replace("{id}", "1").replace("{number}", "1").replace("{of}", "%2B6591234567");
            let body = item[method]["requestBody"]["content"]["application/json"]["example"].clone();
            let body = if method == "get" || method == "delete" {
                Value::Null
            } else if body.is_null() {
                json!({})
            } else {
                body
            };
            let answer = ask(&sandbox, &method.to_uppercase(), &path, &body);
            assert!(
                !answer.contains("no such path") && !answer.contains("HTTP/1.1 405 "),
                "{method} {path}: {answer}"
            );
        }
    }
    assert!(operations >= 24, "{operations}");
}

#[test]
fn every_member_of_an_answer_is_described() {
    let document: Value =
        yaml_serde::from_str(include_str!("../../openapi/sandbox.yaml")).expect("the document is YAML");
    let receiver = CallbackServer::start();
    let builder = Sandbox::builder().speed(Speed::Fast).smpp_listen(([127, 0, 0, 1], 0).into());
    let sandbox = builder.callback_url(receiver.url()).expect("a URL").start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+10000000002".parse().expect("valid"), &template).expect("sent");
    client.send_otp(&"+10000000001".parse().expect("valid"), &template).expect_err("refused");
    assert!(sandbox.wait_idle(Duration::from_secs(30)));
    ask(&sandbox, "POST", "/sandbox/faults", &json!({"api": "stall", "times": 1}));
    for path in ["state", "messages", "messages/latest", "requests", "callbacks", "templates", "health"] {
        let path = format!("/sandbox/{path}");
        let answer = value(&ask(&sandbox, "GET", &path, &Value::Null));
        let schema =
            &document["paths"][&path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let mut undescribed = Vec::new();
        compare(&document, schema, &answer, &path, &mut undescribed);
        assert!(undescribed.is_empty(), "openapi/sandbox.yaml does not describe {undescribed:?}");
    }
}

/// Finds what an answer has and its schema does not. A schema without properties lets anything pass.
fn compare(document: &Value, schema: &Value, answer: &Value, place: &str, undescribed: &mut Vec<String>) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("it resolves"),
        None => schema,
    };
    match answer {
        Value::Array(items) => {
            for item in items {
                compare(document, &schema["items"], item, place, undescribed);
            }
        }
        Value::Object(members) if schema["properties"].is_object() => {
            for (name, member) in members {
                let place = format!("{place}.{name}");
                match schema["properties"].get(name) {
                    Some(described) => compare(document, described, member, &place, undescribed),
                    None if undescribed.contains(&place) => {}
                    None => undescribed.push(place),
                }
            }
        }
        _ => {}
    }
}
