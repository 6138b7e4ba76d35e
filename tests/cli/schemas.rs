//! The JSON Schema of every output, held against what the golden files hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

use super::session::{Session, feed};

/// What a golden file tells of one command line.
struct Run {
    line: String,
    out: String,
    error: String,
}

/// All command lines of the golden files that ask for JSON.
fn runs() -> Vec<Run> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("text").replace("SECONDS", "1"));
    let runs = texts.flat_map(|text| {
        let runs = text.split("$ engagelab-otp ").skip(1).filter_map(|run| {
            let (line, rest) = run.split_once('\n')?;
            let (out, rest) = rest.split_once("--- stderr\n")?;
            let (error, _) = rest.split_once("--- exit code")?;
            Some(Run { line: line.to_owned(), out: out.to_owned(), error: error.to_owned() })
        });
        runs.collect::<Vec<_>>()
    });
    let asks = |run: &Run| run.line.contains("--output json") || run.line.ends_with("# as JSON Lines");
    runs.filter(asks).collect()
}

/// The name of the schema of what this line prints.
fn schema_of(line: &str) -> &'static str {
    let is_dry = line.contains("--dry-run");
    let has = |words: &str| format!(" {line} ").contains(&format!(" {words} "));
    match () {
        () if has("smpp send") && is_dry => "smpp-request",
        () if has("smpp send") => "smpp-send",
        () if has("batch status") => "batch-status",
        () if has("batch") && has("--check") => "batch-check",
        () if has("batch") && is_dry => "batch-request",
        () if has("batch") => "batch",
        () if is_dry => "request",
        () if has("callback listen") => "callback-listen",
        () if has("callback sign") => "callback-sign",
        () if has("callback verify") => "callback-verify",
        () if has("template list") => "template-list",
        () if has("template show") => "template-show",
        () if has("template create") => "template-create",
        () if has("template delete") => "template-delete",
        () if has("doctor") => "doctor",
        () if has("verify") => "verify",
        () => "send",
    }
}

fn schema(session: &Session, name: &str) -> Validator {
    let output = feed(&mut session.command(&["schema", name]), b"");
    assert_eq!(output.status.code(), Some(0), "{name}");
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn check(validator: &Validator, value: &Value, line: &str) {
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{line} printed {value:#}: {errors:?}");
}

#[test]
fn every_json_of_the_golden_files_keeps_its_schema() {
    let session = Session::start();
    let (error, note) = (schema(&session, "error"), schema(&session, "note"));
    let mut met = BTreeSet::new();
    for run in runs() {
        let name = schema_of(&run.line);
        let validator = schema(&session, name);
        for value in serde_json::Deserializer::from_str(&run.out).into_iter::<Value>() {
            check(&validator, &value.expect("JSON"), &run.line);
            met.insert(name.to_owned());
        }
        for line in run.error.lines() {
            let value: Value = serde_json::from_str(line).expect("each line is JSON");
            let (name, validator) =
                if value.get("error").is_some() { ("error", &error) } else { ("note", &note) };
            check(validator, &value, &run.line);
            met.insert(name.to_owned());
        }
    }
    let all = feed(&mut session.command(&["schema"]), b"");
    let all: Value = serde_json::from_slice(&all.stdout).expect("JSON");
    let definitions = all["$defs"].as_object().expect("definitions").keys();
    // Schemas of the OpenAPI document begin with a capital letter.
    let own: BTreeSet<String> =
        definitions.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).cloned().collect();
    assert_eq!(own, met, "each schema is met in a golden file");
}

#[test]
fn a_schema_is_refused_what_no_command_prints() {
    let session = Session::start();
    for (name, value) in [
        ("send", serde_json::json!({ "message_id": 17, "channel": null, "request_id": null })),
        ("verify", serde_json::json!({ "message_id": "17", "verified": true, "result": "perhaps" })),
        ("error", serde_json::json!({ "error": "x" })),
        ("note", serde_json::json!({ "note": "x", "warning": "y" })),
        ("template-list", serde_json::json!({ "templates": [{ "template_id": 5 }] })),
    ] {
        assert!(!schema(&session, name).is_valid(&value), "{name}");
    }
}
