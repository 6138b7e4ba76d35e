//! Messages of which there is a receipt, in eight octets for each at most.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// As much of a hash as tells ten million ids apart: of a hundred thousand messages that are not among them, one seems to
/// be. A row of which such a message tells stays unknown.
type Short = [u8; 5];

/// How many of the newest stand behind the sorted ones at most, and are looked through one by one.
const NEWEST: usize = 256;
/// By how many the room grows: it does not double, which would take three times the octets for a moment.
const ROOM: usize = 1 << 17;

/// Messages of which there is a receipt, by the hashes of their ids.
#[derive(Default)]
pub(super) struct Receipts {
    /// Sorted, but for the newest at the end.
    hashes: Vec<Short>,
    sorted: usize,
    seed: RandomState,
}

impl Receipts {
    pub(super) fn add(&mut self, message: &str) {
        if self.hashes.len() == self.hashes.capacity() {
            self.hashes.reserve_exact(ROOM);
        }
        self.hashes.push(self.short(message));
        // With many, putting the newest among the sorted ones is put off for longer: each time all are moved.
        if self.hashes.len() - self.sorted > NEWEST.max(self.sorted / NEWEST) {
            // Two runs, nearly: that is what the stable sort is made for.
            #[allow(clippy::stable_sort_primitive)]
            self.hashes.sort();
            self.hashes.dedup();
            self.sorted = self.hashes.len();
        }
    }

    pub(super) fn has(&self, message: &str) -> bool {
        let hash = self.short(message);
        let (sorted, newest) = self.hashes.split_at(self.sorted);
        sorted.binary_search(&hash).is_ok() || newest.contains(&hash)
    }

    fn short(&self, message: &str) -> Short {
        let mut short = Short::default();
        short.copy_from_slice(&self.seed.hash_one(message).to_ne_bytes()[..size_of::<Short>()]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_receipt_is_known_and_hardly_anything_else_in_eight_octets_each() {
        const MANY: usize = 200_000;
        let mut receipts = Receipts::default();
        for number in 0..MANY {
            receipts.add(&number.to_string());
            assert!(!number.is_multiple_of(100) || receipts.has(&number.to_string()));
        }
        receipts.add("7");
        assert!((0..MANY).all(|number| receipts.has(&number.to_string())));
        let others = (MANY..2 * MANY).filter(|number| receipts.has(&number.to_string())).count();
        assert!(others < 10, "{others}");
        assert!(receipts.hashes.capacity() * size_of::<Short>() <= 8 * MANY);
    }
}
