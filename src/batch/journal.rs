//! What a batch writes down: a head, the intent to send a row before its request may leave, and what became of it.
//!
//! ```text
//! octets    field
//! 1         kind
//! head      JSON: what must be the same when the batch goes on
//! intent    the row's number (4), when it was written, in seconds since 1970 (4), and until when its answer is awaited (4)
//! result    the row's number (4), its state (1), and in UTF-8 the message's id or the reason
//! lost      the row's number (4), when its answer was given up (4), and in UTF-8 the reason
//! resolved  the row's number (4), the time of the intent that it is about (4), and in UTF-8 the message's id
//! ```
//!
//! Numbers are in little-endian order. By the times of intents and lost answers, callbacks can tell also a later run which
//! message a row is that is unknown.
//!
//! An intent that ends the journal and is not as it was written counts as one all the same: whether it was on disk before its
//! request left cannot be told, and its row stays unknown rather than to be sent twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::{BatchError, BatchErrorKind};
use super::table::{RowState, Table};
use crate::journal::{Disk, Durability, Journal, JournalError, Kind, Options, Position, Recovery};

/// The journal of an input, unless another one is named: beside it, under its name and `.journal`. By whatever way the input
/// is named, its journal is the same.
pub fn journal_of(input: &Path) -> PathBuf {
    let input = std::fs::canonicalize(input).unwrap_or_else(|_| input.to_owned());
    let mut name = input.into_os_string();
    name.push(".journal");
    PathBuf::from(name)
}

/// What must be the same when a batch goes on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Head {
    /// SHA-256 of the input, in hexadecimal digits.
    pub(super) input: String,
    pub(super) rows: u32,
    /// A digest of the account.
    pub(super) account: String,
    pub(super) transport: String,
    pub(super) kind: String,
    pub(super) template: Option<String>,
    pub(super) language: Option<String>,
    pub(super) duplicates: String,
}

