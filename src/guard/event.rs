//! What a guard decides, for whoever watches.

use super::denied::{Denied, LimitKind};
use super::store::StoreError;

/// What a guard was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuardedOperation {
    /// A one-time password that the service makes up.
    SendOtp,
    /// A code of the caller's own.
    SendCode,
    /// A notice.
    SendMessage,
    /// A check of a code.
    Check,
}

impl GuardedOperation {
    /// A short name, as it stands in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendOtp => "send_otp",
            Self::SendCode => "send_code",
            Self::SendMessage => "send_message",
            Self::Check => "check",
        }
    }
}

/// One decision. It names a dial prefix, and never a recipient or a requester.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Decided<'a> {
    /// What was asked for.
    pub operation: GuardedOperation,
    /// The dial prefix that it counts for, or `email`; none at a check.
    pub prefix: Option<&'a str>,
    /// What was decided.
    pub verdict: Verdict<'a>,
}

/// What a guard decided.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// It may pass.
    Admitted,
    /// It may not.
    Denied(&'a Denied),
    /// It may pass, since this guard only records: else it would have been denied.
    Recorded(&'a Denied),
    /// The store could not say. Whether it may pass, the guard's [`Fail`](crate::guard::Fail) decided.
    Unavailable {
        /// Why.
        error: &'a StoreError,
        /// Whether it may pass.
        admitted: bool,
    },
}

impl Verdict<'_> {
    /// Whether it may pass.
    pub const fn is_admitted(&self) -> bool {
        match self {
            Self::Admitted | Self::Recorded(_) => true,
            Self::Denied(_) => false,
            Self::Unavailable { admitted, .. } => *admitted,
        }
    }

    /// The limit that denied it, or would have.
    pub fn limit(&self) -> Option<LimitKind> {
        match self {
            Self::Denied(denied) | Self::Recorded(denied) => Some(denied.limit()),
            Self::Admitted | Self::Unavailable { .. } => None,
        }
    }
}
