//! Things the server does later.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;

/// Actions by the time at which they are due. One thread runs them.
#[derive(Default)]
pub(super) struct Timer {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    due: BinaryHeap<Due>,
    counter: u64,
    stopped: bool,
}

struct Due {
    at: Instant,
    order: u64,
    action: Box<dyn FnOnce() + Send>,
}

impl Timer {
    /// Does it after this long; never, where no clock reaches that far.
    pub(super) fn after(&self, delay: Duration, action: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        let Some(at) = Instant::now().checked_add(delay).filter(|_| !state.stopped) else { return };
        state.counter += 1;
        let order = state.counter;
        state.due.push(Due { at, order, action: Box::new(action) });
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Runs what is due, until stopped.
    pub(super) fn run(&self) {
        let mut state = self.lock();
        while !state.stopped {
            let now = Instant::now();
            let next = state.due.peek().map(|due| due.at);
            state = match next {
                Some(at) if at <= now => {
                    let due = state.due.pop();
                    drop(state);
                    if let Some(due) = due {
                        (due.action)();
                    }
                    self.lock()
                }
                Some(at) => {
                    let timeout = at.saturating_duration_since(now);
                    sync::wait(&self.changed, state, Some(timeout))
                }
                None => sync::wait(&self.changed, state, None),
            };
        }
        state.due.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

/// The earliest first, and in the order of entry among equals.
impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}