impl Head {
    /// What is not the same in the other one, in words.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        [
            (
                self.input != other.input || self.rows != other.rows,
                "input: it was changed, or is another file",
            ),
            (self.account != other.account, "account"),
            (self.transport != other.transport, "transport"),
            (self.kind != other.kind, "kind of message"),
            (self.template != other.template, "template"),
            (self.language != other.language, "language"),
            (self.duplicates != other.duplicates, "choice for duplicates"),
        ]
        .into_iter()
        .find_map(|(differs, what)| differs.then_some(what))
    }
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    Head(&'a [u8]),
    /// A row, when it is about to be sent, and until when its answer is awaited.
    Intent(u32, u32, u32),
    /// The text is a message's id, or the reason.
    Result(u32, RowState, &'a str),
    /// The answer of a row was given up at this time, for this reason.
    Lost(u32, u32, &'a str),
    /// A callback told that a row, of the intent of this time, is this message.
    Resolved(u32, u32, &'a str),
}

impl<'a> Record<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let (kind, rest) = octets.split_first()?;
        if *kind == HEAD {
            return Some(Self::Head(rest));
        }
        let (row, rest) = number(rest)?;
        let time = || number(rest);
        match *kind {
            INTENT => {
                let (time, rest) = time()?;
                Some(Self::Intent(row, time, number(rest)?.0))
            }
            LOST => {
                let (time, text) = time()?;
                Some(Self::Lost(row, time, std::str::from_utf8(text).ok()?))
            }
            RESULT => {
                let (state, text) = rest.split_first()?;
                let state = STATES.iter().find(|(_, number)| number == state)?.0;
                Some(Self::Result(row, state, std::str::from_utf8(text).ok()?))
            }
            RESOLVED => {
                let (time, text) = time()?;
                Some(Self::Resolved(row, time, std::str::from_utf8(text).ok()?))
            }
            _ => None,
        }
    }

    /// Enters what the record says.
    pub(super) fn enter(&self, table: &mut Table) {
        match *self {
            // What stands before it is another batch's, of which nobody got anything.
            Self::Head(_) => table.forget(),
            Self::Intent(row, ..) => {
                // Until a result says otherwise.
                if !table.attempt(row) {
                    table.set(row, RowState::Unknown, "interrupted");
                }
            }
            Self::Result(row, RowState::Accepted, _) | Self::Resolved(row, ..) => {
                table.set(row, RowState::Accepted, "");
            }
            Self::Result(row, state, reason) => drop(table.settle(row, state, reason)),
            Self::Lost(row, _, reason) => drop(table.settle(row, RowState::Unknown, reason)),
        }
    }
}

fn number(octets: &[u8]) -> Option<(u32, &[u8])> {
    octets.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// The intent that a record is which cannot be trusted, and its octets. Its row may have been sent, and so it is not to be
/// sent again: that of a wrong row does no more harm than to leave it unknown. Times of zero are what a crash has not written.
fn in_doubt_intent(octets: &[u8]) -> Option<(Record<'_>, &[u8])> {
    match Record::read(octets)? {
        intent @ Record::Intent(_, 1.., 1..) if octets.len() == INTENT_OCTETS => Some((intent, octets)),
        _ => None,
    }
}

/// The journal of a run.
pub(super) struct BatchJournal {
    journal: Journal,
    /// How many octets were cut off at its end.
    pub(super) torn: u64,
}

impl BatchJournal {
    /// Opens the journal, or begins it, and hands over each record that it holds.
    pub(super) fn open(
        path: &Path,
        head: &Head,
        durability: Durability,
        disk: Option<Arc<dyn Disk>>,
        mut each: impl FnMut(&Record<'_>),
    ) -> Result<Self, BatchError> {
        let first = [&[HEAD][..], &serde_json::to_vec(head).unwrap_or_default()].concat();
        let mut options = Options::new(KIND, durability);
        options.first.clone_from(&first);
        if let Some(disk) = disk {
            options.disk = disk;
        }
        let failed = |error| BatchError::journal(path, error);
        let mut found = None;
        let mut tries = Tries::default();
        let (journal, Recovery { torn, in_doubt, .. }) =
            Journal::open_file(path, options, |_, octets| match Record::read(octets) {
                Some(Record::Head(text)) => {
                    found = serde_json::from_slice::<Head>(text).ok().or(found.take());
                    each(&Record::Head(text));
                }
                Some(record) => {
                    tries.count(&record);
                    each(&record);
                }
                None => {}
            })
            .map_err(failed)?;
        let in_doubt = in_doubt_intent(&in_doubt);
        if let Some((intent, _)) = &in_doubt {
            tries.count(intent);
        }
        let difference = found.as_ref().map(|found: &Head| found.difference(head));
        if tries.may_have_acted() {
            match difference {
                Some(None) => {}
                Some(Some(what)) => return Err(BatchError::new(BatchErrorKind::OtherBatch(what), path)),
                None => return Err(BatchError::new(BatchErrorKind::NotAJournal, path)),
            }
        }
        // None begins without a head: what stood in this one cannot be told.
        if found.is_none() {
            return Err(failed(JournalError::Damaged(path.to_owned(), 0)));
        }
        // A journal by which nobody got anything may become another batch's.
        if difference != Some(None) {
            journal.write(&first).map_err(failed)?;
            each(&Record::Head(first.get(1..).unwrap_or_default()));
        }
        if let (Some((intent, octets)), Some(None)) = (in_doubt, difference) {
            journal.write(octets).map_err(failed)?;
            each(&intent);
        }
        Ok(Self { journal, torn })
    }

    /// Writes that this row is about to be sent, at this time, and its answer awaited until then. When this has returned, its
    /// request may leave.
    pub(super) fn intend(&self, row: u32, time: u32, until: u32) -> Result<(), JournalError> {
        let mut record = [INTENT; 13];
        for (place, number) in record[1..].chunks_exact_mut(4).zip([row, time, until]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        self.journal.write(&record).map(drop)
    }

    /// Writes which message a row is, of the intent of this time.
    pub(super) fn resolve(&self, row: u32, time: u32, message: &str) -> Result<(), JournalError> {
        let record = [&[RESOLVED][..], &row.to_le_bytes(), &time.to_le_bytes(), message.as_bytes()];
        self.journal.write(&record.concat()).map(drop)
    }

    /// Notes what became of a row, at this time. It is written with the next intent, or when it is [handed over](Self::hand_over): what a
    /// crash leaves unknown is then no more than one row for each worker.
    pub(super) fn settle(
        &self,
        row: u32,
        state: RowState,
        text: &str,
        now: u32,
    ) -> Result<Position, JournalError> {
        let (row, text) = (row.to_le_bytes(), text.as_bytes());
        let record = match STATES.iter().find(|(known, _)| *known == state) {
            Some((_, number)) => [&[RESULT][..], &row, &[*number], text].concat(),
            None => [&[LOST][..], &row, &now.to_le_bytes(), text].concat(),
        };
        self.journal.append(&record)
    }

    /// Has what was noted survive the process.
    pub(super) fn hand_over(&self, position: Position) -> Result<(), JournalError> {
        self.journal.hand_over(position)
    }
}

/// Whether anybody may have got something.
#[derive(Default)]
struct Tries {
    /// Intents without a result yet.
    open: u64,
    has_acted: bool,
}

impl Tries {
    fn count(&mut self, record: &Record<'_>) {
        match record {
            Record::Head(_) => {}
            Record::Intent(..) => self.open += 1,
            Record::Result(_, state, _) => {
                self.open = self.open.saturating_sub(1);
                self.has_acted |= *state == RowState::Accepted;
            }
            Record::Lost(..) | Record::Resolved(..) => self.has_acted = true,
        }
    }

    const fn may_have_acted(&self) -> bool {
        self.has_acted || self.open > 0
    }
}

/// Hands over each head and record of a journal that another process may be writing.
pub(super) fn read(
    path: &Path,
    mut head: impl FnMut(&Head),
    mut each: impl FnMut(&Record<'_>),
) -> Result<Recovery, BatchError> {
    let mut is_journal = false;
    let recovery = Journal::read_file(path, KIND, |_, octets| match Record::read(octets) {
        Some(Record::Head(text)) => {
            if let Ok(found) = serde_json::from_slice::<Head>(text) {
                is_journal = true;
                head(&found);
            }
        }
        Some(record) if is_journal => each(&record),
        _ => {}
    })
    .map_err(|error| BatchError::journal(path, error))?;
    if !is_journal {
        return Err(BatchError::new(BatchErrorKind::NotAJournal, path));
    }
    if let Some((intent, _)) = in_doubt_intent(&recovery.in_doubt) {
        each(&intent);
    }
    Ok(recovery)
}

const KIND: Kind = Kind { name: *b"btch", version: 1 };
/// How long an intent is.
const INTENT_OCTETS: usize = 13;
const HEAD: u8 = 1;
const INTENT: u8 = 2;
const RESULT: u8 = 3;
const RESOLVED: u8 = 4;
const LOST: u8 = 5;

/// The states that a result can have, by their numbers.
const STATES: [(RowState, u8); 3] = [(RowState::Left, 0), (RowState::Accepted, 1), (RowState::Rejected, 2)];
