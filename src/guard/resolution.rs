//! Registering sends, and finding out what became of those whose answer was lost.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::admission::{Guard, Inner};
use super::message::{Accepted, LIFE};
use super::pepper::{Digests, Kind};
use super::registry::{Registry, Resolved};
use super::store::{ChargeId, Store, StoreError};
use crate::api::types::MessageId;
use crate::sync;

/// A send of which it is not known whether the service took it over. A callback may tell, if callbacks are given to
/// [`Guard::observe`] in any process that shares the store.
#[derive(Clone)]
pub struct Unresolved {
    pub(super) guard: Guard,
    pub(super) registry: Digests,
    pub(super) charge: ChargeId,
}

impl Unresolved {
    /// The message, if a callback has told by now which it is. Then the service has taken it over, and its code can be
    /// checked. Nothing says that it has not.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn message_id(&self) -> Result<Option<MessageId>, StoreError> {
        let registry = self.guard.0.registry(&self.registry)?;
        Ok(registry.and_then(|registry| registry.message_of(self.charge).map(|id| MessageId(id.to_owned()))))
    }

    /// Waits until a callback has told which message it is, for so long at most.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn wait(&self, timeout: Duration) -> Result<Option<MessageId>, StoreError> {
        let began = Instant::now();
        loop {
            // Not held while the store is asked, which may take long: whoever tells would wait for it.
            let before = *sync::lock(&self.guard.0.told);
            if let Some(message) = self.message_id()? {
                return Ok(Some(message));
            }
            let Some(left) = timeout.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) else {
                return Ok(None);
            };
            let told = sync::lock(&self.guard.0.told);
            if *told == before {
                // Another process may be told, and says nothing to this one.
                drop(sync::wait(&self.guard.0.resolved, told, Some(left.min(POLL))));
            }
        }
    }
}

impl fmt::Debug for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unresolved").field("charge", &self.charge).finish_non_exhaustive()
    }
}

impl Inner {
    fn registry(&self, digests: &Digests) -> Result<Option<Registry<Accepted>>, StoreError> {
        for key in digests.keys(Kind::Registry) {
            if let Some(record) = self.store.read(key)? {
                return Ok(Registry::decode(&record.value));
            }
        }
        Ok(None)
    }

    pub(super) fn register(
        &self,
        digests: &Digests,
        accepted: Accepted,
        at: SystemTime,
        limit: Duration,
    ) -> Result<(), StoreError> {
        // A second more, since neither is a whole number of them.
        let (at, limit) = (seconds(at), seconds(at).saturating_add(limit.as_secs()).saturating_add(1));
        let mut fresh = Registry::default();
        fresh.register(accepted, at, limit);
        // Most recipients get one message a day, which takes one round trip. Under two peppers there may be one elsewhere.
        let key = digests.key(Kind::Registry, 0);
        if digests.other.is_none()
            && self.store.swap(key, None, self.ids.version(), Some(&fresh.encode()), LIFE)?
        {
            return Ok(());
        }
        self.change(digests, true, |registry| {
            registry.register(accepted, at, limit);
            Vec::new()
        })
    }

    pub(super) fn identified(
        &self,
        digests: &Digests,
        charge: ChargeId,
        message: &MessageId,
    ) -> Result<(), StoreError> {
        self.change(digests, false, |registry| registry.identify(charge, message, self.tolerance))
    }

    pub(super) fn ended(
        &self,
        digests: &Digests,
        charge: ChargeId,
        at: SystemTime,
    ) -> Result<(), StoreError> {
        self.change(digests, false, |registry| {
            registry.end(charge, seconds(at));
            Vec::new()
        })
    }

    pub(super) fn withdrawn(&self, digests: &Digests, charge: ChargeId) -> Result<(), StoreError> {
        self.change(digests, false, |registry| registry.withdraw(charge, self.tolerance))
    }

    /// A callback names a message to a recipient, by a template, that was sent then.
    #[cfg_attr(
        not(feature = "callback"),
        expect(dead_code, reason = "only callbacks name recipient and template")
    )]
    pub(super) fn seen(&self, digests: &Digests, message: &MessageId, sent: u64) -> Result<(), StoreError> {
        let known = self.message(message);
        if self.is_accepted(&known)? {
            return Ok(());
        }
        // What a receipt has named is no secret to be found out. It is looked for after the registry was read, and what
        // is written there is written only if it is still the same: so a receipt that comes meanwhile is not overlooked.
        self.change_unless(
            digests,
            false,
            |registry| registry.see(message, sent, self.tolerance),
            || self.is_accepted(&known),
        )
    }

    fn change(
        &self,
        digests: &Digests,
        create: bool,
        change: impl FnMut(&mut Registry<Accepted>) -> Vec<Resolved<Accepted>>,
    ) -> Result<(), StoreError> {
        self.change_unless(digests, create, change, || Ok(false))
    }

    fn change_unless(
        &self,
        digests: &Digests,
        create: bool,
        mut change: impl FnMut(&mut Registry<Accepted>) -> Vec<Resolved<Accepted>>,
        unless: impl Fn() -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        // Each that fails leaves another one's change behind.
        for _ in 0..ATTEMPTS {
            let mut found = None;
            for key in digests.keys(Kind::Registry) {
                if let Some(record) = self.store.read(key)? {
                    found = Some((key, record));
                    break;
                }
            }
            let (key, version, before) = match found {
                Some((key, record)) => (key, Some(record.version), Registry::decode(&record.value)),
                None if create => (digests.key(Kind::Registry, 0), None, None),
                None => return Ok(()),
            };
            let mut registry = before.clone().unwrap_or_default();
            if unless()? {
                return Ok(());
            }
            let resolved = change(&mut registry);
            if before.as_ref() != Some(&registry)
                && !self.store.swap(key, version, self.ids.version(), Some(&registry.encode()), LIFE)?
            {
                continue;
            }
            for (accepted, message) in &resolved {
                self.remember(&self.message(&MessageId(message.clone())), accepted)?;
            }
            if !resolved.is_empty() {
                *sync::lock(&self.told) += 1;
                self.resolved.notify_all();
            }
            return Ok(());
        }
        Err(StoreError::Unavailable("a record was changed by others again and again".into()))
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

const ATTEMPTS: usize = 64;

/// How often it is looked whether another process was told.
const POLL: Duration = Duration::from_millis(200);
