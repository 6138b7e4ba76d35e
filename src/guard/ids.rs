//! Ids that nobody else draws.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::{SecureRandom, SystemRandom};

use super::store::{ChargeId, Version};
use crate::InvalidInput;

/// What has to be made up cannot be.
pub(super) fn no_randomness(field: &'static str) -> InvalidInput {
    InvalidInput::new(field, "must be made up by the operating system, which failed to")
}

/// Draws ids: a random beginning, and from there on one after the other.
pub(super) struct Ids {
    first: u128,
    drawn: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Result<Self, InvalidInput> {
        let mut first = [0; 16];
        SystemRandom::new().fill(&mut first).map_err(|_| no_randomness("ids"))?;
        Ok(Self { first: u128::from_le_bytes(first), drawn: AtomicU64::new(0) })
    }

    fn next(&self) -> [u8; 16] {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        self.first.wrapping_add(number.into()).to_le_bytes()
    }

    pub(super) fn charge(&self) -> ChargeId {
        ChargeId::new(self.next())
    }

    pub(super) fn version(&self) -> Version {
        Version::new(self.next())
    }
}
