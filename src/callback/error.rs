//! Why a callback was not taken, and what to answer.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::header::SignatureHeaderError;
use super::replay::ReplayStoreError;

/// A callback that was not taken. It holds nothing of what the callback held.
///
/// Answer with [`http_status`](ReceiveError::http_status). The service repeats whatever is not answered with 200:
/// for a callback that was refused by mistake (a clock that is wrong, a secret not yet configured) that is
/// the second chance.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The sender's address is not one of the allowed ones, or was not passed in.
    SourceNotAllowed,
    /// There is no `Authorization` header, and one is required.
    AuthorizationMissing,
    /// The `Authorization` header has none of the required values.
    AuthorizationWrong,
    /// There is no signature header, and one is required.
    SignatureMissing,
    /// The signature header does not have the form that it must have.
    SignatureMalformed(SignatureHeaderError),
    /// The header names a user that no secret is configured for.
    UnknownUser,
    /// The signature was made with another secret, or for other parts.
    SignatureWrong,
    /// The signature is genuine, and older than the tolerance allows.
    TooOld {
        /// Its age.
        seconds: u64,
    },
    /// The signature is genuine, and its time lies further in the future than the tolerance allows. Most
    /// likely this machine's clock is slow.
    TooNew {
        /// How far in the future.
        seconds: u64,
    },
    /// The signature is as old as others that the store has forgotten, so that nobody can say whether it was used: it
    /// became too old while the callback was read, or this machine's clock was set back.
    Forgotten,
    /// The signature is from before the start, and the receiver
    /// [puts off](super::ReceiverBuilder::defer_signed_before) those.
    SignedBeforeStart,
    /// The signature was seen before, with another body: somebody uses a captured header.
    Replayed,
    /// The same callback is being handled at this moment, and nobody knows yet how that will end. The
    /// status makes the service come back; answering 200 would lose the events if that handler fails.
    InFlight,
    /// The signature could not be remembered.
    Store(ReplayStoreError),
    /// The body is larger than the limit.
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The batch has more rows than the limit.
    TooManyRows {
        /// The limit.
        limit: usize,
    },
    /// The body was cut on its way: it has another length than its header says, or ends before its outermost value
    /// does. Nothing is remembered of it, so that the whole body can come under the same signature.
    BodyIncomplete,
    /// The body is not JSON, outside of its rows: those are read each for itself.
    NotJson,
    /// The body is JSON, and not a batch: no object, or one that promises rows and has none.
    NotABatch,
}

impl ReceiveError {
    /// The status to answer with.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::SignatureMalformed(_) | Self::BodyIncomplete | Self::NotJson | Self::NotABatch => 400,
            Self::AuthorizationMissing
            | Self::AuthorizationWrong
            | Self::SignatureMissing
            | Self::UnknownUser
            | Self::SignatureWrong
            | Self::TooOld { .. }
            | Self::TooNew { .. }
            | Self::Forgotten => 401,
            Self::SourceNotAllowed | Self::Replayed => 403,
            Self::InFlight => 409,
            Self::BodyTooLarge { .. } | Self::TooManyRows { .. } => 413,
            Self::SignedBeforeStart | Self::Store(_) => 503,
        }
    }

    /// What to say in the header `Retry-After`, if something is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(ReplayStoreError::Full { retry_after }) => *retry_after,
            _ => None,
        }
    }
}

#[cfg(feature = "metrics")]
impl ReceiveError {
    /// A name for counting.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::SourceNotAllowed => "source_not_allowed",
            Self::AuthorizationMissing => "authorization_missing",
            Self::AuthorizationWrong => "authorization_wrong",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureMalformed(_) => "signature_malformed",
            Self::UnknownUser => "unknown_user",
            Self::SignatureWrong => "signature_wrong",
            Self::TooOld { .. } => "too_old",
            Self::TooNew { .. } => "too_new",
            Self::Forgotten => "forgotten",
            Self::SignedBeforeStart => "signed_before_start",
            Self::Replayed => "replayed",
            Self::InFlight => "in_flight",
            Self::Store(_) => "store",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::BodyIncomplete => "body_incomplete",
            Self::NotJson => "not_json",
            Self::NotABatch => "not_a_batch",
        }
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceNotAllowed => f.write_str("the sender's address is not an allowed one"),
            Self::AuthorizationMissing => f.write_str("the Authorization header is missing"),
            Self::AuthorizationWrong => f.write_str("the Authorization header is wrong"),
            Self::SignatureMissing => f.write_str("the signature header is missing"),
            Self::SignatureMalformed(defect) => write!(f, "the signature header is malformed: {defect}"),
            Self::UnknownUser => f.write_str("the signature names an unknown user"),
            Self::SignatureWrong => f.write_str("the signature is wrong"),
            Self::TooOld { seconds } => write!(f, "the signature is {seconds} seconds old"),
            Self::TooNew { seconds } => write!(f, "the signature is from {seconds} seconds in the future"),
            Self::Forgotten => f.write_str("the signature is as old as others that were forgotten"),
            Self::SignedBeforeStart => f.write_str("the signature is from before the start"),
            Self::BodyIncomplete => f.write_str("the body is not complete"),
            Self::Replayed => f.write_str("the signature was used before with another body"),
            Self::InFlight => f.write_str("the same callback is being handled at this moment"),
            Self::Store(_) => f.write_str("the signature could not be remembered"),
            Self::BodyTooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Self::TooManyRows { limit } => write!(f, "the batch has more than {limit} rows"),
            Self::NotJson => f.write_str("the body is not JSON"),
            Self::NotABatch => f.write_str("the body is not a batch of events"),
        }
    }
}

impl StdError for ReceiveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Store(failure) => Some(failure),
            _ => None,
        }
    }
}
