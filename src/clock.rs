//! Time, passed in, so that tests need not wait for it.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Where a client takes the time from, and how it waits. Tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// A moment, for measuring how long something takes.
    fn now(&self) -> Instant;

    /// The time of day.
    fn time_of_day(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, pause: Duration);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, pause: Duration) {
        thread::sleep(pause);
    }
}
