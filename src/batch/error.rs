//! Why a batch cannot be checked, opened or read.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journal::JournalError;

/// Why a batch cannot be checked, opened or read. It holds nothing of what the files hold.
#[derive(Clone, Debug)]
pub struct BatchError {
    kind: BatchErrorKind,
    path: PathBuf,
    source: Option<Source>,
}

/// The kinds of [`BatchError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchErrorKind {
    /// The input is a folder, a pipe or a device. It is read several times, which only a file allows.
    NotAFile,
    /// The input cannot be read.
    Unreadable,
    /// The input has no row.
    Empty,
    /// The header, or what stands in its place, breaks a rule; this says what must be.
    Header(String),
    /// The row that begins on this line is longer than 1 MiB. A quote may not be closed.
    RowTooLong(u64),
    /// A quote that opens on this line is not closed: the rows behind it would be one field.
    QuoteNotClosed(u64),
    /// There are more rows than 4,294,967,295.
    TooManyRows,
    /// The input holds codes, and others can read or change it.
    OpenToOthers,
    /// The input was changed while it was read.
    Changed,
    /// Rows are bad, and are not to be skipped; so many.
    InvalidRows(u64),
    /// The input was checked for SMPP and is to be sent over HTTP, or the other way round.
    OtherTransport,
    /// Another run has the journal.
    InUse,
    /// The file is no journal of a batch.
    NotAJournal,
    /// The journal is damaged at this octet, otherwise than by a crash: what was sent cannot be told, and so nothing is.
    Damaged(u64),
    /// A later version of this crate wrote the journal.
    NewerJournal,
    /// The journal is of a batch in which this was another: the input, the account, or a setting.
    OtherBatch(&'static str),
    /// The journal cannot be written or read.
    Journal,
    /// What was asked for cannot be written.
    Output,
}

/// What can be cloned of what caused it.
#[derive(Clone, Debug)]
enum Source {
    Io(Arc<io::Error>),
    Journal(JournalError),
}

impl BatchError {
    pub(super) fn new(kind: BatchErrorKind, path: &Path) -> Self {
        Self { kind, path: path.to_owned(), source: None }
    }

    pub(super) fn io(kind: BatchErrorKind, path: &Path, source: io::Error) -> Self {
        Self { source: Some(Source::Io(Arc::new(source))), ..Self::new(kind, path) }
    }

    pub(super) fn journal(path: &Path, source: JournalError) -> Self {
        let kind = match &source {
            JournalError::Locked(_) => BatchErrorKind::InUse,
            JournalError::NotAJournal(_) => BatchErrorKind::NotAJournal,
            JournalError::NewerVersion(_) => BatchErrorKind::NewerJournal,
            JournalError::Damaged(_, octet) => BatchErrorKind::Damaged(*octet),
            _ => BatchErrorKind::Journal,
        };
        let source = (kind == BatchErrorKind::Journal).then_some(Source::Journal(source));
        Self { source, ..Self::new(kind, path) }
    }

    /// What went wrong.
    pub fn kind(&self) -> BatchErrorKind {
        self.kind.clone()
    }

    /// The file that it is about.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            BatchErrorKind::NotAFile => {
                f.write_str("must be a file: it is read more than once, which a folder, a pipe or a device does not allow")
            }
            BatchErrorKind::Unreadable => f.write_str("cannot be read"),
            BatchErrorKind::Empty => f.write_str("has no rows"),
            BatchErrorKind::Header(rule) => f.write_str(rule),
            BatchErrorKind::RowTooLong(line) => {
                write!(f, "line {line}: the row must not be longer than 1 MiB; a quote may not be closed")
            }
            BatchErrorKind::QuoteNotClosed(line) => {
                write!(f, "line {line}: the quote that opens here must be closed: else the rows behind it are one field")
            }
            BatchErrorKind::TooManyRows => f.write_str("must not have more than 4,294,967,295 rows"),
            BatchErrorKind::OpenToOthers => f.write_str("holds codes, and others can read or change it"),
            BatchErrorKind::Changed => f.write_str("was changed while it was read"),
            BatchErrorKind::InvalidRows(1) => f.write_str("1 row is bad"),
            BatchErrorKind::InvalidRows(count) => write!(f, "{count} rows are bad"),
            BatchErrorKind::OtherTransport => f.write_str("must be checked for the transport that it is sent over"),
            BatchErrorKind::InUse => f.write_str("is in use by another run"),
            BatchErrorKind::NotAJournal => f.write_str("is not the journal of a batch"),
            BatchErrorKind::Damaged(octet) => {
                write!(f, "the journal is damaged at octet {octet}: what was sent cannot be told")
            }
            BatchErrorKind::NewerJournal => f.write_str("was written by a later version of this program"),
            BatchErrorKind::OtherBatch(what) => write!(f, "is the journal of a batch with another {what}"),
            BatchErrorKind::Journal => f.write_str("the journal cannot be used"),
            BatchErrorKind::Output => f.write_str("the result cannot be written"),
        }
    }
}

impl StdError for BatchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(Source::Io(error)) => Some(error.as_ref()),
            Some(Source::Journal(error)) => Some(error),
            None => None,
        }
    }
}
