//! What is allowed: each limit on its own, and all of them optional.

use std::time::Duration;

use super::prefix::{ByPrefix, DialPrefix};
use super::store::MAX_AMOUNT;
use crate::InvalidInput;
use crate::lifecycle::{Decimal, Money};

/// At most so many in a window that slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(super) most: u64,
    pub(super) window: Duration,
}

impl Rate {
    /// At most so many within this time: 1 and more, within a second and up to 31 days.
    ///
    /// # Errors
    ///
    /// If one of them is none of that.
    pub fn new(most: u64, window: Duration) -> Result<Self, InvalidInput> {
        InvalidInput::unless((1..=MAX_AMOUNT).contains(&most), "rate", "must be 1 to 2^48")?;
        check_window(window)?;
        Ok(Self { most, window })
    }

    /// As [`Rate::new`], for what is known to be right.
    const fn of(most: u64, seconds: u64) -> Self {
        Self { most, window: Duration::from_secs(seconds) }
    }
}

/// How many one-time passwords may be on their way, or have come to nothing: `max(floor, percent of those verified)`, for
/// each prefix.
///
/// Where people log in, most codes are verified; where traffic is pumped, none is. So the budget of a prefix grows with
/// those of its sends that were verified, and a prefix whose sends bring nothing has its floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnverifiedBudget {
    pub(super) floor: u64,
    pub(super) percent: u8,
    pub(super) window: Duration,
}

impl UnverifiedBudget {
    /// So many in any case, and up to so many percent of what was verified, within this time. With 100 percent, half of
    /// the sends may stay unverified.
    ///
    /// # Errors
    ///
    /// If there are more than 100 percent, neither floor nor percentage, or the window is not one of a second to 31 days.
    pub fn new(floor: u64, percent: u8, window: Duration) -> Result<Self, InvalidInput> {
        InvalidInput::unless(percent <= 100, "percent", "must be 0 to 100")?;
        let fits = (1..=MAX_AMOUNT).contains(&floor);
        InvalidInput::unless(fits, "floor", "must be 1 to 2^48: without any, nobody could be the first")?;
        check_window(window)?;
        Ok(Self { floor, percent, window })
    }

    const fn of(floor: u64, percent: u8, seconds: u64) -> Self {
        Self { floor, percent, window: Duration::from_secs(seconds) }
    }
}

/// How much may be spent in a day, by what a send is expected to cost, until a callback says what it did cost.
#[derive(Clone, Debug)]
pub struct SpendLimit {
    pub(super) most: u64,
    pub(super) currency: String,
    pub(super) default_price: u64,
    pub(super) prices: ByPrefix<u64>,
}

impl SpendLimit {
    /// So much in 24 hours, where a send is expected to cost `price` unless its prefix has [another](Self::price). Both
    /// are in the currency of `most`; costs in other currencies leave the estimate as it is.
    ///
    /// # Errors
    ///
    /// If one of them is not above zero, or greater than 200 million.
    pub fn per_day(most: &Money, price: Decimal) -> Result<Self, InvalidInput> {
        Ok(Self {
            most: millionths("spend", most.amount())?,
            currency: most.currency().to_owned(),
            default_price: millionths("price", price)?,
            prices: ByPrefix::default(),
        })
    }

    /// What a send to this prefix is expected to cost.
    ///
    /// # Errors
    ///
    /// If that is not above zero, or greater than 200 million.
    pub fn price(mut self, prefix: DialPrefix, price: Decimal) -> Result<Self, InvalidInput> {
        self.prices.insert(prefix, millionths("price", price)?);
        Ok(self)
    }

    pub(super) fn estimate(&self, number: &str) -> u64 {
        self.prices.longest(number).map_or(self.default_price, |(_, price)| *price)
    }
}

/// What a guard allows. Each limit is optional, and [`new`](Limits::new) has none.
///
/// ```
/// use std::time::Duration;
/// use engagelab_otp::guard::{Limits, Rate, UnverifiedBudget};
///
/// let day = Duration::from_secs(24 * 3600);
/// let limits = Limits::recommended()
///     .allow("+65".parse()?)
///     .allow("+1".parse()?)
///     .deny("+1876".parse()?)
///     .per_prefix(Rate::new(200, Duration::from_secs(3600))?)
///     .unverified(UnverifiedBudget::new(100, 50, day)?);
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub(super) prefixes: ByPrefix<bool>,
    pub(super) sends: Option<Rate>,
    pub(super) cooldown: Vec<Rate>,
    pub(super) per_recipient: Option<Rate>,
    pub(super) per_requester: Option<Rate>,
    pub(super) per_prefix: Option<Rate>,
    pub(super) of_prefixes: ByPrefix<Rate>,
    pub(super) unverified: Option<UnverifiedBudget>,
    pub(super) spend: Option<SpendLimit>,
    pub(super) checks: Option<Rate>,
    pub(super) codes_per_message: Option<Rate>,
    pub(super) codes_per_recipient: Option<Rate>,
}

