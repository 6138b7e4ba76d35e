//! Something that was said about a message.

use super::Money;
use crate::api::types::{Channel, ErrorCode, MessageId, MessageStatus};

/// One thing that was said about one message, wherever it came from: a callback
/// (`callback::Event::observation`), or an SMPP delivery report.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub(super) message_id: MessageId,
    pub(super) status: MessageStatus,
    pub(super) channel: Option<Channel>,
    pub(super) seconds: Option<i64>,
    pub(super) error: Option<ErrorCode>,
    pub(super) cost: Option<Money>,
}

impl Observation {
    /// This message has this status.
    pub fn new(message_id: impl Into<MessageId>, status: MessageStatus) -> Self {
        Self { message_id: message_id.into(), status, channel: None, seconds: None, error: None, cost: None }
    }

    /// Says which channel it is about. Its name counts in either case; an empty one is none.
    #[must_use]
    pub fn on_channel(mut self, channel: Channel) -> Self {
        self.channel = normal(channel);
        self
    }

    /// Says when it happened, in seconds since 1970.
    #[must_use]
    pub fn at(mut self, seconds: i64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Says why it failed.
    #[must_use]
    pub fn with_error(mut self, code: impl Into<ErrorCode>) -> Self {
        self.error = Some(code.into());
        self
    }

    /// Says what the channel cost.
    #[must_use]
    pub fn with_cost(mut self, cost: Money) -> Self {
        self.cost = Some(cost);
        self
    }

    /// The message.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The status.
    pub fn status(&self) -> &MessageStatus {
        &self.status
    }

    /// The channel, if it is known.
    pub fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// When it happened, in seconds since 1970, if that is known.
    pub fn seconds(&self) -> Option<i64> {
        self.seconds
    }

    /// Why it failed, if it did and that is known.
    pub fn error(&self) -> Option<ErrorCode> {
        self.error
    }

    /// What the channel cost, if that was said.
    pub fn cost(&self) -> Option<&Money> {
        self.cost.as_ref()
    }
}

/// The channel under one name, however it is written.
pub(super) fn normal(channel: Channel) -> Option<Channel> {
    let Channel::Other(name) = channel else { return Some(channel) };
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() { None } else { Some(Channel::from(name.as_str())) }
}
