//! Hashes keys and ids of sixteen octets for the tables of the store in memory.
//!
//! Most of them are random already, under a secret: HMACs and ids that are drawn. So a few steps spread them, where the
//! standard library's hash, made for text that an attacker writes, takes a quarter of a decision's instructions.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes hashers that begin with the same random number.
#[derive(Clone)]
pub(super) struct Spread(u64);

impl Default for Spread {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Spread {
    type Hasher = Spreading;

    fn build_hasher(&self) -> Spreading {
        Spreading(self.0)
    }
}

pub(super) struct Spreading(u64);

impl Hasher for Spreading {
    fn write(&mut self, octets: &[u8]) {
        for octets in octets.chunks(8) {
            let mut word = [0; 8];
            word[..octets.len()].copy_from_slice(octets);
            // Tables take the lowest bits and the highest, and a product carries upwards alone.
            let mixed = self.0 ^ u64::from_le_bytes(word);
            let product = (mixed ^ (mixed >> 32)).wrapping_mul(ODD);
            self.0 = product ^ (product >> 32);
        }
    }

    /// All keys are as long.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(ODD)
    }
}

/// 2^64 divided by the golden ratio: its bits look like any.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_differ_in_a_few_bits_differ_in_the_bits_that_tables_take() {
        let spread = Spread::default();
        for shift in [0, 7, 32, 64, 100, 112] {
            let hashes: Vec<u64> =
                (0..4096_u128).map(|key| spread.hash_one((key << shift).to_le_bytes())).collect();
            for bits in [|hash: u64| hash & 0xFFF, |hash: u64| hash >> 52] {
                let found: HashSet<u64> = hashes.iter().copied().map(bits).collect();
                // Of 4,096 random ones, 2,589 differ in twelve bits.
                assert!(found.len() > 2_000, "{} for {shift}", found.len());
            }
        }
    }
}
