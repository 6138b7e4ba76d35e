//! A counter in a sliding window. Times are milliseconds by the store's clock.

use std::time::Duration;

use super::entries::{Entries, Entry};

/// What was charged, by sub-window: a list in order of time, of what is not over yet.
///
/// An entry counts until the window has passed since the end of its sub-window. So nothing counts for less than the
/// window, and at most one sub-window longer.
#[derive(Debug, Default)]
pub(super) struct Counter {
    /// Which life of the counter this is: an adjustment of what was charged in an earlier one changes nothing.
    pub(super) generation: u64,
    total: u64,
    /// The latest sub-window that was charged.
    last: u64,
    entries: Entries,
}

/// A window and its sub-windows, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::guard) struct Window {
    pub(in crate::guard) length: u64,
    pub(in crate::guard) sub: u64,
}

/// Into how many sub-windows a window is cut.
const SUB_WINDOWS: u64 = 60;

/// The longest window, in milliseconds: 400 days. Times and amounts stay far below 2^53 with it, which is as far as the
/// numbers of Redis' scripts are exact.
const LONGEST: u64 = 400 * 24 * 3600 * 1000;

/// How a window is counted: from 1 ms to 400 days, whatever is asked for.
pub(in crate::guard) fn sub_window(window: Duration) -> Window {
    let length = u64::try_from(window.as_millis()).unwrap_or(LONGEST).clamp(1, LONGEST);
    Window { length, sub: length.div_ceil(SUB_WINDOWS) }
}

impl Window {
    /// When what was charged in the sub-window that starts then is over.
    pub(super) fn end(self, start: u64) -> u64 {
        start.saturating_add(self.sub).saturating_add(self.length)
    }
}

impl Counter {
    pub(super) fn new(generation: u64) -> Self {
        Self { generation, total: 0, last: 0, entries: Entries::None }
    }

    /// What counts now.
    pub(super) fn total(&self, window: Window, now: u64) -> u64 {
        let over = self.over(window, now);
        let gone: u64 = self.entries.as_slice()[..over].iter().map(|entry| entry.amount).sum();
        self.total - gone
    }

    /// How many entries are over.
    fn over(&self, window: Window, now: u64) -> usize {
        self.entries.as_slice().iter().take_while(|entry| window.end(entry.start) <= now).count()
    }

    /// Charges an amount, and gives the sub-window in which it counts. A clock that was set back finds entries from later
    /// on, and counts among those.
    pub(super) fn charge(&mut self, amount: u64, window: Window, now: u64) -> u64 {
        let over = self.over(window, now);
        self.total -= self.entries.as_slice()[..over].iter().map(|entry| entry.amount).sum::<u64>();
        self.entries.remove_first(over);
        self.last = self.last.max(now - now % window.sub);
        self.add(self.last, amount);
        self.last
    }

    /// Replaces an amount that was charged in a sub-window by another one.
    pub(super) fn adjust(&mut self, start: u64, from: u64, to: u64) {
        if to >= from {
            self.add(start, to - from);
            return;
        }
        if let Ok(place) = self.place(start) {
            let entry = &mut self.entries.as_mut_slice()[place];
            let less = (from - to).min(entry.amount);
            entry.amount -= less;
            self.total -= less;
            if entry.amount == 0 {
                self.entries.remove(place);
            }
        }
    }

    fn add(&mut self, start: u64, amount: u64) {
        if amount == 0 {
            return;
        }
        // What would not fit is no longer told apart: caps are far below.
        let amount = amount.min(u64::MAX - self.total);
        self.total += amount;
        match self.place(start) {
            Ok(place) => self.entries.as_mut_slice()[place].amount += amount,
            Err(place) => self.entries.insert(place, Entry { start, amount }),
        }
    }

    /// Where a sub-window stands, or would.
    fn place(&self, start: u64) -> Result<usize, usize> {
        self.entries.as_slice().binary_search_by_key(&start, |entry| entry.start)
    }

    /// When everything that was charged is over, whatever it was adjusted to.
    pub(super) fn end(&self, window: Window) -> u64 {
        window.end(self.last)
    }

    /// How many entries there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }
}

/// How long to wait until these counters come to no more than `room`, if nothing else comes.
pub(super) fn wait<'a>(
    counters: impl Iterator<Item = &'a Counter>,
    room: u64,
    window: Window,
    now: u64,
) -> Option<u64> {
    let mut ends: Vec<(u64, u64)> = counters
        .flat_map(|counter| &counter.entries.as_slice()[counter.over(window, now)..])
        .map(|entry| (window.end(entry.start), entry.amount))
        .collect();
    ends.sort_unstable();
    let mut left: u64 = ends.iter().map(|(_, amount)| amount).sum();
    for (end, amount) in ends {
        left -= amount;
        if left <= room {
            return Some(end - now);
        }
    }
    None
}

/// The most that a counter with this cap may stand at, if the other one that it may depend on stands at `other`.
pub(super) fn allowed(cap: super::Cap, other: u64) -> Option<u64> {
    match cap {
        super::Cap::Uncapped => None,
        super::Cap::Fixed(most) => Some(most),
        super::Cap::Share { floor, percent, .. } => {
            let share = u128::from(other) * u128::from(percent) / 100;
            Some(u64::try_from(share).unwrap_or(u64::MAX).max(floor))
        }
    }
}
