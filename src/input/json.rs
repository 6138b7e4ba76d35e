//! Input in the document's JSON form: read whole, with nothing unknown let through, and with the field's name in
//! each complaint.

use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::InvalidInput;

/// The wire type that `value` describes. `name` is what the whole is called when it is the whole that is wrong.
///
/// Wire types skip fields that they do not know, take null for a field that is left out, and a list for an object.
/// Somebody who writes a file wants to hear of each.
pub(crate) fn read<T: DeserializeOwned + Serialize>(
    name: &'static str,
    value: &Value,
) -> Result<T, InvalidInput> {
    let decoded: T = decode(name, value)?;
    let written = serde_json::to_value(&decoded)
        .map_err(|_| InvalidInput::new(name, "must be an object that can be written as JSON"))?;
    let mut pointers = Vec::new();
    differences(value, &written, &mut String::new(), &mut pointers);
    for pointer in pointers {
        let field = field(name, &pointer);
        let given = value.pointer(&pointer).unwrap_or(&Value::Null);
        if !is_known::<T>(value, &pointer) {
            return Err(InvalidInput::of(field, "must be left out: there is no field of this name"));
        } else if given.is_null() {
            return Err(InvalidInput::of(field, "must be left out rather than null"));
        } else if written.pointer(&pointer).is_some() {
            return Err(InvalidInput::of(field, "must be an object, not an array"));
        }
    }
    Ok(decoded)
}

/// As [`read`], and lets through what wire types let through.
pub(crate) fn decode<T: DeserializeOwned>(name: &'static str, value: &Value) -> Result<T, InvalidInput> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        invalid(name, path, &error.inner().to_string())
    })
}

/// Where what was given is not what was understood.
fn differences(given: &Value, understood: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            for (name, inner) in given {
                // As RFC 6901 escapes names in pointers.
                let _ = write!(pointer, "/{}", name.replace('~', "~0").replace('/', "~1"));
                match understood.get(name) {
                    Some(understood) => differences(inner, understood, pointer, found),
                    None => found.push(pointer.clone()),
                }
                pointer.truncate(length);
            }
        }
        (Value::Array(given), Value::Array(understood)) => {
            for (index, (given, understood)) in given.iter().zip(understood).enumerate() {
                let _ = write!(pointer, "/{index}");
                differences(given, understood, pointer, found);
                pointer.truncate(length);
            }
        }
        (Value::Array(_), Value::Object(_)) => found.push(pointer.clone()),
        _ => {}
    }
}

/// Whether the type has the field: a fraction in its place, which no field of a request takes, is then refused.
fn is_known<T: DeserializeOwned>(value: &Value, pointer: &str) -> bool {
    let mut probe = value.clone();
    let Some(place) = probe.pointer_mut(pointer) else { return false };
    *place = Value::from(0.5);
    T::deserialize(probe).is_err()
}

/// What serde says, without the value that it repeats.
fn invalid(name: &'static str, path: String, said: &str) -> InvalidInput {
    let field = |path: String| if path.is_empty() { name.to_owned() } else { path };
    if let Some(missing) = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let dot = if path.is_empty() { "" } else { "." };
        return InvalidInput::of(format!("{path}{dot}{missing}"), "must be given");
    }
    if let Some(unknown) = said.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let parent = path.strip_suffix(unknown).map_or(path.as_str(), |parent| parent.trim_end_matches('.'));
        let dot = if parent.is_empty() { "" } else { "." };
        let known: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return InvalidInput::of(
            format!("{parent}{dot}{unknown}"),
            format!("must be left out: known here are {known}"),
        );
    }
    let expected = said.rsplit_once("expected ").map_or("of the documented shape", |(_, expected)| expected);
    let rule = match expected {
        // The names that Rust has for integers.
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            "must be an integer".to_owned()
        }
        "f64" | "f32" => "must be a number".to_owned(),
        "a boolean" => "must be true or false".to_owned(),
        "a map" => "must be an object".to_owned(),
        "a sequence" => "must be an array".to_owned(),
        of_type if of_type.starts_with("struct ") => "must be an object".to_owned(),
        other => format!("must be {other}"),
    };
    InvalidInput::of(field(path), rule)
}

/// A pointer as a path: `email_config.template_custom_configs[0].language`.
fn field(name: &str, pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            let _ = write!(path, "[{part}]");
        } else {
            let dot = if path.is_empty() { "" } else { "." };
            let _ = write!(path, "{dot}{}", part.replace("~1", "/").replace("~0", "~"));
        }
    }
    if path.is_empty() { name.to_owned() } else { path }
}
