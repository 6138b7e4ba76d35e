//! The store of one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use super::counter::{Counter, Window, allowed, sub_window, wait};
use super::counters::{Counters, Held, Slot};
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
/// A counter takes some 300 octets, and what is remembered of an admission some 270 and 32 for each of its counters, for
/// as long as the longest of its windows. With the limits of [`Limits::recommended`](crate::guard::Limits::recommended),
/// the [default](MemoryStore::DEFAULT_MEMORY) has room for 150,000 sends a day.
///
/// Windows are measured by the monotonic clock, which nobody sets, and which may stand still while the machine is suspended:
/// then they last longer. A restart forgets all of it.
pub struct MemoryStore {
    max_bytes: usize,
    clock: Arc<dyn Clock>,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counters: Counters,
    charges: HashMap<ChargeId, Remembered, Spread>,
    records: HashMap<Key, Kept, Spread>,
    /// When something may be over. Each counter, charge and record has one entry.
    due: Schedule<Due, u64>,
    /// How many entries more there are, of what was removed before.
    stale: usize,
    last_generation: u64,
    bytes: usize,
}

/// A charge that was made.
struct Remembered {
    at: SystemTime,
    over: u64,
    excess: Option<Box<Excess>>,
    places: Box<[Place]>,
}

/// Where one counter was charged.
struct Place {
    slot: Slot,
    generation: u64,
    start: u64,
    amount: u64,
}

struct Kept {
    version: Version,
    value: Vec<u8>,
    written: u64,
    over: u64,
    generation: u64,
}

/// Something that may be over, each with its generation: another one may have its key by then.
enum Due {
    Counter(Key, u64),
    Charge(ChargeId),
    Record(Key, u64),
}

