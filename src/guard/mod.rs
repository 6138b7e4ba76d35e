//! Guards: what may be sent and checked, how often, to whom and for how much; on one machine or on many.
//!
//! Pumped traffic, floods of resends and guessed codes cost money and accounts. A [`Guard`] stands before the client: it is
//! asked before anything is sent, and gives a [`Permit`] or says which limit does not allow it, and when to try again. The
//! permit is settled with what the send came to: what was not sent is given back, what nobody knows stays counted.
//!
//! ```
//! # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
//! # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
//! use engagelab_otp::TemplateRef;
//! use engagelab_otp::guard::{Guard, GuardedSend, MemoryStore, Pepper, Settlement};
//!
//! let guard = Guard::recommended(MemoryStore::default(), Pepper::random()?)?;
//!
//! let to = "+6591234567".parse()?;
//! let permit = guard.admit(&GuardedSend::otp(&to).requester("203.0.113.7"))?;
//! match client.send_otp(&to, &TemplateRef::new("sandbox-otp-tpl")?) {
//!     Ok(receipt) => permit.accepted(&receipt.message_id)?,
//!     Err(error) => permit.settle(Settlement::from(&error))?,
//! }
//!
//! // Sixty seconds must pass before the next one.
//! let denied = guard.admit(&GuardedSend::otp(&to)).unwrap_err();
//! assert!(denied.to_string().starts_with("denied by the guard: too soon after the last send to this recipient"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a guard cannot do
//!
//! It counts what it is told: recipients, requesters, prefixes. It does not know whether a number is a mobile one, whether
//! an address belongs to a proxy, or whether a human is asking: what rents numbers in many countries and addresses in many
//! networks, and is patient, gets through within the limits. And a limit on a recipient can be used up by somebody else:
//! whoever may ask for codes in another's name can keep him out for the cooldown. Ask for a code only after a password, or
//! limit requesters more than recipients.
//!
//! What is written in two ways counts as two. E-mail addresses are the same in capital letters, and in no other way
//! (`user+1@example.com` is another one); numbers are taken as they are, also with a zero too many behind the country code.
//! Of an IPv6 address, name the first 64 bits as the requester: whoever has one has all that begin like it. And take the id
//! of the message that a code is checked for from the session, and not from the request, or each spelling of it has guesses
//! of its own.
//!
//! A guard belongs to one process: make it after a fork, and after a snapshot of the machine was restored, not before.

mod admission;
mod builder;
mod charges;
mod client;
mod denied;
mod event;
mod ids;
mod limits;
mod message;
mod observe;
mod octets;
mod once;
mod pepper;
mod permit;
mod prefix;
#[cfg(feature = "redis")]
mod redis;
mod registry;
mod resolution;
mod settlement;
mod store;

pub use admission::{Guard, GuardedCheck, GuardedSend};
pub use builder::{Fail, GuardBuilder};
pub use client::{GuardedClient, GuardedError};
#[cfg(feature = "batch")]
pub(crate) use denied::whole_seconds;
pub use denied::{AdmitError, Denied, LimitKind};
pub use event::{Decided, GuardedOperation, Verdict};
pub use limits::{Limits, Rate, SpendLimit, UnverifiedBudget};
#[cfg(feature = "batch")]
pub(crate) use observe::NamedSend;
pub use once::{OnceError, SendOnce};
pub use pepper::Pepper;
#[cfg(feature = "batch")]
pub(crate) use pepper::address;
pub use permit::{CheckPermit, Permit};
pub use prefix::DialPrefix;
#[cfg(all(feature = "callback", feature = "redis"))]
pub use redis::RedisReplayStore;
#[cfg(feature = "redis")]
pub use redis::{RedisError, RedisRefusal, RedisStore, RedisStoreBuilder};
#[cfg(feature = "batch")]
pub(crate) use registry::{Registrable, Registry};
pub use resolution::Unresolved;
pub use settlement::{CheckSettlement, Settlement};
pub use store::{
    Adjusted, Cap, Charge, ChargeId, Charged, Decision, Enforcement, Excess, Key, MAX_AMOUNT, MAX_CHARGES,
    MAX_RECORD, MemoryStore, Record, Store, StoreError, Version, conformance,
};
