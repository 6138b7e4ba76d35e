//! What guards remember: counters in sliding windows, and small records.
//!
//! A store knows neither numbers nor limits by name: keys are opaque, and what counts is decided above it.

pub mod conformance;

mod counter;
mod counters;
mod entries;
mod hash;
mod memory;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[cfg(feature = "redis")]
pub(in crate::guard) use counter::sub_window;
pub use memory::MemoryStore;

/// What a counter or a record is found by: sixteen octets that say nothing of what they stand for. See
/// [`Pepper`](crate::guard::Pepper).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of these octets.
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// Its octets.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }
}

/// An id that whoever charges draws, and nobody else: what the charge is found by when it is settled, or repeated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChargeId([u8; 16]);

impl ChargeId {
    /// The id of these octets.
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// Its octets.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }
}

/// One counter that is to be charged.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// The counter. No two charges of a list have the same.
    pub key: Key,
    /// A counter that is not charged, and counts as if it were the same: the one under the other pepper.
    pub also: Option<Key>,
    /// How much. Zero is allowed: such a charge has its place in the window, and can be
    /// [adjusted](Store::adjust) later.
    pub amount: u64,
    /// For how long it counts, and at most a sixtieth of that (or a millisecond) longer.
    pub window: Duration,
    /// Up to what.
    pub cap: Cap,
}

/// The most that a counter may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Counted, and never denied.
    Uncapped,
    /// This much.
    Fixed(u64),
    /// So many percent of what another counter of the list stands at, and at least the floor.
    Share {
        /// What is allowed in any case.
        floor: u64,
        /// How many percent.
        percent: u8,
        /// The place of the other counter in the list of charges.
        of: usize,
    },
}

/// Whether caps are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// Nothing is charged if one of the caps would be passed.
    Deny,
    /// Everything is charged, and the first cap that was passed is named.
    Record,
}

/// A cap that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// The place in the list of charges.
    pub charge: usize,
    /// After which time the same would pass, if nothing else came; none if it never would.
    pub retry_after: Option<Duration>,
}

/// What a store decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Everything is charged.
    Charged,
    /// Everything is charged, although a cap was passed: see [`Enforcement::Record`].
    Recorded(Excess),
    /// Nothing is charged.
    Denied(Excess),
}

/// What a store decided, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// What was decided.
    pub decision: Decision,
    /// The time by the store's clock, at which it was decided.
    pub at: SystemTime,
}

/// What became of an adjustment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjusted {
    /// What still counted was changed. What has left its window, or was reset, is left alone.
    Done,
    /// The charge is not known: it was never made, was denied, or all of its windows are over.
    Unknown,
}

/// The version of a record: drawn by whoever writes it, and by nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version([u8; 16]);

impl Version {
    /// The version of these octets.
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// Its octets.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A small record, as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What it must be replaced by.
    pub version: Version,
    /// What was written.
    pub value: Vec<u8>,
    /// How long ago it was written, by the store's clock.
    pub age: Duration,
}

/// The greatest length of a record's value.
pub const MAX_RECORD: usize = 16 << 10;

/// The most counters that are charged at once.
pub const MAX_CHARGES: usize = 24;

/// The greatest amount, and the greatest cap: numbers up to here are exact in Redis' scripts too.
pub const MAX_AMOUNT: u64 = 1 << 48;

/// Whether a list of charges can be charged.
pub(in crate::guard) fn check(charges: &[Charge]) -> Result<(), StoreError> {
    if charges.len() > MAX_CHARGES {
        return Err(StoreError::Invalid("at most `MAX_CHARGES` counters can be charged at once"));
    }
    for (position, charge) in charges.iter().enumerate() {
        let cap = match charge.cap {
            Cap::Uncapped => 0,
            Cap::Fixed(most) => most,
            Cap::Share { floor, percent, of } => {
                if of >= charges.len() || percent > 100 {
                    return Err(StoreError::Invalid(
                        "a share must be of another charge, and at most all of it",
                    ));
                }
                floor
            }
        };
        if charge.amount > MAX_AMOUNT || cap > MAX_AMOUNT {
            return Err(StoreError::Invalid("amounts and caps must not be greater than `MAX_AMOUNT`"));
        }
        if charges[..position].iter().any(|earlier| earlier.key == charge.key) {
            return Err(StoreError::Invalid("each counter must be charged once"));
        }
    }
    Ok(())
}

/// Whether charges can be adjusted to these amounts.
pub(in crate::guard) fn check_amounts(amounts: &[(usize, u64)]) -> Result<(), StoreError> {
    let rule = StoreError::Invalid("amounts must not be greater than `MAX_AMOUNT`");
    if amounts.iter().all(|&(_, amount)| amount <= MAX_AMOUNT) { Ok(()) } else { Err(rule) }
}

