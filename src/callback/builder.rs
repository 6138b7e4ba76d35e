//! What a receiver insists on.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use super::policy::Policy;
use super::read::Limits;
use super::receiver::Receiver;
use super::replay::{MemoryStore, ReplayStore};
use super::sign::{SigningKey, sha256, unix_seconds};
use crate::InvalidInput;

/// The addresses that the service says its callbacks come from.
///
/// See <https://www.engagelab.com/docs/otp/console/callback>. The service may add others: watch for
/// [`SourceNotAllowed`](super::ReceiveError::SourceNotAllowed) when you insist on them.
pub const SOURCES: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(119, 8, 170, 74)), IpAddr::V4(Ipv4Addr::new(114, 119, 180, 30))];

impl Receiver {
    /// What must be configured: [`secret`](ReceiverBuilder::secret) or
    /// [`authorization`](ReceiverBuilder::authorization), or both.
    pub fn builder() -> ReceiverBuilder {
        ReceiverBuilder::default()
    }
}

/// Configures a [`Receiver`].
#[derive(Debug)]
#[must_use]
pub struct ReceiverBuilder {
    policy: Policy,
    unsigned: bool,
}

impl Default for ReceiverBuilder {
    fn default() -> Self {
        let policy = Policy {
            keys: Vec::new(),
            authorizations: Vec::new(),
            sources: None,
            past: Self::DEFAULT_TOLERANCE.as_secs(),
            future: Self::DEFAULT_TOLERANCE.as_secs(),
            before_start: None,
            deferred: AtomicU64::new(0),
            limits: Limits::default(),
            store: Arc::new(MemoryStore::default()),
        };
        Self { policy, unsigned: false }
    }
}

impl ReceiverBuilder {
    /// How old, or how far in the future, a signature may be unless told otherwise: 300 seconds.
    pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

    /// Requires a signature by this user with this secret. Call it once more for each further pair that is
    /// good too, such as the old secret while the new one spreads.
    ///
    /// # Errors
    ///
    /// If the user name cannot stand in a header, or the secret is empty.
    pub fn secret(mut self, user: &str, secret: &str) -> Result<Self, InvalidInput> {
        self.policy.keys.push(SigningKey::new(user, secret)?);
        Ok(self)
    }

    /// Requires this value of the header `Authorization`, whole: `Bearer …`, `Basic …` or whatever the
    /// console holds. Call it once more for each further value that is good too. Kept as a digest alone.
    ///
    /// Without a secret as well, nothing protects from replays: the value is the same each time.
    ///
    /// # Errors
    ///
    /// If the value is empty or cannot stand in a header.
    pub fn authorization(mut self, value: &str) -> Result<Self, InvalidInput> {
        let plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim() == value;
        InvalidInput::unless(!value.is_empty(), "authorization", "must not be empty")?;
        InvalidInput::unless(plain, "authorization", "must be printable ASCII without spaces around it")?;
        self.policy.authorizations.push(sha256(value.as_bytes()));
        Ok(self)
    }

    /// Takes callbacks that nobody has signed, **from everybody who knows the address**: anyone can then say
    /// that a message was delivered or a code verified. For trials.
    pub fn accept_unsigned_callbacks(mut self) -> Self {
        self.unsigned = true;
        self
    }

    /// Takes callbacks from these addresses alone, such as [`SOURCES`]. By default the address does not
    /// matter.
    pub fn sources(mut self, allowed: impl IntoIterator<Item = IpAddr>) -> Self {
        self.policy.sources = Some(allowed.into_iter().map(|source| source.to_canonical()).collect());
        self
    }

    /// Sets how old a signature may be. By default [300 seconds](Self::DEFAULT_TOLERANCE).
    ///
    /// The service repeats a callback for weeks, and does not say whether it signs each repeat anew. If you
    /// find that it does not (repeats arrive, and are [`TooOld`](super::ReceiveError::TooOld)), the choice is
    /// yours: a longer time here takes them, and asks for a replay store that remembers for as long.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.policy.past = age.as_secs();
        self
    }

    /// Sets how far in the future a signature may be, for clocks that differ. By default
    /// [300 seconds](Self::DEFAULT_TOLERANCE).
    pub fn max_clock_skew(mut self, ahead: Duration) -> Self {
        self.policy.future = ahead.as_secs();
        self
    }

    /// Sets the largest body that is read. By default 1 MiB, and at most 1 GiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.policy.limits.bytes = bytes.min(1 << 30);
        self
    }

    /// Sets how many rows a body may have. By default 10,000, which are more than fit a body of 1 MiB if each says
    /// something: a row of three octets takes a hundred times its size in memory.
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.policy.limits.rows = rows;
        self
    }

    /// Sets where signatures are remembered. By default in memory, in [64 MiB](MemoryStore::DEFAULT_MEMORY) at most.
    pub fn replay_store(mut self, store: impl ReplayStore) -> Self {
        self.policy.store = Arc::new(store);
        self
    }

    /// Puts off callbacks that were signed at `start` or before with 503, and [counts](Receiver::deferred) them. Pass the
    /// time of the start; if the service's clock is ahead of this one's, later by so much. By default they are taken.
    ///
    /// A store in memory forgets at a restart which signatures were used, and either answer loses something, since the
    /// service does not say whether it signs a redelivery anew:
    ///
    /// - Taking them, whoever has captured a header within [`max_age`](ReceiverBuilder::max_age) before the start can use
    ///   it once more, with a body of his own.
    /// - Putting them off, what was signed while this program was down is lost if redeliveries keep their old signature:
    ///   by the time a younger one could come, it is too old.
    ///
    /// TLS protects headers, and nothing brings back an event that was lost: that is why taking them is the default. A store
    /// that keeps claims over a restart, or one that is [refilled](MemoryStore::restore), needs neither.
    pub fn defer_signed_before(mut self, start: SystemTime) -> Self {
        self.policy.before_start = Some(unix_seconds(start));
        self
    }

    /// The receiver.
    ///
    /// # Errors
    ///
    /// If nothing is required of the sender, unless that is what was
    /// [asked for](Self::accept_unsigned_callbacks); or if both was asked for at once.
    pub fn build(self) -> Result<Receiver, InvalidInput> {
        let required = !self.policy.keys.is_empty() || !self.policy.authorizations.is_empty();
        let rule = "must have a secret or an Authorization value, or accept unsigned callbacks";
        InvalidInput::unless(required || self.unsigned, "receiver", rule)?;
        let rule = "must not accept unsigned callbacks when it has a secret or an Authorization value";
        InvalidInput::unless(!(required && self.unsigned), "receiver", rule)?;
        Ok(Receiver::new(self.policy))
    }
}
