//! A clock whose sleeps take no time, and are written down.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use engagelab_otp::Clock;

type OnSleep = Box<dyn FnMut(usize) + Send>;

/// Clones share what they know.
#[derive(Clone, Default)]
pub(crate) struct TestClock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    slept: Vec<Duration>,
    on_sleep: Option<OnSleep>,
}

impl TestClock {
    /// Calls `action` at each sleep, with its number from 1.
    pub(crate) fn on_sleep(action: impl FnMut(usize) + Send + 'static) -> Self {
        let clock = Self::default();
        clock.0.lock().expect("not poisoned").on_sleep = Some(Box::new(action));
        clock
    }

    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.0.lock().expect("not poisoned").slept.clone()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::now() + self.slept().iter().sum::<Duration>()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now() + self.slept().iter().sum::<Duration>()
    }

    fn sleep(&self, pause: Duration) {
        let mut state = self.0.lock().expect("not poisoned");
        state.slept.push(pause);
        let number = state.slept.len();
        if let Some(action) = &mut state.on_sleep {
            action(number);
        }
    }
}
