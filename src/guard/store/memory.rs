//! The store of one process.

use std::collections::hash_map::{Entry, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use super::counter::{Counter, Window, allowed, sub_window, wait};
use super::hash::Spread;
use super::{
    Adjusted, Cap, Charge, ChargeId, Charged, Decision, Enforcement, Excess, Key, MAX_CHARGES, Record, Store,
    StoreError, Version, check, check_amounts, check_value,
};
use crate::clock::{Clock, SystemClock};
use crate::schedule::Schedule;
use crate::sync;

/// Remembers in this process, within a fixed amount of memory. What still counts is never dropped for something else:
/// without room, nothing more is admitted.
///
/// A counter takes some 300 octets, and what is remembered of an admission some 250 and 50 for each of its counters, for
/// as long as the longest of its windows. With the limits of [`Limits::recommended`](crate::guard::Limits::recommended),
/// the [default](MemoryStore::DEFAULT_MEMORY) has room for 200,000 sends a day.
///
/// Windows are measured by the monotonic clock, which nobody sets. A restart forgets all of it.
pub struct MemoryStore {
    max_bytes: usize,
    clock: Arc<dyn Clock>,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counters: HashMap<Key, Held, Spread>,
    charges: HashMap<ChargeId, Remembered, Spread>,
    records: HashMap<Key, Kept, Spread>,
    /// When something may be over.
    due: Schedule<Due, u64>,
    last_generation: u64,
    bytes: usize,
}

struct Held {
    window: Window,
    counter: Counter,
}

/// A charge that was made.
struct Remembered {
    at: SystemTime,
    over: u64,
    excess: Option<Excess>,
    places: Box<[Place]>,
}

/// Where one counter was charged.
struct Place {
    key: Key,
    length: u64,
    start: u64,
    amount: u64,
    generation: u64,
}

struct Kept {
    version: Version,
    value: Vec<u8>,
    written: u64,
    over: u64,
}

enum Due {
    Counter(Key, u64),
    Charge(ChargeId),
    /// With the time at which it was written: one that was written since has an entry of its own.
    Record(Key, u64),
}

impl MemoryStore {
    /// The memory that a store takes at most, unless another limit is set: 256 MiB.
    pub const DEFAULT_MEMORY: usize = 256 << 20;

    /// A store that takes at most so many bytes.
    #[must_use]
    pub fn with_memory_limit(bytes: usize) -> Self {
        Self::with_clock(bytes, SystemClock)
    }

    /// A store that takes at most so many bytes, and the time from there.
    #[must_use]
    pub fn with_clock(bytes: usize, clock: impl Clock) -> Self {
        Self { max_bytes: bytes, started: clock.now(), clock: Arc::new(clock), state: Mutex::default() }
    }

    /// How many bytes it takes, about. What is over counts until it is cleared away, which each operation does a little of.
    pub fn memory(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// Milliseconds since this store was made.
    fn now(&self) -> u64 {
        let passed = self.clock.now().saturating_duration_since(self.started);
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_memory_limit(Self::DEFAULT_MEMORY)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("MemoryStore")
            .field("max_bytes", &self.max_bytes)
            .field("bytes", &state.bytes)
            .field("counters", &state.counters.len())
            .field("charges", &state.charges.len())
            .field("records", &state.records.len())
            .finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn charge(
        &self,
        id: ChargeId,
        charges: &[Charge],
        enforcement: Enforcement,
    ) -> Result<Charged, StoreError> {
        check(charges)?;
        let at = self.clock.time_of_day();
        let now = self.now();
        let mut state = self.lock();
        state.clear(now, CLEARED_EACH_TIME);
        if let Some(known) = state.charges.get(&id).filter(|known| known.over > now) {
            let decision = known.excess.map_or(Decision::Charged, Decision::Recorded);
            return Ok(Charged { decision, at: known.at });
        }
        let excess = state.excess(charges, now);
        if let (Some(excess), Enforcement::Deny) = (excess, enforcement) {
            return Ok(Charged { decision: Decision::Denied(excess), at });
        }
        state.make_room(self.max_bytes, room_for(charges.len()), now)?;
        let places: Box<[Place]> = charges.iter().map(|charge| state.charge(charge, now)).collect();
        let ends = places.iter().map(|place| place.window().end(place.start));
        let over = ends.max().unwrap_or(now);
        state.bytes += CHARGE_BYTES + places.len() * size_of::<Place>();
        state.due.add(over, Due::Charge(id));
        if let Some(old) = state.charges.insert(id, Remembered { at, over, excess, places }) {
            // One that was over, and not yet cleared away.
            state.bytes -= CHARGE_BYTES + old.places.len() * size_of::<Place>();
        }
        Ok(Charged { decision: excess.map_or(Decision::Charged, Decision::Recorded), at })
    }

    fn adjust(&self, id: ChargeId, amounts: &[(usize, u64)]) -> Result<Adjusted, StoreError> {
        check_amounts(amounts)?;
        let now = self.now();
        let mut state = self.lock();
        state.clear(now, CLEARED_EACH_TIME);
        // Taken out, since the counters are changed meanwhile.
        let Some(mut known) = state.charges.remove(&id) else { return Ok(Adjusted::Unknown) };
        for &(position, amount) in amounts {
            if let Some(place) = known.places.get_mut(position) {
                state.adjust(place, amount, now);
            }
        }
        let adjusted = if known.over > now { Adjusted::Done } else { Adjusted::Unknown };
        state.charges.insert(id, known);
        Ok(adjusted)
    }

    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError> {
        let now = self.now();
        Ok(self.lock().total(key, sub_window(window), now))
    }

    fn reset(&self, key: Key) -> Result<(), StoreError> {
        self.lock().remove_counter(key);
        Ok(())
    }

    fn read(&self, key: Key) -> Result<Option<Record>, StoreError> {
        let now = self.now();
        let state = self.lock();
        let kept = state.records.get(&key).filter(|kept| kept.over > now);
        Ok(kept.map(|kept| Record {
            version: kept.version,
            value: kept.value.clone(),
            age: Duration::from_millis(now.saturating_sub(kept.written)),
        }))
    }

    fn swap(
        &self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<&[u8]>,
        life: Duration,
    ) -> Result<bool, StoreError> {
        check_value(value)?;
        let now = self.now();
        let mut state = self.lock();
        state.clear(now, CLEARED_EACH_TIME);
        let there = state.records.get(&key).filter(|kept| kept.over > now).map(|kept| kept.version);
        if there != expected {
            return Ok(there == value.map(|_| new));
        }
        if let Some(value) = value {
            state.make_room(self.max_bytes, RECORD_BYTES + value.len(), now)?;
        }
        if let Some(old) = state.records.remove(&key) {
            state.bytes -= RECORD_BYTES + old.value.capacity();
        }
        if let Some(value) = value {
            let over = now.saturating_add(sub_window(life).length);
            let kept = Kept { version: new, value: value.to_vec(), written: now, over };
            state.bytes += RECORD_BYTES + kept.value.capacity();
            state.due.add(over, Due::Record(key, now));
            state.records.insert(key, kept);
        }
        Ok(true)
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl State {
    fn total(&self, key: Key, window: Window, now: u64) -> u64 {
        self.counters.get(&key).map_or(0, |held| held.counter.total(window, now))
    }

    fn total_of(&self, charge: &Charge, now: u64) -> u64 {
        let window = sub_window(charge.window);
        let also = charge.also.map_or(0, |also| self.total(also, window, now));
        self.total(charge.key, window, now).saturating_add(also)
    }

    /// The first cap that the charges would pass.
    fn excess(&self, charges: &[Charge], now: u64) -> Option<Excess> {
        charges.iter().enumerate().find_map(|(position, charge)| {
            let other = match charge.cap {
                Cap::Share { of, .. } => self.total_of(&charges[of], now),
                Cap::Uncapped | Cap::Fixed(_) => 0,
            };
            let allowed = allowed(charge.cap, other)?;
            let total = self.total_of(charge, now);
            if charge.amount == 0 || total.saturating_add(charge.amount) <= allowed {
                return None;
            }
            let counters = [Some(charge.key), charge.also];
            let counters = counters.into_iter().flatten().filter_map(|key| self.counters.get(&key));
            let counters = counters.map(|held| &held.counter);
            let room = allowed.checked_sub(charge.amount);
            let wait = room.and_then(|room| wait(counters, room, sub_window(charge.window), now));
            Some(Excess { charge: position, retry_after: wait.map(Duration::from_millis) })
        })
    }

    fn charge(&mut self, charge: &Charge, now: u64) -> Place {
        let window = sub_window(charge.window);
        let held = self.counter(charge.key, window, now);
        let before = held.counter.capacity();
        let start = held.counter.charge(charge.amount, window, now);
        let generation = held.counter.generation;
        let grown = held.counter.capacity() - before;
        self.bytes += grown * ENTRY_BYTES;
        Place { key: charge.key, length: window.length, start, amount: charge.amount, generation }
    }

    fn adjust(&mut self, place: &mut Place, amount: u64, now: u64) {
        let window = place.window();
        if window.end(place.start) <= now || place.amount == amount {
            return;
        }
        let Some(held) = self.counters.get_mut(&place.key) else { return };
        if held.counter.generation == place.generation {
            let before = held.counter.capacity();
            held.counter.adjust(place.start, place.amount, amount);
            place.amount = amount;
            let grown = held.counter.capacity() - before;
            self.bytes += grown * ENTRY_BYTES;
        }
    }

    /// The counter, made if it is not there.
    fn counter(&mut self, key: Key, window: Window, now: u64) -> &mut Held {
        match self.counters.entry(key) {
            Entry::Occupied(held) => {
                let held = held.into_mut();
                held.window = window;
                held
            }
            Entry::Vacant(vacant) => {
                self.last_generation += 1;
                self.bytes += COUNTER_BYTES;
                self.due.add(window.end(now), Due::Counter(key, self.last_generation));
                vacant.insert(Held { window, counter: Counter::new(self.last_generation) })
            }
        }
    }

    fn remove_counter(&mut self, key: Key) {
        if let Some(held) = self.counters.remove(&key) {
            self.bytes -= COUNTER_BYTES + held.counter.capacity() * ENTRY_BYTES;
        }
    }

    fn make_room(&mut self, max_bytes: usize, bytes: usize, now: u64) -> Result<(), StoreError> {
        if self.bytes + bytes > max_bytes {
            self.clear(now, usize::MAX);
        }
        if self.bytes + bytes > max_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Drops so much of what is over.
    fn clear(&mut self, now: u64, most: usize) {
        for _ in 0..most {
            let Some((_, due)) = self.due.take(now) else { return };
            match due {
                Due::Counter(key, generation) => {
                    let Some(held) = self.counters.get(&key) else { continue };
                    // Another generation has an entry of its own.
                    if held.counter.generation == generation {
                        match held.counter.end(held.window) {
                            end if end > now => self.due.add(end, Due::Counter(key, generation)),
                            _ => self.remove_counter(key),
                        }
                    }
                }
                Due::Charge(id) => {
                    if self.charges.get(&id).is_some_and(|known| known.over <= now)
                        && let Some(known) = self.charges.remove(&id)
                    {
                        self.bytes -= CHARGE_BYTES + known.places.len() * size_of::<Place>();
                    }
                }
                Due::Record(key, written) => {
                    if self.records.get(&key).is_some_and(|kept| kept.written == written && kept.over <= now)
                        && let Some(kept) = self.records.remove(&key)
                    {
                        self.bytes -= RECORD_BYTES + kept.value.capacity();
                    }
                }
            }
        }
    }
}

impl Place {
    fn window(&self) -> Window {
        sub_window(Duration::from_millis(self.length))
    }
}

/// The most that a charge of so many counters can take.
const fn room_for(charges: usize) -> usize {
    CHARGE_BYTES + charges * (size_of::<Place>() + COUNTER_BYTES + 4 * ENTRY_BYTES)
}

/// More than an operation adds, so that nothing piles up.
const CLEARED_EACH_TIME: usize = MAX_CHARGES + 4;

/// A place in a hash table that has just doubled, a place in the schedule, and the allocation of a list.
const COUNTER_BYTES: usize = 288;
const CHARGE_BYTES: usize = 256;
const RECORD_BYTES: usize = 288;
const ENTRY_BYTES: usize = 16;