/// Whether a record can have this value.
pub(in crate::guard) fn check_value(value: Option<&[u8]>) -> Result<(), StoreError> {
    let rule = StoreError::Invalid("a record must not be longer than `MAX_RECORD`");
    if value.is_none_or(|value| value.len() <= MAX_RECORD) { Ok(()) } else { Err(rule) }
}

/// Remembers what guards count. [`MemoryStore`] serves one process, `RedisStore` many; [`conformance::check`] tries
/// whether another one keeps what is said here.
///
/// 1. **All or none.** Either all counters of a list are charged or none. Of what several callers charge at the same time,
///    never more than the caps allow comes through.
/// 2. **Sliding.** What was charged counts for its window, and at most a sixtieth of that longer: never shorter. A clock
///    that is set back lets it count longer.
/// 3. **Once.** A charge with an id that was charged before changes nothing, and gives the decision that was recorded,
///    for as long as one of the windows lasts. A denial leaves nothing behind, so that traffic which is denied takes no
///    room; the same id is decided anew after it, and there is nothing that could have been charged twice.
/// 4. **Adjusted in its place.** An adjustment says what a charge comes to from now on, at the time when it was made: so it
///    can be repeated, and a refund is an adjustment to zero. It passes no cap's judgement. After
///    [`reset`](Store::reset), what was charged before is gone, and adjusting it changes nothing.
/// 5. **Compare and swap.** A record is replaced only if its version is the expected one. The same swap again, with the same
///    new version, succeeds as the first did; so does removing what is not there.
/// 6. **Nothing is forgotten early.** A counter lasts for its window and a record for its life. Without room for another,
///    the store says [`StoreError::Full`].
pub trait Store: Send + Sync + 'static {
    /// Charges all, or nothing. The first charge of the list whose cap does not allow it is the one that is named.
    ///
    /// # Errors
    ///
    /// If the store cannot say. Nothing is known of the charge then, unless the error is [`StoreError::Full`].
    fn charge(
        &self,
        id: ChargeId,
        charges: &[Charge],
        enforcement: Enforcement,
    ) -> Result<Charged, StoreError>;

    /// Says what charges come to from now on: each by its place in the list, with the new amount.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    fn adjust(&self, id: ChargeId, amounts: &[(usize, u64)]) -> Result<Adjusted, StoreError>;

    /// What a counter stands at, if its window is this long.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError>;

    /// Sets a counter to zero.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    fn reset(&self, key: Key) -> Result<(), StoreError>;

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    fn read(&self, key: Key) -> Result<Option<Record>, StoreError>;

    /// Writes a record if the one that is there has the expected version, or if there is none and none is expected.
    /// Without a value, the record is removed. Says whether it was done.
    ///
    /// # Errors
    ///
    /// If the value is longer than [`MAX_RECORD`], or the store cannot say.
    fn swap(
        &self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<&[u8]>,
        life: Duration,
    ) -> Result<bool, StoreError>;

    /// Whether other processes see the same counters. Their keys must be made with the same pepper then.
    fn is_shared(&self) -> bool {
        true
    }
}

/// So that whoever makes the store can keep a hold of it.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn charge(
        &self,
        id: ChargeId,
        charges: &[Charge],
        enforcement: Enforcement,
    ) -> Result<Charged, StoreError> {
        (**self).charge(id, charges, enforcement)
    }

    fn adjust(&self, id: ChargeId, amounts: &[(usize, u64)]) -> Result<Adjusted, StoreError> {
        (**self).adjust(id, amounts)
    }

    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError> {
        (**self).count(key, window)
    }

    fn reset(&self, key: Key) -> Result<(), StoreError> {
        (**self).reset(key)
    }

    fn read(&self, key: Key) -> Result<Option<Record>, StoreError> {
        (**self).read(key)
    }

    fn swap(
        &self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<&[u8]>,
        life: Duration,
    ) -> Result<bool, StoreError> {
        (**self).swap(key, expected, new, value, life)
    }

    fn is_shared(&self) -> bool {
        (**self).is_shared()
    }
}

/// A store that could not say.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room. Nothing was done.
    Full,
    /// The charge or the record breaks a rule of the store; see [`Store`].
    Invalid(&'static str),
    /// The store answered with an error, or not at all.
    Unavailable(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the guard's store is full"),
            Self::Invalid(rule) => f.write_str(rule),
            Self::Unavailable(_) => f.write_str("the guard's store does not answer"),
        }
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Full | Self::Invalid(_) => None,
            Self::Unavailable(source) => Some(source.as_ref()),
        }
    }
}

macro_rules! show_as_hexadecimal {
    ($($type:ident),*) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        })*
    };
}

show_as_hexadecimal!(Key, ChargeId);

/// Shows no value.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("version", &self.version)
            .field("octets", &self.value.len())
            .field("age", &self.age)
            .finish_non_exhaustive()
    }
}
