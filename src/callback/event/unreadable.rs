//! A row that cannot be read.

use std::borrow::Cow;
use std::fmt;

/// A row that could not be read at all. The others of its batch are not concerned.
#[derive(Clone)]
pub struct UnreadableRow {
    position: usize,
    reason: UnreadableReason,
    bytes: Box<[u8]>,
}

/// Why a row could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreadableReason {
    /// It is no object.
    NotAnObject,
    /// It is nested deeper than 32 levels.
    TooDeep,
    /// It is not JSON in UTF-8: it has an octet, a control character, a number or a word that JSON does not have.
    NotJson,
    /// Too many of its fields do not fit, or a name in it is no text.
    Garbled,
}

impl UnreadableRow {
    pub(in crate::callback) fn new(position: usize, reason: UnreadableReason, bytes: &[u8]) -> Self {
        Self { position, reason, bytes: bytes.into() }
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
        &self.bytes
    }

    /// The row as text: what is not UTF-8 stands there as U+FFFD. It may hold anything: keep it out of logs.
    pub fn expose_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
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
            Self::NotJson => "the row is not JSON in UTF-8",
            Self::Garbled => "too much of the row does not fit",
        })
    }
}
