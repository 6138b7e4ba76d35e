//! What is known of each submission, on disk, until the user has acknowledged it.
//!
//! That a message is to be sent is written before the message is, and an answer or a report before anybody is told of it:
//! so what a killed process leaves as outstanding is no more than its windows held. The records survive the end of the
//! process; after a power failure the last of them may be missing.
//!
//! ```text
//! octets  field
//! 1       kind
//! 8       number of the submission
//! n       intended: the key of the destination (8), the user's reference; accepted: the service's id; reported: the
//!         state; unknown, closed, last: nothing
//! ```

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use super::ledger::DestinationKey;
use super::report::ReportState;
use super::{SubmissionId, SubmissionState};
use crate::journal::{Durability, Journal, JournalError, Kind, Options};

#[derive(Debug)]
pub(crate) struct SubmissionJournal {
    journal: File,
    open: BTreeMap<u64, Entry>,
    last: u64,
    limit: usize,
    has_unwritten: bool,
    /// Since the last records could not be written, the disk lacks what is known here.
    has_failed: bool,
    octets_since_compaction: usize,
}

/// A submission that has not been acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) destination: DestinationKey,
    pub(crate) reference: String,
    pub(crate) message_id: Option<String>,
    pub(crate) reported: Option<ReportState>,
}

/// Why a submission cannot be written down.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// As many as may be wait to be acknowledged.
    Full,
    Failed,
}

struct File(Journal);

impl SubmissionJournal {
    /// Opens the journal in this folder, or creates it. At most `limit` submissions are kept open.
    pub(crate) fn open(folder: &Path, limit: usize) -> Result<Self, JournalError> {
        Self::open_with(folder, limit, Options::new(KIND, Durability::Process))
    }

    fn open_with(folder: &Path, limit: usize, options: Options) -> Result<Self, JournalError> {
        let mut open = BTreeMap::new();
        let mut last = 0;
        let (journal, found) = Journal::open_folder(folder, options, |_, record| {
            if let Some((kind, submission, rest)) = split(record) {
                last = last.max(submission);
                apply(&mut open, kind, submission, rest);
            }
        })?;
        if found.torn > 0 {
            log::warn!("the journal of submissions ended in {} octets that were no whole record", found.torn);
        }
        let mut opened = Self {
            journal: File(journal),
            open,
            last,
            limit,
            has_unwritten: false,
            has_failed: false,
            octets_since_compaction: 0,
        };
        opened.compact()?;
        Ok(opened)
    }

    /// The highest number that a submission ever had.
    pub(crate) const fn last_submission(&self) -> u64 {
        self.last
    }

