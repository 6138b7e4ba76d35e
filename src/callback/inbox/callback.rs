//! A callback that is handed out, and one that is not any more.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Inbox, InboxError};
use crate::callback::{Batch, Event, UnreadableRow};

/// A callback to handle. Dropping it is a failure to handle it.
#[must_use = "a callback that is dropped is handed out again"]
pub struct InboxCallback {
    inbox: Inbox,
    address: u64,
    received_at: u64,
    attempts: u32,
    batch: Batch,
    body: Vec<u8>,
    open: bool,
}

impl InboxCallback {
    pub(super) fn new(
        inbox: Inbox,
        address: u64,
        received_at: u64,
        attempts: u32,
        batch: Batch,
        body: Vec<u8>,
    ) -> Self {
        Self { inbox, address, received_at, attempts, batch, body, open: true }
    }

    /// The events, in the order of the body.
    pub fn events(&self) -> &[Event] {
        self.batch.events()
    }

    /// The rows that could not be read.
    pub fn unreadable(&self) -> &[UnreadableRow] {
        self.batch.unreadable()
    }

    /// The body as it came. It holds addresses and texts: keep it out of logs.
    pub fn expose_body(&self) -> &[u8] {
        &self.body
    }

    /// When it came.
    pub fn received_at(&self) -> SystemTime {
        time(self.received_at)
    }

    /// The number of this attempt, from 1 on. Above 1, the handler may have seen this callback before.
    pub fn attempt(&self) -> u32 {
        self.attempts
    }

    /// Ends it: it is not handed out again.
    ///
    /// # Errors
    ///
    /// If the disk fails. It may then be handed out again after a restart.
    pub fn handled(mut self) -> Result<(), InboxError> {
        self.open = false;
        self.inbox.settle(self.address)
    }

    /// Has it handed out again, after a pause that grows with each failure. The same as dropping it.
    pub fn failed(self) {
        drop(self);
    }
}

impl Drop for InboxCallback {
    fn drop(&mut self) {
        if self.open {
            self.inbox.fail(self.address);
        }
    }
}

impl fmt::Debug for InboxCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxCallback")
            .field("received_at", &self.received_at())
            .field("attempt", &self.attempts)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

/// A callback that failed too often.
#[derive(Clone)]
pub struct DeadLetter {
    /// Its address among the dead letters.
    pub(super) at: u64,
    pub(super) received_at: u64,
    pub(super) attempts: u32,
    pub(super) body: Vec<u8>,
}

impl DeadLetter {
    /// When it came.
    pub fn received_at(&self) -> SystemTime {
        time(self.received_at)
    }

    /// How often it was handed out.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The body as it came. It holds addresses and texts: keep it out of logs.
    pub fn expose_body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("received_at", &self.received_at())
            .field("attempts", &self.attempts)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn time(second: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(second)).unwrap_or(UNIX_EPOCH)
}
