//! The id of a message that was sent.

use crate::InvalidInput;
use crate::api::limits::VERIFY_OTP_REQUEST_MESSAGE_ID_LENGTH;
use crate::api::types::{MessageId, VerifyOtpRequest};
use crate::input::Code;

/// A receipt brings this type as well, and what is received is not bound by limits. So it can hold anything, and is
/// checked when it is sent.
impl MessageId {
    /// An id as it stood in a receipt: as long as [`VERIFY_OTP_REQUEST_MESSAGE_ID_LENGTH`] allows,
    /// without control characters.
    ///
    /// # Errors
    ///
    /// If it breaks that rule.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidInput> {
        let id = Self(id.into());
        id.check()?;
        Ok(id)
    }

    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        let fits =
            VERIFY_OTP_REQUEST_MESSAGE_ID_LENGTH.contains_length(self) && !self.chars().any(char::is_control);
        InvalidInput::unless_of(fits, "message_id", || {
            format!(
                "must be {}, none of them a control character",
                VERIFY_OTP_REQUEST_MESSAGE_ID_LENGTH.characters()
            )
        })
    }
}

impl VerifyOtpRequest {
    pub(crate) fn checked(message: &MessageId, code: &Code) -> Result<Self, InvalidInput> {
        message.check()?;
        Ok(Self::new(message.0.clone(), code))
    }
}
