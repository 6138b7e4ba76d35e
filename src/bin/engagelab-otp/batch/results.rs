//! The result of each row, on a line of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Mutex;

use engagelab_otp::batch::RowResult;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::{standard_output, sync};

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
    /// To the file, `-` being standard output, else to standard output too, unless people watch that.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let target = match path {
            Some(path) if path.as_os_str() != "-" => {
                #[cfg(unix)]
                say_if_pipe(path);
                let opened = OpenOptions::new().append(true).create(true).open(path);
                let file = opened.map_err(|error| {
                    Failure::usage(format!("--results {}: cannot be opened: {error}", path.display()))
                })?;
                Target::File(Mutex::new(file))
            }
            None if io::stdout().is_terminal() => Target::Nowhere,
            _ => {
                standard_output::check().map_err(|error| {
                    Failure::usage(format!("results cannot be written to standard output: {error}"))
                        .with_advice("Nothing was sent. --results names a file for them.")
                        .with("kind", "output")
                })?;
                Target::StandardOutput
            }
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
            Target::File(file) => sync::lock(file).metadata(),
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
                let mut out = standard_output::lock()?;
                out.write_all(&line)?;
                out.flush()
            }
            Target::File(file) => sync::lock(file).write_all(&line),
        }
    }

    pub(super) fn failed(&self, error: io::Error) {
        sync::lock(&self.failed).get_or_insert(error);
    }

    /// The failure, if results were lost.
    pub(super) fn finish(self) -> Option<Failure> {
        let error = sync::lock(&self.failed).take()?;
        Some(
            Failure::new(Exit::Unknown, format!("results cannot be written: {error}"))
                .with_advice("What was sent stands in the journal: `batch export` shows each row.")
                .with("kind", "output"),
        )
    }
}

/// Opening a pipe waits until somebody reads it.
#[cfg(unix)]
fn say_if_pipe(path: &Path) {
    use std::os::unix::fs::FileTypeExt as _;
    if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        say(&format!("--results {} is a pipe: waiting until something reads it.", path.display()));
    }
}
