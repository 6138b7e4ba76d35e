//! The file under an input: read from its beginning more than once, and hashed on the way.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ring::digest::{Context, SHA256};

use crate::batch::error::{BatchError, BatchErrorKind};
use crate::sync;

/// An open file. It stays the same one if another takes its name.
pub(super) struct Source {
    path: PathBuf,
    file: Arc<File>,
    metadata: Metadata,
    hash: SharedHash,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, BatchError> {
        let unreadable = |error| BatchError::io(BatchErrorKind::Unreadable, path, error);
        // Before it is opened too, since opening a pipe waits for somebody who writes into it.
        if !fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(BatchError::new(BatchErrorKind::NotAFile, path));
        }
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(BatchError::new(BatchErrorKind::NotAFile, path));
        }
        Ok(Self { path: path.to_owned(), file: Arc::new(file), metadata, hash: SharedHash::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn error(&self, kind: BatchErrorKind) -> BatchError {
        BatchError::new(kind, &self.path)
    }

    /// Reads from the beginning; another reader of this source is of no use from then on.
    pub(super) fn reader(&mut self) -> Result<Limited, BatchError> {
        let unreadable = |error| BatchError::io(BatchErrorKind::Unreadable, &self.path, error);
        self.file.as_ref().seek(SeekFrom::Start(0)).map_err(unreadable)?;
        self.hash = SharedHash::default();
        Ok(Limited { file: self.file.clone(), hash: self.hash.clone(), of_row: RowSize::default() })
    }

    /// The hash of what the last reader has read.
    pub(super) fn hash(&self) -> SharedHash {
        self.hash.clone()
    }

    pub(super) fn check_unchanged(&self) -> Result<(), BatchError> {
        let unreadable = |error| BatchError::io(BatchErrorKind::Unreadable, &self.path, error);
        let now = self.file.metadata().map_err(unreadable)?;
        // Where there is no time of change, the length has to do.
        let same = now.len() == self.metadata.len() && now.modified().ok() == self.metadata.modified().ok();
        if same { Ok(()) } else { Err(self.error(BatchErrorKind::Changed)) }
    }

    #[cfg(unix)]
    pub(super) fn is_open_to_others(&self) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        self.metadata.permissions().mode() & 0o077 != 0
    }

    /// Elsewhere, the user's folder is private as it is.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "elsewhere it is of use")]
    pub(super) fn is_open_to_others(&self) -> bool {
        false
    }
}

/// A digest that is reckoned while a file is read.
#[derive(Clone)]
pub(super) struct SharedHash(Arc<Mutex<Context>>);

impl Default for SharedHash {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Context::new(&SHA256))))
    }
}

impl SharedHash {
    /// In hexadecimal digits.
    pub(super) fn finish(&self) -> String {
        hexadecimal(sync::lock(&self.0).clone().finish().as_ref())
    }
}

/// Octets in hexadecimal digits.
pub(in crate::batch) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// How many octets were read since the last row ended.
#[derive(Clone, Default)]
pub(super) struct RowSize(Arc<AtomicU64>);

impl RowSize {
    /// A row has ended.
    pub(super) fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A reader that ends where a row is longer than a row may be: what is behind it is not worth the memory.
pub(super) struct Limited {
    file: Arc<File>,
    hash: SharedHash,
    of_row: RowSize,
}

impl Limited {
    pub(super) fn row_size(&self) -> RowSize {
        self.of_row.clone()
    }
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.of_row.0.load(Ordering::Relaxed) > LONGEST_ROW {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let length = self.file.as_ref().read(buffer)?;
        sync::lock(&self.hash.0).update(&buffer[..length]);
        self.of_row.0.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

/// The error of a read, where the row that begins on this line was too long or the file cannot be read.
pub(super) fn failed(error: io::Error, path: &Path, line: u64) -> BatchError {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return BatchError::new(BatchErrorKind::RowTooLong(line), path);
    }
    BatchError::io(BatchErrorKind::Unreadable, path, error)
}

/// In octets. What a reader has read ahead counts too, and so it may be a little less.
const LONGEST_ROW: u64 = 1 << 20;
