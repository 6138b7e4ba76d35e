//! What was said about a message on one channel. Everything here only grows, or takes the greater of two
//! values, so that the order of observations leaves no trace.

use std::collections::BTreeSet;

use super::Observation;
use super::prices::Prices;
use crate::api::types::{Channel, ErrorCode, MessageStatus};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Track {
    /// `None` for what is not said to be about a channel.
    pub(super) channel: Option<Channel>,
    pub(super) prices: Prices,
    statuses: Statuses,
    latest: Option<i64>,
    /// With its time, so that of two reasons the later one counts.
    error: Option<(Option<i64>, ErrorCode)>,
}

/// A set of statuses.
#[derive(Clone, Debug, Default, PartialEq)]
struct Statuses {
    /// A bit for each known status, in the order of their ranks.
    known: u16,
    /// Those that this version does not know.
    #[expect(
        clippy::box_collection,
        reason = "a box takes a third of the room that a set takes in a message without it"
    )]
    others: Option<Box<BTreeSet<MessageStatus>>>,
}

impl Track {
    pub(super) fn new(channel: Option<Channel>) -> Self {
        Self { channel, prices: Prices::default(), statuses: Statuses::default(), latest: None, error: None }
    }

    /// Whether it said something new.
    pub(super) fn observe(&mut self, observation: &Observation) -> bool {
        let mut new = self.statuses.insert(&observation.status);
        new |= raise(&mut self.latest, observation.seconds);
        if let Some(error) = observation.error {
            new |= raise(&mut self.error, Some((observation.seconds, error)));
        }
        if let Some(cost) = &observation.cost {
            new |= self.prices.observe(cost);
        }
        new
    }

    /// The status that tells most.
    pub(super) fn standing(&self) -> &MessageStatus {
        let others = || self.statuses.others.as_ref()?.last();
        let known = self.statuses.known.checked_ilog2().and_then(|highest| RANKED.get(highest as usize));
        // A track is made for an observation, so that there is a status; `Plan` is never reached.
        known.or_else(others).unwrap_or(&MessageStatus::Plan)
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
        let known = RANKED.iter().enumerate().filter(|(bit, _)| self.statuses.known >> bit & 1 == 1);
        let others = self.statuses.others.iter().flat_map(|others| others.iter());
        others.chain(known.map(|(_, status)| status)).collect()
    }
}

impl Statuses {
    /// Whether it was not there before.
    fn insert(&mut self, status: &MessageStatus) -> bool {
        match rank(status).checked_sub(1) {
            None => self.others.get_or_insert_default().insert(status.clone()),
            Some(bit) => {
                let before = self.known;
                self.known |= 1 << bit;
                self.known != before
            }
        }
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

/// The known statuses by rank, from 1.
static RANKED: [MessageStatus; 10] = [
    MessageStatus::Plan,
    MessageStatus::TargetValid,
    MessageStatus::Sent,
    MessageStatus::TargetInvalid,
    MessageStatus::SentFailed,
    MessageStatus::DeliveredFailed,
    MessageStatus::Delivered,
    MessageStatus::VerifiedFailed,
    MessageStatus::VerifiedTimeout,
    MessageStatus::Verified,
];

/// Sets `known` to the greater of both, and says whether that changed it.
fn raise<T: PartialOrd>(known: &mut T, heard: T) -> bool {
    let higher = heard > *known;
    if higher {
        *known = heard;
    }
    higher
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_stand_in_the_order_of_the_ranks() {
        let ranks: Vec<u8> = RANKED.iter().map(rank).collect();
        assert_eq!(ranks, (1..=10).collect::<Vec<_>>());
    }
}
