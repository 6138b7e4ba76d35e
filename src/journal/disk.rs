//! What is under a journal: files that can be appended to, synced and cut. Tests put something there that loses what
//! was not synced, or is full.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file that is written at its end.
pub(crate) trait Medium: Send + Sync {
    /// Writes all of it, or fails; some of it may stand there then.
    fn append(&self, octets: &[u8]) -> io::Result<()>;
    /// Returns when all that was written will survive the loss of power.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file to this length, and goes on there.
    fn truncate(&self, length: u64) -> io::Result<()>;
}

/// What makes media of files, and changes folders.
pub(crate) trait Disk: Send + Sync {
    /// The medium for an open file, whose end is where it will be written.
    fn medium(&self, file: File, path: &Path) -> Box<dyn Medium>;
    /// Returns when the folder's entries will survive the loss of power.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disk itself.
pub(crate) struct SystemDisk;

impl Disk for SystemDisk {
    fn medium(&self, file: File, _: &Path) -> Box<dyn Medium> {
        Box::new(file)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and the file system sees to its entries.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

impl Medium for File {
    fn append(&self, octets: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(octets)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut file = self;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length)).map(drop)
    }
}
