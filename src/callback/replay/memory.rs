//! The replay store in memory.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::{Claim, Lease, ReplayStore, ReplayStoreError, Reservation};
use crate::sync;

/// Remembers claims in this process, within a fixed amount of memory. A claim is forgotten when its signature has become
/// too old to be accepted, and never before that: without room, new callbacks are refused with 503, and come again.
///
/// Only callbacks with a genuine signature take room: 90 to 190 octets each, since tables grow by doubling. The
/// [default](MemoryStore::DEFAULT_MEMORY) has room for 1,700 callbacks in each second, as long as signatures are accepted
/// for 300 seconds.
///
/// A restart forgets all of them; [`restore`](MemoryStore::restore) brings back those that something durable has kept.
pub struct MemoryStore {
    max_bytes: usize,
    claims: Mutex<Claims>,
}

#[derive(Default)]
struct Claims {
    /// By the second that was signed. A second is forgotten as a whole, so that the time that takes does not depend on
    /// how many claims it has.
    seconds: BTreeMap<u64, Second>,
    /// The newest second that was forgotten.
    horizon: Option<u64>,
    last_lease: u64,
    bytes: usize,
}

/// The claims that were signed in one second.
#[derive(Default)]
struct Second {
    /// The greatest of all: with different tolerances, they can differ.
    last_second: u64,
    claims: HashMap<[u8; 32], Remembered>,
}

struct Remembered {
    body_digest: [u8; 32],
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InFlight(Lease),
    Released,
    Done,
}

impl MemoryStore {
    /// The memory that a receiver's own store takes at most: 64 MiB.
    pub const DEFAULT_MEMORY: usize = 64 << 20;

    /// A store that takes at most so many bytes. (While a table grows, that second's claims are there twice for a moment.)
    #[must_use]
    pub fn with_memory_limit(bytes: usize) -> Self {
        Self { max_bytes: bytes, claims: Mutex::default() }
    }

    /// Remembers a claim as done, as it was before a restart.
    ///
    /// # Errors
    ///
    /// If there is no room for it.
    pub fn restore(&self, claim: &Claim) -> Result<(), ReplayStoreError> {
        self.lock().insert(claim, State::Done, self.max_bytes, claim.signed_second)
    }

    /// How many claims are remembered. Those that could be forgotten count until the next callback.
    pub fn len(&self) -> usize {
        self.lock().seconds.values().map(|second| second.claims.len()).sum()
    }

    /// Whether no claim is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the claims take.
    pub fn memory(&self) -> usize {
        self.lock().bytes
    }

    /// Nothing below panics with the lock held, so that a poisoned lock still guards whole claims.
    fn lock(&self) -> MutexGuard<'_, Claims> {
        sync::lock(&self.claims)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_memory_limit(Self::DEFAULT_MEMORY)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("max_bytes", &self.max_bytes)
            .field("bytes", &self.memory())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl ReplayStore for MemoryStore {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        let mut claims = self.lock();
        claims.forget_before(now);
        if let Some(known) = claims.find(claim) {
            if known.body_digest != claim.body_digest {
                return Ok(Reservation::OtherBody);
            }
            match known.state {
                State::InFlight(_) => return Ok(Reservation::InFlight),
                State::Done => return Ok(Reservation::Done),
                State::Released => {}
            }
        } else if claims.horizon.is_some_and(|horizon| claim.signed_second <= horizon) {
            return Ok(Reservation::Forgotten);
        }
        let lease = claims.new_lease();
        claims.insert(claim, State::InFlight(lease), self.max_bytes, now)?;
        Ok(Reservation::Reserved(lease))
    }

    fn commit(&self, claim: &Claim, lease: Lease) -> Result<(), ReplayStoreError> {
        match self.lock().find(claim) {
            Some(known) if known.state == State::InFlight(lease) => known.state = State::Done,
            Some(_) => return Err(ReplayStoreError::LeaseLost),
            None => {}
        }
        Ok(())
    }

    fn release(&self, claim: &Claim, lease: Lease) {
        if let Some(known) = self.lock().find(claim)
            && known.state == State::InFlight(lease)
        {
            known.state = State::Released;
        }
    }
}

impl Claims {
    fn find(&mut self, claim: &Claim) -> Option<&mut Remembered> {
        self.seconds.get_mut(&claim.signed_second)?.claims.get_mut(&claim.fingerprint)
    }

    fn new_lease(&mut self) -> Lease {
        self.last_lease += 1;
        Lease::new(self.last_lease)
    }

