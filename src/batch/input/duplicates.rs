//! Rows that are the same as an earlier one, found in eight octets for each row.
//!
//! A short hash finds the rows that may be the same; those are read again, and compared by a long one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use ring::digest::{SHA256, digest};

use super::row::Row;
use super::{Duplicates, Input, InputOptions, Reader};
use crate::batch::error::BatchError;

/// The short hashes of all rows.
pub(super) struct Hashes {
    /// Chosen anew for each input, so that nobody can make rows that look the same.
    state: RandomState,
    found: Vec<u64>,
    wanted: bool,
}

/// A row's number and its line.
type Place = (u32, u64);

impl Hashes {
    pub(super) fn new(options: &InputOptions) -> Self {
        let wanted = options.duplicates != Duplicates::Send;
        Self { state: RandomState::new(), found: Vec::new(), wanted }
    }

    pub(super) fn add(&mut self, row: &Row) {
        if self.wanted {
            self.found.push(self.short(row));
        }
    }

    fn short(&self, row: &Row) -> u64 {
        self.state.hash_one(content(row))
    }

    /// Each row that is the same as an earlier one, after the first of those.
    pub(super) fn duplicates(mut self, input: &mut Input) -> Result<Vec<(Place, Place)>, BatchError> {
        let mut hashes = std::mem::take(&mut self.found);
        hashes.sort_unstable();
        // Only those that stand there more than once, each once.
        let mut kept = 0;
        for index in 1..hashes.len() {
            let hash = hashes[index];
            if hash == hashes[index - 1] && (kept == 0 || hashes[kept - 1] != hash) {
                hashes[kept] = hash;
                kept += 1;
            }
        }
        hashes.truncate(kept);
        let mut found = Vec::new();
        if hashes.is_empty() {
            return Ok(found);
        }
        let mut first: HashMap<[u8; 16], Place> = HashMap::new();
        let options = input.options.clone();
        let mut reader = Reader::new(&mut input.source, &options)?;
        let mut number = 0;
        while let Some(read) = reader.next()? {
            number += 1;
            let Ok(row) = read.and_then(|fields| Row::of(fields, &options, number)) else { continue };
            if hashes.binary_search(&self.short(&row)).is_err() {
                continue;
            }
            let place = (number, row.line);
            match first.get(&long(&row)) {
                Some(earlier) => found.push((*earlier, place)),
                None => drop(first.insert(long(&row), place)),
            }
        }
        Ok(found)
    }
}

fn long(row: &Row) -> [u8; 16] {
    let digest = digest(&SHA256, &content(row));
    let mut long = [0; 16];
    long.copy_from_slice(&digest.as_ref()[..16]);
    long
}

/// All that would be sent. The domain of an e-mail address is the same in capital letters; what stands before it is
/// another mailbox there, as mail servers may have it.
fn content(row: &Row) -> Vec<u8> {
    let to = row.to.expose();
    let to = match to.rsplit_once('@') {
        Some((mailbox, domain)) => Cow::from(format!("{mailbox}@{}", domain.to_lowercase())),
        None => Cow::from(to),
    };
    // These types have no form that cannot be written.
    serde_json::to_vec(&(to, &row.template, row.code.as_ref().map(crate::Code::expose))).unwrap_or_default()
}
