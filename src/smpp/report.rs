//! Delivery reports: recognised by what they hold, since the service does not mark them as the standard asks.

use std::borrow::Cow;
use std::fmt;

use super::pdu::{ShortMessage, Tlvs, latin1, masked};
use super::text;
use crate::api::types::MessageStatus;
use crate::lifecycle::Observation;

/// A delivery report, with everything the service said in it.
///
/// The optional parameters are believed before the text. Whatever is missing or unreadable is `None`, and the raw
/// text and parameters are there for what this type does not know.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    message_id: Option<String>,
    state: ReportState,
    message: ShortMessage,
}

/// The state of a message, as a report tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportState {
    /// On its way.
    Enroute,
    /// Arrived.
    Delivered,
    /// Not delivered in time.
    Expired,
    /// Taken back.
    Deleted,
    /// Cannot be delivered.
    Undeliverable,
    /// Read for the recipient by customer service, in the standard's words: accepted.
    Accepted,
    /// Not known to the service.
    Unknown,
    /// Refused on the way.
    Rejected,
    /// A state that the standard does not list, as it stood in the report; empty where the report names none.
    Other(String),
}

impl DeliveryReport {
    /// Takes a delivered message as a report, or gives it back where it is none.
    ///
    /// A report is what holds one of the two parameters of reports, or a text with both an id and a state, or is marked as
    /// one in `esm_class`.
    ///
    /// # Errors
    ///
    /// The message itself, when it is no report.
    #[expect(clippy::result_large_err, reason = "the error is the argument, given back untouched")]
    pub fn from_message(message: ShortMessage) -> Result<Self, ShortMessage> {
        let ids = message.tlvs.iter().filter(|(tag, _)| *tag == Tlvs::RECEIPTED_MESSAGE_ID);
        let id = ids.map(|(_, id)| until_zero(id)).find(|id| !id.is_empty());
        let state = message.tlvs.find(Tlvs::MESSAGE_STATE).and_then(ReportState::from_octets);
        if let (Some(id), Some(state)) = (&id, &state) {
            return Ok(Self { message_id: Some(id.clone()), state: state.clone(), message });
        }
        let has_parameter = id.is_some() || state.is_some();
        let body = decoded(&message);
        let id = id.or_else(|| field(&body, "id:").map(str::to_owned));
        let state = state.or_else(|| field(&body, "stat:").map(ReportState::from_text));
        drop(body);
        let marked = message.esm_class & REPORT_MASK == REPORT_MARK;
        if !has_parameter && !marked && (id.is_none() || state.is_none()) {
            return Err(message);
        }
        Ok(Self { message_id: id, state: state.unwrap_or(ReportState::Other(String::new())), message })
    }

    /// The id that the service gave the message when it accepted it. Ids are texts, not numbers.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The state of the message.
    pub fn state(&self) -> &ReportState {
        &self.state
    }

    /// What it says of the message, for the same [`Lifecycle`](crate::lifecycle::Lifecycle) that callbacks feed; none
    /// if it names no message, or a state that says nothing about delivery.
    pub fn observation(&self) -> Option<Observation> {
        let status = match self.state {
            ReportState::Enroute | ReportState::Accepted => MessageStatus::Sent,
            ReportState::Delivered => MessageStatus::Delivered,
            ReportState::Expired
            | ReportState::Deleted
            | ReportState::Undeliverable
            | ReportState::Rejected => MessageStatus::DeliveredFailed,
            ReportState::Unknown | ReportState::Other(_) => return None,
        };
        let observation = Observation::new(self.message_id()?.to_owned(), status);
        let error = self.error().and_then(|error| error.parse::<i64>().ok()).filter(|&code| code != 0);
        Some(match error {
            Some(code) => observation.with_error(code),
            None => observation,
        })
    }

    /// The network's error, `err:` in the text, as given: `000` is usually none.
    pub fn error(&self) -> Option<String> {
        field(&self.text(), "err:").map(str::to_owned)
    }

    /// When the message was handed in, as given. The format is the service's own.
    pub fn submit_date(&self) -> Option<String> {
        field(&self.text(), "submit date:").map(str::to_owned)
    }

