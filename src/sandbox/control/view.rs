//! What the control API shows of things, as JSON. Times are milliseconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::sandbox::model::{Delivery, Message, Template, TemplateOrigin, TimelineEntry};
use crate::sandbox::requests::RecordedRequest;
use crate::sandbox::state::State;
use crate::sandbox::webhook::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse};

pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A line of the history.
pub(super) fn summary(message: &Message) -> Value {
    json!({
        "id": message.id,
        "sent": millis(message.sent),
        "template": message.template,
        "to": message.to,
        "channel": message.last_channel(),
        "status": message.status(),
        "cost_cents": message.cost_cents(),
        "by_smpp": message.by_smpp,
    })
}

/// All that is known of a message.
fn message(message: &Message) -> Value {
    let mut shown = summary(message);
    shown["first_channel"] = json!(message.channel);
    shown["code"] = json!(message.code);
    shown["text"] = json!(message.text);
    shown["params"] = json!(message.params);
    shown["verified"] = json!(message.verified);
    shown["delivery_has_ended"] = json!(message.delivery == Delivery::Ended);
    shown["template_is_builtin"] = json!(message.template_origin == TemplateOrigin::BuiltIn);
    shown["omitted"] = json!(message.omitted);
    shown["behavior"] = json!(message.behavior.as_ref().map(ToString::to_string));
    shown["expires"] = json!(message.expires.map(millis));
    shown["timeline"] = message.timeline.iter().map(entry).collect();
    shown
}

/// All that is known of a message, with the callbacks and the requests about it.
pub(super) fn message_with_callbacks(state: &State, id: &str) -> super::Outcome {
    let found = state.model.messages().get(id).ok_or_else(|| super::not_found("no message has this id"))?;
    let mut shown = message(found);
    let about = state.outbox.callbacks().filter(|callback| callback.messages.contains(&found.id));
    shown["callbacks"] = about.map(callback).collect();
    let about = state.requests.iter().filter(|recorded| recorded.is_about(&found.id));
    shown["requests"] = about.map(request).collect();
    Ok(shown)
}

/// A request, and what came of it.
pub(super) fn request(request: &RecordedRequest) -> Value {
    json!({
        "id": request.id,
        "at": millis(request.at),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "operation": request.operation,
        "key": request.key,
        "body": request.body,
        "status": request.status,
        "smpp_status": request.smpp_status.map(smpp_status),
        "error": request.error.map(|code| json!({"code": code.value(), "name": code.name()})),
        "reason": request.reason,
        "field": request.field,
        "advice": request.advice(),
        "answer": request.answer,
        "took_micros": u64::try_from(request.took.as_micros()).unwrap_or(u64::MAX),
        "fault": request.fault.map(|fault| fault.to_string()),
        "message": request.message,
        "messages": request.messages(),
    })
}

/// A status of SMPP: its number and its name, if it has one.
fn smpp_status(status: u32) -> Value {
    #[cfg(feature = "smpp")]
    let name = crate::smpp::pdu::Status(status).name();
    #[cfg(not(feature = "smpp"))]
    let name = None::<&str>;
    json!({"number": status, "name": name})
}

fn entry(entry: &TimelineEntry) -> Value {
    json!({
        "at": millis(entry.at),
        "status": entry.status,
        "channel": entry.channel,
        "forced": entry.is_forced,
        "error": entry.error.map(|code| json!({"code": code.value(), "name": code.name()})),
    })
}

/// A callback with every attempt.
pub(super) fn callback(callback: &Callback) -> Value {
    let (state, next) = match callback.state {
        CallbackState::Waiting => ("waiting", None),
        CallbackState::Delivered => ("delivered", None),
        CallbackState::Failing { next } => ("failing", Some(millis(next))),
        CallbackState::GivenUp => ("given up", None),
    };
    json!({
        "id": callback.id,
        "url": callback.url,
        "is_address_check": callback.is_address_check,
        "messages": callback.messages,
        "body": callback.body,
        "made": millis(callback.made),
        "state": state,
        "next": next,
        "attempts": callback.attempts.iter().map(attempt).collect::<Value>(),
    })
}

fn attempt(attempt: &DeliveryAttempt) -> Value {
    let (status, text) = match &attempt.answer {
        DeliveryResponse::Status { status, body } => (Some(*status), body),
        DeliveryResponse::None(reason) => (None, reason),
    };
    json!({
        "at": millis(attempt.at),
        "took": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        "signature": attempt.signature,
        "status": status,
        "answer": text,
    })
}

pub(super) fn template(template: &Template) -> Value {
    json!({
        "id": template.definition.template_id,
        "status": template.status,
        "is_builtin": template.is_builtin,
        "created": millis(template.created),
        "definition": *template.definition,
    })
}
