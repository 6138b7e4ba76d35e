//! When a failed attempt is repeated. A pure function of what is known: no clock, no sleep, no randomness.

use std::time::Duration;

use crate::Outcome;
use crate::backoff::{Backoff, jittered};

/// How often a call is repeated, and after which pauses, where repeating is safe at all. There is no setting that
/// repeats a send or a verification whose outcome is unknown.
///
/// | what happened | send, verify, create | list, details, delete |
/// |---|---|---|
/// | **not sent**: no name, no connection, no TLS, or a failure before the body left | repeated | repeated |
/// | status **429**, and no error of the service in it but one that asks to wait | repeated, after `Retry-After` | repeated, after `Retry-After` |
/// | any other answer that is **rejected** | final | final |
/// | **unknown**: answer lost or cut, time-out after sending, 303, 408, 499, 5xx, code 1000, unreadable 2xx | final: unknown | repeated |
///
/// A repeated delete that is answered with 4001 has succeeded: an earlier attempt did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
}

impl RetryPolicy {
    /// Three attempts; pauses of 200 ms at first, twice as long each time, 5 s at most.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_attempts: 3,
            initial_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
        }
    }

    /// One attempt: nothing is ever repeated.
    #[must_use]
    pub const fn never() -> Self {
        Self::new().max_attempts(1)
    }

    /// How many attempts there are at most, the first included. 0 counts as 1.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The pause before the second attempt. Each further pause is twice as long, and jitter shortens each by up to a
    /// half, so that clients do not all come back at the same time.
    #[must_use]
    pub const fn initial_backoff(mut self, pause: Duration) -> Self {
        self.initial_backoff = pause;
        self
    }

    /// The longest pause. A longer `Retry-After` is still honoured, if the call's time allows.
    #[must_use]
    pub const fn max_backoff(mut self, pause: Duration) -> Self {
        self.max_backoff = pause;
        self
    }

    /// How long to pause before repeating, or `None` if the failure is final.
    ///
    /// `jitter` is a random value from 0 to 1; `left` is what remains of the call's time.
    pub(crate) fn pause(&self, failure: &Failed, left: Duration, jitter: f64) -> Option<Duration> {
        if failure.attempt >= self.max_attempts || !failure.may_repeat() {
            return None;
        }
        let backoff = Backoff::new(self.initial_backoff, self.max_backoff);
        let own = jittered(backoff.wait(failure.attempt.saturating_sub(1)), jitter);
        let pause = failure.retry_after.map_or(own, |asked| asked.max(own));
        (pause < left).then_some(pause)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// What is known of a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    /// Counted from 1.
    pub(crate) attempt: u32,
    pub(crate) outcome: Outcome,
    /// Whether the service asked to wait, and did nothing else.
    pub(crate) throttled: bool,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the operation does no harm when it is done twice.
    pub(crate) repeatable: bool,
}

impl Failed {
    fn may_repeat(&self) -> bool {
        match self.outcome {
            Outcome::NotSent => true,
            Outcome::Rejected => self.throttled,
            Outcome::Unknown => self.repeatable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Duration = Duration::from_secs(3600);

    fn failed(outcome: Outcome, throttled: bool, repeatable: bool) -> Failed {
        Failed { attempt: 1, outcome, throttled, retry_after: None, repeatable }
    }

    #[test]
    fn the_table_holds() {
        let policy = RetryPolicy::new();
        for (outcome, throttled, repeatable, repeated) in [
            (Outcome::NotSent, false, false, true),
            (Outcome::NotSent, false, true, true),
            (Outcome::Rejected, true, false, true),
            (Outcome::Rejected, true, true, true),
            (Outcome::Rejected, false, false, false),
            (Outcome::Rejected, false, true, false),
            (Outcome::Unknown, false, false, false),
            (Outcome::Unknown, false, true, true),
            (Outcome::Unknown, true, false, false),
        ] {
            let failure = failed(outcome, throttled, repeatable);
            assert_eq!(policy.pause(&failure, PLENTY, 0.0).is_some(), repeated, "{failure:?}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_attempts_end() {
        let policy = RetryPolicy::new().max_attempts(8).max_backoff(Duration::from_secs(2));
        let pauses: Vec<_> = (1..=8)
            .map(|attempt| {
                let failure = Failed { attempt, ..failed(Outcome::NotSent, false, false) };
                policy.pause(&failure, PLENTY, 0.0).map(|pause| pause.as_millis())
            })
            .collect();
        let expected = [200, 400, 800, 1600, 2000, 2000, 2000].map(Some);
        assert_eq!(pauses[..7], expected);
        assert_eq!(pauses[7], None);
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_pause() {
        let failure = failed(Outcome::NotSent, false, false);
        let pause =
            |jitter| RetryPolicy::new().pause(&failure, PLENTY, jitter).map(|pause| pause.as_millis());
        assert_eq!((pause(0.0), pause(0.5), pause(1.0)), (Some(200), Some(150), Some(100)));
    }

    #[test]
    fn retry_after_is_honoured_when_the_time_allows() {
        let asked = Duration::from_secs(9);
        let failure = Failed { retry_after: Some(asked), ..failed(Outcome::Rejected, true, false) };
        let policy = RetryPolicy::new();
        assert_eq!(policy.pause(&failure, PLENTY, 0.0), Some(asked));
        assert_eq!(policy.pause(&failure, Duration::from_secs(8), 0.0), None);
        let at_once = Failed { retry_after: Some(Duration::ZERO), ..failure };
        assert_eq!(policy.pause(&at_once, PLENTY, 0.0), Some(Duration::from_millis(200)));
    }
}
