//! What a check of a code came to, and which responses may say so.

use crate::api::types::{ErrorCode, VerificationResult, VerifyOtpRequest};
use crate::http::response::Response;
use crate::{Error, Outcome};

/// What a check of a code came to. Only one of them is a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a code that was checked is not thereby a right one"]
pub enum Verification {
    /// The right code. It is spent now.
    Verified,
    /// A wrong code. The user may try again.
    WrongCode,
    /// The code has expired, or was verified before (error 3003).
    ExpiredOrUsed,
}

/// Why a response is not taken for the answer to a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// It names another message or another code.
    OfAnotherCall,
    /// It leaves out the message or the code, and came over a connection that had carried other responses.
    Anonymous,
}

impl Verification {
    /// Whether the code was the right one.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Verified)
    }

    /// What a response says, if it is one to this request.
    ///
    /// A response that was meant for another request can be waiting on a connection that is used again. The service
    /// repeats the message and the code in its response, and only that tells whose it is.
    pub(crate) fn of_response(
        request: &VerifyOtpRequest,
        response: &Response<VerificationResult>,
    ) -> Result<Self, Unproven> {
        let message =
            response.body.message_id.as_ref().map(|message| message.as_str() == request.message_id.as_str());
        let code =
            response.body.verify_code.as_ref().map(|code| code.expose() == request.verify_code.expose());
        match (message, code) {
            (Some(false), _) | (_, Some(false)) => Err(Unproven::OfAnotherCall),
            (None, _) | (_, None) if response.head.reused_connection => Err(Unproven::Anonymous),
            _ if response.body.verified => Ok(Self::Verified),
            _ => Ok(Self::WrongCode),
        }
    }

    /// Whether a response repeats all of what it was asked.
    pub(crate) fn is_echo(response: &Response<VerificationResult>) -> bool {
        response.body.message_id.is_some() && response.body.verify_code.is_some()
    }

    /// What a failure says of the code, if it does. With 5xx or 429 the service did not get so far as to look at it.
    pub(crate) fn of_error(error: &Error) -> Option<Self> {
        let broken = error.api().is_some_and(|api| api.code() == ErrorCode::RuleBroken);
        let judged = broken && error.outcome() == Outcome::Rejected && error.status() != Some(429);
        judged.then_some(Self::ExpiredOrUsed)
    }
}

impl Unproven {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OfAnotherCall => "it belongs to another call",
            Self::Anonymous => {
                "it does not say which call it belongs to, and the connection had carried others"
            }
        }
    }
}
