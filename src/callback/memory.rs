//! The replay store in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::{Entry, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use super::replay::{Claim, ReplayStore, ReplayStoreError, Reservation};
use crate::sync;

/// Remembers claims in this process, up to a fixed number. A claim is forgotten when its signature has become
/// too old to be accepted, and never before that: when every place is taken, new callbacks are refused with
/// 503, and come again.
///
/// A claim takes about 200 bytes. Only callbacks with a genuine signature take a place.
pub struct MemoryStore {
    capacity: usize,
    claims: Mutex<Claims>,
}

#[derive(Default)]
struct Claims {
    states: HashMap<[u8; 32], Remembered>,
    /// By the last second of each, soonest first.
    expiry: BinaryHeap<Reverse<(u64, [u8; 32])>>,
}

struct Remembered {
    body_digest: [u8; 32],
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InFlight,
    Released,
    Done,
}

impl MemoryStore {
    /// The number of claims that a receiver remembers unless told otherwise: with the default tolerance,
    /// room for 166 callbacks in each second.
    pub const DEFAULT_CAPACITY: usize = 100_000;

    /// A store with room for this many claims. Count on as many as there are callbacks within the tolerance,
    /// past and future together.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, claims: Mutex::default() }
    }

    /// How many claims are remembered. Those that could be forgotten count until the next callback.
    pub fn len(&self) -> usize {
        self.lock().states.len()
    }

    /// Whether no claim is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing below panics with the lock held, so that a poisoned lock still guards whole claims.
    fn lock(&self) -> MutexGuard<'_, Claims> {
        sync::lock(&self.claims)
    }

    fn wait_idle(&self, claim: &Claim, state: State) {
        if let Some(remembered) = self.lock().states.get_mut(&claim.fingerprint) {
            remembered.state = state;
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl ReplayStore for MemoryStore {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        let mut claims = self.lock();
        claims.forget_before(now);
        let Claims { states, expiry } = &mut *claims;
        let room = states.len() < self.capacity;
        match states.entry(claim.fingerprint) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if known.body_digest != claim.body_digest {
                    return Ok(Reservation::OtherBody);
                }
                Ok(match known.state {
                    State::InFlight => Reservation::InFlight,
                    State::Done => Reservation::Done,
                    State::Released => {
                        known.state = State::InFlight;
                        Reservation::Reserved
                    }
                })
            }
            Entry::Vacant(place) if room => {
                place.insert(Remembered { body_digest: claim.body_digest, state: State::InFlight });
                expiry.push(Reverse((claim.last_second, claim.fingerprint)));
                Ok(Reservation::Reserved)
            }
            Entry::Vacant(_) => Err(ReplayStoreError::Full),
        }
    }

    fn commit(&self, claim: &Claim) -> Result<(), ReplayStoreError> {
        self.wait_idle(claim, State::Done);
        Ok(())
    }

    fn release(&self, claim: &Claim) {
        self.wait_idle(claim, State::Released);
    }
}

impl Claims {
    fn forget_before(&mut self, now: u64) {
        while let Some(&Reverse((last_second, fingerprint))) = self.expiry.peek() {
            if last_second >= now {
                break;
            }
            self.expiry.pop();
            self.states.remove(&fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(signature: u8, body: u8, last_second: u64) -> Claim {
        Claim { fingerprint: [signature; 32], body_digest: [body; 32], last_second }
    }

    #[test]
    fn a_claim_goes_through_its_states() {
        let store = MemoryStore::new(1);
        let first = claim(1, 1, 100);
        let reserve = |claim: &Claim| store.reserve(claim, 50).expect("known");
        assert_eq!(reserve(&first), Reservation::Reserved);
        assert_eq!(reserve(&first), Reservation::InFlight);
        store.release(&first);
        assert_eq!(reserve(&claim(1, 2, 100)), Reservation::OtherBody);
        assert_eq!(reserve(&first), Reservation::Reserved);
        store.commit(&first).expect("in memory");
        assert_eq!(reserve(&first), Reservation::Done);
        assert_eq!(reserve(&claim(1, 2, 100)), Reservation::OtherBody);
    }

    #[test]
    fn a_full_store_forgets_nothing_before_its_time() {
        let store = MemoryStore::new(2);
        store.reserve(&claim(1, 1, 100), 50).expect("room");
        store.reserve(&claim(2, 1, 90), 50).expect("room");
        assert!(matches!(store.reserve(&claim(3, 1, 200), 90), Err(ReplayStoreError::Full)));
        assert_eq!(store.reserve(&claim(3, 1, 200), 91).expect("one was forgotten"), Reservation::Reserved);
        assert_eq!(store.reserve(&claim(1, 1, 100), 100).expect("known"), Reservation::InFlight);
        assert_eq!(store.len(), 2);
    }
}
