//! Which counters a send or a check is charged to.

use std::time::Duration;

use super::denied::{Denied, LimitKind};
use super::limits::{Limits, Rate};
use super::pepper::{Digests, Kind};
use super::settlement::Part;
use super::store::{Cap, Charge, Excess, MAX_CHARGES};
use crate::Recipient;

/// Charges, and what each of them is for.
pub(super) struct Charges {
    pub(super) list: Vec<Charge>,
    pub(super) parts: Parts,
}

/// For which limit each charge of a list is, and what it is a part of.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    count: usize,
    of: [(LimitKind, Part); MAX_CHARGES],
}

pub(super) struct SendSubject<'a> {
    pub(super) is_otp: bool,
    pub(super) to: &'a Recipient,
    pub(super) recipient: Digests,
    pub(super) requester: Option<Digests>,
}

impl Charges {
    /// The one for all comes first: what it denies leaves no counter behind for a recipient or a requester.
    pub(super) fn of_send(limits: &Limits, prefix: &str, send: &SendSubject<'_>) -> Self {
        let mut charges = Self::with_room(MOST_OF_SEND + limits.cooldown.len());
        let all = Digests::plain("");
        let of_prefix = Digests::plain(prefix);
        charges.rate(LimitKind::Sends, Part::Rate, (&all, Kind::Sends, 0), limits.sends);
        if let Some(spend) = &limits.spend {
            let amount = spend.estimate(send.to.expose());
            let cap = Cap::Fixed(spend.most);
            charges.add(LimitKind::Spend, Part::Spend, (&all, Kind::Spend, 0), amount, DAY, cap);
        }
        let for_prefix = limits.of_prefixes.longest(send.to.expose()).map(|(_, rate)| *rate);
        let rate = for_prefix.or(limits.per_prefix);
        charges.rate(LimitKind::PerPrefix, Part::Rate, (&of_prefix, Kind::Prefix, 0), rate);
        if let Some(budget) = limits.unverified.filter(|_| send.is_otp) {
            let of = charges.list.len() + 1;
            let cap = Cap::Share { floor: budget.floor, percent: budget.percent, of };
            let keys = (&of_prefix, Kind::Unverified, 0);
            charges.add(LimitKind::Unverified, Part::Unverified, keys, 1, budget.window, cap);
            let keys = (&of_prefix, Kind::Verified, 0);
            charges.add(LimitKind::Unverified, Part::Verified, keys, 0, budget.window, Cap::Uncapped);
        }
        if let Some(requester) = &send.requester {
            let keys = (requester, Kind::Requester, 0);
            charges.rate(LimitKind::PerRequester, Part::Rate, keys, limits.per_requester);
        }
        for (index, rate) in (0..).zip(&limits.cooldown) {
            let keys = (&send.recipient, Kind::Cooldown, index);
            charges.rate(LimitKind::Cooldown, Part::Rate, keys, Some(*rate));
        }
        let keys = (&send.recipient, Kind::Recipient, 0);
        charges.rate(LimitKind::PerRecipient, Part::Rate, keys, limits.per_recipient);
        charges
    }

    pub(super) fn of_check(limits: &Limits, message: &Digests, recipient: Option<&Digests>) -> Self {
        let mut charges = Self::with_room(MOST_OF_CHECK);
        let all = Digests::plain("");
        charges.rate(LimitKind::Checks, Part::Rate, (&all, Kind::Checks, 0), limits.checks);
        let keys = (message, Kind::MessageCodes, 0);
        charges.rate(LimitKind::CodesPerMessage, Part::Attempts, keys, limits.codes_per_message);
        if let Some(recipient) = recipient {
            let keys = (recipient, Kind::RecipientCodes, 0);
            charges.rate(LimitKind::CodesPerRecipient, Part::Attempts, keys, limits.codes_per_recipient);
        }
        charges
    }

    fn with_room(charges: usize) -> Self {
        Self { list: Vec::with_capacity(charges), parts: Parts::default() }
    }

    fn rate(&mut self, limit: LimitKind, part: Part, keys: (&Digests, Kind, u8), rate: Option<Rate>) {
        if let Some(rate) = rate {
            self.add(limit, part, keys, 1, rate.window, Cap::Fixed(rate.most));
        }
    }

    fn add(
        &mut self,
        limit: LimitKind,
        part: Part,
        (digests, kind, index): (&Digests, Kind, u8),
        amount: u64,
        window: Duration,
        cap: Cap,
    ) {
        let key = digests.key(kind, index);
        let also = digests.other_key(kind, index);
        self.list.push(Charge { key, also, amount, window, cap });
        self.parts.push(limit, part);
    }

    pub(super) fn denied(&self, excess: &Excess) -> Denied {
        let limit = self.parts.list().get(excess.charge).map_or(LimitKind::Sends, |(limit, _)| *limit);
        Denied { limit, retry_after: excess.retry_after }
    }
}

impl Default for Parts {
    fn default() -> Self {
        Self { count: 0, of: [(LimitKind::Sends, Part::Rate); MAX_CHARGES] }
    }
}

impl Parts {
    fn push(&mut self, limit: LimitKind, part: Part) {
        if let Some(place) = self.of.get_mut(self.count) {
            *place = (limit, part);
            self.count += 1;
        }
    }

    fn list(&self) -> &[(LimitKind, Part)] {
        &self.of[..self.count]
    }

    /// The places of the charges that are a part of such a thing.
    pub(super) fn places(&self, is_wanted: impl Fn(Part) -> bool) -> impl Iterator<Item = usize> {
        self.list().iter().enumerate().filter(move |(_, (_, part))| is_wanted(*part)).map(|(place, _)| place)
    }
}

/// How many charges a send has besides those of its cooldown, and how many a check has.
const MOST_OF_SEND: usize = 7;
const MOST_OF_CHECK: usize = 3;

const DAY: Duration = Duration::from_secs(24 * 3600);
