//! How long to wait before trying again: a pure function of the failures so far and a random number.

use std::time::Duration;

/// Waits that double from failure to failure, up to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    initial: Duration,
    max: Duration,
}

impl Backoff {
    pub(crate) const fn new(initial: Duration, max: Duration) -> Self {
        Self { initial, max }
    }

    /// The wait after one more failure, before chance takes its part of it: see [`jittered`].
    pub(crate) fn wait(self, earlier_failures: u32) -> Duration {
        // Beyond thirty doublings any wait is longer than the longest one allowed.
        let doubled = self.initial.saturating_mul(1 << earlier_failures.min(30));
        doubled.min(self.max).min(DAY)
    }
}

/// Cuts a wait short by up to a half, so that clients which lost the same service do not all return at once. `random`
/// is between zero and one.
pub(crate) fn jittered(wait: Duration, random: f64) -> Duration {
    wait.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

/// No wait is longer, whatever is set.
const DAY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let waits = [0, 1, 2, 3, 4, u32::MAX].map(|failures| backoff.wait(failures).as_secs());
        assert_eq!(waits, [1, 2, 4, 5, 5, 5]);
    }

    #[test]
    fn chance_takes_up_to_half() {
        let wait = Duration::from_secs(4);
        assert_eq!([0.0, 0.5, 1.0, 7.0].map(|random| jittered(wait, random).as_secs()), [4, 3, 2, 2]);
    }

    #[test]
    fn no_setting_overflows() {
        assert_eq!(Backoff::new(Duration::MAX, Duration::MAX).wait(u32::MAX), DAY);
    }
}
