//! Bodies of requests, and what templates look like in answers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::types::{ErrorCode, TemplateDetails, TemplateSummary};
use crate::http_server::Request;
use crate::input::decode;
use crate::sandbox::json;
use crate::sandbox::model::{Refusal, Template, shape, sms_parts};

/// Reads the body of a request as JSON.
pub(super) fn value(request: &Request) -> Result<Value, Refusal> {
    let media = request.header("content-type").and_then(|value| value.split(';').next());
    if !media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        let rule = "must be application/json, said once";
        return Err(Refusal::parameter("Content-Type", rule).with_status(415));
    }
    json::read(request)
}

/// Reads a value as the document describes it.
pub(super) fn read<T: DeserializeOwned + Serialize>(given: &Value) -> Result<T, Refusal> {
    json::check_object(given)?;
    let body = decode("body", given)?;
    shape(given, &body)?;
    Ok(body)
}

/// What the list shows of a template: everything but the texts.
pub(super) fn summary(template: &Template) -> Result<TemplateSummary, Refusal> {
    let mut shown = details(template)?;
    if let Some(own) = shown.sms_config.as_mut().and_then(|sms| sms.template_custom_config.as_mut()) {
        own.custom_content = None;
    }
    if let Some(email) = &mut shown.email_config {
        email.template_custom_configs = None;
    }
    // Every field of the details is a field of the summary, with the same shape.
    convert(&shown)
}

/// A template as the service shows it: the definition's fields, and what the service knows besides.
pub(super) fn details(template: &Template) -> Result<TemplateDetails, Refusal> {
    // Every field of the definition is a field of the details, with the same shape.
    let mut shown: TemplateDetails = convert(&*template.definition)?;
    if let Some(sms) = &mut shown.sms_config {
        let text = sms.template_custom_config.as_ref().and_then(|own| own.custom_content.as_deref());
        sms.template_parts = Some(sms_parts(text.unwrap_or_default()));
    }
    shown.created_time = seconds(template.created);
    shown.status = Some(template.status);
    shown.audit_remark = Some(String::new());
    Ok(shown)
}

fn convert<T: DeserializeOwned>(shape: &impl Serialize) -> Result<T, Refusal> {
    serde_json::to_value(shape)
        .and_then(serde_json::from_value)
        .map_err(|error| Refusal::new(ErrorCode::Internal, error.to_string()))
}

fn seconds(time: SystemTime) -> Option<i64> {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::types::{SendOtpRequest, VerifyOtpRequest};

    #[test]
    fn a_body_of_the_wrong_shape_is_refused_by_field_and_rule_without_its_values() {
        let said =
            |refusal: Refusal| (refusal.field.clone().unwrap_or_default().into_owned(), refusal.sentence());
        let send = |body: serde_json::Value| said(read::<SendOtpRequest>(&body).expect_err("refused"));
        let template = json!({"id": "x"});
        assert_eq!(send(json!({"template": template})), ("to".into(), "to must be given".into()));
        let wrong = json!({"to": "+6591234567", "template": "x"});
        assert_eq!(send(wrong), ("template".into(), "template must be an object".into()));
        let wrong = json!({"to": "+6591234567", "template": {"id": "x", "params": {"n": 5}}});
        assert_eq!(send(wrong).1, "template.params.n must be a string");
        let check = json!({"message_id": "17", "verify_code": 398_210});
        let (field, sentence) = said(read::<VerifyOtpRequest>(&check).expect_err("refused"));
        assert_eq!((field.as_str(), sentence.contains("398210")), ("verify_code", false), "{sentence}");
    }
}
