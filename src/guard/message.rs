//! What is remembered of a message that the service took over, to find its charges by its id.

use std::time::Duration;

use super::admission::{Guard, Inner};
use super::limits::{Limits, SpendLimit, millionths};
use super::pepper::{Digests, Kind, Subject};
use super::registry::Registrable;
use super::store::{ChargeId, Key, Store, StoreError, Version};
use crate::api::types::MessageId;
use crate::lifecycle::{Decimal, Money};

/// A message that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) charge: ChargeId,
    /// The places of its charges.
    pub(super) spend: Option<u8>,
    pub(super) unverified: Option<u8>,
    pub(super) verified: Option<u8>,
    pub(super) to: Digests,
    pub(super) is_verified: bool,
}

/// Where a record was found.
struct Place {
    key: Key,
    version: Version,
}

impl Guard {
    /// Says that the code of a message was verified, if that is known from elsewhere than a
    /// [`CheckPermit`](crate::guard::CheckPermit): from a callback. It can be said more than once.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn verified(&self, message: &MessageId) -> Result<(), StoreError> {
        self.0.verified(&self.0.message(message))
    }

    /// Says what a message cost, all its channels together: that replaces what it was expected to cost. It can be said
    /// more than once, and the last one counts. A cost in another currency than the [limit's](crate::guard::SpendLimit) is
    /// passed over.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn cost(&self, message: &MessageId, cost: &Money) -> Result<(), StoreError> {
        let message = self.0.message(message);
        if let Some(local) = &self.0.local {
            drop(spent(&local.store, &local.limits, &message, cost));
        }
        spent(&*self.0.store, &self.0.limits, &message, cost)
    }
}

fn spent(store: &dyn Store, limits: &Limits, message: &Digests, cost: &Money) -> Result<(), StoreError> {
    let is_other = |limit: &SpendLimit| limit.currency != cost.currency();
    if limits.spend.as_ref().is_none_or(is_other) {
        return Ok(());
    }
    let amount = if cost.amount() == Decimal::ZERO {
        0
    } else {
        let Ok(amount) = millionths("cost", cost.amount()) else { return Ok(()) };
        amount
    };
    let Some((_, accepted)) = accepted_in(store, message)? else { return Ok(()) };
    let Some(spend) = accepted.spend else { return Ok(()) };
    store.adjust(accepted.charge, &[(spend.into(), amount)]).map(drop)
}

impl Inner {
    pub(super) fn message(&self, message: &MessageId) -> Digests {
        self.pepper.digests(Subject::Message, &[message.as_str()])
    }

    /// Whether the store knows a message.
    pub(super) fn is_accepted(&self, message: &Digests) -> Result<bool, StoreError> {
        Ok(accepted_in(&*self.store, message)?.is_some())
    }

    /// Who got a message, if that is known.
    pub(super) fn recipient_of(&self, message: &Digests) -> Option<Digests> {
        // Where the store fails, the charge will fail as well, and say so.
        let found = |store: &dyn Store| accepted_in(store, message).ok()?.map(|(_, accepted)| accepted.to);
        found(&*self.store).or_else(|| found(&self.local.as_ref()?.store))
    }

    pub(super) fn remember(&self, message: &Digests, accepted: &Accepted) -> Result<(), StoreError> {
        self.remember_in(&*self.store, message, accepted)
    }

    pub(super) fn remember_in(
        &self,
        store: &dyn Store,
        message: &Digests,
        accepted: &Accepted,
    ) -> Result<(), StoreError> {
        let key = message.key(Kind::Message, 0);
        // Where there is one already, it is of the same message, and may say more.
        store.swap(key, None, self.ids.version(), Some(&accepted.encode()), LIFE).map(drop)
    }

    /// Takes a message from the unverified ones, once, and lets its recipient begin anew.
    pub(super) fn verified(&self, message: &Digests) -> Result<(), StoreError> {
        if let Some(local) = &self.local {
            drop(self.verified_in(&local.store, message));
        }
        self.verified_in(&*self.store, message)
    }

    fn verified_in(&self, store: &dyn Store, message: &Digests) -> Result<(), StoreError> {
        // Another one is ahead of each that fails here, and each of them can be but once.
        for _ in 0..8 {
            let Some((Place { key, version }, mut accepted)) = accepted_in(store, message)? else {
                return Ok(());
            };
            if accepted.is_verified {
                return Ok(());
            }
            accepted.is_verified = true;
            if !store.swap(key, Some(version), self.ids.version(), Some(&accepted.encode()), LIFE)? {
                continue;
            }
            let amounts = [(accepted.unverified, 0), (accepted.verified, 1)];
            let amounts: Vec<_> =
                amounts.into_iter().filter_map(|(place, amount)| Some((place?.into(), amount))).collect();
            if !amounts.is_empty() {
                store.adjust(accepted.charge, &amounts)?;
            }
            for key in accepted.to.keys(Kind::RecipientCodes) {
                store.reset(key)?;
            }
            return Ok(());
        }
        Ok(())
    }
}

/// What is known of a message, with where it stands and the version it has there.
fn accepted_in(store: &dyn Store, message: &Digests) -> Result<Option<(Place, Accepted)>, StoreError> {
    for key in message.keys(Kind::Message) {
        if let Some(record) = store.read(key)?
            && let Some(accepted) = Accepted::decode(&record.value)
        {
            return Ok(Some((Place { key, version: record.version }, accepted)));
        }
    }
    Ok(None)
}

impl Registrable for Accepted {
    type Id = ChargeId;

    fn id(&self) -> ChargeId {
        self.charge
    }
}

impl Accepted {
    pub(super) fn encode(&self) -> Vec<u8> {
        let place = |place: Option<u8>| place.unwrap_or(NO_PLACE);
        let mut octets = vec![
            FORM,
            u8::from(self.is_verified),
            place(self.spend),
            place(self.unverified),
            place(self.verified),
        ];
        octets.extend(self.charge.octets());
        octets.extend(self.to.own);
        octets.extend(self.to.other.iter().flatten());
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let (&[FORM, is_verified, spend, unverified, verified], rest) = octets.split_first_chunk()? else {
            return None;
        };
        let (charge, rest) = rest.split_first_chunk()?;
        let (own, rest) = rest.split_first_chunk()?;
        let other = if rest.is_empty() { None } else { Some(*rest.first_chunk()?) };
        let place = |place| Some(place).filter(|&place| place != NO_PLACE);
        Some(Self {
            charge: ChargeId::new(*charge),
            spend: place(spend),
            unverified: place(unverified),
            verified: place(verified),
            to: Digests { own: *own, other },
            is_verified: is_verified != 0,
        })
    }
}

/// The form of the record, for what will be written otherwise one day.
const FORM: u8 = 1;
const NO_PLACE: u8 = u8::MAX;

/// For how long a message is known: longer than a code of it can be checked, and than a day's budget.
pub(super) const LIFE: Duration = Duration::from_secs(25 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_message_is_read_again() {
        for other in [None, Some([3; 14])] {
            let accepted = Accepted {
                charge: ChargeId::new([1; 16]),
                spend: Some(1),
                unverified: None,
                verified: Some(9),
                to: Digests { own: [2; 14], other },
                is_verified: true,
            };
            let encoded = accepted.encode();
            assert_eq!(Accepted::decode(&encoded), Some(accepted));
            for length in 0..35 {
                assert_eq!(Accepted::decode(&encoded[..length]), None);
            }
        }
    }
}
