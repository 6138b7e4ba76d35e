//! The prices that were named for one channel. Most channels have one, which takes sixteen octets.

use std::collections::BTreeMap;
use std::fmt;

use super::decimal::{Decimal, Money};

/// By currency, the lowest and the highest price that was named.
#[derive(Clone, Default, PartialEq)]
pub(super) enum Prices {
    #[default]
    None,
    One(Price),
    #[expect(
        clippy::box_collection,
        reason = "a box takes a third of the room that a map takes in a message without it"
    )]
    Several(Box<BTreeMap<String, Range>>),
}

/// A price in a currency whose code has three letters, with an amount that fits 64 bits.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Price {
    units: i64,
    scale: u8,
    currency: [u8; 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) lowest: Decimal,
    pub(super) highest: Decimal,
}

impl Prices {
    /// Whether it says something new.
    pub(super) fn observe(&mut self, named: &Money) -> bool {
        match self {
            Self::None => {
                *self = match Price::new(named) {
                    Some(price) => Self::One(price),
                    None => Self::Several(Box::new(BTreeMap::from([range(named)]))),
                };
                true
            }
            Self::One(price) if price.money() == *named => false,
            Self::One(price) => {
                let known = price.money();
                *self = Self::Several(Box::new(BTreeMap::from([range(&known)])));
                self.observe(named)
            }
            Self::Several(ranges) => match ranges.get_mut(named.currency()) {
                None => {
                    ranges.extend([range(named)]);
                    true
                }
                Some(known) => {
                    let before = *known;
                    known.lowest = known.lowest.min(named.amount());
                    known.highest = known.highest.max(named.amount());
                    *known != before
                }
            },
        }
    }

    pub(super) fn ranges(&self) -> Vec<(String, Range)> {
        match self {
            Self::None => Vec::new(),
            Self::One(price) => vec![range(&price.money())],
            Self::Several(ranges) => ranges.iter().map(|(code, range)| (code.clone(), *range)).collect(),
        }
    }
}

impl fmt::Debug for Prices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.ranges()).finish()
    }
}

impl Price {
    fn new(money: &Money) -> Option<Self> {
        let (units, scale) = money.amount().parts();
        let currency = money.currency().as_bytes().try_into().ok()?;
        Some(Self { units: units.try_into().ok()?, scale: scale.try_into().ok()?, currency })
    }

    fn money(self) -> Money {
        let amount = Decimal::from_parts(self.units.into(), self.scale.into());
        Money::new(amount, String::from_utf8_lossy(&self.currency))
    }
}

fn range(money: &Money) -> (String, Range) {
    (money.currency().to_owned(), Range { lowest: money.amount(), highest: money.amount() })
}
