//! The result of each row, on a line of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use engagelab_otp::batch::RowResult;

use crate::exit::Exit;
use crate::failure::Failure;

/// Where results go, and the first failure to write one.
pub(super) struct Results {
    target: Target,
    failed: Mutex<Option<io::Error>>,
}

enum Target {
    Nowhere,
    StandardOutput,
    File(Mutex<File>),
}

impl Results {
    /// To the file, else to standard output, unless people watch that.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let target = match path {
            Some(path) => {
                let opened = OpenOptions::new().append(true).create(true).open(path);
                let file = opened.map_err(|error| {
                    Failure::usage(format!("--results {}: cannot be opened: {error}", path.display()))
                })?;
                Target::File(Mutex::new(file))
            }
            None if io::stdout().is_terminal() => Target::Nowhere,
            None => Target::StandardOutput,
        };
        Ok(Self { target, failed: Mutex::new(None) })
    }

    pub(super) fn write(&self, result: &RowResult) -> io::Result<()> {
        let mut line = serde_json::to_vec(result).map_err(io::Error::other)?;
        line.push(b'\n');
        match &self.target {
            Target::Nowhere => Ok(()),
            Target::StandardOutput => {
                let mut out = io::stdout().lock();
                out.write_all(&line)?;
                out.flush()
            }
            Target::File(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line),
        }
    }

    pub(super) fn failed(&self, error: io::Error) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// The failure, if results were lost.
    pub(super) fn finish(self) -> Option<Failure> {
        let error = self.failed.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        Some(
            Failure::new(Exit::Unknown, format!("results cannot be written: {error}"))
                .with_advice("What was sent stands in the journal: `batch export` shows each row.")
                .with("kind", "output"),
        )
    }
}