impl Limits {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits that a service of some size does not notice, and whoever attacks it does:
    ///
    /// | limit | value |
    /// |---|---|
    /// | sends in all | 20,000 in an hour |
    /// | cooldown of a recipient | 1 in 60 s, 2 in 3 min, 3 in 8 min, 4 in 18 min |
    /// | sends to a recipient | 10 in a day |
    /// | sends for a requester | 20 in an hour |
    /// | sends to a prefix | 10,000 in an hour |
    /// | unverified one-time passwords of a prefix | 50, or as many as were verified, in 6 hours |
    /// | checks of codes in all | 100,000 in an hour |
    /// | wrong codes for a message | 5 in an hour |
    /// | wrong codes for a recipient | 15 in a day |
    ///
    /// Who is served where, and what may be spent, nobody else can know: set [`allow`](Self::allow) and
    /// [`spend`](Self::spend).
    #[must_use]
    pub fn recommended() -> Self {
        Self {
            sends: Some(Rate::of(20_000, HOUR)),
            cooldown: [(1, 60), (2, 180), (3, 480), (4, 1080)]
                .map(|(most, time)| Rate::of(most, time))
                .into(),
            per_recipient: Some(Rate::of(10, DAY)),
            per_requester: Some(Rate::of(20, HOUR)),
            per_prefix: Some(Rate::of(10_000, HOUR)),
            // Not a day: what an attack or a broken provider has used up would be missing until the next one.
            unverified: Some(UnverifiedBudget::of(50, 100, 6 * HOUR)),
            checks: Some(Rate::of(100_000, HOUR)),
            codes_per_message: Some(Rate::of(5, HOUR)),
            codes_per_recipient: Some(Rate::of(15, DAY)),
            ..Self::default()
        }
    }

    /// Allows numbers that begin with this prefix, but for those of a longer one that is [denied](Self::deny). As soon as
    /// one prefix is allowed, all others are denied. E-mail addresses have no prefix, and are allowed.
    #[must_use]
    pub fn allow(mut self, prefix: DialPrefix) -> Self {
        self.prefixes.insert(prefix, true);
        self
    }

    /// Denies numbers that begin with this prefix, but for those of a longer one that is [allowed](Self::allow).
    #[must_use]
    pub fn deny(mut self, prefix: DialPrefix) -> Self {
        self.prefixes.insert(prefix, false);
        self
    }

    /// Sends in all. This is looked at before everything else that counts, so that what is denied takes no room.
    #[must_use]
    pub fn sends(mut self, rate: Rate) -> Self {
        self.sends = Some(rate);
        self
    }

    /// Sends to one recipient, in several windows: the pauses between them grow. At most 8 windows.
    ///
    /// # Errors
    ///
    /// If there are more.
    pub fn cooldown(mut self, windows: impl IntoIterator<Item = Rate>) -> Result<Self, InvalidInput> {
        self.cooldown = windows.into_iter().take(MOST_WINDOWS + 1).collect();
        InvalidInput::unless(self.cooldown.len() <= MOST_WINDOWS, "cooldown", "must be at most 8 windows")?;
        Ok(self)
    }

    /// Sends to one recipient.
    #[must_use]
    pub fn per_recipient(mut self, rate: Rate) -> Self {
        self.per_recipient = Some(rate);
        self
    }

    /// Sends for one requester, as [`GuardedSend::requester`](crate::guard::GuardedSend::requester) names it; where none is
    /// named, this limit is passed over.
    #[must_use]
    pub fn per_requester(mut self, rate: Rate) -> Self {
        self.per_requester = Some(rate);
        self
    }

    /// Sends to one dial prefix: to each that is named among these limits, else to each country code. All e-mail addresses
    /// count as one.
    #[must_use]
    pub fn per_prefix(mut self, rate: Rate) -> Self {
        self.per_prefix = Some(rate);
        self
    }

    /// Sends to this dial prefix, instead of what holds [for each](Self::per_prefix).
    #[must_use]
    pub fn for_prefix(mut self, prefix: DialPrefix, rate: Rate) -> Self {
        self.of_prefixes.insert(prefix, rate);
        self
    }

    /// One-time passwords of each prefix that were not verified.
    #[must_use]
    pub fn unverified(mut self, budget: UnverifiedBudget) -> Self {
        self.unverified = Some(budget);
        self
    }

    /// What may be spent in a day.
    #[must_use]
    pub fn spend(mut self, limit: SpendLimit) -> Self {
        self.spend = Some(limit);
        self
    }

    /// Checks of codes in all. As with [`sends`](Self::sends), what is denied here takes no room.
    #[must_use]
    pub fn checks(mut self, rate: Rate) -> Self {
        self.checks = Some(rate);
        self
    }

    /// Wrong codes for one message.
    #[must_use]
    pub fn codes_per_message(mut self, rate: Rate) -> Self {
        self.codes_per_message = Some(rate);
        self
    }

    /// Wrong codes for one recipient, whatever the message. A right code begins anew; another message does not.
    #[must_use]
    pub fn codes_per_recipient(mut self, rate: Rate) -> Self {
        self.codes_per_recipient = Some(rate);
        self
    }

    /// Whether numbers like this one are served.
    pub(super) fn is_allowed(&self, number: &str) -> bool {
        let rule = self.prefixes.longest(number).map(|(_, allowed)| *allowed);
        rule.unwrap_or_else(|| self.prefixes.values().all(|allowed| !allowed))
    }

    /// All prefixes that are named.
    pub(super) fn named_prefixes(&self) -> ByPrefix<()> {
        let mut named = ByPrefix::default();
        let prices = self.spend.iter().flat_map(|spend| spend.prices.prefixes());
        for prefix in self.prefixes.prefixes().chain(self.of_prefixes.prefixes()).chain(prices) {
            named.insert(prefix.clone(), ());
        }
        named
    }
}

fn check_window(window: Duration) -> Result<(), InvalidInput> {
    let allowed = Duration::from_secs(1)..=Duration::from_secs(31 * DAY);
    InvalidInput::unless(allowed.contains(&window), "window", "must be a second to 31 days")
}

/// Amounts are counted in millionths, rounded up.
pub(super) fn millionths(field: &'static str, amount: Decimal) -> Result<u64, InvalidInput> {
    let found = amount.in_millionths().and_then(|amount| u64::try_from(amount).ok());
    found
        .filter(|amount| (1..=200_000_000_000_000).contains(amount))
        .ok_or(InvalidInput::new(field, "must be above 0, and at most 200,000,000"))
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const MOST_WINDOWS: usize = 8;
