//! Messages per second: a pure function of the moments at which they were sent.

use std::time::{Duration, Instant};

/// Spaces messages evenly (the generic cell rate algorithm). What was not used is not saved up, but for what a thread may
/// sleep too long, so that no second holds more messages than allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    interval: Duration,
    next: Option<Instant>,
}

impl Rate {
    pub(crate) fn new(per_second: f64) -> Self {
        let mut rate = Self { interval: Duration::ZERO, next: None };
        rate.set(per_second);
        rate
    }

    pub(crate) fn set(&mut self, per_second: f64) {
        self.interval = Duration::from_secs_f64(MARGIN / per_second.clamp(0.01, 1e9));
    }

    /// When the next message may be sent; `None` is now.
    pub(crate) fn ready_at(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|next| now + OVERSLEPT < *next).and_then(|next| next.checked_sub(OVERSLEPT))
    }

    /// Counts a message that is sent now.
    pub(crate) fn take(&mut self, now: Instant) {
        self.next = Some(self.next.map_or(now, |next| next.max(now)) + self.interval);
    }

    /// Takes back that a message was counted, which is not sent.
    #[cfg(feature = "batch")]
    pub(crate) fn give_back(&mut self) {
        self.next = self.next.and_then(|next| next.checked_sub(self.interval));
    }
}

/// What a thread may come late, and make good for.
const OVERSLEPT: Duration = Duration::from_millis(10);
/// The other end counts the second by its own clock, and messages do not travel evenly. With this, what is made good for
/// stays within the rate as well.
const MARGIN: f64 = 1.02;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_messages_than_allowed_and_hardly_fewer() {
        for per_second in [1_u32, 7, 500, 20_000] {
            let (start, mut rate) = (Instant::now(), Rate::new(f64::from(per_second)));
            let mut sent = Vec::new();
            let mut now = start;
            while now < start + Duration::from_secs(4) {
                // A thread that wakes late each time, by as much as five milliseconds.
                now = rate.ready_at(now).unwrap_or(now).max(now + Duration::from_micros(50));
                now += Duration::from_micros((sent.len() as u64 * 7919) % 5_000 / 10);
                while rate.ready_at(now).is_none() {
                    rate.take(now);
                    sent.push(now);
                }
            }
            let mut first = 0;
            let most = (0..sent.len()).map(|last| {
                while sent[first] + Duration::from_secs(1) <= sent[last] {
                    first += 1;
                }
                last + 1 - first
            });
            let (most, allowed) =
                (most.max().unwrap_or(0), usize::try_from(per_second).unwrap_or(usize::MAX));
            assert!(most <= allowed, "{most} of {allowed}");
            assert!(sent.len() >= 4 * allowed * 95 / 100, "{} of {}", sent.len(), 4 * allowed);
        }
    }
}