/// A counter that is to be charged, as it was found.
#[derive(Clone, Copy, Default)]
struct Found {
    window: Window,
    own: Option<Slot>,
    /// The one under the other pepper.
    also: Option<Slot>,
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
            let decision = known.excess.as_ref().map_or(Decision::Charged, |it| Decision::Recorded(**it));
            return Ok(Charged { decision, at: known.at });
        }
        let mut found = [Found::default(); MAX_CHARGES];
        state.find(charges, &mut found);
        let excess = state.excess(charges, &found, now);
        if let (Some(excess), Enforcement::Deny) = (excess, enforcement) {
            return Ok(Charged { decision: Decision::Denied(excess), at });
        }
        if state.make_room(self.max_bytes, room_for(charges.len()), now)? {
            state.find(charges, &mut found);
        }
        let mut over = now;
        let places = charges.iter().zip(&found).map(|(charge, found)| {
            let place = state.charge(charge, found, now);
            over = over.max(found.window.end(place.start));
            place
        });
        let places: Box<[Place]> = places.collect();
        state.bytes += CHARGE_BYTES + places.len() * size_of::<Place>();
        state.due.add(over, Due::Charge(id));
        let remembered = Remembered { at, over, excess: excess.map(Box::new), places };
        if let Some(old) = state.charges.insert(id, remembered) {
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
        let State { counters, charges, bytes, .. } = &mut *state;
        let Some(known) = charges.get_mut(&id) else { return Ok(Adjusted::Unknown) };
        for &(position, amount) in amounts {
            if let Some(place) = known.places.get_mut(position) {
                *bytes += place.adjust(counters, amount, now) * ENTRY_BYTES;
            }
        }
        Ok(if known.over > now { Adjusted::Done } else { Adjusted::Unknown })
    }

    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError> {
        let now = self.now();
        let state = self.lock();
        let held = state.counters.find(key).and_then(|slot| state.counters.at(slot));
        Ok(held.map_or(0, |held| held.counter.total(sub_window(window), now)))
    }

    fn reset(&self, key: Key) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.remove_counter(key) {
            state.outdated();
        }
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
        let Some(value) = value else {
            if state.remove_record(key) {
                state.outdated();
            }
            return Ok(true);
        };
        state.make_room(self.max_bytes, RECORD_BYTES + value.len(), now)?;
        let over = now.saturating_add(sub_window(life).length);
        let mut kept = Kept { version: new, value: value.to_vec(), written: now, over, generation: 0 };
        state.bytes += RECORD_BYTES + kept.value.capacity();
        let State { records, due, last_generation, bytes, .. } = &mut *state;
        if let Some(old) = records.get_mut(&key) {
            *bytes -= RECORD_BYTES + old.value.capacity();
            kept.generation = old.generation;
            *old = kept;
        } else {
            *last_generation += 1;
            kept.generation = *last_generation;
            due.add(over, Due::Record(key, kept.generation));
            records.insert(key, kept);
        }
        Ok(true)
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl State {
    /// Looks where the counters of these charges stand.
    fn find(&self, charges: &[Charge], found: &mut [Found; MAX_CHARGES]) {
        for (found, charge) in found.iter_mut().zip(charges) {
            found.window = sub_window(charge.window);
            found.own = self.counters.find(charge.key);
            found.also = charge.also.and_then(|also| self.counters.find(also));
        }
    }

    /// The first cap that the charges would pass.
    fn excess(&self, charges: &[Charge], found: &[Found; MAX_CHARGES], now: u64) -> Option<Excess> {
        let total = |found: &Found| {
            let totals = self.counters_of(found).map(|counter| counter.total(found.window, now));
            totals.fold(0, u64::saturating_add)
        };
        charges.iter().zip(found).enumerate().find_map(|(position, (charge, it))| {
            let other = match charge.cap {
                Cap::Share { of, .. } => found.get(of).map_or(0, total),
                Cap::Uncapped | Cap::Fixed(_) => 0,
            };
            let allowed = allowed(charge.cap, other)?;
            if charge.amount == 0 || total(it).saturating_add(charge.amount) <= allowed {
                return None;
            }
            let room = allowed.checked_sub(charge.amount);
            let wait = room.and_then(|room| wait(self.counters_of(it), room, it.window, now));
            Some(Excess { charge: position, retry_after: wait.map(Duration::from_millis) })
        })
    }

    fn counters_of(&self, found: &Found) -> impl Iterator<Item = &Counter> {
        let slots = [found.own, found.also].into_iter().flatten();
        slots.filter_map(|slot| self.counters.at(slot)).map(|held| &held.counter)
    }

    /// Charges a counter, which is made if it is not there.
    fn charge(&mut self, charge: &Charge, found: &Found, now: u64) -> Place {
        let &Found { window, own, .. } = found;
        let slot = own.unwrap_or_else(|| {
            self.last_generation += 1;
            self.bytes += COUNTER_BYTES;
            self.due.add(window.end(now), Due::Counter(charge.key, self.last_generation));
            let counter = Counter::new(self.last_generation);
            self.counters.insert(charge.key, Held { window, counter })
        });
        let mut place = Place { slot, generation: 0, start: now, amount: charge.amount };
        if let Some(held) = self.counters.at_mut(slot) {
            held.window = window;
            let before = held.counter.capacity();
            place.start = held.counter.charge(charge.amount, window, now);
            place.generation = held.counter.generation;
            self.bytes += (held.counter.capacity() - before) * ENTRY_BYTES;
        }
        place
    }

    /// Says whether there was one.
    fn remove_counter(&mut self, key: Key) -> bool {
        let removed = self.counters.remove(key);
        if let Some(held) = &removed {
            self.bytes -= COUNTER_BYTES + held.counter.capacity() * ENTRY_BYTES;
        }
        removed.is_some()
    }

    /// Says whether there was one.
    fn remove_record(&mut self, key: Key) -> bool {
        let removed = self.records.remove(&key);
        if let Some(kept) = &removed {
            self.bytes -= RECORD_BYTES + kept.value.capacity();
        }
        removed.is_some()
    }

    /// Sees to it that there is so much room, and says whether anything was cleared away for it.
    fn make_room(&mut self, max_bytes: usize, bytes: usize, now: u64) -> Result<bool, StoreError> {
        let mut cleared = false;
        while self.bytes + bytes > max_bytes {
            if self.due.next().is_none_or(|at| at > now) {
                return Err(StoreError::Full);
            }
            self.clear(now, CLEARED_EACH_TIME);
            cleared = true;
        }
        Ok(cleared)
    }

    /// Drops so much of what is over.
    fn clear(&mut self, now: u64, most: usize) {
        for _ in 0..most {
            let Some((_, due)) = self.due.take(now) else { return };
            let (end, is_there) = match due {
                Due::Charge(id) => {
                    // The same id may have been charged again, which has an entry of its own.
                    if self.charges.get(&id).is_some_and(|known| known.over <= now)
                        && let Some(known) = self.charges.remove(&id)
                    {
                        self.bytes -= CHARGE_BYTES + known.places.len() * size_of::<Place>();
                    }
                    continue;
                }
                Due::Counter(key, generation) => {
                    let held = self.counters.find(key).and_then(|slot| self.counters.at(slot));
                    let held = held.filter(|held| held.counter.generation == generation);
                    (held.map_or(0, |held| held.counter.end(held.window)), held.is_some())
                }
                Due::Record(key, generation) => {
                    let kept = self.records.get(&key).filter(|kept| kept.generation == generation);
                    (kept.map_or(0, |kept| kept.over), kept.is_some())
                }
            };
            match due {
                _ if !is_there => self.stale = self.stale.saturating_sub(1),
                _ if end > now => self.due.add(end, due),
                Due::Counter(key, _) => {
                    self.remove_counter(key);
                }
                Due::Record(key, _) => {
                    self.remove_record(key);
                }
                Due::Charge(_) => {}
            }
        }
    }

    /// Something was removed before it was over, and its entry is still in the schedule. As soon as those are more than the
    /// others, they are taken out: else whoever has things made and removed again would have it grow.
    fn outdated(&mut self) {
        self.stale += 1;
        if self.stale < FEW || self.stale * 2 < self.due.len() {
            return;
        }
        let Self { counters, records, due, stale, .. } = self;
        due.retain(|due| match due {
            Due::Charge(_) => true,
            Due::Counter(key, generation) => counters.has(*key, *generation),
            Due::Record(key, generation) => {
                records.get(key).is_some_and(|kept| kept.generation == *generation)
            }
        });
        *stale = 0;
    }
}

