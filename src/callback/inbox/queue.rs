//! Which callbacks wait, are with a handler, and may be forgotten. No I/O.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::super::replay::Claim;
use super::InboxStatus;

/// All that is not settled, by address: that is, in the order in which it came.
#[derive(Default)]
pub(super) struct Queue {
    unsettled: BTreeMap<u64, Waiting>,
    ready: BTreeSet<u64>,
    /// What has failed, by the time at which it is tried again.
    later: BTreeSet<(Instant, u64)>,
    /// Where claims stand whose signatures may still be good, and the last second of each; in the order of addresses.
    signed: VecDeque<(u64, u64)>,
    /// Claims of address checks, which come again with each try.
    checks: Vec<Claim>,
    /// From which address on something is to be kept until which second, for its claim or by the retention. The seconds
    /// rise.
    kept: VecDeque<(u64, u64)>,
    pub(super) stopped: bool,
}

#[derive(Clone, Copy, Default)]
struct Waiting {
    attempts: u32,
}

impl Queue {
    /// A callback stands at this address.
    pub(super) fn received(
        &mut self,
        address: u64,
        at: u64,
        claim: Option<&Claim>,
        retention: u64,
        now: u64,
    ) {
        self.unsettled.insert(address, Waiting::default());
        self.ready.insert(address);
        self.keep(address, kept_until(at, claim, retention));
        if let Some(claim) = claim {
            self.note_claim(address, claim, now);
        }
    }

    /// The claim of an address check stands at this address.
    pub(super) fn used(&mut self, address: u64, claim: Claim, now: u64) {
        self.keep(address, kept_until(0, Some(&claim), 0));
        self.note_claim(address, &claim, now);
        self.checks.retain(|other| !is_over(other.last_second(), now));
        self.checks.push(claim);
    }

    /// Keeps what stands at this address, and behind it, for so long. Threads that write at the same time may say so in
    /// another order than that of their addresses.
    fn keep(&mut self, address: u64, mut until: u64) {
        while let Some((_, later)) = self.kept.back().filter(|(other, _)| *other > address) {
            until = until.max(*later);
            self.kept.pop_back();
        }
        if self.kept.back().is_none_or(|(_, last)| *last < until) {
            self.kept.push_back((address, until));
        }
    }

    /// Notes that there is a claim at this address.
    fn note_claim(&mut self, address: u64, claim: &Claim, now: u64) {
        while self.signed.front().is_some_and(|(_, last)| is_over(*last, now)) {
            self.signed.pop_front();
        }
        self.signed.push_back((address, claim.last_second()));
    }

    pub(super) fn knows_check(&self, claim: &Claim) -> bool {
        self.checks.contains(claim)
    }

    /// Where the claims stand whose signatures are good at this second.
    pub(super) fn claims(&self, now: u64) -> Vec<u64> {
        self.signed.iter().filter(|(_, last)| *last >= now).map(|(address, _)| *address).collect()
    }

    /// Counts an attempt that was begun; how many there have been.
    pub(super) fn attempt(&mut self, address: u64) -> u32 {
        let Some(waiting) = self.unsettled.get_mut(&address) else { return 0 };
        waiting.attempts = waiting.attempts.saturating_add(1);
        waiting.attempts
    }

    pub(super) fn attempts(&self, address: u64) -> u32 {
        self.unsettled.get(&address).map_or(0, |waiting| waiting.attempts)
    }

    pub(super) fn settle(&mut self, address: u64) {
        self.unsettled.remove(&address);
        self.ready.remove(&address);
    }

    /// The next one to hand out, which it then is.
    pub(super) fn take(&mut self, now: Instant) -> Option<u64> {
        while let Some(&(due, address)) = self.later.first().filter(|(due, _)| *due <= now) {
            self.later.remove(&(due, address));
            self.ready.insert(address);
        }
        self.ready.pop_first()
    }

    pub(super) fn put_off(&mut self, address: u64, until: Instant) {
        self.later.insert((until, address));
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    /// The first address that is still needed; none if nothing is.
    pub(super) fn needed_from(&mut self, second: u64) -> Option<u64> {
        while self.kept.front().is_some_and(|(_, until)| *until <= second) {
            self.kept.pop_front();
        }
        let kept = self.kept.front().map(|(address, _)| *address);
        let unsettled = self.unsettled.first_key_value().map(|(address, _)| *address);
        kept.into_iter().chain(unsettled).min()
    }

    pub(super) fn status(&self, dead: usize) -> InboxStatus {
        let waiting = self.ready.len();
        let retrying = self.later.len();
        let in_progress = self.unsettled.len().saturating_sub(waiting + retrying);
        InboxStatus { waiting, retrying, in_progress, dead }
    }
}

/// Until which second a callback is kept: a while longer than its signature is good for, in case the clock is set back.
fn kept_until(received_at: u64, claim: Option<&Claim>, retention: u64) -> u64 {
    let claimed = claim.map_or(0, |claim| claim.last_second().saturating_add(CLOCK_STEP));
    claimed.max(received_at.saturating_add(retention))
}

/// Whether a second is so long over that a clock which is set back does not bring it back.
fn is_over(second: u64, now: u64) -> bool {
    second.saturating_add(CLOCK_STEP) < now
}

/// How long a callback waits that has failed so many times.
pub(super) fn backoff(attempts: u32) -> Duration {
    let exponent = attempts.saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.saturating_pow(exponent)).min(LONGEST_PAUSE)
}

/// Seconds by which a clock that is set back is not noticed.
const CLOCK_STEP: u64 = 600;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_depend_on_the_order_in_which_threads_say_so() {
        let mut queue = Queue::default();
        queue.keep(10, 100);
        queue.keep(30, 200);
        queue.keep(20, 200);
        assert_eq!(queue.needed_from(99), Some(10));
        assert_eq!(queue.needed_from(100), Some(20), "this one's signature could still be used");
        queue.keep(5, 150);
        assert_eq!(queue.needed_from(199), Some(5));
        assert_eq!(queue.needed_from(200), None);
    }
}
