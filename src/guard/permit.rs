//! Leave to send or to check, and what it came to.

use std::fmt;
use std::time::{Instant, SystemTime};

use super::admission::Guard;
use super::message::Accepted;
use super::pepper::Digests;
use super::resolution::Unresolved;
use super::settlement::{CheckSettlement, Part, Settlement};
use super::store::{ChargeId, Store, StoreError};
use crate::api::types::MessageId;

/// Leave to send one message. It is charged already; say what became of it. Dropped without a word, it counts as
/// [`Settlement::Unknown`]: everything stays charged.
#[must_use = "what the send came to must be said, or it stays charged"]
pub struct Permit {
    pub(super) ticket: Ticket,
    /// What is to be remembered of the message, if it is accepted.
    pub(super) accepted: Accepted,
    /// Where the send is registered.
    pub(super) registry: Option<Digests>,
}

/// Leave to check one code. It is charged already as a wrong one; say what became of it. Dropped without a word, it counts
/// as [`CheckSettlement::Counted`].
#[must_use = "what the check came to must be said, or it counts as a wrong code"]
pub struct CheckPermit {
    pub(super) ticket: Ticket,
    pub(super) message: Digests,
}

/// What was charged.
pub(super) struct Ticket {
    pub(super) guard: Guard,
    pub(super) id: ChargeId,
    pub(super) parts: Vec<Part>,
    /// What this process counts by itself.
    pub(super) local: Option<Vec<Part>>,
    /// When it was charged, by the store's clock; none if the store did not answer.
    pub(super) at: Option<SystemTime>,
    pub(super) began: Instant,
}

impl Permit {
    /// The service took the message over, under this id. What callbacks and checks say of it counts from now on.
    ///
    /// # Errors
    ///
    /// If the store cannot say. Then what is said of the message later counts for nothing.
    pub fn accepted(self, message: &MessageId) -> Result<(), StoreError> {
        let guard = &self.ticket.guard.0;
        guard.remember(message, &self.accepted)?;
        match &self.registry {
            Some(registry) => guard.identified(registry, self.ticket.id, message),
            None => Ok(()),
        }
    }

    /// What a callback may tell by, should the answer be lost: if the send has a
    /// [template](crate::guard::GuardedSend::template), and the store has answered.
    pub fn unresolved(&self) -> Option<Unresolved> {
        let guard = self.ticket.guard.clone();
        self.registry.map(|registry| Unresolved { guard, registry, charge: self.ticket.id })
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
            (None, _) | (_, Settlement::Accepted) => Ok(()),
            (Some(registry), Settlement::Unknown) => guard.ended(registry, charge, self.ticket.now()),
            (Some(registry), Settlement::NotSent | Settlement::OwnFault | Settlement::Refused) => {
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
            return self.ticket.guard.0.verified(&self.message);
        }
        self.ticket.release(|part| settlement.releases(part))
    }
}

impl Ticket {
    fn release(&self, released: impl Fn(Part) -> bool) -> Result<(), StoreError> {
        let none = |parts: &[Part]| -> Vec<(usize, u64)> {
            let positions = parts.iter().enumerate().filter(|(_, part)| released(**part));
            positions.map(|(position, _)| (position, 0)).collect()
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
    pub(super) fn accepted(&self, to: Digests) -> Accepted {
        Accepted {
            charge: self.id,
            spend: self.position(Part::Spend),
            unverified: self.position(Part::Unverified),
            verified: self.position(Part::Verified),
            to,
            is_verified: false,
        }
    }

    /// The time by the store's clock.
    fn now(&self) -> SystemTime {
        let passed = self.guard.0.clock.now().saturating_duration_since(self.began);
        self.at.and_then(|at| at.checked_add(passed)).unwrap_or_else(SystemTime::now)
    }

    fn position(&self, part: Part) -> Option<u8> {
        let position = self.parts.iter().position(|&found| found == part)?;
        u8::try_from(position).ok()
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
