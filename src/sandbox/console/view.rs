//! What the console shows of things, as JSON. Times are milliseconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::sandbox::model::{Message, Template, TimelineEntry};
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
pub(super) fn message(message: &Message) -> Value {
    let mut shown = summary(message);
    shown["first_channel"] = json!(message.channel);
    shown["code"] = json!(message.code);
    shown["text"] = json!(message.text);
    shown["params"] = json!(message.params);
    shown["verified"] = json!(message.verified);
    shown["expires"] = json!(message.expires.map(millis));
    shown["timeline"] = message.timeline.iter().map(entry).collect();
    shown
}

fn entry(entry: &TimelineEntry) -> Value {
    json!({
        "at": millis(entry.at),
        "status": entry.status,
        "channel": entry.channel,
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
        "created": millis(template.created),
        "definition": *template.definition,
    })
}
