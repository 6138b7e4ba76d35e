//! One row of a batch.

mod fields;
mod status;
mod text;
mod unreadable;

use std::fmt;
use std::sync::Arc;

pub(super) use fields::{BillingFields, DataFields, DetailFields, Fields, OtherParts, StatusFields};
pub use status::StatusReport;
pub(super) use text::Span;
pub use unreadable::{UnreadableReason, UnreadableRow};

use crate::api::types::{Channel, NotificationEvent, ResponseEvent, SystemEvent};
use crate::lifecycle::{Money, Observation};

/// One event: what a row says, and the JSON that it came as.
///
/// The service's habits are looked through: a number where the document says string is read as its digits, a
/// string where it says number as that number. What still does not fit is left out, is named in
/// [`unreadable_fields`](Event::unreadable_fields), and stands in [`expose_json`](Event::expose_json) like
/// everything else that this version does not know.
///
/// The events of a batch share its text: keeping one of them keeps all of it.
///
/// `Debug` shows neither addresses, texts nor what is not known.
#[derive(Clone)]
pub struct Event {
    /// The body, and behind it the texts that do not stand there as such.
    text: Arc<String>,
    json: Span,
    position: usize,
    fields: Fields,
    unreadable: Box<[String]>,
}

/// Which kind of event it is, with what is particular to it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Detail<'a> {
    /// What became of a message.
    Status(StatusReport<'a>),
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
    pub(super) fn new(text: Arc<String>, row: ReadRow) -> Self {
        let ReadRow { position, json, fields, unreadable } = row;
        Self { text, json, position, fields, unreadable }
    }

    /// Which kind of event it is. Of a row that has the parts of several kinds, the first in the order of
    /// [`Detail`] counts.
    pub fn detail(&self) -> Detail<'_> {
        let others = self.fields.others.as_deref();
        if let Some(status) = self.status() {
            Detail::Status(status)
        } else if let Some(notification) = others.and_then(|others| others.notification.as_ref()) {
            Detail::Notification(notification)
        } else if let Some(response) = others.and_then(|others| others.response.as_ref()) {
            Detail::Response(response)
        } else if let Some(system) = others.and_then(|others| others.system.as_ref()) {
            Detail::System(system)
        } else {
            Detail::Unknown
        }
    }

    /// What became of a message, if the row tells that.
    pub fn status(&self) -> Option<StatusReport<'_>> {
        self.fields.status.as_ref().map(|status| StatusReport::new(&self.text, status))
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
        self.piece(self.json).unwrap_or_default()
    }

    /// The message that the event is about, if it is about one.
    pub fn message_id(&self) -> Option<&str> {
        self.piece(self.fields.message_id).or_else(|| self.status()?.message_id())
    }

    /// The channel that the event is about: the one being tried at that moment, if the row says that.
    pub fn channel(&self) -> Option<Channel> {
        let current = self.status().and_then(StatusReport::current_send_channel);
        current.or_else(|| status::channel(self.piece(self.fields.channel)))
    }

    /// The address that the message went to. Keep it out of logs.
    pub fn expose_to(&self) -> Option<&str> {
        self.piece(self.fields.to)
    }

    /// The part of the service that speaks.
    pub fn server(&self) -> Option<&str> {
        self.piece(self.fields.server)
    }

    /// The account's business id.
    pub fn business_id(&self) -> Option<&str> {
        self.piece(self.fields.business_id).or_else(|| self.status()?.business_id())
    }

    /// When the event was made (`itime`), in seconds since 1970.
    pub fn seconds(&self) -> Option<i64> {
        self.fields.itime
    }

    /// What was attached to the message: a JSON object, as it came, so that numbers of any size keep all digits. Keep it
    /// out of logs.
    pub fn expose_custom_args(&self) -> Option<&str> {
        self.piece(self.fields.custom_args)
    }

    /// What the message cost on this channel, exactly as the service wrote it.
    pub fn cost(&self) -> Option<Money> {
        self.status()?.cost()
    }

    /// What the event says about its message, for a [`Lifecycle`](crate::lifecycle::Lifecycle). `None` for
    /// events of other kinds, and for rows that name no message or no status.
    pub fn observation(&self) -> Option<Observation> {
        let status = self.status()?;
        let mut observation = Observation::new(self.message_id()?.to_owned(), status.message_status()?);
        if let Some(channel) = self.channel() {
            observation = observation.on_channel(channel);
        }
        if let Some(seconds) = self.seconds() {
            observation = observation.at(seconds);
        }
        if let Some(code) = status.error_code().filter(|&code| code != 0) {
            observation = observation.with_error(code);
        }
        if let Some(cost) = status.cost() {
            observation = observation.with_cost(cost);
        }
        Some(observation)
    }

    fn piece(&self, span: Span) -> Option<&str> {
        span.of(&self.text)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("position", &self.position)
            .field("message_id", &self.message_id())
            .field("channel", &self.channel())
            .field("seconds", &self.seconds())
            .field("detail", &self.detail())
            .field("unreadable_fields", &self.unreadable)
            .finish_non_exhaustive()
    }
}

/// What was read of a row, before the text is there that it shares with others.
pub(super) struct ReadRow {
    pub(super) position: usize,
    pub(super) json: Span,
    pub(super) fields: Fields,
    pub(super) unreadable: Box<[String]>,
}
