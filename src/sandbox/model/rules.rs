//! The rules that the service checks and the shapes alone do not keep.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;
use crate::TemplateDefinition;
use crate::api::limits::LANGUAGE_VALUES;
use crate::api::types::{self, ErrorCode, Language};
use crate::input::decode;

type Checked = Result<(), Refusal>;

/// Refuses what decoding tolerates and the document does not: null for a field that is left out, and a list of
/// values for an object.
pub(crate) fn shape<T: DeserializeOwned + Serialize>(given: &Value, decoded: &T) -> Checked {
    // In the place of null, a fraction: no field of a request takes one. Fields that are not known take anything.
    decode::<T>("body", &without_null(given)).map_err(|invalid| {
        let field = invalid.field().to_owned();
        Refusal::parameter(field, "must be left out where it has no value: null is not allowed")
    })?;
    let understood = serde_json::to_value(decoded).unwrap_or_default();
    match list_for_object(given, &understood, "") {
        Some(field) => Err(Refusal::parameter(field, "must be an object, and is an array")),
        None => Ok(()),
    }
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Null => Value::from(0.5),
        Value::Array(items) => items.iter().map(without_null).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), without_null(value))).collect()
        }
        other => other.clone(),
    }
}

/// Where a list was taken for an object.
fn list_for_object(given: &Value, decoded: &Value, path: &str) -> Option<String> {
    match (given, decoded) {
        (Value::Object(given), Value::Object(decoded)) => decoded.iter().find_map(|(name, inner)| {
            let dot = if path.is_empty() { "" } else { "." };
            list_for_object(given.get(name)?, inner, &format!("{path}{dot}{name}"))
        }),
        (Value::Array(given), Value::Array(decoded)) => {
            let mut pairs = given.iter().zip(decoded).enumerate();
            pairs.find_map(|(index, (given, inner))| {
                list_for_object(given, inner, &format!("{path}[{index}]"))
            })
        }
        (given, decoded) => (given.is_array() != decoded.is_array()).then(|| path.to_owned()),
    }
}

/// A language, if one is given: one that the service has texts in.
pub(crate) fn language(language: Option<&Language>) -> Checked {
    let known = |language: &Language| !matches!(language, Language::Other(_));
    if language.is_none_or(known) {
        return Ok(());
    }
    let rule = format!("must be a language of the service: {}", LANGUAGE_VALUES.join(", "));
    Err(Refusal::parameter("template.language", rule))
}

/// A template that is to be created.
pub(crate) fn definition(template: &types::TemplateDefinition) -> Checked {
    for text in template.email_config.iter().flat_map(|email| &email.template_custom_configs) {
        language(Some(&text.language))?;
    }
    TemplateDefinition::try_from(template).map(drop).map_err(|invalid| {
        // That a channel lacks its configuration is a matter of the business, all else one of shape.
        let missing = invalid.field().ends_with("_config");
        let code = if missing { ErrorCode::RuleBroken } else { ErrorCode::InvalidParameter };
        Refusal::new(code, invalid.rule().to_owned()).about(invalid.field().to_owned())
    })
}

/// How many SMS a text needs: 160 characters of ASCII, or 70 of anything else, fit one; of several, each holds a
/// little less.
pub(crate) fn sms_parts(text: &str) -> i64 {
    let length = text.encode_utf16().count();
    let (alone, joined) = if text.is_ascii() { (160, 153) } else { (70, 67) };
    let parts = if length <= alone { 1 } else { length.div_ceil(joined) };
    i64::try_from(parts).unwrap_or(i64::MAX)
}
