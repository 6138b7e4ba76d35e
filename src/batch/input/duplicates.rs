//! Rows that are the same as an earlier one, found in ten octets for each row at most.
//!
//! A short hash finds the rows that may be the same; those are read again, and compared by a second one.

use std::borrow::Cow;
use std::collections::hash_map::{Entry, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use super::row::Row;
use super::source::Source;
use super::{Duplicates, InputOptions, Reader};
use crate::batch::error::BatchError;

/// The short hashes of all rows.
pub(super) struct Hashes {
    /// Chosen anew for each input, so that nobody can make rows that look the same.
    state: RandomState,
    other: RandomState,
    found: Vec<u64>,
    wanted: bool,
}

/// A row's number and its line.
type Place = (u32, u64);

impl Hashes {
    pub(super) fn new(options: &InputOptions) -> Self {
        let wanted = options.duplicates != Duplicates::Send;
        Self { state: RandomState::new(), other: RandomState::new(), found: Vec::new(), wanted }
    }

    pub(super) fn add(&mut self, row: &Row) {
        if self.wanted {
            self.found.push(self.state.hash_one(content(row)));
        }
    }

    /// Hands over each row that is the same as an earlier one, with the line of the first of those.
    pub(super) fn duplicates(
        mut self,
        source: &mut Source,
        options: &InputOptions,
        mut each: impl FnMut(Place, u32),
    ) -> Result<(), BatchError> {
        let hashes = several(std::mem::take(&mut self.found));
        if hashes.is_empty() {
            return Ok(());
        }
        // Of each row that stands there several times the line of the first, or 0, and a second hash. Two lists, since a pair
        // would take sixteen octets. Beyond four billions, lines are not told apart.
        let (mut lines, mut checks) = (vec![0_u32; hashes.len()], vec![0_u64; hashes.len()]);
        let mut others: HashMap<(u64, u64), u32> = HashMap::new();
        let mut reader = Reader::new(source, options)?;
        let mut number = 0;
        while let Some(read) = reader.next()? {
            number += 1;
            let Ok(row) = read.and_then(|fields| Row::checked(fields, options, number)) else { continue };
            let content = content(&row);
            let Ok(place) = hashes.binary_search(&self.state.hash_one(&content)) else { continue };
            let check = self.other.hash_one(&content);
            let line = u32::try_from(row.line).unwrap_or(u32::MAX);
            let earlier = match lines[place] {
                0 => {
                    (lines[place], checks[place]) = (line, check);
                    None
                }
                first if checks[place] == check => Some(first),
                // Another row with the same short hash, which is rare.
                _ => match others.entry((hashes[place], check)) {
                    Entry::Occupied(first) => Some(*first.get()),
                    Entry::Vacant(vacant) => {
                        vacant.insert(line);
                        None
                    }
                },
            };
            if let Some(earlier) = earlier {
                each((number, row.line), earlier);
            }
        }
        Ok(())
    }
}

/// Of these hashes those that are there more than once, each once, in order.
fn several(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    let mut kept = 0;
    for index in 1..hashes.len() {
        let hash = hashes[index];
        if hash == hashes[index - 1] && (kept == 0 || hashes[kept - 1] != hash) {
            hashes[kept] = hash;
            kept += 1;
        }
    }
    hashes.truncate(kept);
    hashes.shrink_to_fit();
    hashes
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