    /// When the message reached this state, as given. The format is the service's own.
    pub fn done_date(&self) -> Option<String> {
        field(&self.text(), "done date:").map(str::to_owned)
    }

    /// The number the message went to, as the service repeats it.
    pub fn destination(&self) -> &str {
        &self.message.destination.number
    }

    /// The whole text of the report.
    pub fn text(&self) -> Cow<'_, str> {
        decoded(&self.message)
    }

    /// The optional parameters.
    pub fn tlvs(&self) -> &Tlvs {
        &self.message.tlvs
    }

    /// The delivered message that holds the report.
    pub fn message(&self) -> &ShortMessage {
        &self.message
    }
}

impl ReportState {
    /// Whether the message stays in this state: no report follows that says otherwise.
    ///
    /// A state that is not known is taken as one on the way, so that a later report still counts.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Enroute | Self::Accepted | Self::Other(_))
    }

    /// Whether the message arrived.
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered)
    }

    /// One octet by the standard; some services send four. The number is the last either way.
    fn from_octets(octets: &[u8]) -> Option<Self> {
        let (number, leading) = octets.split_last()?;
        if leading.iter().any(|octet| *octet != 0) {
            return Some(Self::Other(format!("{octets:02x?}")));
        }
        Some(match number {
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            7 => Self::Unknown,
            8 => Self::Rejected,
            other => Self::Other(other.to_string()),
        })
    }

    /// The standard's word for the state, as it stands in the text of a report; of another state, the word that stood
    /// there.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Other(state) => state,
        }
    }

    pub(crate) fn from_text(stat: &str) -> Self {
        match stat.to_ascii_uppercase().as_str() {
            "ENROUTE" => Self::Enroute,
            "DELIVRD" | "DELIVERED" => Self::Delivered,
            "EXPIRED" => Self::Expired,
            "DELETED" => Self::Deleted,
            "UNDELIV" | "UNDELIVERABLE" => Self::Undeliverable,
            "ACCEPTD" | "ACCEPTED" => Self::Accepted,
            "UNKNOWN" => Self::Unknown,
            "REJECTD" | "REJECTED" => Self::Rejected,
            _ => Self::Other(stat.to_owned()),
        }
    }
}

/// Neither the recipient nor the text is shown: both may be the recipient's own.
impl fmt::Debug for DeliveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryReport")
            .field("message_id", &self.message_id)
            .field("state", &self.state)
            .field("destination", &masked(self.destination()))
            .field("tlvs", self.tlvs())
            .finish_non_exhaustive()
    }
}

fn decoded(message: &ShortMessage) -> Cow<'_, str> {
    text::decode(message.text_octets(), message.data_coding)
}

fn until_zero(octets: &[u8]) -> String {
    latin1(octets.split(|octet| *octet == 0).next().unwrap_or_default())
}

/// The word behind `key`, wherever it stands before the quoted text of the message.
fn field<'a>(receipt: &'a str, key: &str) -> Option<&'a str> {
    let end = find_key(receipt, "text:").unwrap_or(receipt.len());
    let receipt = receipt.get(..end)?;
    let value = receipt.get(find_key(receipt, key)? + key.len()..)?;
    // Some peers close the text with a zero.
    let word = value.split(|end: char| end.is_whitespace() || end == '\0').next()?;
    Some(word).filter(|word| !word.is_empty() && !word.ends_with(':'))
}

/// Where `key` starts, in any case, at the front or behind white space.
fn find_key(receipt: &str, key: &str) -> Option<usize> {
    receipt
        .char_indices()
        .filter(|(at, _)| *at == 0 || receipt.as_bytes()[at - 1].is_ascii_whitespace())
        .find(|(at, _)| receipt.get(*at..at + key.len()).is_some_and(|here| here.eq_ignore_ascii_case(key)))
        .map(|(at, _)| at)
}

/// The bits of `esm_class` that tell the kind of message, and what they are in a report.
const REPORT_MASK: u8 = 0x3C;
const REPORT_MARK: u8 = 0x04;
