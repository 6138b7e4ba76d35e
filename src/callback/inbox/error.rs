//! Why an inbox cannot be opened or written.

use std::error::Error as StdError;
use std::fmt;

use crate::journal::JournalError;

/// A failure of an inbox. It holds nothing of what callbacks hold.
#[derive(Clone)]
pub struct InboxError {
    source: JournalError,
}

impl InboxError {
    /// Whether the disk is full. Callbacks are refused until there is room, and come again.
    pub fn is_full(&self) -> bool {
        self.source.is_full()
    }

    /// Whether another process has the inbox open.
    pub fn is_locked(&self) -> bool {
        matches!(self.source, JournalError::Locked(_))
    }
}

impl From<JournalError> for InboxError {
    fn from(source: JournalError) -> Self {
        Self { source }
    }
}

impl fmt::Debug for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InboxError").field(&self.source).finish()
    }
}

impl fmt::Display for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the inbox failed")
    }
}

impl StdError for InboxError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
