//! The clocks of a sandbox: one that never goes back, and one that stands.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::clock::Clock;
use crate::sync::lock;

/// Another clock, which may be put back while this one goes on at its pace: nothing that is planned then waits for the
/// time to come again.
pub(crate) struct Forward<C> {
    clock: C,
    last: Mutex<(Instant, SystemTime)>,
}

impl<C: Clock> Forward<C> {
    pub(crate) fn new(clock: C) -> Self {
        let last = Mutex::new((clock.now(), clock.time_of_day()));
        Self { clock, last }
    }
}

impl<C: Clock> Clock for Forward<C> {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn time_of_day(&self) -> SystemTime {
        let mut last = lock(&self.last);
        let now = self.clock.now();
        let passed = now.saturating_duration_since(last.0);
        let at_its_pace = last.1.checked_add(passed).unwrap_or(last.1);
        *last = (now, self.clock.time_of_day().max(at_its_pace));
        last.1
    }

    fn sleep(&self, pause: Duration) {
        self.clock.sleep(pause);
    }
}

/// A clock that stands.
pub(crate) struct Stopped {
    now: Instant,
    time_of_day: SystemTime,
}

impl Stopped {
    /// At the time that another clock has now.
    pub(crate) fn at(clock: &impl Clock) -> Self {
        Self { now: clock.now(), time_of_day: clock.time_of_day() }
    }
}

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.now
    }

    fn time_of_day(&self) -> SystemTime {
        self.time_of_day
    }

    fn sleep(&self, _: Duration) {}
}

/// A time moved back, but not beyond 1970.
pub(crate) fn earlier(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_sub(by).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What the test sets: how long the machine runs, and the time of day, in seconds.
    struct Set(Instant, Arc<Mutex<(u64, u64)>>);

    impl Clock for Set {
        fn now(&self) -> Instant {
            self.0 + Duration::from_secs(lock(&self.1).0)
        }

        fn time_of_day(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(lock(&self.1).1)
        }

        fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn a_clock_that_is_put_back_does_not_hold_up_what_is_planned() {
        let set = Arc::new(Mutex::new((0, 100_000)));
        let clock = Forward::new(Set(Instant::now(), set.clone()));
        for (running, time_of_day, shown) in [
            (10, 100_010, 100_010),
            // Put back by an hour: time goes on.
            (20, 96_420, 100_020),
            (30, 96_430, 100_030),
            // Put forward: so is this one.
            (40, 200_000, 200_000),
            (41, 200_001, 200_001),
        ] {
            *lock(&set) = (running, time_of_day);
            assert_eq!(clock.time_of_day(), UNIX_EPOCH + Duration::from_secs(shown));
        }
    }
}
