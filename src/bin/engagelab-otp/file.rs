//! Files that are named among the arguments: read whole, and never more than fits.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;

/// The octets of a file, a pipe or a device. `named_by` says what it was named for, in what is said about it.
pub(crate) fn read(path: &Path, named_by: &str, most: usize) -> Result<Vec<u8>, Failure> {
    let fail = |what: String| Failure::usage(format!("{named_by} {}: {what}", path.display()));
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut octets))
        .map_err(|error| fail(format!("cannot be read: {error}")))?;
    if octets.len() > most {
        return Err(fail(format!("must not be larger than {} MiB", most >> 20)));
    }
    Ok(octets)
}
