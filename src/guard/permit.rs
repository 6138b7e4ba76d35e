//! Leave to send or to check, and what it came to.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use super::admission::Guard;
use super::charges::Parts;
use super::message::Accepted;
use super::pepper::{Digests, Kind};
use super::registry::MAX_MESSAGE_ID;
use super::resolution::Unresolved;
use super::settlement::{CheckSettlement, Part, Settlement};
use super::store::{ChargeId, Store, StoreError};
use crate::api::types::MessageId;
use crate::clock::Clock;

/// Leave to send one message. It is charged already; say what became of it. Dropped without a word, it stays charged, as with
/// [`Settlement::Unknown`]; and where it has a [template](crate::guard::GuardedSend::template), it is taken to be under way
/// for a day, in which no callback tells of later sends by that template to the same recipient.
#[must_use = "what the send came to must be said, or it stays charged"]
pub struct Permit {
    pub(super) ticket: Ticket,
    pub(super) to: Digests,
    /// Where the send is registered, and since when.
    pub(super) registry: Option<(Digests, Began)>,
}

/// Leave to check one code. It is charged already as a wrong one; say what became of it. Dropped without a word, it counts
/// as [`CheckSettlement::Counted`].
#[must_use = "what the check came to must be said, or it counts as a wrong code"]
pub struct CheckPermit {
    pub(super) ticket: Ticket,
    pub(super) message: Digests,
    /// Who got it, if that is known.
    pub(super) to: Option<Digests>,
}

/// What was charged.
pub(super) struct Ticket {
    pub(super) guard: Guard,
    pub(super) id: ChargeId,
    pub(super) parts: Parts,
    /// What this process counts by itself.
    pub(super) local: Option<Parts>,
    /// When it was charged, by the store's clock; none if the store did not answer.
    pub(super) at: Option<SystemTime>,
}

/// When something began, by both of this machine's clocks: one of them stands still while the machine is suspended, and the
/// other one can be set back.
#[derive(Clone, Copy)]
pub(super) struct Began {
    moment: Instant,
    time_of_day: SystemTime,
}

impl Began {
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self { moment: clock.now(), time_of_day: clock.time_of_day() }
    }

    /// What has passed since, by the clock that says more.
    fn passed(&self, clock: &dyn Clock) -> Duration {
        let by_day = clock.time_of_day().duration_since(self.time_of_day).unwrap_or_default();
        clock.now().saturating_duration_since(self.moment).max(by_day)
    }
}

impl Permit {
    /// The service took the message over, under this id. What callbacks and checks say of it counts from now on.
    ///
    /// # Errors
    ///
    /// If the store cannot say. Then what is said of the message later counts for nothing.
    pub fn accepted(self, message: &MessageId) -> Result<(), StoreError> {
        let (guard, charge) = (&self.ticket.guard.0, self.ticket.id);
        let digests = guard.message(message);
        if let (Some(local), Some(parts)) = (&guard.local, &self.ticket.local) {
            // Without room there, it counts as unverified for as long as anything counts there.
            drop(guard.remember_in(&local.store, &digests, &self.ticket.accepted(parts, self.to)));
        }
        guard.remember(&digests, &self.ticket.accepted(&self.ticket.parts, self.to))?;
        match &self.registry {
            None => Ok(()),
            Some((registry, _)) if message.len() <= MAX_MESSAGE_ID => {
                guard.identified(registry, charge, message)
            }
            // A callback that names such a message is passed over, and there is nothing more to be found out.
            Some((registry, _)) => guard.withdrawn(registry, charge),
        }
    }

    /// What a callback may tell by, should the answer be lost: if the send has a
    /// [template](crate::guard::GuardedSend::template), and the store has answered.
    pub fn unresolved(&self) -> Option<Unresolved> {
        let guard = self.ticket.guard.clone();
        self.registry.map(|(registry, _)| Unresolved { guard, registry, charge: self.ticket.id })
    }

    /// The id of its charge.
    pub(super) fn charge(&self) -> ChargeId {
        self.ticket.id
    }

    /// What became of the send. Of one that was accepted, [`accepted`](Self::accepted) takes the message's id.
    ///
    /// # Errors
    ///
    /// If the store cannot say. What should have been given back stays charged then.
    pub fn settle(self, settlement: Settlement) -> Result<(), StoreError> {
        self.ticket.release(|part| settlement.releases(part))?;
        let (guard, charge) = (&self.ticket.guard.0, self.ticket.id);
        match (&self.registry, settlement) {
            (None, _) => Ok(()),
            // Also of a message that was accepted without an id a callback can tell which it is.
            (Some((registry, began)), Settlement::Accepted | Settlement::Unknown) => {
                let passed = began.passed(&*guard.clock);
                let now = self.ticket.at.and_then(|at| at.checked_add(passed));
                guard.ended(registry, charge, now.unwrap_or_else(SystemTime::now))
            }
            (Some((registry, _)), Settlement::NotSent | Settlement::OwnFault | Settlement::Refused) => {
                guard.withdrawn(registry, charge)
            }
        }
    }
}

impl CheckPermit {
    /// What became of the check.
    ///
    /// # Errors
    ///
    /// If the store cannot say. What should have been given back stays charged then.
    pub fn settle(self, settlement: CheckSettlement) -> Result<(), StoreError> {
        if settlement == CheckSettlement::Verified {
            let guard = &self.ticket.guard.0;
            // Another process may have sent it, so that the message is not known locally.
            if let (Some(local), Some(to)) = (&guard.local, &self.to) {
                to.keys(Kind::RecipientCodes).for_each(|key| drop(local.store.reset(key)));
            }
            return guard.verified(&self.message);
        }
        self.ticket.release(|part| settlement.releases(part))
    }
}

impl Ticket {
    fn release(&self, released: impl Fn(Part) -> bool) -> Result<(), StoreError> {
        let none = |parts: &Parts| -> Vec<(usize, u64)> {
            parts.places(&released).map(|place| (place, 0)).collect()
        };
        if let (Some(parts), Some(local)) = (&self.local, &self.guard.0.local) {
            local.store.adjust(self.id, &none(parts))?;
        }
        let amounts = none(&self.parts);
        if amounts.is_empty() {
            return Ok(());
        }
        self.guard.0.store.adjust(self.id, &amounts).map(drop)
    }

    /// What is to be remembered of the message, if it is accepted.
    pub(super) fn accepted(&self, parts: &Parts, to: Digests) -> Accepted {
        let place = |wanted: Part| parts.places(|part| part == wanted).next()?.try_into().ok();
        Accepted {
            charge: self.id,
            spend: place(Part::Spend),
            unverified: place(Part::Unverified),
            verified: place(Part::Verified),
            to,
            is_verified: false,
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("id", &self.ticket.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for CheckPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckPermit").field("id", &self.ticket.id).finish_non_exhaustive()
    }
}
