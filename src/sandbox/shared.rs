//! What the threads of a sandbox share: its state under one lock, its time, and who waits for what.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::requests::RecordedRequest;
use super::state::State;
use super::webhook::{Callback, Deliveries, DeliveryResponse, PendingDelivery};
use crate::clock::Clock;
use crate::http::transport::deadline_after;
use crate::sync::{lock, wait};

pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// How many wait to change the state.
    waiting: AtomicUsize,
    clock: Arc<dyn Clock>,
    /// What callbacks are signed by: receivers compare it with their own clock.
    signing_clock: Arc<dyn Clock>,
    observer: Option<Box<Observer>>,
    /// The scheduler waits here for the next thing to fall due.
    due: Condvar,
    /// Workers wait here for callbacks to post, and whoever sends reports for these.
    deliveries: Condvar,
    /// Whoever watches waits here for changes.
    changed: Condvar,
}

struct Inner {
    state: State,
    /// How far the sandbox's time is ahead of its clock.
    offset: Duration,
    /// Counts changes.
    version: u64,
    watchers: usize,
    /// Who waits from outside, by number: the lowest has waited longest.
    waiters: BTreeSet<u64>,
    waiters_numbered: u64,
    stopping: bool,
}

/// Somebody who waits from outside, over HTTP, for as long as this lives.
pub(crate) struct Waiter<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Waiter<'_> {
    /// Whether others have taken the place.
    pub(crate) fn is_dismissed(&self) -> bool {
        !lock(&self.shared.inner).waiters.contains(&self.number)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        lock(&self.shared.inner).waiters.remove(&self.number);
    }
}

