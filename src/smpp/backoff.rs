//! How long to wait before connecting again: a pure function of the failures so far and a random number.

use std::time::Duration;

use super::Reconnect;

/// The waits between attempts, growing from failure to failure.
#[derive(Debug)]
pub(crate) struct Backoff {
    policy: Reconnect,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(policy: Reconnect) -> Self {
        Self { policy, failures: 0 }
    }

    /// Forgets earlier failures.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure. `random` is between zero and one, and draws from the upper half of the wait, so
    /// that clients which lost the same service do not all return at once.
    pub(crate) fn after_failure(&mut self, refused_bind: bool, random: f64) -> Duration {
        let doubled = self.policy.first.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        let shortest = if refused_bind { self.policy.after_refused_bind } else { Duration::ZERO };
        let length = doubled.min(self.policy.longest).max(shortest);
        length.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Reconnect = Reconnect {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(5),
        after_refused_bind: Duration::from_secs(20),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_a_reset() {
        let mut backoff = Backoff::new(POLICY);
        let waits = [1, 2, 4, 5, 5].map(Duration::from_secs);
        assert_eq!(waits, waits.map(|_| backoff.after_failure(false, 1.0)));
        backoff.reset();
        assert_eq!(backoff.after_failure(false, 1.0), Duration::from_secs(1));
    }

    #[test]
    fn a_refused_bind_waits_longer_and_chance_takes_up_to_half() {
        let mut backoff = Backoff::new(POLICY);
        assert_eq!(backoff.after_failure(true, 1.0), Duration::from_secs(20));
        assert_eq!(backoff.after_failure(true, 0.0), Duration::from_secs(10));
        assert_eq!(backoff.after_failure(false, 0.5), Duration::from_secs(3));
        for _ in 0..100 {
            assert_eq!(backoff.after_failure(false, 0.5), Duration::from_millis(3750));
        }
    }
}
