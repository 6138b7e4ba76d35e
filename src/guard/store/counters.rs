//! The counters of the store in memory: found by their keys, and from then on by where they stand.

use std::collections::HashMap;

use super::Key;
use super::counter::{Counter, Window};
use super::hash::Spread;

/// Counters side by side, so that a decision looks for each of them once, and what was charged finds it without looking.
#[derive(Default)]
pub(super) struct Counters {
    slots: HashMap<Key, Slot, Spread>,
    held: Vec<Held>,
    /// Slots that nothing stands in.
    free: Vec<Slot>,
}

/// Where a counter stands. After it was removed, another one may stand there, of another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

#[derive(Default)]
pub(super) struct Held {
    pub(super) window: Window,
    pub(super) counter: Counter,
}

impl Counters {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn find(&self, key: Key) -> Option<Slot> {
        self.slots.get(&key).copied()
    }

    pub(super) fn at(&self, slot: Slot) -> Option<&Held> {
        self.held.get(slot.0)
    }

    pub(super) fn at_mut(&mut self, slot: Slot) -> Option<&mut Held> {
        self.held.get_mut(slot.0)
    }

    /// The counter that stands there, if it is still this one.
    pub(super) fn of_generation(&mut self, slot: Slot, generation: u64) -> Option<&mut Held> {
        self.at_mut(slot).filter(|held| held.counter.generation == generation)
    }

    /// Whether there is a counter of this key, and it is still this one.
    pub(super) fn has(&self, key: Key, generation: u64) -> bool {
        let found = self.find(key).and_then(|slot| self.at(slot));
        found.is_some_and(|held| held.counter.generation == generation)
    }

    /// Enters a counter whose key has none.
    pub(super) fn insert(&mut self, key: Key, held: Held) -> Slot {
        let slot = if let Some(slot) = self.free.pop() {
            self.held[slot.0] = held;
            slot
        } else {
            self.held.push(held);
            Slot(self.held.len() - 1)
        };
        self.slots.insert(key, slot);
        slot
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Held> {
        let slot = self.slots.remove(&key)?;
        self.free.push(slot);
        self.at_mut(slot).map(std::mem::take)
    }
}
