//! Slowing down when the service asks for it.

use std::time::{Duration, Instant};

/// A pause of the whole sender that doubles each time the service asks again, and ends with the first success.
#[derive(Debug)]
pub(super) struct Throttle {
    first: Duration,
    longest: Duration,
    next: Duration,
    until: Option<Instant>,
}

impl Throttle {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first, until: None }
    }

    /// Several refusals of one window ask once: a pause under way is not made longer.
    pub(super) fn slow_down(&mut self, now: Instant) {
        if self.paused_until(now).is_none() {
            self.until = Some(now + self.next);
            self.next = self.next.saturating_mul(2).min(self.longest);
        }
    }

    /// A success that was on its way before the pause does not end it.
    pub(super) fn succeed(&mut self, now: Instant) {
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
            self.next = self.first;
        }
    }

    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }
}