/// Something that an observer is told of.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Activity<'a> {
    /// A request to the API was answered, or went wrong on purpose.
    Request(&'a RecordedRequest),
    /// An attempt to deliver a callback has ended: the callback's last.
    Callback(&'a Callback),
}

pub(crate) type Observer = dyn Fn(Activity<'_>) + Send + Sync;

impl Shared {
    pub(crate) fn new(
        state: State,
        clock: Arc<dyn Clock>,
        signing_clock: Arc<dyn Clock>,
        observer: Option<Box<Observer>>,
    ) -> Self {
        let inner = Inner {
            state,
            offset: Duration::ZERO,
            version: 0,
            watchers: 0,
            waiters: BTreeSet::new(),
            waiters_numbered: 0,
            stopping: false,
        };
        Self {
            inner: Mutex::new(inner),
            waiting: AtomicUsize::new(0),
            clock,
            signing_clock,
            observer,
            due: Condvar::new(),
            deliveries: Condvar::new(),
            changed: Condvar::new(),
        }
    }

    /// Reads from the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&lock(&self.inner).state)
    }

    /// Lets those who wait to change the state do so, between two looks at it: a lock that is let go is not handed over. On a
    /// busy machine it takes long to get the processor again, and so it is given up for them alone.
    pub(crate) fn give_way(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
    }

    /// Changes the state. What has fallen due by now happens as well, before this returns.
    pub(crate) fn update<T>(&self, update: impl FnOnce(&mut State, SystemTime) -> T) -> T {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut inner = lock(&self.inner);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let now = self.now(&inner);
        let waited_for = inner.state.next_due();
        // What was due before comes first, however late the scheduler is.
        if waited_for.is_some_and(|due| due <= now) {
            inner.state.tick(now);
        }
        let outcome = update(&mut inner.state, now);
        inner.state.tick(now);
        self.notify(&mut inner, waited_for);
        outcome
    }

    /// Tells the observer, if there is one. Called without the lock.
    pub(crate) fn observe(&self, activity: Activity<'_>) {
        if let Some(observer) = &self.observer {
            observer(activity);
        }
    }

    pub(crate) fn advance(&self, time: Duration) {
        let mut inner = lock(&self.inner);
        inner.offset = inner.offset.saturating_add(time);
        let now = self.now(&inner);
        inner.state.tick(now);
        // The scheduler reckoned with the old time.
        self.notify(&mut inner, None);
    }

    /// Puts the time back to the clock's, and with it all times that are remembered.
    pub(crate) fn rewind(&self) {
        let mut inner = lock(&self.inner);
        let ahead = self.now(&inner);
        inner.offset = Duration::ZERO;
        let by = ahead.duration_since(self.now(&inner)).unwrap_or_default();
        inner.state.rewind(by);
        self.notify(&mut inner, None);
    }

    /// The sandbox's time.
    pub(crate) fn time(&self) -> SystemTime {
        self.now(&lock(&self.inner))
    }

    /// How far it is ahead of its clock.
    pub(crate) fn offset(&self) -> Duration {
        lock(&self.inner).offset
    }

    /// Lets things happen when they are due, until the sandbox stops.
    pub(crate) fn run_schedule(&self) {
        let mut inner = lock(&self.inner);
        while !inner.stopping {
            let now = self.now(&inner);
            if inner.state.next_due().is_some_and(|due| due <= now) {
                inner.state.tick(now);
                self.notify(&mut inner, Some(now));
                continue;
            }
            let pause = inner.state.next_due().and_then(|due| due.duration_since(now).ok());
            let pause = pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
            inner = wait(&self.due, inner, Some(pause));
        }
    }

    /// Waits for a report to send over SMPP; none once the sandbox stops.
    #[cfg(feature = "smpp")]
    pub(crate) fn next_report(&self) -> Option<super::state::Report> {
        let mut inner = lock(&self.inner);
        while !inner.stopping {
            if let Some(report) = inner.state.reports.pop_front() {
                return Some(report);
            }
            inner = wait(&self.deliveries, inner, None);
        }
        None
    }

    /// Lets somebody wait from outside. Of more than leave connections for all else, who has waited longest is dismissed:
    /// those whose programs have gone cannot be told from the others.
    pub(crate) fn waiter(&self) -> Waiter<'_> {
        let mut inner = lock(&self.inner);
        while inner.waiters.len() >= MOST_WAITERS {
            inner.waiters.pop_first();
            self.changed.notify_all();
        }
        inner.waiters_numbered += 1;
        let number = inner.waiters_numbered;
        inner.waiters.insert(number);
        Waiter { shared: self, number }
    }

    /// Waits until `wanted` is true; false if it is not within the time, the sandbox stops, or the waiter is dismissed.
    pub(crate) fn wait_for(
        &self,
        timeout: Duration,
        waiter: Option<&Waiter<'_>>,
        mut wanted: impl FnMut() -> bool,
    ) -> bool {
        let deadline = deadline_after(Instant::now(), timeout);
        let mut seen = self.version();
        loop {
            if wanted() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.wait_for_change(seen, left, waiter) {
                Some(version) if version != seen => seen = version,
                _ => return false,
            }
        }
    }

    /// Counts changes, so that two moments can be compared.
    pub(crate) fn version(&self) -> u64 {
        lock(&self.inner).version
    }

    /// How many wait for changes.
    pub(crate) fn watchers(&self) -> usize {
        lock(&self.inner).watchers
    }

    /// Waits until the version is another one than `seen`, and says which it is; none once the sandbox stops. A waiter
    /// who is dismissed is told the version as it is.
    pub(crate) fn wait_for_change(
        &self,
        seen: u64,
        timeout: Duration,
        waiter: Option<&Waiter<'_>>,
    ) -> Option<u64> {
        let deadline = deadline_after(Instant::now(), timeout);
        let mut inner = lock(&self.inner);
        inner.watchers += 1;
        let may_wait = |inner: &Inner| waiter.is_none_or(|waiter| inner.waiters.contains(&waiter.number));
        while inner.version == seen && !inner.stopping && may_wait(&inner) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = wait(&self.changed, inner, Some(left));
        }
        inner.watchers -= 1;
        (!inner.stopping).then_some(inner.version)
    }

    /// Has the workers look whether their addresses are still there.
    pub(crate) fn wake_workers(&self) {
        self.deliveries.notify_all();
    }

    /// Whether the sandbox stops.
    pub(crate) fn is_stopping(&self) -> bool {
        lock(&self.inner).stopping
    }

    /// Ends the wait of every thread that waits here.
    pub(crate) fn stop(&self) {
        lock(&self.inner).stopping = true;
        self.due.notify_all();
        self.deliveries.notify_all();
        self.changed.notify_all();
    }

    /// Wakes whom a change concerns, and nobody else: waking costs a system call.
    fn notify(&self, inner: &mut Inner, waited_for: Option<SystemTime>) {
        inner.version += 1;
        let sooner = match (inner.state.next_due(), waited_for) {
            (Some(next), Some(before)) => next < before,
            (next, None) => next.is_some(),
            (None, Some(_)) => false,
        };
        if sooner {
            self.due.notify_one();
        }
        if inner.state.has_deliveries() {
            self.deliveries.notify_all();
        }
        if inner.watchers > 0 {
            self.changed.notify_all();
        }
    }

    fn now(&self, inner: &MutexGuard<'_, Inner>) -> SystemTime {
        // Time ends with the year 9999. So far from where a clock's own range ends, adding a day or two is safe.
        let end = UNIX_EPOCH + LAST_SECOND;
        let time = self.clock.time_of_day().checked_add(inner.offset);
        time.map_or(end, |time| time.min(end))
    }
}

impl Deliveries for Shared {
    fn next_delivery(&self, target: usize) -> Option<PendingDelivery> {
        let mut inner = lock(&self.inner);
        while !inner.stopping && inner.state.outbox.has_target(target) {
            let now = self.now(&inner);
            let signed_at = self.signing_clock.time_of_day();
            if let Some(delivery) = inner.state.outbox.take(target, now, signed_at) {
                return Some(delivery);
            }
            inner = wait(&self.deliveries, inner, None);
        }
        None
    }

    fn delivered(&self, delivery: PendingDelivery, answer: DeliveryResponse, took: Duration) {
        let observed = self.observer.is_some();
        let callback = self.update(|state, now| {
            let callback = state.delivered(delivery, answer, took, now);
            callback.filter(|_| observed).cloned()
        });
        if let Some(callback) = callback {
            self.observe(Activity::Callback(&callback));
        }
    }
}

/// The most who wait from outside.
const MOST_WAITERS: usize = 64;

/// The longest that the scheduler waits before it looks at the clock again.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);
