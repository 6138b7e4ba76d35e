//! Things the server does later.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::schedule::Schedule;
use crate::sync;

/// Actions by the time at which they are due. One thread runs them.
#[derive(Default)]
pub(super) struct Timer {
    state: Mutex<TimerState>,
    changed: Condvar,
}

#[derive(Default)]
struct TimerState {
    schedule: Schedule<Action, Instant>,
    is_stopped: bool,
}

type Action = Box<dyn FnOnce() + Send>;

impl Timer {
    /// Does it after this long; never, where no clock reaches that far.
    pub(super) fn after(&self, delay: Duration, action: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        let Some(at) = Instant::now().checked_add(delay).filter(|_| !state.is_stopped) else { return };
        state.schedule.add(at, Box::new(action));
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_one();
    }

    /// Runs what is due, until stopped.
    pub(super) fn run(&self) {
        let mut state = self.lock();
        while !state.is_stopped {
            let now = Instant::now();
            if let Some((_, action)) = state.schedule.take(now) {
                drop(state);
                action();
                state = self.lock();
            } else {
                let timeout = state.schedule.next().map(|at| at.saturating_duration_since(now));
                state = sync::wait(&self.changed, state, timeout);
            }
        }
        state.schedule.clear();
    }

    fn lock(&self) -> MutexGuard<'_, TimerState> {
        sync::lock(&self.state)
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}
