//! A message that the sandbox accepted, and what happened to it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use crate::api::types::{Channel, ErrorCode, MessageId, MessageStatus};
use crate::test_recipients::RecipientBehavior;

/// A message that the sandbox accepted.
#[derive(Clone)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who it is for. Keep it out of logs.
    pub to: String,
    /// The template's id.
    pub template: String,
    /// The parameters that came with it. Keep them out of logs.
    pub params: BTreeMap<String, String>,
    /// The channel that was tried first.
    pub channel: Channel,
    /// The code, if it carries one. Keep it out of logs.
    pub code: Option<String>,
    /// What the recipient would read, or hear. Keep it out of logs.
    pub text: String,
    /// When it was sent.
    pub sent: SystemTime,
    /// Whether its code was verified.
    pub verified: bool,
    /// What happened to it, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// What it can be found by, in lower case.
    pub(super) words: Box<str>,
    /// How many of the oldest wrong guesses were left out of the timeline.
    pub(crate) omitted: usize,
    /// Until when its code counts; none if the service does not check it.
    pub(crate) expires: Option<SystemTime>,
    /// Whether callbacks are made for it.
    pub(crate) reported: bool,
    /// What was set to become of it, of its recipient or its template.
    pub(crate) behavior: Option<RecipientBehavior>,
    /// Whether it came over SMPP, where its reports go too.
    pub(crate) by_smpp: bool,
    /// Whose its template was.
    pub(crate) template_origin: TemplateOrigin,
    /// Whether its delivery goes on.
    pub(crate) delivery: Delivery,
}

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemplateOrigin {
    /// A new sandbox has it.
    BuiltIn,
    /// Somebody has added it.
    Own,
}

/// Whether the delivery of a message goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Something may still come.
    UnderWay,
    /// It was delivered, or has failed on its last channel: nothing more comes but what its code brings.
    Ended,
}

/// Something that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineEntry {
    /// When.
    pub at: SystemTime,
    /// What.
    pub status: MessageStatus,
    /// On which channel.
    pub channel: Channel,
    /// Why, if it failed.
    pub error: Option<ErrorCode>,
    /// Whether it was asked for, and did not come of itself.
    pub(crate) is_forced: bool,
}

impl Message {
    /// What became of it, as far as it is known: the newest entry of the timeline, but once verified, verified.
    pub fn status(&self) -> Option<&MessageStatus> {
        if self.verified {
            return Some(&MessageStatus::Verified);
        }
        self.timeline.last().map(|entry| &entry.status)
    }

    /// An estimate of what it cost, in hundredths of a US dollar. The prices are made up.
    pub fn cost_cents(&self) -> u32 {
        let sent = self.timeline.iter().filter(|entry| entry.status == MessageStatus::Sent);
        sent.map(|entry| price_cents(&entry.channel)).sum()
    }

    /// The channel that it took last.
    pub(crate) fn last_channel(&self) -> &Channel {
        self.timeline.last().map_or(&self.channel, |entry| &entry.channel)
    }

    /// What it can be found by beside what happens to it, in lower case: id, recipient, template, code, text, parameters.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Whether its code still counts.
    pub(crate) fn lives(&self, now: SystemTime) -> bool {
        !self.verified && self.expires.is_some_and(|expires| now < expires)
    }

    /// How many octets its texts take.
    pub(crate) fn weight(&self) -> usize {
        let params: usize = self.params.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.to.len() + self.template.len() + self.text.len() + params + self.words.len()
    }
}

/// Codes, addresses and texts never show.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("template", &self.template)
            .field("channel", &self.channel)
            .field("sent", &self.sent)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// A made-up price, so that there is something to add up.
pub(crate) fn price_cents(channel: &Channel) -> u32 {
    match channel {
        Channel::Sms => 5,
        Channel::Whatsapp => 3,
        Channel::Voice => 8,
        _ => 1,
    }
}
