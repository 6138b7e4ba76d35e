//! The document is sound: its examples keep its own rules, and the snapshot is what it generates.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

fn document() -> Value {
    yaml_serde::from_str(engagelab_otp::OPENAPI).expect("the document is YAML")
}

/// Follows a `$ref`, if there is one.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            document.pointer(reference.trim_start_matches('#')).expect("the reference resolves")
        }
        None => value,
    }
}

fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let methods = ["get", "put", "post", "delete", "patch"];
    let paths = document["paths"].as_object().expect("paths");
    paths
        .values()
        .chain(callbacks(document).values())
        .flat_map(|item| item.as_object().expect("a path item"))
        .filter(|(method, _)| methods.contains(&method.as_str()))
        .map(|(_, operation)| (operation["operationId"].as_str().expect("an id"), operation))
        .collect()
}

/// The path items of the callbacks, which stand under the first operation that has any.
fn callbacks(document: &Value) -> &Map<String, Value> {
    document["paths"]["/v1/messages"]["post"]["callbacks"]["events"].as_object().expect("callbacks")
}

/// OpenAPI's schemas as JSON Schema: the keywords that the document uses mean the same, but for `nullable`.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut root = schema.as_object().expect("a schema").clone();
    root.insert("components".to_owned(), document["components"].clone());
    jsonschema::draft4::new(&Value::Object(root)).expect("a schema")
}

/// Checks all examples of a body, and says how many there were.
fn check_examples(document: &Value, place: &str, body: &Value) -> usize {
    let Some(media) = body["content"].get("application/json") else { return 0 };
    let validator = validator(document, &media["schema"]);
    let empty = Map::new();
    let examples = media["examples"].as_object().unwrap_or(&empty);
    for (name, example) in examples {
        let problems: Vec<_> =
            validator.iter_errors(&example["value"]).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{place}, example {name}: {problems:?}");
    }
    assert!(!examples.is_empty(), "{place} has no example");
    examples.len()
}

#[test]
fn every_request_and_response_has_examples_that_are_valid() {
    let document = document();
    let mut checked = 0;
    for (id, operation) in operations(&document) {
        checked += check_examples(&document, id, &operation["requestBody"]);
        for (status, response) in operation["responses"].as_object().expect("responses") {
            checked += check_examples(&document, &format!("{id} {status}"), resolve(&document, response));
        }
    }
    assert!(checked > 40, "only {checked} examples were found");
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        if let Some(example) = schema.get("example") {
            assert!(validator(&document, schema).is_valid(example), "{name}: {example}");
        }
    }
}

#[test]
fn the_check_of_examples_finds_a_bad_one() {
    let mut document = document();
    let wrong = json!({"to": "6591234567", "template": {"id": "login"}});
    document["paths"]["/v1/messages"]["post"]["requestBody"]["content"]["application/json"]["examples"]["phone"]
        ["value"] = wrong;
    let body = &document["paths"]["/v1/messages"]["post"]["requestBody"];
    let schema = &body["content"]["application/json"];
    assert!(!validator(&document, &schema["schema"]).is_valid(&schema["examples"]["phone"]["value"]));
}

