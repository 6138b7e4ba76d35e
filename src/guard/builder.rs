//! How a guard is to be.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::admission::{Guard, Inner, Local, Tally};
use super::event::Decided;
use super::ids::Ids;
use super::limits::Limits;
use super::pepper::Pepper;
use super::store::{Enforcement, MemoryStore, Store};
use crate::InvalidInput;
use crate::clock::{Clock, SystemClock};

/// What a guard does when its store does not answer. A store that is full has answered: then nothing is admitted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Fail {
    /// Nothing is admitted.
    #[default]
    Closed,
    /// Everything is admitted, and counted nowhere. Nor is it [registered](crate::guard::GuardedSend::template): should
    /// another send by the same template to the same recipient have lost its answer within the minute, one could be taken
    /// for the other.
    Open,
    /// These limits hold, in this process alone. What the store admits is counted by them at all times, and so is what
    /// becomes of it here, so that they know at once how things stand. As with [`Open`](Fail::Open), nothing is registered
    /// meanwhile.
    Local(Box<Limits>),
}

/// Configures a [`Guard`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct GuardBuilder {
    store: Arc<dyn Store>,
    limits: Limits,
    pepper: Option<Pepper>,
    enforcement: Enforcement,
    fail: Fail,
    hook: Option<Box<Hook>>,
    clock: Arc<dyn Clock>,
    tolerance: Duration,
}

pub(super) type Hook = dyn Fn(&Decided<'_>) + Send + Sync;

impl GuardBuilder {
    pub(super) fn new(store: impl Store) -> Self {
        Self {
            store: Arc::new(store),
            limits: Limits::default(),
            pepper: None,
            enforcement: Enforcement::Deny,
            fail: Fail::Closed,
            hook: None,
            clock: Arc::new(SystemClock),
            tolerance: Duration::from_secs(60),
        }
    }

    /// Allows this. Unless set, everything.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes keys with this secret. A store that others share needs one; for one that ends with the process, one is made
    /// up unless it is set.
    pub fn pepper(mut self, pepper: Pepper) -> Self {
        self.pepper = Some(pepper);
        self
    }

    /// Counts and reports everything, and denies nothing: to see what limits would do before they do it.
    pub fn record_only(mut self) -> Self {
        self.enforcement = Enforcement::Record;
        self
    }

    /// Does this when the store does not answer. [`Fail::Closed`] unless set.
    pub fn fail(mut self, fail: Fail) -> Self {
        self.fail = fail;
        self
    }

    /// Calls this with each decision, in the thread that asked. It should be quick.
    pub fn on_decision(mut self, hook: impl Fn(&Decided<'_>) + Send + Sync + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Takes a callback for that of a send whose answer was lost only if their times differ by no more than this: by how
    /// much the clocks of the store and of the service may differ. 60 seconds unless set, an hour at most.
    ///
    /// Where they differ by more, such sends stay unknown; and of two to one recipient, whose answers were both lost within
    /// that time, one could be taken for the other.
    pub fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Waits by this clock, for tests. Windows go by the clock of the store.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The guard.
    ///
    /// # Errors
    ///
    /// If the store is shared and there is no pepper, or the operating system gives no randomness.
    pub fn build(self) -> Result<Guard, InvalidInput> {
        let pepper = match self.pepper {
            Some(pepper) => pepper,
            None if self.store.is_shared() => {
                let rule = "must be given: all that share a store need the same";
                return Err(InvalidInput::new("pepper", rule));
            }
            None => Pepper::random()?,
        };
        let (fails_open, local) = match self.fail {
            Fail::Closed => (false, None),
            Fail::Open => (true, None),
            Fail::Local(limits) => (false, Some(Local::new(*limits, MemoryStore::default()))),
        };
        Ok(Guard(Arc::new(Inner {
            prefixes: self.limits.named_prefixes(),
            store: self.store,
            limits: self.limits,
            pepper,
            enforcement: self.enforcement,
            fails_open,
            local,
            hook: self.hook,
            ids: Ids::new()?,
            clock: self.clock,
            tolerance: self.tolerance.as_secs().min(3600),
            told: Mutex::default(),
            resolved: Condvar::new(),
            tally: Tally::default(),
        })))
    }
}