impl Place {
    /// Says what was charged there comes to another amount, and gives for how many entries more there is room then.
    fn adjust(&mut self, counters: &mut Counters, amount: u64, now: u64) -> usize {
        let Some(held) = counters.of_generation(self.slot, self.generation) else { return 0 };
        if held.window.end(self.start) <= now || self.amount == amount {
            return 0;
        }
        let before = held.counter.capacity();
        held.counter.adjust(self.start, self.amount, amount);
        self.amount = amount;
        held.counter.capacity() - before
    }
}

/// The most that a charge of so many counters can take.
const fn room_for(charges: usize) -> usize {
    CHARGE_BYTES + charges * (size_of::<Place>() + COUNTER_BYTES + 4 * ENTRY_BYTES)
}

/// More than an operation adds, so that nothing piles up.
const CLEARED_EACH_TIME: usize = MAX_CHARGES + 4;

/// So many entries of what is gone are not worth the while.
const FEW: usize = 1024;

/// A place in a hash table and a list that have just doubled, a place in the schedule, and the allocation of a list.
const COUNTER_BYTES: usize = 288;
const CHARGE_BYTES: usize = 272;
const RECORD_BYTES: usize = 288;
const ENTRY_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::Cap;
    use super::*;

    #[test]
    fn what_is_made_and_removed_again_leaves_nothing_behind() {
        let store = MemoryStore::default();
        let day = Duration::from_secs(24 * 3600);
        for number in 0..20_000_u128 {
            let (key, version) = (Key::new(number.to_le_bytes()), Version::new(number.to_le_bytes()));
            assert!(store.swap(key, None, version, Some(b"claimed"), day).expect("room"));
            assert!(store.swap(key, Some(version), version, Some(b"again"), day).expect("room"));
            assert!(store.swap(key, Some(version), version, None, day).expect("room"));
            let one =
                Charge { key, also: None, amount: 1, window: Duration::from_secs(1), cap: Cap::Uncapped };
            store.charge(ChargeId::new([1; 16]), &[one], Enforcement::Deny).expect("room");
            store.reset(key).expect("an answer");
        }
        let due = store.lock().due.len();
        assert!(due < 3 * FEW, "{due}");
    }
}
