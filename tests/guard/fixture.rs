//! A clock that tests move, and guards for them.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use engagelab_otp::guard::{
    Adjusted, AdmitError, Charge, ChargeId, Charged, Decision, Denied, Enforcement, Guard, GuardBuilder,
    GuardedSend, Key, LimitKind, Limits, MemoryStore, Pepper, Rate, Record, Store, StoreError, Version,
};
use engagelab_otp::{Clock, Recipient};

/// Stands still until it is moved. Clones share the time.
#[derive(Clone, Default)]
pub(crate) struct HandClock(Arc<Mutex<Duration>>);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl HandClock {
    pub(crate) fn advance(&self, time: Duration) {
        *self.0.lock().expect("not poisoned") += time;
    }

    pub(crate) fn set(&self, time: Duration) {
        *self.0.lock().expect("not poisoned") = time;
    }

    pub(crate) fn passed(&self) -> Duration {
        *self.0.lock().expect("not poisoned")
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        *START + self.passed()
    }

    fn time_of_day(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_791_763_200) + self.passed()
    }

    fn sleep(&self, pause: Duration) {
        self.advance(pause);
    }
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn rate(most: u64, window: Duration) -> Rate {
    Rate::new(most, window).expect("a rate")
}

pub(crate) fn to(number: u64) -> Recipient {
    format!("+65{:08}", 80_000_000 + number).parse().expect("a number")
}

pub(crate) fn store(clock: &HandClock) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::with_clock(MemoryStore::DEFAULT_MEMORY, clock.clone()))
}

pub(crate) fn builder(store: &Arc<MemoryStore>, limits: Limits) -> GuardBuilder {
    Guard::builder(store.clone()).limits(limits).pepper(Pepper::new([7; 16]).expect("a pepper"))
}

pub(crate) fn guard(clock: &HandClock, limits: Limits) -> Guard {
    builder(&store(clock), limits).build().expect("a guard")
}

/// Asks for a send that is dropped: it stays charged.
pub(crate) fn admit(guard: &Guard, send: GuardedSend<'_>) -> Result<(), Denied> {
    match guard.admit(&send) {
        Ok(permit) => {
            drop(permit);
            Ok(())
        }
        Err(AdmitError::Denied(denied)) => Err(denied),
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn denied_by(result: Result<(), Denied>) -> Option<LimitKind> {
    result.err().map(|denied| denied.limit())
}

/// A store behind another one, that can be told not to answer, and is taken for a shared one.
pub(crate) struct Through {
    store: MemoryStore,
    fails: AtomicBool,
    /// Charges what it should deny.
    generous: bool,
    /// While this is locked, threads of the name [`SLOW`] get no answer to what they read.
    pub(crate) gate: Mutex<()>,
    /// How often one of them has come to the gate.
    pub(crate) at_gate: AtomicUsize,
}

pub(crate) const SLOW: &str = "slow";

impl Through {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            fails: AtomicBool::new(false),
            generous: false,
            gate: Mutex::default(),
            at_gate: AtomicUsize::new(0),
        }
    }

    pub(crate) fn generous(store: MemoryStore) -> Self {
        Self { generous: true, ..Self::new(store) }
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    fn store(&self) -> Result<&MemoryStore, StoreError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("no answer".into()));
        }
        Ok(&self.store)
    }
}

impl Store for Through {
    fn charge(
        &self,
        id: ChargeId,
        charges: &[Charge],
        enforcement: Enforcement,
    ) -> Result<Charged, StoreError> {
        if !self.generous {
            return self.store()?.charge(id, charges, enforcement);
        }
        let answer = self.store()?.charge(id, charges, Enforcement::Record)?;
        Ok(Charged { decision: Decision::Charged, ..answer })
    }

    fn adjust(&self, id: ChargeId, amounts: &[(usize, u64)]) -> Result<Adjusted, StoreError> {
        self.store()?.adjust(id, amounts)
    }

    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError> {
        self.store()?.count(key, window)
    }

    fn reset(&self, key: Key) -> Result<(), StoreError> {
        self.store()?.reset(key)
    }

    fn read(&self, key: Key) -> Result<Option<Record>, StoreError> {
        if std::thread::current().name() == Some(SLOW) {
            self.at_gate.fetch_add(1, Ordering::SeqCst);
            drop(self.gate.lock());
        }
        self.store()?.read(key)
    }

    fn swap(
        &self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<&[u8]>,
        life: Duration,
    ) -> Result<bool, StoreError> {
        self.store()?.swap(key, expected, new, value, life)
    }
}
