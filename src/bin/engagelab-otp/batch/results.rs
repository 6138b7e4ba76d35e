//! The result of each row, on a line of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use engagelab_otp::batch::RowResult;

use crate::exit::Exit;
use crate::failure::Failure;

/// Where results go, and the first failure to write one.
pub(super) struct Results {
    target: Target,
    #[cfg(not(unix))]
    path: Option<std::path::PathBuf>,
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
        Ok(Self {
            target,
            #[cfg(not(unix))]
            path: path.map(Path::to_owned),
            failed: Mutex::new(None),
        })
    }

    /// Refuses results that would be written into this file.
    pub(super) fn must_not_be(&self, path: &Path, what: &str) -> Result<(), Failure> {
        if self.is(path) {
            return Err(Failure::usage(format!(
                "results must not be written into {what}, {}",
                path.display()
            ))
            .with_advice("Nothing was sent. --results names another file.")
            .with("kind", "output"));
        }
        Ok(())
    }

    /// Whether the results go into this file, by whatever name.
    #[cfg(unix)]
    fn is(&self, path: &Path) -> bool {
        use std::os::fd::AsFd as _;
        use std::os::unix::fs::MetadataExt as _;
        let target = match &self.target {
            Target::Nowhere => return false,
            Target::StandardOutput => {
                io::stdout().as_fd().try_clone_to_owned().and_then(|output| File::from(output).metadata())
            }
            Target::File(file) => file.lock().unwrap_or_else(PoisonError::into_inner).metadata(),
        };
        match (target, fs::metadata(path)) {
            (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
            _ => false,
        }
    }

    #[cfg(not(unix))]
    fn is(&self, path: &Path) -> bool {
        let target = self.path.as_ref().and_then(|target| fs::canonicalize(target).ok());
        target.is_some_and(|target| fs::canonicalize(path).is_ok_and(|path| path == target))
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
