//! Slowing down when the service asks for it, and finding the rate that it takes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::rate::Rate;

/// A pause each time the service asks to slow down, and from then on no more messages per second than it took.
///
/// The messages that were under way when it asked have no say: what they are answered neither makes the pause longer nor
/// ends it. The pause doubles while it takes nothing at all in between. The rate grows with each message that is taken,
/// the faster the longer the service has not complained.
#[derive(Debug)]
pub(super) struct Throttle {
    backoff: Backoff,
    /// Pauses since a message was last taken.
    pauses: u32,
    until: Option<Instant>,
    /// When the service last asked, by when the last message was under way that could not know of it.
    asked_at: Option<Instant>,
    last_sent: Option<Instant>,
    limit: Option<Limit>,
    taken: Taken,
    asked: u64,
}

#[derive(Debug)]
struct Limit {
    per_second: f64,
    rate: Rate,
    /// Reckoned from the first burst, which says little.
    is_first: bool,
}

impl Throttle {
    pub(super) fn new(initial: Duration, max: Duration) -> Self {
        Self {
            backoff: Backoff::new(initial, max),
            pauses: 0,
            until: None,
            asked_at: None,
            last_sent: None,
            limit: None,
            taken: Taken::default(),
            asked: 0,
        }
    }

    /// The service asks to slow down, in answer to a message that was sent at `sent_at`.
    pub(super) fn slow_down(&mut self, sent_at: Instant, now: Instant) {
        self.asked += 1;
        if !self.has_say(sent_at) {
            return;
        }
        let taken = count(self.taken.in_last_second(now));
        let per_second = match &self.limit {
            Some(limit) => Some((limit.per_second.min(taken) * DECREASE).max(LOWEST)),
            // Nothing taken says nothing of how much would be.
            None => (taken > 0.0).then(|| (taken * DECREASE).max(FIRST_AT_LEAST)),
        };
        if let Some(per_second) = per_second {
            let is_first = self.limit.is_none();
            self.limit = Some(Limit { per_second, rate: Rate::new(per_second), is_first });
        }
        self.until = Some(now + self.backoff.wait(self.pauses));
        self.pauses = self.pauses.saturating_add(1);
        // One thread may have sent more while the other waited to say what it had read.
        self.asked_at = self.last_sent.max(Some(now));
    }

    /// The service took a message that was sent at `sent_at`.
    pub(super) fn succeed(&mut self, sent_at: Instant, now: Instant) {
        self.taken.add(now);
        let Some(asked_at) = self.asked_at.filter(|_| self.has_say(sent_at)) else { return };
        self.pauses = 0;
        if let Some(limit) = &mut self.limit {
            let calm = now.saturating_duration_since(asked_at).as_secs_f64();
            limit.per_second += if limit.is_first {
                FIRST_INCREASE
            } else {
                INCREASE * (calm / DOUBLES_AFTER).min(30.0).exp2()
            };
            limit.rate.set(limit.per_second);
            if limit.per_second > NO_LIMIT {
                self.limit = None;
            }
        }
    }

    /// Counts a message that is sent now.
    pub(super) fn sent(&mut self, now: Instant) {
        self.last_sent = self.last_sent.max(Some(now));
        if let Some(limit) = &mut self.limit {
            limit.rate.take(now);
        }
    }

    /// Until when nothing may be sent.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        let paced = self.limit.as_ref().and_then(|limit| limit.rate.ready_at(now));
        self.until.filter(|until| *until > now).into_iter().chain(paced).max()
    }

    /// How often the service has asked.
    pub(super) const fn asked(&self) -> u64 {
        self.asked
    }

    /// Messages taken in the last second.
    pub(super) fn taken_in_last_second(&self, now: Instant) -> usize {
        self.taken.in_last_second(now)
    }

    fn has_say(&self, sent_at: Instant) -> bool {
        self.asked_at.is_none_or(|asked_at| sent_at > asked_at)
    }
}

/// Counts what was taken in the last second, by tenths of it.
#[derive(Debug, Default)]
struct Taken {
    tenths: VecDeque<(Instant, usize)>,
}

impl Taken {
    fn add(&mut self, now: Instant) {
        match self.tenths.back_mut() {
            Some((since, count)) if now.saturating_duration_since(*since) < TENTH => *count += 1,
            _ => {
                self.tenths.push_back((now, 1));
                if self.tenths.len() > 11 {
                    self.tenths.pop_front();
                }
            }
        }
    }

    fn in_last_second(&self, now: Instant) -> usize {
        let recent = |since: &Instant| now.saturating_duration_since(*since) < Duration::from_secs(1);
        self.tenths.iter().filter(|(since, _)| recent(since)).map(|(_, count)| count).sum()
    }
}

fn count(messages: usize) -> f64 {
    u32::try_from(messages).unwrap_or(u32::MAX).into()
}

const TENTH: Duration = Duration::from_millis(100);
/// What is left of the rate when the service asks to slow down.
const DECREASE: f64 = 0.9;
/// What a message that is taken adds to the rate: a twentieth of it each second.
const INCREASE: f64 = 0.05;
/// Until the service complains again, the first rate doubles each second.
const FIRST_INCREASE: f64 = std::f64::consts::LN_2;
/// After so many seconds without a complaint the rate grows twice as fast.
const DOUBLES_AFTER: f64 = 2.0;
/// A burst of a few messages does not show what the service can take.
const FIRST_AT_LEAST: f64 = 10.0;
const LOWEST: f64 = 0.5;
/// A rate that nobody reaches is none.
const NO_LIMIT: f64 = 1e6;
