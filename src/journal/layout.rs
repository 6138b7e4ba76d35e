//! Which files a journal consists of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One file, or a folder of segments.
pub(super) enum Layout {
    File(PathBuf),
    Folder(PathBuf),
}

/// One file of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The address of its first frame.
    pub(super) base: u64,
    pub(super) path: PathBuf,
}

/// The segments in a folder, oldest first.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(base) = base(&path) {
            found.push(Segment { base, path });
        }
    }
    found.sort_by_key(|segment| segment.base);
    Ok(found)
}

pub(super) fn segment_path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.{EXTENSION}"))
}

/// The file whose lock is the folder's.
pub(super) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}

fn base(path: &Path) -> Option<u64> {
    let name = path.file_stem()?.to_str()?;
    let digits = name.len() == 20 && name.bytes().all(|octet| octet.is_ascii_digit());
    if digits && path.extension()? == EXTENSION { name.parse().ok() } else { None }
}

const EXTENSION: &str = "journal";
