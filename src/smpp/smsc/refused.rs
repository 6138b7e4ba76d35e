//! What is refused before anybody is asked about it.

use std::borrow::Cow;
use std::fmt;

use crate::smpp::pdu::{Command, Status};

/// A PDU that the server refused by itself, before a [`SubmitHandler`](super::SubmitHandler) was asked.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedPdu {
    /// The number of the link it came over, counted from one.
    pub link: u64,
    /// What was asked for.
    pub command: Command,
    /// The status that it was answered with; none if the link was closed in place of an answer, as for a bind.
    pub status: Option<Status>,
    /// The field that it is about.
    pub field: Cow<'static, str>,
    /// What the field must be: `must be MSG, CODE or MRKT`.
    pub rule: Cow<'static, str>,
    /// The text of the message, as it was decoded.
    pub(crate) text: String,
}

impl RefusedPdu {
    pub(super) fn new(
        link: u64,
        command: Command,
        status: Option<Status>,
        field: &'static str,
        rule: &'static str,
    ) -> Self {
        Self { link, command, status, field: field.into(), rule: rule.into(), text: String::new() }
    }
}

/// The text may hold a code, and never shows.
impl fmt::Debug for RefusedPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedPdu")
            .field("link", &self.link)
            .field("command", &self.command)
            .field("status", &self.status)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}
