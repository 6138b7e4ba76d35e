//! What became of a message, as a row tells it.

use std::fmt;

use super::fields::StatusFields;
use super::text::Span;
use crate::api::types::{Channel, MessageStatus};
use crate::lifecycle::Money;

/// The part `status` of a row. It borrows the event.
#[derive(Clone, Copy)]
pub struct StatusReport<'a> {
    text: &'a str,
    fields: &'a StatusFields,
}

impl<'a> StatusReport<'a> {
    pub(super) fn new(text: &'a str, fields: &'a StatusFields) -> Self {
        Self { text, fields }
    }

    fn text(self, span: Span) -> Option<&'a str> {
        span.of(self.text)
    }

    /// What became of the message. (The vendor's list has `sent_failed`, its examples `sent_fail`: both are
    /// [`SentFailed`](MessageStatus::SentFailed). See <https://www.engagelab.com/docs/otp/api/callback>.)
    pub fn message_status(self) -> Option<MessageStatus> {
        match self.text(self.fields.message_status)? {
            "sent_fail" => Some(MessageStatus::SentFailed),
            name => Some(name.into()),
        }
    }

    /// Why it failed, as in [`ErrorCode`](crate::ErrorCode); 0 when it did not.
    pub fn error_code(self) -> Option<i64> {
        self.fields.error_code
    }

    /// Why it failed, in words. They can repeat an address: keep them out of logs.
    pub fn expose_error_message(self) -> Option<&'a str> {
        self.text(self.fields.error_detail.message)
    }

    /// When the message was sent, in seconds since 1970.
    pub fn msg_time(self) -> Option<i64> {
        self.fields.data.msg_time
    }

    /// The message, as `status_data` names it.
    pub fn message_id(self) -> Option<&'a str> {
        self.text(self.fields.data.message_id)
    }

    /// The channel that is being tried, if it is named; an empty name is none.
    pub fn current_send_channel(self) -> Option<Channel> {
        channel(self.text(self.fields.data.current_send_channel))
    }

    /// The template's id.
    pub fn template_key(self) -> Option<&'a str> {
        self.text(self.fields.data.template_key)
    }

    /// The account's business id, as `status_data` names it.
    pub fn business_id(self) -> Option<&'a str> {
        self.text(self.fields.data.business_id)
    }

    /// What the message cost on this channel, exactly as the service wrote it.
    pub fn cost(self) -> Option<Money> {
        let billing = &self.fields.billing;
        Some(Money::new(billing.cost?, self.text(billing.currency).unwrap_or_default()))
    }
}

/// Shows no text that can hold an address.
impl fmt::Debug for StatusReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusReport")
            .field("message_status", &self.message_status())
            .field("error_code", &self.error_code())
            .field("current_send_channel", &self.current_send_channel())
            .field("cost", &self.cost())
            .finish_non_exhaustive()
    }
}

/// The channel of this name. An empty one names none.
pub(super) fn channel(name: Option<&str>) -> Option<Channel> {
    name.map(str::trim).filter(|name| !name.is_empty()).map(Channel::from)
}
