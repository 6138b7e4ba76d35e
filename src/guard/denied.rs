//! Why a guard lets something not pass.

use std::fmt;
use std::time::Duration;

use super::store::StoreError;
use crate::Outcome;

/// The limits of a guard, as denials name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LimitKind {
    /// The number's dial prefix is not served: [`Limits::allow`](crate::guard::Limits::allow).
    Prefix,
    /// [`Limits::sends`](crate::guard::Limits::sends).
    Sends,
    /// [`Limits::spend`](crate::guard::Limits::spend).
    Spend,
    /// [`Limits::per_prefix`](crate::guard::Limits::per_prefix).
    PerPrefix,
    /// [`Limits::unverified`](crate::guard::Limits::unverified).
    Unverified,
    /// [`Limits::per_requester`](crate::guard::Limits::per_requester).
    PerRequester,
    /// [`Limits::cooldown`](crate::guard::Limits::cooldown).
    Cooldown,
    /// [`Limits::per_recipient`](crate::guard::Limits::per_recipient).
    PerRecipient,
    /// [`Limits::checks`](crate::guard::Limits::checks).
    Checks,
    /// [`Limits::codes_per_message`](crate::guard::Limits::codes_per_message).
    CodesPerMessage,
    /// [`Limits::codes_per_recipient`](crate::guard::Limits::codes_per_recipient).
    CodesPerRecipient,
}

impl LimitKind {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 11] = [
        Self::Prefix,
        Self::Sends,
        Self::Spend,
        Self::PerPrefix,
        Self::Unverified,
        Self::PerRequester,
        Self::Cooldown,
        Self::PerRecipient,
        Self::Checks,
        Self::CodesPerMessage,
        Self::CodesPerRecipient,
    ];

    /// A short name, as it stands in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Sends => "sends",
            Self::Spend => "spend",
            Self::PerPrefix => "per_prefix",
            Self::Unverified => "unverified",
            Self::PerRequester => "per_requester",
            Self::Cooldown => "cooldown",
            Self::PerRecipient => "per_recipient",
            Self::Checks => "checks",
            Self::CodesPerMessage => "codes_per_message",
            Self::CodesPerRecipient => "codes_per_recipient",
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Self::Prefix => "the number's dial prefix is not served",
            Self::Sends => "too many sends",
            Self::Spend => "the day's budget is spent",
            Self::PerPrefix => "too many sends to this dial prefix",
            Self::Unverified => "too many sends to this dial prefix were never verified",
            Self::PerRequester => "too many sends for this requester",
            Self::Cooldown => "too soon after the last send to this recipient",
            Self::PerRecipient => "too many sends to this recipient",
            Self::Checks => "too many checks of codes",
            Self::CodesPerMessage => "too many wrong codes for this message",
            Self::CodesPerRecipient => "too many wrong codes for this recipient",
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A limit that would have been passed. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    pub(super) limit: LimitKind,
    pub(super) retry_after: Option<Duration>,
}

impl Denied {
    /// The first limit that did not allow it.
    pub fn limit(&self) -> LimitKind {
        self.limit
    }

    /// After which time the same would pass, if nothing else came; none if that is not known, or never.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "denied by the guard: {}", self.limit.says())?;
        match self.retry_after {
            Some(wait) => write!(f, "; try again in {} s", whole_seconds(wait)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Denied {}

/// In whole seconds, rounded up: after them the time has certainly passed.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Why there is no permit. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum AdmitError {
    /// A limit does not allow it.
    Denied(Denied),
    /// The store cannot say, and the guard is [closed](crate::guard::Fail::Closed) then.
    Store(StoreError),
}

impl AdmitError {
    /// Nothing was sent, in either case.
    pub const fn outcome(&self) -> Outcome {
        Outcome::NotSent
    }

    /// The limit, if it was one.
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::Denied(denied) => Some(denied),
            Self::Store(_) => None,
        }
    }
}

impl fmt::Display for AdmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denied) => denied.fmt(f),
            Self::Store(error) => write!(f, "not sent: {error}"),
        }
    }
}

impl std::error::Error for AdmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Denied(_) => None,
            Self::Store(error) => error.source(),
        }
    }
}

impl From<Denied> for AdmitError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<StoreError> for AdmitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
