//! Why a journal cannot be opened or written.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A failure of a journal. It holds nothing of what the journal holds.
#[derive(Clone, Debug)]
pub(crate) enum JournalError {
    /// Another process, or another part of this one, has it open.
    Locked(PathBuf),
    /// The file is something else.
    NotAJournal(PathBuf),
    /// A later version of this crate wrote it.
    NewerVersion(PathBuf),
    /// A record that was on disk once cannot be read any more, from this octet on: it is no torn tail.
    Damaged(PathBuf, u64),
    /// A record is empty, or larger than 16 MiB.
    RecordSize,
    /// No record begins at this address.
    NoRecord,
    /// The next segment could not be begun.
    NotRotated,
    /// The record was not written when the disk failed, and the failure is forgotten.
    NotWritten,
    /// The operating system failed.
    Io(&'static str, PathBuf, Arc<io::Error>),
}

impl JournalError {
    /// Says what was to be done with which file.
    pub(super) fn io(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io(what, path.clone(), Arc::new(error))
    }

    /// Whether there was no room on the disk, or the file may not be larger.
    pub(crate) fn is_full(&self) -> bool {
        let full = |error: &io::Error| {
            use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
            matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
        };
        matches!(self, Self::Io(_, _, error) if full(error))
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(path) => write!(f, "{} is in use by another process", path.display()),
            Self::NotAJournal(path) => write!(f, "{} is no journal of this kind", path.display()),
            Self::NewerVersion(path) => {
                write!(f, "{} was written by a later version of this program", path.display())
            }
            Self::Damaged(path, offset) => write!(f, "{} is damaged at octet {offset}", path.display()),
            Self::RecordSize => f.write_str("a record must have 1 to 16777216 octets"),
            Self::NoRecord => f.write_str("there is no record at this address"),
            Self::NotRotated => f.write_str("the next segment could not be begun"),
            Self::NotWritten => f.write_str("the record was not written"),
            Self::Io(what, path, _) => write!(f, "cannot {what} {}", path.display()),
        }
    }
}

impl StdError for JournalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(_, _, error) => Some(error.as_ref()),
            _ => None,
        }
    }
}
