//! Reading a submission as the service does, and refusing it with the status the service documents and a reason.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Submission;
use crate::input::decode;
use crate::smpp::pdu::{Address, ShortMessage, Status};
use crate::smpp::text;
use crate::{InvalidInput, Recipient};

/// The JSON in place of a text.
#[derive(Deserialize)]
struct Content {
    id: String,
    language: Option<String>,
    code: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// Why a submission cannot be read: the status to refuse it with, and which field must be what.
pub(super) struct Unreadable {
    pub(super) status: Status,
    pub(super) field: Cow<'static, str>,
    pub(super) rule: Cow<'static, str>,
}

/// Reads a submission that came over this link. `json` is its text.
///
/// # Errors
///
/// Why it is refused.
pub(super) fn read(message: &ShortMessage, json: &str, link: u64) -> Result<Submission, Unreadable> {
    let service_type = match message.service_type.as_str() {
        "" => "MSG",
        known @ ("MSG" | "CODE" | "MRKT") => known,
        _ => return Err(parameter("service_type", "must be MSG, CODE or MRKT")),
    };
    let recipient = recipient(&message.destination)
        .map_err(|invalid| parameter("destination_addr", invalid.rule().to_owned()))?;
    let content: Content = serde_json::from_str(json).map_err(|_| unreadable(json))?;
    if content.id.is_empty() {
        return Err(parameter("short_message.id", "must be the id of a template"));
    }
    match (service_type == "CODE", content.code.as_deref().is_some_and(|code| !code.is_empty())) {
        (true, false) => {
            return Err(parameter("short_message.code", "must be given where service_type is CODE"));
        }
        (false, true) => {
            return Err(parameter("short_message.code", "must be left out unless service_type is CODE"));
        }
        _ => {}
    }
    Ok(Submission {
        link,
        service_type: service_type.to_owned(),
        recipient: recipient.expose().to_owned(),
        template: content.id,
        language: content.language,
        code: content.code,
        params: content.params,
    })
}

/// The text of a message.
pub(super) fn text(message: &ShortMessage) -> String {
    text::decode(message.text_octets(), message.data_coding).into_owned()
}

fn parameter(field: &'static str, rule: impl Into<Cow<'static, str>>) -> Unreadable {
    Unreadable { status: Status::INVALID_PARAMETER, field: field.into(), rule: rule.into() }
}

/// What is wrong with a text, without its values.
fn unreadable(json: &str) -> Unreadable {
    let refuse = |field: Cow<'static, str>, rule: Cow<'static, str>| Unreadable {
        status: Status::INVALID_CONTENT,
        field,
        rule,
    };
    // Of JSON that is none, this says where it ends to be, and repeats nothing of it.
    let value: Value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            let rule = format!("must be JSON, written as data_coding says: {error}");
            return refuse("short_message".into(), rule.into());
        }
    };
    match decode::<Content>("short_message", &value) {
        Err(invalid) if invalid.field() == "short_message" => {
            refuse("short_message".into(), invalid.rule().to_owned().into())
        }
        Err(invalid) => {
            let field = format!("short_message.{}", invalid.field());
            refuse(field.into(), invalid.rule().to_owned().into())
        }
        Ok(_) => refuse("short_message".into(), "must have each of its members once".into()),
    }
}

/// The service documents `+6591234567`. Gateways strip the `+` and say in the type of number that it was there.
fn recipient(destination: &Address) -> Result<Recipient, InvalidInput> {
    let number = &destination.number;
    if destination.ton == Address::INTERNATIONAL && !number.starts_with('+') {
        Recipient::phone(&format!("+{number}"))
    } else {
        Recipient::phone(number)
    }
}
