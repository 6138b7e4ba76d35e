//! What a receiver insists on.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use super::body::Limits;
use super::memory::MemoryStore;
use super::receiver::{Receiver, sha256};
use super::replay::ReplayStore;
use super::sign::SigningKey;
use crate::InvalidInput;

/// The addresses that the service says its callbacks come from.
///
/// See <https://www.engagelab.com/docs/otp/console/callback>. The service may add others: watch for
/// [`SourceNotAllowed`](super::ReceiveError::SourceNotAllowed) when you insist on them.
pub const SOURCES: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(119, 8, 170, 74)), IpAddr::V4(Ipv4Addr::new(114, 119, 180, 30))];

/// Configures a [`Receiver`].
#[derive(Debug)]
#[must_use]
pub struct ReceiverBuilder {
    receiver: Receiver,
    unsigned: bool,
}

impl Default for ReceiverBuilder {
    fn default() -> Self {
        let receiver = Receiver {
            keys: Vec::new(),
            authorizations: Vec::new(),
            sources: None,
            past: Self::DEFAULT_TOLERANCE.as_secs(),
            future: Self::DEFAULT_TOLERANCE.as_secs(),
            limits: Limits::default(),
            store: Arc::new(MemoryStore::default()),
        };
        Self { receiver, unsigned: false }
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
        self.receiver.keys.push(SigningKey::new(user, secret)?);
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
        InvalidInput::unless(!value.is_empty(), "authorization", "the value is not empty")?;
        InvalidInput::unless(
            plain,
            "authorization",
            "the value is printable ASCII without spaces around it",
        )?;
        self.receiver.authorizations.push(sha256(value.as_bytes()));
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
        self.receiver.sources = Some(allowed.into_iter().map(|source| source.to_canonical()).collect());
        self
    }

    /// Sets how old a signature may be. By default [300 seconds](Self::DEFAULT_TOLERANCE).
    ///
    /// The service repeats a callback for weeks, and does not say whether it signs each repeat anew. If you
    /// find that it does not (repeats arrive, and are [`TooOld`](super::ReceiveError::TooOld)), the choice is
    /// yours: a longer time here takes them, and asks for a replay store that remembers for as long.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.receiver.past = age.as_secs();
        self
    }

    /// Sets how far in the future a signature may be, for clocks that differ. By default
    /// [300 seconds](Self::DEFAULT_TOLERANCE).
    pub fn max_clock_skew(mut self, ahead: Duration) -> Self {
        self.receiver.future = ahead.as_secs();
        self
    }

    /// Sets the largest body that is read. By default 1 MiB. A server should stop reading there by itself.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.receiver.limits.bytes = bytes;
        self
    }

    /// Sets where signatures are remembered. By default in memory, [100,000](MemoryStore::DEFAULT_CAPACITY)
    /// of them.
    pub fn replay_store(mut self, store: impl ReplayStore) -> Self {
        self.receiver.store = Arc::new(store);
        self
    }

    /// The receiver.
    ///
    /// # Errors
    ///
    /// If nothing is required of the sender, unless that is what was
    /// [asked for](Self::accept_unsigned_callbacks); or if both was asked for at once.
    pub fn build(self) -> Result<Receiver, InvalidInput> {
        let required = !self.receiver.keys.is_empty() || !self.receiver.authorizations.is_empty();
        let rule = "a receiver has a secret or an Authorization value, or accepts unsigned callbacks";
        InvalidInput::unless(required || self.unsigned, "receiver", rule)?;
        let rule = "a receiver with a secret or an Authorization value does not accept unsigned callbacks";
        InvalidInput::unless(!(required && self.unsigned), "receiver", rule)?;
        Ok(self.receiver)
    }
}