    /// Remembers the claim in this state, if there is room.
    fn insert(
        &mut self,
        claim: &Claim,
        state: State,
        max_bytes: usize,
        now: u64,
    ) -> Result<(), ReplayStoreError> {
        let oldest = self.seconds.first_key_value().map(|(_, second)| second.last_second);
        let free = max_bytes.saturating_sub(self.bytes);
        let full = move || {
            let wait = oldest.map(|last_second| last_second.saturating_sub(now).saturating_add(1));
            Err(ReplayStoreError::Full { retry_after: wait.map(Duration::from_secs) })
        };
        let second = match self.seconds.entry(claim.signed_second) {
            btree_map::Entry::Occupied(second) => second.into_mut(),
            btree_map::Entry::Vacant(_) if SECOND_BYTES + table_bytes(1) > free => return full(),
            btree_map::Entry::Vacant(place) => {
                self.bytes += SECOND_BYTES;
                place.insert(Second::default())
            }
        };
        let before = second.claims.capacity();
        let grows = second.claims.len() == before;
        match second.claims.entry(claim.fingerprint) {
            Entry::Occupied(mut known) => known.get_mut().state = state,
            Entry::Vacant(_) if grows && table_bytes(before + 1) - table_bytes(before) > free => {
                return full();
            }
            Entry::Vacant(place) => {
                place.insert(Remembered { body_digest: claim.body_digest, state });
            }
        }
        second.last_second = second.last_second.max(claim.last_second);
        self.bytes += table_bytes(second.claims.capacity()) - table_bytes(before);
        Ok(())
    }

    fn forget_before(&mut self, now: u64) {
        while let Some(oldest) = self.seconds.first_entry().filter(|oldest| oldest.get().last_second < now) {
            let (second, forgotten) = oldest.remove_entry();
            self.horizon = self.horizon.max(Some(second));
            self.bytes -= SECOND_BYTES + table_bytes(forgotten.claims.capacity());
        }
    }
}

/// What a second takes beside its table: its place in the tree.
const SECOND_BYTES: usize = 2 * (size_of::<u64>() + size_of::<Second>());

/// What a hash table with room for so many claims takes: a power of two of places, of which seven in eight are used, and
/// one octet for each.
fn table_bytes(capacity: usize) -> usize {
    let places = match capacity {
        0 => return 0,
        1..4 => 4,
        4..8 => 8,
        _ => (capacity * 8 / 7).next_power_of_two(),
    };
    places * (size_of::<([u8; 32], Remembered)>() + 1) + 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(signature: u8, body: u8, signed_second: u64) -> Claim {
        Claim::new([signature; 32], [body; 32], signed_second, signed_second + 300)
    }

    #[test]
    fn a_full_store_forgets_nothing_before_its_time_and_says_when_there_is_room() {
        let one = SECOND_BYTES + table_bytes(1);
        let store = MemoryStore::with_memory_limit(2 * one);
        store.reserve(&claim(1, 1, 100), 100).expect("room");
        store.reserve(&claim(2, 1, 90), 100).expect("room");
        let full = store.reserve(&claim(3, 1, 200), 380).expect_err("no room");
        let wait = Duration::from_secs(11);
        assert!(matches!(full, ReplayStoreError::Full { retry_after: Some(after) } if after == wait));
        assert!(matches!(store.reserve(&claim(3, 1, 200), 390), Err(ReplayStoreError::Full { .. })));
        assert!(matches!(store.reserve(&claim(3, 1, 200), 391), Ok(Reservation::Reserved(_))));
        assert_eq!(store.reserve(&claim(1, 1, 100), 400).expect("known"), Reservation::InFlight);
        assert_eq!((store.len(), store.memory()), (2, 2 * one));
    }

    #[test]
    fn memory_is_what_the_tables_take() {
        let store = MemoryStore::default();
        for number in 0..1000_u16 {
            let mut fingerprint = [0; 32];
            fingerprint[..2].copy_from_slice(&number.to_le_bytes());
            store.reserve(&Claim::new(fingerprint, [0; 32], 1, 301), 1).expect("room");
            let claims = store.lock();
            let capacity = claims.seconds[&1].claims.capacity();
            assert_eq!(claims.bytes, SECOND_BYTES + table_bytes(capacity));
        }
        store.reserve(&claim(9, 9, 302), 302).expect("room");
        assert_eq!((store.len(), store.memory()), (1, SECOND_BYTES + table_bytes(1)));
    }

    #[test]
    fn the_default_takes_a_thousand_callbacks_in_each_second_of_the_tolerance() {
        let store = MemoryStore::default();
        for second in 0..301_u64 {
            for number in 0..1_000_u64 {
                let mut fingerprint = [0; 32];
                fingerprint[..8].copy_from_slice(&number.to_le_bytes());
                let claim = Claim::new(fingerprint, [0; 32], second, second + 300);
                assert!(matches!(store.reserve(&claim, second), Ok(Reservation::Reserved(_))), "{second}");
            }
        }
        assert!(store.memory() <= MemoryStore::DEFAULT_MEMORY);
    }
}
