//! What was said about a message on one channel. Everything here only grows, or takes the greater of two
//! values, so that the order of observations leaves no trace.

use std::collections::BTreeSet;

use super::Observation;
use super::decimal::{Amounts, Decimal};
use crate::api::types::{ErrorCode, MessageStatus};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Track {
    statuses: BTreeSet<MessageStatus>,
    latest: Option<i64>,
    /// With its time, so that of two reasons the later one counts.
    error: Option<(Option<i64>, ErrorCode)>,
    costs: Amounts,
}

impl Track {
    /// Whether it said something new.
    pub(super) fn observe(&mut self, observation: &Observation) -> bool {
        let mut new = self.statuses.insert(observation.status.clone());
        new |= raise(&mut self.latest, observation.seconds);
        if let Some(error) = observation.error {
            new |= raise(&mut self.error, Some((observation.seconds, error)));
        }
        if let Some(cost) = &observation.cost {
            match self.costs.get_mut(cost.currency()) {
                None => {
                    self.costs.insert(cost.currency().to_owned(), cost.amount());
                    new = true;
                }
                Some(known) => new |= raise(known, cost.amount()),
            }
        }
        new
    }

    /// The status that tells most.
    pub(super) fn standing(&self) -> &MessageStatus {
        // A track is made for an observation, so that there is a status; `Plan` is never reached.
        self.statuses.iter().max_by_key(|status| rank(status)).unwrap_or(&MessageStatus::Plan)
    }

    pub(super) fn rank(&self) -> u8 {
        rank(self.standing())
    }

    /// Whether the message was delivered, which everything about its code implies.
    pub(super) fn arrived(&self) -> bool {
        self.rank() >= rank(&MessageStatus::Delivered)
    }

    pub(super) fn failed(&self) -> bool {
        matches!(
            self.standing(),
            MessageStatus::TargetInvalid | MessageStatus::SentFailed | MessageStatus::DeliveredFailed
        )
    }

    pub(super) fn latest(&self) -> Option<i64> {
        self.latest
    }

    pub(super) fn error(&self) -> Option<ErrorCode> {
        self.error.map(|(_, code)| code)
    }

    pub(super) fn statuses(&self) -> Vec<&MessageStatus> {
        let mut statuses: Vec<_> = self.statuses.iter().collect();
        statuses.sort_by_key(|status| rank(status));
        statuses
    }

    pub(super) fn costs(&self) -> impl Iterator<Item = (&String, &Decimal)> {
        self.costs.iter()
    }
}

/// How much a status tells: each says more than those below it. A delivery counts more than a failure on the
/// same channel, since a channel can report a failure and deliver after all, and not the reverse.
fn rank(status: &MessageStatus) -> u8 {
    match status {
        MessageStatus::Other(_) => 0,
        MessageStatus::Plan => 1,
        MessageStatus::TargetValid => 2,
        MessageStatus::Sent => 3,
        MessageStatus::TargetInvalid => 4,
        MessageStatus::SentFailed => 5,
        MessageStatus::DeliveredFailed => 6,
        MessageStatus::Delivered => 7,
        MessageStatus::VerifiedFailed => 8,
        MessageStatus::VerifiedTimeout => 9,
        MessageStatus::Verified => 10,
    }
}

/// Sets `known` to the greater of both, and says whether that changed it.
fn raise<T: PartialOrd>(known: &mut T, heard: T) -> bool {
    let higher = heard > *known;
    if higher {
        *known = heard;
    }
    higher
}
