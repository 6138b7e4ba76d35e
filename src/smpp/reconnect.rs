//! When a lost link is opened again: a pure function of the failures so far and a random number.

use std::time::Duration;

use super::Reconnect;
use crate::backoff::{Backoff, jittered};

/// The waits between attempts to connect.
#[derive(Debug)]
pub(crate) struct ReconnectBackoff {
    policy: Reconnect,
    failures: u32,
}

impl ReconnectBackoff {
    pub(crate) const fn new(policy: Reconnect) -> Self {
        Self { policy, failures: 0 }
    }

    /// Forgets earlier failures.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure; `random` is between zero and one.
    pub(crate) fn after_failure(&mut self, refused_bind: bool, random: f64) -> Duration {
        let wait = Backoff::new(self.policy.initial_backoff, self.policy.max_backoff).wait(self.failures);
        self.failures = self.failures.saturating_add(1);
        let shortest = if refused_bind { self.policy.refused_bind_backoff } else { Duration::ZERO };
        jittered(wait.max(shortest), random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Reconnect = Reconnect {
        initial_backoff: Duration::from_secs(1),
        max_backoff: Duration::from_secs(5),
        refused_bind_backoff: Duration::from_secs(20),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_a_reset() {
        let mut backoff = ReconnectBackoff::new(POLICY);
        let waits = [1, 2, 4, 5, 5].map(Duration::from_secs);
        assert_eq!(waits, waits.map(|_| backoff.after_failure(false, 0.0)));
        backoff.reset();
        assert_eq!(backoff.after_failure(false, 0.0), Duration::from_secs(1));
    }

    #[test]
    fn a_refused_bind_waits_longer() {
        let mut backoff = ReconnectBackoff::new(POLICY);
        assert_eq!(backoff.after_failure(true, 0.0), Duration::from_secs(20));
        assert_eq!(backoff.after_failure(true, 1.0), Duration::from_secs(10));
        assert_eq!(backoff.after_failure(false, 0.5), Duration::from_secs(3));
    }
}
