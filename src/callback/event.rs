//! One row of a batch.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient;
use crate::api::types::{
    CallbackRow, Channel, MessageId, MessageStatus, NotificationEvent, ResponseEvent, StatusEvent,
    SystemEvent,
};
use crate::lifecycle::{Money, Observation};

/// One event: the row as a type of the document, and the JSON that it came as.
///
/// The service's habits are looked through: a number where the document says string is read as its digits, a
/// string where it says number as that number. What still does not fit is left out of the row, is named in
/// [`unreadable_fields`](Event::unreadable_fields), and stands in [`expose_json`](Event::expose_json) like
/// everything else that this version does not know.
///
/// `Debug` shows neither addresses, texts nor what is not known.
#[derive(Clone)]
pub struct Event {
    position: usize,
    row: CallbackRow,
    unreadable: Vec<String>,
    json: Box<RawValue>,
}

/// Which kind of event it is, with what is particular to it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Detail<'a> {
    /// What became of a message. The row tells which.
    Status(&'a StatusEvent),
    /// Something that the account's owner should know.
    Notification(&'a NotificationEvent),
    /// A user wrote back.
    Response(&'a ResponseEvent),
    /// Somebody did something in the account.
    System(&'a SystemEvent),
    /// A kind that this version does not know.
    Unknown,
}

impl Event {
    pub(super) fn read(position: usize, json: &RawValue) -> Result<Self, UnreadableReason> {
        let (mut row, unreadable) = match serde_json::from_str::<CallbackRow>(json.get()) {
            // An array would be taken for the fields in order.
            Ok(row) if json.get().starts_with('{') => (row, Vec::new()),
            _ => lenient::read_row(json.get())?,
        };
        if let Some(status) = row.status.as_mut().and_then(|status| status.message_status.as_mut()) {
            // The vendor's list has `sent_failed`, its examples `sent_fail`.
            // See <https://www.engagelab.com/docs/otp/api/callback>.
            if status.as_str() == "sent_fail" {
                *status = MessageStatus::SentFailed;
            }
        }
        Ok(Self { position, row, unreadable, json: json.to_owned() })
    }

    /// Which kind of event it is. Of a row that has the parts of several kinds, the first in the order of
    /// [`Detail`] counts; [`row`](Event::row) has them all.
    pub fn detail(&self) -> Detail<'_> {
        let row = &self.row;
        if let Some(status) = &row.status {
            Detail::Status(status)
        } else if let Some(notification) = &row.notification {
            Detail::Notification(notification)
        } else if let Some(response) = &row.response {
            Detail::Response(response)
        } else if let Some(system) = &row.system_event {
            Detail::System(system)
        } else {
            Detail::Unknown
        }
    }

    /// The row, with the fields that all kinds share.
    pub fn row(&self) -> &CallbackRow {
        &self.row
    }

    /// Where the row stood in the body, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The paths of fields that are there and could not be read, such as `status.error_code`.
    pub fn unreadable_fields(&self) -> &[String] {
        &self.unreadable
    }

    /// The row as it came. It holds addresses and texts: keep it out of logs.
    pub fn expose_json(&self) -> &str {
        self.json.get()
    }

    /// The message that the event is about, if it is about one.
    pub fn message_id(&self) -> Option<&MessageId> {
        let inner = || self.row.status.as_ref()?.status_data.as_ref()?.message_id.as_ref();
        self.row.message_id.as_ref().or_else(inner)
    }

    /// The channel that the event is about: the one being tried at that moment, if the row says that.
    pub fn channel(&self) -> Option<&Channel> {
        let current = || self.row.status.as_ref()?.status_data.as_ref()?.current_send_channel.as_ref();
        current().or(self.row.channel.as_ref())
    }

    /// What the message cost on this channel, exactly as the service wrote it. (The number in
    /// [`row`](Event::row) is a binary fraction, and most decimal ones have no exact counterpart there.)
    pub fn cost(&self) -> Option<Money> {
        #[derive(Deserialize)]
        struct Row<'a> {
            #[serde(borrow)]
            status: Option<Status<'a>>,
        }
        #[derive(Deserialize)]
        struct Status<'a> {
            #[serde(borrow)]
            billing: Option<Billing<'a>>,
        }
        #[derive(Deserialize)]
        struct Billing<'a> {
            #[serde(borrow)]
            cost: Option<&'a RawValue>,
        }
        let read = self.row.status.as_ref()?.billing.as_ref()?;
        let row: Row<'_> = serde_json::from_str(self.json.get()).ok()?;
        let amount = row.status?.billing?.cost?.get().trim_matches('"').trim().parse().ok()?;
        Some(Money::new(amount, read.currency.as_deref().unwrap_or_default()))
    }

    /// What the event says about its message, for a [`Lifecycle`](crate::lifecycle::Lifecycle). `None` for
    /// events of other kinds, and for rows that name no message or no status.
    pub fn observation(&self) -> Option<Observation> {
        let Detail::Status(event) = self.detail() else { return None };
        let mut observation = Observation::new(self.message_id()?.clone(), event.message_status.clone()?);
        if let Some(channel) = self.channel() {
            observation = observation.on_channel(channel.clone());
        }
        if let Some(seconds) = self.row.itime {
            observation = observation.at(seconds);
        }
        if let Some(code) = event.error_code.filter(|&code| code != 0) {
            observation = observation.with_error(code);
        }
        if let Some(cost) = self.cost() {
            observation = observation.with_cost(cost);
        }
        Some(observation)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("position", &self.position)
            .field("row", &self.row)
            .field("unreadable_fields", &self.unreadable)
            .finish_non_exhaustive()
    }
}

/// A row that could not be read at all.
#[derive(Clone)]
pub struct UnreadableRow {
    position: usize,
    reason: UnreadableReason,
    json: Box<RawValue>,
}

/// Why a row could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreadableReason {
    /// It is no object.
    NotAnObject,
    /// It is nested deeper than 32 levels.
    TooDeep,
    /// Too many of its fields do not fit, or a name in it is no text.
    Garbled,
}

impl UnreadableRow {
    pub(super) fn new(position: usize, reason: UnreadableReason, json: &RawValue) -> Self {
        Self { position, reason, json: json.to_owned() }
    }

    /// Where the row stood in the body, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Why it could not be read.
    pub fn reason(&self) -> UnreadableReason {
        self.reason
    }

    /// The row's octets as they came, which need not be UTF-8. They may hold anything: keep them out of logs.
    pub fn expose_bytes(&self) -> &[u8] {
        self.json.get().as_bytes()
    }

    /// The row as text: what is not UTF-8 stands there as U+FFFD. It may hold anything: keep it out of logs.
    pub fn expose_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.expose_bytes())
    }
}

impl fmt::Debug for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableRow")
            .field("position", &self.position)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for UnreadableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "the row is not an object",
            Self::TooDeep => "the row is nested too deep",
            Self::Garbled => "too much of the row does not fit",
        })
    }
}