#[test]
fn patterns_say_what_the_parsed_types_say() {
    let document = document();
    let schema =
        |name: &str| validator(&document, &json!({ "$ref": format!("#/components/schemas/{name}") }));
    let (recipient, template, code, strategy) = (
        schema("RecipientAddress"),
        schema("TemplateId"),
        schema("VerificationCode"),
        schema("ChannelStrategy"),
    );
    for text in [
        "",
        "+6591234567",
        "6591234567",
        "+65912345678901234",
        "+0123456789",
        "user@example.com",
        "user@example",
        "a@b@c.de",
        "victim@example.com,attacker@example.net",
        "<a@b.cd>",
        "a@b.cd?cc=z",
        "a&b@c.de",
        "a@b.c_d",
        "o'neil+tag=x%y@b-c.de",
        "ü.ser@exämple.co.uk",
    ] {
        let parsed = text.parse::<engagelab_otp::Recipient>().is_ok();
        assert_eq!(recipient.is_valid(&json!(text)), parsed, "{text:?}");
    }
    for text in [
        "",
        ".",
        "..",
        "...",
        ".a",
        "..a",
        "a/b",
        "a\u{1}",
        "a\u{7f}",
        "a\u{85}",
        "模版",
        &"x".repeat(129),
        &"x".repeat(128),
        &"模".repeat(128),
    ] {
        let parsed = text.parse::<engagelab_otp::TemplateId>().is_ok();
        assert_eq!(template.is_valid(&json!(text)), parsed, "{text:?}");
    }
    for text in ["", "1", "12 34", "aB3!", "1\n", &"1".repeat(33)] {
        assert_eq!(code.is_valid(&json!(text)), text.parse::<engagelab_otp::Code>().is_ok(), "{text:?}");
    }
    for text in [
        "",
        "sms",
        "email",
        "sms|voice",
        "sms|",
        "pigeon",
        "sms|sms",
        "sms|voice|sms",
        "voice|sms|whatsapp",
        "sms|email",
        "email|sms",
        "email|email",
    ] {
        assert_eq!(
            strategy.is_valid(&json!(text)),
            text.parse::<engagelab_otp::Strategy>().is_ok(),
            "{text:?}"
        );
    }
}

#[test]
fn the_snapshot_is_what_the_document_generates() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api/generated");
    for (name, generated) in [
        ("types.rs", include_str!(concat!(env!("OUT_DIR"), "/types.rs"))),
        ("limits.rs", include_str!(concat!(env!("OUT_DIR"), "/limits.rs"))),
        ("operations.rs", include_str!(concat!(env!("OUT_DIR"), "/operations.rs"))),
        ("functions.rs", include_str!(concat!(env!("OUT_DIR"), "/functions.rs"))),
    ] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
            std::fs::write(&path, generated).expect("the snapshot can be written");
        }
        let snapshot = std::fs::read_to_string(&path).expect("the snapshot can be read");
        assert!(
            snapshot == generated,
            "src/api/generated/{name} is not what openapi/otp.yaml generates; \
             refresh it with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot` and review the difference"
        );
    }
}

#[test]
fn what_is_received_is_not_bound_by_limits_of_what_is_sent() {
    let document = document();
    let valid = |name: &str, value: Value| {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        assert!(validator(&document, &schema).is_valid(&value), "{name}: {value}");
    };
    let long = "x".repeat(1000);
    valid("VerificationResult", json!({"message_id": long, "verify_code": "", "verified": true}));
    valid("SendReceipt", json!({"message_id": long, "send_channel": long}));
    valid("TemplateSummary", json!({"template_id": long, "brand_name": long, "description": long}));
    let mail = json!({"language": "", "pre_from_mail": "", "pre_subject": ""});
    valid(
        "TemplateDetails",
        json!({"template_id": "..", "email_config": {"template_custom_configs": [mail]}}),
    );
    valid("CallbackRow", json!({"message_id": "", "to": long, "channel": "", "itime": 0}));
}

#[cfg(feature = "sandbox")]
#[test]
fn what_the_page_says_of_the_sandbox_is_so() {
    use engagelab_otp::sandbox::{TEST_RECIPIENTS, demo};
    let read = |text: &str| yaml_serde::from_str::<Value>(text).expect("YAML");
    let contract = read(include_str!("../.ci/contract.yaml"));
    let said = &contract["sandbox"];
    assert_eq!(said["url"], read(include_str!("../openapi/sandbox.yaml"))["servers"][0]["url"]);
    assert_eq!((&said["key"], &said["secret"]), (&json!(demo::DEV_KEY), &json!(demo::DEV_SECRET)));
    let mut recipients: Vec<&str> =
        said["recipients"].as_object().expect("a map").keys().map(String::as_str).collect();
    let mut known: Vec<&str> = TEST_RECIPIENTS.iter().map(|recipient| recipient.address).collect();
    recipients.sort_unstable();
    known.sort_unstable();
    assert_eq!(recipients, known);
}
