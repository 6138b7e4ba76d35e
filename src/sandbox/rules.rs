//! The rules that the service checks and the shapes alone do not keep.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::Refusal;
use super::service::refuse;
use crate::Strategy;
use crate::TemplateId;
use crate::api::types::{Channel, ErrorCode, Language, SmsPurpose, TemplateDefinition};

type Checked = Result<(), (u16, Refusal)>;

/// Refuses what decoding tolerates and the document does not: null for a field that is left out, and a list of
/// values for an object.
pub(super) fn shape<T: DeserializeOwned + Serialize>(given: &Value, decoded: &T) -> Checked {
    let invalid = |kept, rule| unless(kept, ErrorCode::InvalidParameter, rule);
    // In the place of null, a fraction: no field of a request takes one. Fields that are not known take anything.
    let known = T::deserialize(without_null(given));
    invalid(known.is_ok(), "a field is left out, and never null")?;
    let understood = serde_json::to_value(decoded).is_ok_and(|decoded| same_lists(given, &decoded));
    invalid(understood, "a list stands where an object belongs")
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

fn same_lists(given: &Value, decoded: &Value) -> bool {
    match (given, decoded) {
        (Value::Object(given), Value::Object(decoded)) => {
            decoded.iter().all(|(name, inner)| given.get(name).is_none_or(|given| same_lists(given, inner)))
        }
        (Value::Array(given), Value::Array(decoded)) => {
            given.iter().zip(decoded).all(|(given, decoded)| same_lists(given, decoded))
        }
        (given, decoded) => given.is_array() == decoded.is_array(),
    }
}

/// A language, if one is given.
pub(super) fn language(language: Option<&Language>) -> Checked {
    let fits = language.is_none_or(|language| !language.as_str().is_empty());
    unless(fits, ErrorCode::InvalidParameter, "language is not empty")
}

/// A template that is to be created.
pub(super) fn definition(template: &TemplateDefinition) -> Checked {
    let invalid = |kept, rule: &str| unless(kept, ErrorCode::InvalidParameter, rule);
    let broken = |kept, rule: &str| unless(kept, ErrorCode::RuleBroken, rule);

    let id = TemplateId::new(template.template_id.0.clone());
    id.map_err(|rule| refuse(ErrorCode::InvalidParameter, rule.rule()))?;
    let strategy: Strategy = template
        .send_channel_strategy
        .parse()
        .map_err(|rule: crate::InvalidInput| refuse(ErrorCode::InvalidParameter, rule.rule()))?;
    let length = |text: &Option<String>| text.as_ref().map(|text| text.chars().count());
    invalid(
        length(&template.description).is_none_or(|length| length <= 255),
        "description has at most 255 characters",
    )?;
    invalid(
        length(&template.brand_name).is_none_or(|length| (2..=10).contains(&length)),
        "brand_name has 2 to 10 characters",
    )?;

    if let Some(code) = &template.verify_code_config {
        invalid((1..=7).contains(&code.verify_code_type), "verify_code_type is 1 to 7")?;
        invalid((4..=10).contains(&code.verify_code_len), "verify_code_len is 4 to 10")?;
        invalid((1..=10).contains(&code.verify_code_ttl), "verify_code_ttl is 1 to 10")?;
        let allowed = !strategy.contains(&Channel::Whatsapp) || matches!(code.verify_code_ttl, 1 | 5 | 10);
        invalid(allowed, "with whatsapp, verify_code_ttl is 1, 5 or 10")?;
    }
    for channel in strategy.channels() {
        let configured = match channel {
            Channel::Whatsapp => template.whatsapp_config.is_some(),
            Channel::Sms => template.sms_config.is_some(),
            Channel::Voice => template.voice_config.is_some(),
            Channel::Email => template.email_config.is_some(),
            Channel::Other(_) => false,
        };
        broken(configured, &format!("{channel}_config is missing"))?;
    }
    let types = [
        template.whatsapp_config.as_ref().map(|config| config.template_type),
        template.voice_config.as_ref().map(|config| config.template_type),
    ];
    invalid(types.iter().flatten().all(|&kind| kind == 1), "template_type of whatsapp and voice is 1")?;
    if let Some(sms) = &template.sms_config {
        match sms.template_type {
            1 => broken(sms.template_default_config.is_some(), "sms_config has no template_default_config")?,
            2 => broken(sms.template_custom_config.is_some(), "sms_config has no template_custom_config")?,
            _ => invalid(false, "template_type of sms is 1 or 2")?,
        }
        if let Some(own) = &sms.template_custom_config {
            invalid(!own.custom_content.is_empty(), "custom_content is not empty")?;
            let carries =
                own.custom_sub_type != SmsPurpose::Authentication || own.custom_content.contains("{{code}}");
            broken(carries, "an authentication text contains {{code}}")?;
            let countries = own.custom_country_codes.as_ref().is_none_or(|codes| {
                codes
                    .split(',')
                    .enumerate()
                    // A space may follow a comma.
                    .map(
                        |(index, code)| {
                            if index == 0 { code } else { code.strip_prefix(' ').unwrap_or(code) }
                        },
                    )
                    .all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
            });
            invalid(countries, "custom_country_codes are two capital letters each, joined by commas")?;
        }
    }
    if let Some(email) = &template.email_config {
        invalid(!email.template_name.is_empty(), "email_config.template_name is not empty")?;
        for text in &email.template_custom_configs {
            language(Some(&text.language))?;
            invalid(text.pre_from_mail.chars().count() >= 3, "pre_from_mail is an address")?;
            invalid(!text.pre_subject.is_empty(), "pre_subject is not empty")?;
            invalid(!text.template_content.is_empty(), "template_content is not empty")?;
        }
    }
    Ok(())
}

/// How many SMS a text needs: 160 characters of ASCII, or 70 of anything else, fit one; of several, each holds a
/// little less.
pub(super) fn sms_parts(text: &str) -> i64 {
    let length = text.encode_utf16().count();
    let (alone, joined) = if text.is_ascii() { (160, 153) } else { (70, 67) };
    let parts = if length <= alone { 1 } else { length.div_ceil(joined) };
    i64::try_from(parts).unwrap_or(i64::MAX)
}

fn unless(kept: bool, code: ErrorCode, rule: &str) -> Checked {
    if kept { Ok(()) } else { Err(refuse(code, rule)) }
}
