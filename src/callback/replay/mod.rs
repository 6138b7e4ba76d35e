//! Each signature is good for one body, and each body is handled once.
//!
//! ```text
//!             reserve                    commit
//!  (unknown) ─────────▶ in flight ─────────────────▶ done
//!                        ▲     │ release
//!                reserve │     ▼
//!                       released
//! ```
//!
//! A signature that was released stays bound to its body: otherwise whoever captured the header could hand in
//! a body of his own after each handler that failed.

pub mod conformance;

mod in_flight;
mod memory;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(super) use in_flight::InFlight;
pub use memory::MemoryStore;

/// One signed callback, as a store remembers it: values of fixed size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    fingerprint: [u8; 32],
    body_digest: [u8; 32],
    signed_second: u64,
    last_second: u64,
}

impl Claim {
    /// A claim from the values that its getters give, for a store or a journal that brings one back.
    pub const fn new(
        fingerprint: [u8; 32],
        body_digest: [u8; 32],
        signed_second: u64,
        last_second: u64,
    ) -> Self {
        Self { fingerprint, body_digest, signed_second, last_second }
    }

    /// What to find the callback by: the octets of its signature. Since the signature covers timestamp, nonce and user
    /// name without a mark between them, all ways to cut that text have the same fingerprint.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The SHA-256 of the body, which the signature does not cover.
    pub fn body_digest(&self) -> &[u8; 32] {
        &self.body_digest
    }

    /// The second (since 1970) that was signed. The same signature always has the same one.
    pub fn signed_second(&self) -> u64 {
        self.signed_second
    }

    /// The last second (since 1970) in which the signature is accepted. After it, the claim can be forgotten.
    pub fn last_second(&self) -> u64 {
        self.last_second
    }
}

/// Shows the times alone: a signature belongs into no log.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("signed_second", &self.signed_second)
            .field("last_second", &self.last_second)
            .finish_non_exhaustive()
    }
}

/// What a store gives to whoever has reserved a claim, and wants back with the commit or the release: a number that it
/// gives to nobody else for the same claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease(u64);

impl Lease {
    /// A lease with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What a store knows of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The claim was unknown, or released: it is now in flight, and the caller's.
    Reserved(Lease),
    /// The same claim is in flight elsewhere.
    InFlight,
    /// The same claim was committed.
    Done,
    /// The fingerprint is bound to another body, in whatever state.
    OtherBody,
    /// The claim is unknown, and not younger than one that was forgotten: it may have been that one.
    Forgotten,
}

/// Remembers claims. The default is [`MemoryStore`], for one process; with several processes behind one address, bring
/// a store that they share. [`conformance::check`] tries whether it keeps what is said here.
///
/// 1. **Atomic.** Of several [`reserve`](ReplayStore::reserve) of one fingerprint at the same time, one is
///    [`Reserved`](Reservation::Reserved).
/// 2. **Bound.** A fingerprint that was reserved is good for that body alone, in whatever state, until it is forgotten.
/// 3. **A horizon that only moves forward.** A claim may be forgotten once its last second is over. From then on,
///    whatever is unknown and was signed no later than the newest claim that was forgotten is
///    [`Forgotten`](Reservation::Forgotten). Without that, a signature comes back to life: a caller who has read an
///    earlier time than the one by which the store forgot it, or a clock that is set back, would find it unknown. The
///    `now` of a caller is no horizon, for the same reason. A store may go by its own clock instead, if it refuses by it,
///    before it reserves, whatever was signed as long ago as what it has forgotten.
/// 4. **Leases.** A commit or a release counts only with the lease that holds the claim. A store that outlives the
///    process must let a claim go that has been in flight for longer than any handler takes, or a crash would block that
///    callback; whoever comes late then must not end what somebody else holds.
pub trait ReplayStore: Send + Sync + 'static {
    /// Binds the fingerprint to the body and puts the claim in flight, if it can be. `now` is in seconds
    /// since 1970, and tells which claims can be forgotten.
    ///
    /// # Errors
    ///
    /// If the claim is unknown and cannot be remembered. The callback is then refused with 503.
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError>;

    /// Marks a claim in flight as done. A claim that was forgotten meanwhile needs no mark: the horizon refuses it.
    ///
    /// # Errors
    ///
    /// If that cannot be remembered, or the claim is held by another lease.
    fn commit(&self, claim: &Claim, lease: Lease) -> Result<(), ReplayStoreError>;

    /// Lets a claim in flight be reserved again, with the same body alone. Does nothing with another lease than the
    /// one that holds the claim.
    fn release(&self, claim: &Claim, lease: Lease);
}

/// So that whoever makes the store can keep a hold of it.
impl<S: ReplayStore + ?Sized> ReplayStore for Arc<S> {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        (**self).reserve(claim, now)
    }

    fn commit(&self, claim: &Claim, lease: Lease) -> Result<(), ReplayStoreError> {
        (**self).commit(claim, lease)
    }

    fn release(&self, claim: &Claim, lease: Lease) {
        (**self).release(claim, lease);
    }
}

/// A store that could not remember a claim.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayStoreError {
    /// There is no room but for claims that must not be forgotten yet.
    Full {
        /// When there is some again, if the store knows.
        retry_after: Option<Duration>,
    },
    /// The claim is held by another lease: this one was taken away, because it was held for too long.
    LeaseLost,
    /// The store does not answer.
    Unavailable(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for ReplayStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full { .. } => "the replay store is full",
            Self::LeaseLost => "the claim was held for too long, and is held by another lease",
            Self::Unavailable(_) => "the replay store does not answer",
        })
    }
}

impl StdError for ReplayStoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Full { .. } | Self::LeaseLost => None,
            Self::Unavailable(source) => Some(source.as_ref()),
        }
    }
}
