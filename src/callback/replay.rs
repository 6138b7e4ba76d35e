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

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::error::ReceiveError;

/// One signed callback, as a store remembers it: three values of fixed size, none of them secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub(crate) fingerprint: [u8; 32],
    pub(crate) body_digest: [u8; 32],
    pub(crate) last_second: u64,
}

impl Claim {
    /// What to find the callback by: a SHA-256 of its signature. Since the signature covers timestamp, nonce
    /// and user name without a mark between them, all ways to cut that text have the same fingerprint.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The SHA-256 of the body, which the signature does not cover.
    pub fn body_digest(&self) -> &[u8; 32] {
        &self.body_digest
    }

    /// The last second (since 1970) in which the signature is accepted. After it, the claim can be forgotten.
    pub fn last_second(&self) -> u64 {
        self.last_second
    }
}

/// What a store knows of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The claim was unknown, or released: it is now in flight, and the caller's.
    Reserved,
    /// The same claim is in flight elsewhere.
    InFlight,
    /// The same claim was committed.
    Done,
    /// The fingerprint is bound to another body, in whatever state.
    OtherBody,
}

/// Remembers claims. The default is [`MemoryStore`](super::MemoryStore), for one process; with several
/// processes behind one address, bring a store that they share.
///
/// [`reserve`](ReplayStore::reserve) must be atomic. A store that outlives the process must also let a claim
/// go that has been in flight for longer than any handler takes, or a crash would block that callback.
pub trait ReplayStore: Send + Sync + 'static {
    /// Binds the fingerprint to the body and puts the claim in flight, if it can be. `now` is in seconds
    /// since 1970, and tells which claims can be forgotten.
    ///
    /// # Errors
    ///
    /// If the claim is unknown and cannot be remembered. The callback is then refused with 503.
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError>;

    /// Marks a claim in flight as done.
    ///
    /// # Errors
    ///
    /// If that cannot be remembered.
    fn commit(&self, claim: &Claim) -> Result<(), ReplayStoreError>;

    /// Lets a claim in flight be reserved again, with the same body alone.
    fn release(&self, claim: &Claim);
}

/// A store that could not remember a claim.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayStoreError {
    /// Every place is taken by a claim that must not be forgotten yet.
    Full,
    /// The store does not answer.
    Unavailable(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for ReplayStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the replay store is full",
            Self::Unavailable(_) => "the replay store does not answer",
        })
    }
}

impl StdError for ReplayStoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Full => None,
            Self::Unavailable(source) => Some(source.as_ref()),
        }
    }
}

/// A claim in flight. Dropping it releases the claim, also when a handler panics.
pub(crate) struct InFlight {
    store: Arc<dyn ReplayStore>,
    claim: Claim,
    open: bool,
}

impl InFlight {
    /// The claim, reserved. `None` if it was committed before: a duplicate.
    pub(crate) fn reserve(
        store: &Arc<dyn ReplayStore>,
        claim: Claim,
        now: u64,
    ) -> Result<Option<Self>, ReceiveError> {
        match store.reserve(&claim, now).map_err(ReceiveError::Store)? {
            Reservation::Reserved => Ok(Some(Self { store: Arc::clone(store), claim, open: true })),
            Reservation::Done => Ok(None),
            Reservation::InFlight => Err(ReceiveError::InFlight),
            Reservation::OtherBody => Err(ReceiveError::Replayed),
        }
    }

    pub(crate) fn commit(mut self) -> Result<(), ReplayStoreError> {
        self.store.commit(&self.claim)?;
        self.open = false;
        Ok(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.open {
            self.store.release(&self.claim);
        }
    }
}
