//! What the threads of a sandbox share: its state under one lock, its time, and who waits for what.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::callback::DeliveryResponse;
use super::outbox::PendingDelivery;
use super::service::Service;
use crate::clock::Clock;

pub(super) struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    /// The scheduler waits here for the next thing to fall due.
    due: Condvar,
    /// Couriers wait here for callbacks to post, and whoever sends reports for these.
    mail: Condvar,
    /// Whoever watches waits here for changes.
    news: Condvar,
}

struct State {
    service: Service,
    /// How far the sandbox's time is ahead of its clock.
    advanced: Duration,
    /// Counts changes.
    version: u64,
    watchers: usize,
    stopping: bool,
}

impl Shared {
    pub(super) fn new(service: Service, clock: Arc<dyn Clock>) -> Self {
        let state = State { service, advanced: Duration::ZERO, version: 0, watchers: 0, stopping: false };
        Self {
            state: Mutex::new(state),
            clock,
            due: Condvar::new(),
            mail: Condvar::new(),
            news: Condvar::new(),
        }
    }

    /// Looks at the service.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Service) -> T) -> T {
        look(&self.lock().service)
    }

    /// Changes the service. What has fallen due by now happens as well, before this returns.
    pub(super) fn update<T>(&self, act: impl FnOnce(&mut Service, SystemTime) -> T) -> T {
        let mut state = self.lock();
        let now = self.now(&state);
        let waited_for = state.service.next_due();
        let outcome = act(&mut state.service, now);
        state.service.tick(now);
        self.notify(&mut state, waited_for);
        outcome
    }

    pub(super) fn advance(&self, time: Duration) {
        let mut state = self.lock();
        state.advanced = state.advanced.saturating_add(time);
        let now = self.now(&state);
        state.service.tick(now);
        // The scheduler reckoned with the old time.
        self.notify(&mut state, None);
    }

    pub(super) fn time(&self) -> SystemTime {
        self.now(&self.lock())
    }

    /// Lets things happen when they are due, until the sandbox stops.
    pub(super) fn run_schedule(&self) {
        let mut state = self.lock();
        while !state.stopping {
            let now = self.now(&state);
            if state.service.next_due().is_some_and(|due| due <= now) {
                state.service.tick(now);
                self.notify(&mut state, Some(now));
                continue;
            }
            let pause = state.service.next_due().and_then(|due| due.duration_since(now).ok());
            let pause = pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
            state = self.due.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for a callback to post; none once the sandbox stops.
    pub(super) fn next_posting(&self, target: usize) -> Option<PendingDelivery> {
        let mut state = self.lock();
        while !state.stopping {
            let now = self.now(&state);
            if let Some(posting) = state.service.outbox.take(target, now) {
                return Some(posting);
            }
            state = self.mail.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Waits for a report to send over SMPP; none once the sandbox stops.
    #[cfg(feature = "smpp")]
    pub(super) fn next_report(&self) -> Option<super::smpp::Report> {
        let mut state = self.lock();
        while !state.stopping {
            if let Some(report) = state.service.reports.pop_front() {
                return Some(report);
            }
            state = self.mail.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    pub(super) fn posted(&self, posting: PendingDelivery, answer: DeliveryResponse, took: Duration) {
        self.update(|service, now| service.posted(posting, answer, took, now));
    }

    /// Waits until `wanted` is true; false if it is not within `patience`, or the sandbox stops.
    pub(super) fn wait_for(&self, patience: Duration, mut wanted: impl FnMut() -> bool) -> bool {
        let deadline = crate::http::transport::deadline_after(Instant::now(), patience);
        let mut seen = self.version();
        loop {
            if wanted() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.wait_for_news(seen, left) {
                Some(version) if version != seen => seen = version,
                _ => return false,
            }
        }
    }

    /// Counts changes, so that two moments can be compared.
    pub(super) fn version(&self) -> u64 {
        self.lock().version
    }

    /// Waits until the version is another one than `seen`, and says which it is; none once the sandbox stops.
    pub(super) fn wait_for_news(&self, seen: u64, patience: Duration) -> Option<u64> {
        let mut state = self.lock();
        state.watchers += 1;
        let waiting = |state: &mut State| state.version == seen && !state.stopping;
        let waited = self.news.wait_timeout_while(state, patience, waiting);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.watchers -= 1;
        (!state.stopping).then_some(state.version)
    }

    /// Sends every thread that waits here home.
    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.due.notify_all();
        self.mail.notify_all();
        self.news.notify_all();
    }

    /// Wakes whom a change concerns, and nobody else: waking costs a system call.
    fn notify(&self, state: &mut State, waited_for: Option<SystemTime>) {
        state.version += 1;
        let sooner = match (state.service.next_due(), waited_for) {
            (Some(next), Some(before)) => next < before,
            (next, None) => next.is_some(),
            (None, Some(_)) => false,
        };
        if sooner {
            self.due.notify_one();
        }
        if state.service.has_mail() {
            self.mail.notify_all();
        }
        if state.watchers > 0 {
            self.news.notify_all();
        }
    }

    fn now(&self, state: &State) -> SystemTime {
        // Time ends with the year 9999. So far from where a clock's own range ends, adding a day or two is safe.
        let end = UNIX_EPOCH + LAST_SECOND;
        let time = self.clock.time_of_day().checked_add(state.advanced);
        time.map_or(end, |time| time.min(end))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest that the scheduler waits before it looks at the clock again.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);
