//! How an inbox is configured and opened.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use super::queue::Queue;
use super::record::{Dead, Record};
use super::{DeadLetter, Inbox, InboxError, Letters, Shared};
use crate::callback::Receiver;
use crate::callback::sign::unix_seconds;
use crate::journal::{Durability, Journal, JournalError, Kind, Options};

/// Configures an [`Inbox`].
#[derive(Debug)]
#[must_use]
pub struct InboxBuilder {
    folder: PathBuf,
    max_attempts: u32,
    retention: Duration,
}

impl InboxBuilder {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), max_attempts: 10, retention: Duration::ZERO }
    }

    /// Sets how often a callback is handed to the handler before it becomes a dead letter. By default 10 times, with
    /// pauses of 1 second up to 5 minutes. An attempt that ends with the process counts as well.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets how long a callback is kept at least that was handled. By default no longer than its signature could be used
    /// again, since callbacks hold phone numbers; files are removed as a whole, once all in them may go.
    pub fn retention(mut self, time: Duration) -> Self {
        self.retention = time;
        self
    }

    /// Opens the inbox, and creates its folder if there is none.
    ///
    /// # Errors
    ///
    /// If another process has it open, it was written by a later version, it is damaged, or the disk fails.
    pub fn open(self) -> Result<Inbox, InboxError> {
        let options = Options::new(KIND, Durability::Power);
        let dead = Options::new(DEAD_KIND, Durability::Power);
        self.open_on(options, dead)
    }

    pub(super) fn open_on(self, options: Options, dead_options: Options) -> Result<Inbox, InboxError> {
        let now = unix_seconds(SystemTime::now());
        let mut queue = Queue::default();
        let retention = self.retention.as_secs();
        let (journal, found) =
            Journal::open_folder(&self.folder, options, |address, octets| match Record::read(octets) {
                Some(Record::Received { at, claim, .. }) => {
                    queue.received(address, at, claim.as_ref(), retention, now);
                }
                Some(Record::Used(claim)) => queue.used(address, claim, now),
                Some(Record::Attempt(address)) => {
                    queue.attempt(address);
                }
                Some(Record::Settled(address)) => queue.settle(address),
                None => {}
            })?;
        let mut letters = Vec::new();
        let mut seen = HashSet::new();
        let folder = self.folder.join(DEAD_LETTERS);
        let (dead, dead_found) = Journal::open_folder(&folder, dead_options, |address, octets| {
            if let Some(letter) = Dead::read(octets) {
                // It may have died before it was settled.
                queue.settle(letter.address);
                // It was written twice, if the first time was not known to have worked.
                if !seen.insert(letter.address) {
                    return;
                }
                letters.push(DeadLetter {
                    at: address,
                    received_at: letter.received_at,
                    attempts: letter.attempts,
                    body: Vec::new(),
                });
            }
        })?;
        let torn = found.torn + dead_found.torn;
        if torn > 0 {
            log::warn!("the inbox ended in {torn} octets that were no whole record");
        }
        // What is trusted enough to be on disk is read whatever its size. Asking for nothing is allowed when it is said.
        let reader = Receiver::builder().accept_unsigned_callbacks().max_body_bytes(usize::MAX);
        let reader = reader.max_rows(usize::MAX).build().map_err(|_| JournalError::NoRecord)?;
        let shared = Shared {
            journal,
            queue: Mutex::new(queue),
            changed: Condvar::new(),
            dead: Mutex::new(Letters { journal: dead, letters }),
            reader,
            max_attempts: self.max_attempts,
            retention,
            trimmed: Mutex::new(None),
            storing: RwLock::new(()),
        };
        let inbox = Inbox { shared: Arc::new(shared) };
        inbox.trim();
        Ok(inbox)
    }
}

/// What the journal's files say they are.
pub(super) const KIND: Kind = Kind { name: *b"inbx", version: 1 };
pub(super) const DEAD_KIND: Kind = Kind { name: *b"dead", version: 1 };

const DEAD_LETTERS: &str = "dead-letters";
