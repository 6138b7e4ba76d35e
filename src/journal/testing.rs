//! A disk that can lose its power, and one that can be full.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk::{Disk, Medium, SystemDisk};

/// A folder that is removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("engagelab-otp-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A disk that remembers what would survive the loss of power at this moment.
#[derive(Clone, Default)]
pub(crate) struct TestDisk {
    files: Arc<Mutex<HashMap<PathBuf, Kept>>>,
    /// How many octets can still be written; more fail, and leave what fitted.
    room: Arc<Mutex<Option<u64>>>,
    /// Whether syncing fails.
    fails_to_sync: Arc<Mutex<Option<ErrorKind>>>,
    pub(crate) syncs: Arc<AtomicU64>,
}

/// What is certain of a file: so much of its beginning, and whether the folder names it.
#[derive(Clone, Copy, Default)]
struct Kept {
    octets: u64,
    named: bool,
}

/// What follows the octets that are certain, after the loss of power.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    /// What was written.
    Written,
    /// The file is as long as it was, and holds zeros there.
    Zeros,
    /// The file is as long as it was, and holds something else there.
    Garbage,
}

impl TestDisk {
    /// What a folder would hold if the power were lost now: of each file what is certain, `more(path, doubtful)` of the
    /// octets that are not, and then the rest.
    pub(crate) fn after_power_loss(
        &self,
        folder: &Path,
        to: &Path,
        rest: Rest,
        mut more: impl FnMut(&Path, u64) -> u64,
    ) {
        let files = self.files();
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let Some(kept) = files.get(&path).filter(|kept| kept.named) else { continue };
            let mut octets = fs::read(&path).expect("readable");
            let length = octets.len() as u64;
            let cut = kept.octets + more(&path, length - kept.octets);
            let cut = usize::try_from(cut.min(length)).expect("small");
            match rest {
                Rest::Written => octets.truncate(cut),
                Rest::Zeros => octets[cut..].fill(0),
                Rest::Garbage => octets[cut..].iter_mut().for_each(|octet| *octet ^= 0x5A),
            }
            fs::write(to.join(path.file_name().expect("a name")), octets).expect("written");
        }
    }

    pub(crate) fn set_room(&self, room: Option<u64>) {
        *self.room.lock().expect("whole") = room;
    }

    pub(crate) fn fail_to_sync(&self, kind: Option<ErrorKind>) {
        *self.fails_to_sync.lock().expect("whole") = kind;
    }

    fn files(&self) -> MutexGuard<'_, HashMap<PathBuf, Kept>> {
        self.files.lock().expect("whole")
    }
}

impl Disk for TestDisk {
    fn medium(&self, file: File, path: &Path) -> Box<dyn Medium> {
        self.files().entry(path.to_owned()).or_default();
        Box::new(TestFile { file, path: path.to_owned(), disk: self.clone() })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(folder)?;
        for (path, kept) in self.files().iter_mut() {
            kept.named |= path.parent() == Some(folder);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }
}

struct TestFile {
    file: File,
    path: PathBuf,
    disk: TestDisk,
}

impl Medium for TestFile {
    fn append(&self, octets: &[u8]) -> io::Result<()> {
        let mut room = self.disk.room.lock().expect("whole");
        if let Some(left) = room.as_mut() {
            let fits = octets.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= fits as u64;
            self.file.append(&octets[..fits])?;
            return if fits == octets.len() { Ok(()) } else { Err(ErrorKind::StorageFull.into()) };
        }
        self.file.append(octets)
    }

    fn sync(&self) -> io::Result<()> {
        if let Some(kind) = *self.disk.fails_to_sync.lock().expect("whole") {
            return Err(kind.into());
        }
        // What is written while this goes on is not certain.
        let length = self.file.metadata()?.len();
        self.disk.syncs.fetch_add(1, Ordering::Relaxed);
        std::thread::yield_now();
        let mut files = self.disk.files();
        let kept = files.entry(self.path.clone()).or_default();
        kept.octets = kept.octets.max(length);
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut files = self.disk.files();
        let kept = files.entry(self.path.clone()).or_default();
        kept.octets = kept.octets.min(length);
        self.file.truncate(length)
    }
}
