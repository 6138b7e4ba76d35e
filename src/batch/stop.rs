//! Why a run ends, and what it came to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::table::{Counts, RowState};
use crate::sync;

/// Why a run ended before every row was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// A [`Stopper`] asked for it.
    Asked,
    /// The service went on asking to slow down.
    RateLimited,
    /// The service could not be reached, or gave no answers, for too long; this says which.
    Unavailable(String),
    /// The service does not take this account's requests; this is its code.
    Refused(String),
    /// A guard's limit on all sends together allows no more; this is its name.
    Denied(String),
    /// The journal cannot be written: nothing more was sent.
    Journal(String),
    /// The input cannot be read any more, or was changed.
    Input(String),
}

/// What a run came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Where the rows stand now, those of earlier runs included.
    pub counts: Counts,
    /// How many rows stand where for which reason: the service's code, the name of an SMPP status, or what failed.
    pub reasons: BTreeMap<(RowState, String), u64>,
    /// Why it ended early; none if every row was tried that was to be.
    pub ended: Option<Ended>,
    /// How many rows that were unknown a callback has told to be accepted, in this run.
    pub resolved: u64,
    /// How long until a row that a guard denied may pass, in whole seconds: the shortest of these times. None if no row was
    /// denied, or it is not known.
    pub retry_after: Option<Duration>,
    /// Rows whose result could not be written to the journal. They count as what they are here; a run that goes on takes
    /// them for unknown.
    pub not_journalled: Vec<u32>,
}

/// Ends a run in order: what is under way is awaited, and nothing more is sent.
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    ended: Mutex<Option<Ended>>,
    /// The same, for workers, which ask all the time.
    is_ended: AtomicBool,
    changed: Condvar,
}

impl Stopper {
    /// Ends the run. It returns at once.
    pub fn stop(&self) {
        self.end(Ended::Asked);
    }

    /// Ends the run for a reason, unless it has one already.
    pub(super) fn end(&self, reason: Ended) {
        sync::lock(&self.inner.ended).get_or_insert(reason);
        self.inner.is_ended.store(true, Ordering::Release);
        self.inner.changed.notify_all();
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        sync::lock(&self.inner.ended).clone()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.inner.is_ended.load(Ordering::Acquire)
    }

    /// Sleeps until then, or until the run is to end.
    pub(super) fn sleep_until(&self, until: Instant) {
        self.wait_until(Some(until), || false);
    }

    /// Waits until then, until the run is to end, or until this holds, which is looked at after each [`wake`](Self::wake).
    pub(super) fn wait_until(&self, until: Option<Instant>, mut holds: impl FnMut() -> bool) {
        let mut ended = sync::lock(&self.inner.ended);
        while ended.is_none() && !holds() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            ended = sync::wait(&self.inner.changed, ended, left);
        }
    }

    /// Has those who wait look again.
    pub(super) fn wake(&self) {
        drop(sync::lock(&self.inner.ended));
        self.inner.changed.notify_all();
    }
}
