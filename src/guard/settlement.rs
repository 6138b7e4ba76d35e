//! What a send or a check came to, and what of its charges that gives back.
//!
//! Reserving spends, releasing refunds, and committing does nothing. So a process that dies in between leaves behind what
//! an unknown outcome leaves, and nothing has to be repaired.

use crate::api::types::ErrorCode;
use crate::{Error, ErrorCodeClass, Outcome, Verification};

/// What a send came to, as far as its charges are concerned.
///
/// | what happened | rate | spend | unverified |
/// |---|---|---|---|
/// | [`Accepted`](Settlement::Accepted) | kept | kept, until a callback names the cost | kept, until it is verified |
/// | [`NotSent`](Settlement::NotSent) | released | released | released |
/// | [`OwnFault`](Settlement::OwnFault): 401, 403, 429, 3001, 3002, 3003, 4001 | released | released | released |
/// | [`Refused`](Settlement::Refused): 3004, 5001, 5011 to 5020 | kept: somebody may be probing | released | released |
/// | [`Unknown`](Settlement::Unknown): 1000, 5xx, lost, and whatever is not named here | kept | kept | kept |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// The service took the message over.
    Accepted,
    /// Nothing left this machine.
    NotSent,
    /// The service refused for a reason that has nothing to do with the recipient: the account, the template, the pace.
    OwnFault,
    /// The service refused because of the recipient or the content.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// What a check of a code came to, as far as its charges are concerned.
///
/// | what happened | wrong codes |
/// |---|---|
/// | [`Verified`](CheckSettlement::Verified) | those of the recipient begin anew |
/// | [`Counted`](CheckSettlement::Counted): a wrong code, 3003, 4001, unknown, and whatever is not named here | kept |
/// | [`NotCounted`](CheckSettlement::NotCounted): not sent, 401, 403, 429, 3001, 3002 | released |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckSettlement {
    /// The right code.
    Verified,
    /// It may have been a guess.
    Counted,
    /// The service did not look at the code.
    NotCounted,
}

/// What charges are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Rate,
    Spend,
    Unverified,
    Verified,
    Attempts,
}

impl Settlement {
    /// Whether charges of this kind are given back.
    pub(super) fn releases(self, part: Part) -> bool {
        match self {
            Self::Accepted | Self::Unknown => false,
            Self::NotSent | Self::OwnFault => part != Part::Verified,
            Self::Refused => matches!(part, Part::Spend | Part::Unverified),
        }
    }
}

impl CheckSettlement {
    pub(super) fn releases(self, part: Part) -> bool {
        self == Self::NotCounted && matches!(part, Part::Rate | Part::Attempts)
    }
}

impl From<&Error> for Settlement {
    fn from(error: &Error) -> Self {
        match error.outcome() {
            Outcome::NotSent => Self::NotSent,
            Outcome::Unknown => Self::Unknown,
            Outcome::Rejected => match blame(error) {
                Some(Blame::Caller | Blame::Template) => Self::OwnFault,
                Some(Blame::Destination) => Self::Refused,
                None => Self::Unknown,
            },
        }
    }
}

impl<T> From<&Result<T, Error>> for Settlement {
    fn from(result: &Result<T, Error>) -> Self {
        result.as_ref().map_or_else(Self::from, |_| Self::Accepted)
    }
}

impl From<&Result<Verification, Error>> for CheckSettlement {
    fn from(result: &Result<Verification, Error>) -> Self {
        match result {
            Ok(Verification::Verified) => Self::Verified,
            Ok(Verification::WrongCode | Verification::ExpiredOrUsed) => Self::Counted,
            Err(error) => match error.outcome() {
                Outcome::NotSent => Self::NotCounted,
                Outcome::Rejected if blame(error) == Some(Blame::Caller) => Self::NotCounted,
                Outcome::Rejected | Outcome::Unknown => Self::Counted,
            },
        }
    }
}

/// SMPP has its own words for the same: see
/// [`Status`](crate::smpp::pdu::Status), and <https://www.engagelab.com/docs/otp/api/smpp> for which of them the service
/// uses. `ESME_RSUBMITFAIL` says as little as 5001 does.
#[cfg(feature = "smpp")]
impl From<&crate::smpp::SubmitError> for Settlement {
    fn from(error: &crate::smpp::SubmitError) -> Self {
        use crate::smpp::pdu::Status;

        match (error.outcome(), error.status()) {
            (Outcome::NotSent, _) => Self::NotSent,
            (Outcome::Rejected, Some(status)) => match status {
                Status::INVALID_PARAMETER | Status::INVALID_CONTENT | Status::INVALID_BIND_STATE => {
                    Self::OwnFault
                }
                status if status.asks_to_slow_down() => Self::OwnFault,
                Status::SUBMIT_FAILED | Status::INVALID_DESTINATION => Self::Refused,
                _ => Self::Unknown,
            },
            (Outcome::Rejected | Outcome::Unknown, _) => Self::Unknown,
        }
    }
}

/// Whose fault a refusal was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    Caller,
    /// That of the template, or of what was asked for: at a check, of the code.
    Template,
    Destination,
}

/// The service's own code outranks the status. None is found for what nobody has named.
fn blame(error: &Error) -> Option<Blame> {
    // Here as at repeats, a 429 that says nothing else is about the pace.
    if error.is_throttled() {
        return Some(Blame::Caller);
    }
    let of_status = || matches!(error.status(), Some(401 | 403)).then_some(Blame::Caller);
    let Some(api) = error.api() else { return of_status() };
    match api.class() {
        ErrorCodeClass::Authentication | ErrorCodeClass::InvalidRequest => Some(Blame::Caller),
        // One is about the key, the other about where the message goes.
        ErrorCodeClass::Permission if api.code() == ErrorCode::NotPermitted => Some(Blame::Caller),
        ErrorCodeClass::BusinessRule | ErrorCodeClass::NotFound => Some(Blame::Template),
        ErrorCodeClass::Blocked
        | ErrorCodeClass::ContentRejected
        | ErrorCodeClass::InvalidRecipient
        | ErrorCodeClass::Permission
        | ErrorCodeClass::RateLimited
        | ErrorCodeClass::SendFailed
        | ErrorCodeClass::Unreachable => Some(Blame::Destination),
        ErrorCodeClass::Transient => None,
        ErrorCodeClass::Unknown => of_status(),
    }
}