    /// Everything that has not been acknowledged, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (SubmissionId, &Entry)> {
        self.open.iter().map(|(submission, entry)| (SubmissionId(*submission), entry))
    }

    /// A message is about to be sent.
    pub(crate) fn intend(
        &mut self,
        submission: SubmissionId,
        destination: DestinationKey,
        reference: &str,
    ) -> Result<(), NotWritten> {
        if self.open.len() >= self.limit {
            return Err(NotWritten::Full);
        }
        let content = [&destination.to_octets()[..], reference.as_bytes()].concat();
        // While the disk takes nothing, a message is refused before it costs the link it would go over.
        let is_well = if self.has_failed { self.flush() } else { Ok(()) };
        is_well.and_then(|()| self.append(INTENDED, submission, &content)).map_err(|error| {
            log::error!("a submission cannot be written down: {error}");
            NotWritten::Failed
        })
    }

    pub(crate) fn accepted(&mut self, submission: SubmissionId, message_id: &str) {
        self.note(ACCEPTED, submission, message_id.as_bytes());
    }

    pub(crate) fn unknown(&mut self, submission: SubmissionId) {
        self.note(UNKNOWN, submission, &[]);
    }

    pub(crate) fn reported(&mut self, submission: SubmissionId, state: &ReportState) {
        self.note(REPORTED, submission, state.as_str().as_bytes());
    }

    /// The submission was not sent, was rejected, or is acknowledged. `false` if the journal does not hold it.
    pub(crate) fn close(&mut self, submission: SubmissionId) -> bool {
        let was_open = self.open.contains_key(&submission.0);
        self.note(CLOSED, submission, &[]);
        was_open
    }

    /// Hands to the operating system what has been noted. To be called before anybody is told of it.
    pub(crate) fn flush(&mut self) -> Result<(), JournalError> {
        if !self.has_unwritten && !self.has_failed {
            return Ok(());
        }
        let written = if self.has_failed { self.write(LAST, self.last, &[]) } else { Ok(()) };
        let written = written.and_then(|()| self.journal.0.flush());
        // What could not be written is gone from the journal, and stands in what is written anew.
        let is_due = self.has_failed || self.octets_since_compaction > COMPACT_AFTER;
        let result = written.and_then(|()| if is_due { self.compact() } else { Ok(()) });
        self.has_failed = result.is_err();
        self.has_unwritten = false;
        result
    }

    fn note(&mut self, kind: u8, submission: SubmissionId, content: &[u8]) {
        if !self.open.contains_key(&submission.0) {
            return;
        }
        if let Err(error) = self.append(kind, submission, content) {
            // What is known in this process stays right. After a restart more would be unknown than need be.
            log::error!("what became of a submission cannot be written down: {error}");
        }
    }

    fn append(&mut self, kind: u8, submission: SubmissionId, content: &[u8]) -> Result<(), JournalError> {
        let appended = self.write(kind, submission.0, content);
        if kind != INTENDED || appended.is_ok() {
            apply(&mut self.open, kind, submission.0, content);
            self.last = self.last.max(submission.0);
        }
        appended
    }

    fn write(&mut self, kind: u8, submission: u64, content: &[u8]) -> Result<(), JournalError> {
        let record = [&[kind][..], &submission.to_be_bytes(), content].concat();
        let _position = self.journal.0.append(&record)?;
        self.has_unwritten = true;
        self.octets_since_compaction += record.len();
        Ok(())
    }

    /// Writes what is open to the end, and removes what stands before.
    fn compact(&mut self) -> Result<(), JournalError> {
        self.journal.0.flush()?;
        // A journal without a record has nothing to end.
        match self.journal.0.rotate() {
            Ok(()) | Err(JournalError::NotRotated) => {}
            Err(error) => return Err(error),
        }
        let start = self.journal.0.active_start();
        self.write(LAST, self.last, &[])?;
        let entries: Vec<_> =
            self.open.iter().map(|(submission, entry)| (*submission, entry.clone())).collect();
        for (submission, entry) in entries {
            let content = [&entry.destination.to_octets()[..], entry.reference.as_bytes()].concat();
            self.write(INTENDED, submission, &content)?;
            if let Some(message_id) = &entry.message_id {
                self.write(ACCEPTED, submission, message_id.as_bytes())?;
            }
            if let Some(state) = &entry.reported {
                self.write(REPORTED, submission, state.as_str().as_bytes())?;
            }
        }
        self.journal.0.flush()?;
        self.journal.0.remove_before(start)?;
        self.has_unwritten = false;
        self.octets_since_compaction = 0;
        Ok(())
    }
}

impl Entry {
    /// What a user is told of it after a restart.
    pub(crate) fn state(&self) -> SubmissionState {
        match (&self.message_id, &self.reported) {
            (None, _) => SubmissionState::Unknown,
            (Some(message_id), None) => SubmissionState::Accepted { message_id: message_id.clone() },
            (Some(message_id), Some(state)) => {
                SubmissionState::Reported { message_id: message_id.clone(), state: state.clone() }
            }
        }
    }
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

fn split(record: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (kind, rest) = record.split_first()?;
    let (submission, rest) = rest.split_first_chunk::<8>()?;
    Some((*kind, u64::from_be_bytes(*submission), rest))
}

fn apply(open: &mut BTreeMap<u64, Entry>, kind: u8, submission: u64, content: &[u8]) {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match kind {
        INTENDED => {
            if let Some((destination, reference)) = content.split_first_chunk::<8>() {
                let destination = DestinationKey::from_octets(*destination);
                let reference = text(reference);
                // Written anew it says nothing new, though the process may have been killed before the rest was.
                open.entry(submission).or_insert(Entry {
                    destination,
                    reference,
                    message_id: None,
                    reported: None,
                });
            }
        }
        ACCEPTED => {
            if let Some(entry) = open.get_mut(&submission) {
                entry.message_id = Some(text(content));
            }
        }
        REPORTED => {
            if let Some(entry) = open.get_mut(&submission) {
                entry.reported = Some(ReportState::from_text(&text(content)));
            }
        }
        CLOSED => {
            open.remove(&submission);
        }
        // That nothing is known is what stands there already; and kinds of a later version say nothing here.
        _ => {}
    }
}

const KIND: Kind = Kind { name: *b"smpp", version: 1 };
const INTENDED: u8 = 1;
const ACCEPTED: u8 = 2;
const UNKNOWN: u8 = 3;
const REPORTED: u8 = 4;
const CLOSED: u8 = 5;
const LAST: u8 = 6;
/// Octets of records after which what is open is written anew.
const COMPACT_AFTER: usize = 64 << 20;
