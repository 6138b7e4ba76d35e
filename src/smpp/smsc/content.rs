//! Reading a submission as the service does, and refusing it with the status the service documents.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Submission;
use crate::Recipient;
use crate::smpp::pdu::{Address, ShortMessage, Status};
use crate::smpp::text;

/// The JSON in place of a text.
#[derive(Deserialize)]
struct Content {
    id: String,
    language: Option<String>,
    code: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// Reads a submission that came over this link.
///
/// # Errors
///
/// The status to refuse it with.
pub(super) fn read(message: &ShortMessage, link: u64) -> Result<Submission, Status> {
    let service_type = match message.service_type.as_str() {
        "" => "MSG",
        known @ ("MSG" | "CODE" | "MRKT") => known,
        _ => return Err(Status::INVALID_PARAMETER),
    };
    let recipient = recipient(&message.destination)?;
    let json = text::decode(message.text_octets(), message.data_coding);
    let content: Content = serde_json::from_str(&json).map_err(|_| Status::INVALID_CONTENT)?;
    let is_code = service_type == "CODE";
    if content.id.is_empty() || is_code != content.code.as_deref().is_some_and(|code| !code.is_empty()) {
        return Err(Status::INVALID_PARAMETER);
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

/// The service documents `+6591234567`. Gateways strip the `+` and say in the type of number that it was there.
fn recipient(destination: &Address) -> Result<Recipient, Status> {
    let number = &destination.number;
    let parsed = if destination.ton == Address::INTERNATIONAL && !number.starts_with('+') {
        Recipient::phone(&format!("+{number}"))
    } else {
        Recipient::phone(number)
    };
    parsed.map_err(|_| Status::INVALID_PARAMETER)
}
