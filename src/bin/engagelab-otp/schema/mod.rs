//! `engagelab-otp schema`: JSON Schema of everything that is printed as JSON.
//!
//! What the service's own shapes are is read from the OpenAPI document, and what the exit codes mean from their table.

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::write;

/// Print the JSON Schema of what --output json prints.
///
/// With a name, the schema of that output; without, one document with all of them under $defs. send stands for
/// send-code and message too, request and smpp-request for what --dry-run prints, error and note for the lines on
/// standard error.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp schema send
  engagelab-otp schema error > error.schema.json")]
pub(crate) struct Arguments {
    /// Which output
    #[arg(value_name = "OUTPUT", value_parser = PossibleValuesParser::new(names()))]
    name: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut definitions = outputs();
    let document: Value = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/document.json")))
        .map_err(|error| Failure::usage(format!("the OpenAPI document cannot be read: {error}")))?;
    if let Some(Value::Object(schemas)) = document.pointer("/components/schemas") {
        for (name, schema) in schemas {
            definitions.insert(name.clone(), json_schema(schema));
        }
    }
    let mut document = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
    document["title"] = json!(format!("Outputs of engagelab-otp {}", env!("CARGO_PKG_VERSION")));
    if let Some(name) = &arguments.name {
        definitions = reachable(&definitions, name);
        document["title"] = json!(format!("Output of engagelab-otp {}: {name}", env!("CARGO_PKG_VERSION")));
        document["$ref"] = json!(format!("#/$defs/{name}"));
    }
    document["$defs"] = Value::Object(definitions);
    write(&format!("{document:#}\n"))
}

/// The schemas of this program's own shapes.
fn outputs() -> Map<String, Value> {
    // A file of this program, which the tests read too.
    let mut outputs: Map<String, Value> =
        serde_json::from_str(include_str!("outputs.json")).unwrap_or_default();
    let codes = Exit::TABLE.iter().map(|(exit, meaning, more)| {
        let description = if more.is_empty() { (*meaning).to_owned() } else { format!("{meaning}: {more}") };
        json!({ "const": exit.code(), "description": description })
    });
    if let Some(error) = outputs.get_mut("error") {
        error["properties"]["exit_code"] = json!({ "oneOf": codes.collect::<Vec<_>>() });
    }
    outputs
}

fn names() -> Vec<String> {
    outputs().keys().cloned().collect()
}

/// A schema of OpenAPI 3.0 as JSON Schema has it.
fn json_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let nullable = members.get("nullable") == Some(&Value::Bool(true));
            let mut converted = Map::new();
            for (name, value) in members {
                let value = match name.as_str() {
                    "nullable" | "discriminator" | "xml" | "example" => continue,
                    "$ref" => {
                        json!(value.as_str().unwrap_or_default().replace("#/components/schemas/", "#/$defs/"))
                    }
                    "type" if nullable => json!([value, "null"]),
                    _ => json_schema(value),
                };
                converted.insert(name.clone(), value);
            }
            Value::Object(converted)
        }
        Value::Array(items) => items.iter().map(json_schema).collect(),
        value => value.clone(),
    }
}

/// A definition, and those that it refers to.
fn reachable(definitions: &Map<String, Value>, name: &str) -> Map<String, Value> {
    let mut found = Map::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if let (Some(schema), false) = (definitions.get(&name), found.contains_key(&name)) {
            references(schema, &mut open);
            found.insert(name, schema.clone());
        }
    }
    found
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            found.extend(target.and_then(|target| target.strip_prefix("#/$defs/")).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
