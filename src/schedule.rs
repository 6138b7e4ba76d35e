//! Things that are due at some time. It holds them in order, and does not know what time it is.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::SystemTime;
#[cfg(feature = "sandbox")]
use std::time::{Duration, UNIX_EPOCH};

/// Entries by the time at which they are due, and by age among equals.
#[derive(Debug)]
pub(crate) struct Schedule<T, At: Ord = SystemTime> {
    due: BinaryHeap<Reverse<Due<T, At>>>,
    count: u64,
}

#[derive(Debug)]
struct Due<T, At> {
    at: At,
    number: u64,
    what: T,
}

impl<T, At: Ord> Default for Schedule<T, At> {
    fn default() -> Self {
        Self { due: BinaryHeap::new(), count: 0 }
    }
}

impl<T, At: Ord + Copy> Schedule<T, At> {
    pub(crate) fn add(&mut self, at: At, what: T) {
        self.count += 1;
        self.due.push(Reverse(Due { at, number: self.count, what }));
    }

    /// When the next entry is due.
    pub(crate) fn next(&self) -> Option<At> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    /// Takes the next entry, if it is due.
    pub(crate) fn take(&mut self, now: At) -> Option<(At, T)> {
        if self.next()? > now {
            return None;
        }
        self.due.pop().map(|Reverse(due)| (due.at, due.what))
    }

    #[cfg(any(feature = "sandbox", feature = "smpp"))]
    pub(crate) fn clear(&mut self) {
        self.due.clear();
    }

    #[cfg(any(feature = "sandbox", feature = "guard"))]
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    #[cfg(any(feature = "sandbox", feature = "guard"))]
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&T) -> bool) {
        self.due.retain(|Reverse(due)| wanted(&due.what));
    }
}

#[cfg(feature = "sandbox")]
impl<T> Schedule<T> {
    /// Has everything fall due so much sooner.
    pub(crate) fn rewind(&mut self, by: Duration) {
        let earlier = |Reverse(due): Reverse<Due<T, SystemTime>>| {
            let at = due.at.checked_sub(by).unwrap_or(UNIX_EPOCH);
            Reverse(Due { at, ..due })
        };
        self.due = std::mem::take(&mut self.due).into_iter().map(earlier).collect();
    }
}

impl<T, At: Ord> Ord for Due<T, At> {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.at, self.number).cmp(&(&other.at, other.number))
    }
}

impl<T, At: Ord> PartialOrd for Due<T, At> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T, At> PartialEq for Due<T, At> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T, At> Eq for Due<T, At> {}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Schedule;

    #[test]
    fn entries_come_when_due_and_in_the_order_of_entry_among_equals() {
        let at = |second| UNIX_EPOCH + Duration::from_secs(second);
        let mut schedule = Schedule::default();
        for (second, name) in [(3, "d"), (1, "a"), (2, "b"), (2, "c")] {
            schedule.add(at(second), name);
        }
        let taken: Vec<_> = std::iter::from_fn(|| schedule.take(at(2))).collect();
        assert_eq!(taken, [(at(1), "a"), (at(2), "b"), (at(2), "c")]);
        assert_eq!(schedule.next(), Some(at(3)));
    }
}
