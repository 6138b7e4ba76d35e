//! When the next request may leave: one rate for all workers, and pauses for all of them.
//!
//! It does not sleep and reads no clock. While the service takes nothing (it asks to slow down, cannot be reached, or
//! gives no answers), one worker tries at a time and the pauses grow, so that what may be lost is one row at a time.

use std::time::{Duration, Instant};

use super::stop::Ended;
use crate::backoff::Backoff;
use crate::rate::Rate;

/// The pace of all workers together.
pub(super) struct Pace {
    rate: Option<Rate>,
    patience: Duration,
    paused_until: Option<Instant>,
    trouble: Option<Trouble>,
    /// Requests that have left and are not answered.
    under_way: usize,
}

struct Trouble {
    since: Instant,
    /// Failures of requests that left after the one before.
    failures: u32,
    last_failure: Instant,
    what: What,
}

/// What keeps a request from being taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The service asks to slow down, and perhaps says for how long.
    SlowDown(Option<Duration>),
    /// It was not reached, or did not answer; the text says which.
    Unavailable(String),
}

/// Whether a request may leave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// Not before this moment; ask again then.
    At(Instant),
    /// The service took nothing for too long.
    Never(Ended),
}

impl Pace {
    pub(super) fn new(rate: Option<f64>, patience: Duration) -> Self {
        Self { rate: rate.map(Rate::new), patience, paused_until: None, trouble: None, under_way: 0 }
    }

    /// Asks to send now. After [`Turn::Now`] there has to be one of the answers below.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        if let Some(trouble) = &self.trouble {
            if now.saturating_duration_since(trouble.since) > self.patience {
                return Turn::Never(match &trouble.what {
                    What::SlowDown(_) => Ended::RateLimited,
                    What::Unavailable(what) => Ended::Unavailable(what.clone()),
                });
            }
            if self.under_way > 0 {
                return Turn::At(now + LOOK_AGAIN);
            }
        }
        let paced = self.rate.and_then(|rate| rate.ready_at(now));
        let paused = self.paused_until.filter(|until| *until > now);
        if let Some(until) = paused.into_iter().chain(paced).max() {
            return Turn::At(until);
        }
        if let Some(rate) = &mut self.rate {
            rate.take(now);
        }
        self.under_way += 1;
        Turn::Now
    }

    /// The service took or refused a request: it is there.
    pub(super) fn answered(&mut self, sent: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        // What left before the last failure says nothing about now.
        if self.trouble.as_ref().is_some_and(|trouble| sent > trouble.last_failure) {
            self.trouble = None;
            self.paused_until = None;
        }
    }

    /// A request that left at `sent` was not taken.
    pub(super) fn failed(&mut self, what: What, sent: Instant, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        let failures = match &self.trouble {
            Some(trouble) if sent < trouble.last_failure => trouble.failures,
            Some(trouble) => trouble.failures + 1,
            None => 1,
        };
        let own = match what {
            // One request that is lost may be no more than that.
            What::Unavailable(_) if failures == 1 => Duration::ZERO,
            _ => Backoff::new(FIRST_PAUSE, LONGEST_PAUSE).wait(failures - 1),
        };
        let pause = match what {
            What::SlowDown(Some(asked)) => own.max(asked),
            _ => own,
        };
        self.paused_until = self.paused_until.max(Some(now + pause));
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        self.trouble = Some(Trouble { since, failures, last_failure: now, what });
    }

    /// A request did not leave for a reason of its own.
    pub(super) fn withdrawn(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// A request was not made, although it might have left: its place in the rate is free again.
    pub(super) fn given_back(&mut self) {
        self.withdrawn();
        if let Some(rate) = &mut self.rate {
            rate.give_back();
        }
    }

    /// Why the service takes nothing at present.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.as_ref().map(|trouble| match &trouble.what {
            What::SlowDown(_) => "429".to_owned(),
            What::Unavailable(reason) => reason.clone(),
        })
    }

    /// Until when everybody waits because the service asked for it, or is not there.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How soon a worker looks whether the one that tries has an answer.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn unavailable() -> What {
        What::Unavailable("timeout".to_owned())
    }

    #[test]
    fn a_request_to_slow_down_pauses_everybody_and_then_one_tries() {
        let (mut pace, start) = (Pace::new(None, 600 * SECOND), Instant::now());
        for _ in 0..4 {
            assert_eq!(pace.turn(start), Turn::Now);
        }
        pace.failed(What::SlowDown(Some(7 * SECOND)), start, start);
        // Three others are under way, and say nothing about now.
        for _ in 0..3 {
            assert!(matches!(pace.turn(start + 8 * SECOND), Turn::At(_)));
            pace.answered(start);
        }
        assert_eq!(pace.turn(start + SECOND), Turn::At(start + 7 * SECOND));
        let later = start + 8 * SECOND;
        assert_eq!(pace.turn(later), Turn::Now);
        assert!(matches!(pace.turn(later), Turn::At(_)), "one tries at a time");
        pace.answered(later);
        assert_eq!([pace.turn(later), pace.turn(later)], [Turn::Now, Turn::Now]);
    }

    #[test]
    fn while_the_service_is_away_pauses_grow_and_patience_ends() {
        let (mut pace, mut now) = (Pace::new(None, 600 * SECOND), Instant::now());
        let mut pauses = Vec::new();
        let ended = loop {
            match pace.turn(now) {
                Turn::Now => pace.failed(unavailable(), now, now + SECOND),
                Turn::At(moment) => {
                    pauses.push(moment - now);
                    now = moment;
                }
                Turn::Never(ended) => break ended,
            }
            now += SECOND / 100;
        };
        assert_eq!(ended, Ended::Unavailable("timeout".to_owned()));
        assert!(pauses.last().is_some_and(|pause| *pause > 25 * SECOND), "{pauses:?}");
        assert!(pauses.len() < 100, "{}", pauses.len());
    }

    #[test]
    fn one_lost_answer_makes_nobody_wait_long() {
        let (mut pace, start) = (Pace::new(None, 600 * SECOND), Instant::now());
        assert_eq!(pace.turn(start), Turn::Now);
        pace.failed(unavailable(), start, start + SECOND);
        assert_eq!(pace.turn(start + SECOND), Turn::Now);
    }

    #[test]
    fn all_workers_share_one_rate() {
        let (mut pace, start) = (Pace::new(Some(10.0), 600 * SECOND), Instant::now());
        let mut sent = 0;
        for milli in 0..2000 {
            while pace.turn(start + Duration::from_millis(milli)) == Turn::Now {
                pace.answered(start);
                sent += 1;
            }
        }
        assert!((18..=20).contains(&sent), "{sent}");
    }

    #[test]
    fn what_was_given_back_takes_no_place_in_the_rate() {
        let (mut pace, start) = (Pace::new(Some(10.0), 600 * SECOND), Instant::now());
        for _ in 0..1000 {
            assert_eq!(pace.turn(start), Turn::Now);
            pace.given_back();
        }
        assert_eq!(pace.turn(start), Turn::Now);
        assert!(matches!(pace.turn(start), Turn::At(_)));
    }
}
