//! A one-time password in the caller's hands.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::InvalidInput;
use crate::api::limits::VERIFICATION_CODE_LENGTH;
use crate::api::types::VerificationCode;

/// A one-time password: what a user typed, or what the caller made up. `Debug` does not show it, and there
/// is no `Display`.
///
/// It can be deserialised, so that the body of a web form is checked while it is read. It cannot be serialised: a
/// code that lands in a log or in a store by way of a type around it is the accident that this type prevents.
/// Whoever wants to write it down says so with [`expose`](Code::expose).
///
/// ```
/// use engagelab_otp::Code;
///
/// let typed = Code::new("398210")?;
/// assert_eq!(format!("{typed:?}"), "Code(…)");
/// assert!(Code::new("").is_err());
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(String);

impl Code {
    /// A code as the service or the caller made it, as long as
    /// [`VERIFICATION_CODE_LENGTH`](crate::api::limits::VERIFICATION_CODE_LENGTH) allows. What users type is best
    /// trimmed first.
    ///
    /// # Errors
    ///
    /// If it is empty or holds control characters.
    pub fn new(code: impl Into<String>) -> Result<Self, InvalidInput> {
        let code = code.into();
        let fits =
            VERIFICATION_CODE_LENGTH.contains_length(&code) && !code.chars().any(|c| c.is_ascii_control());
        InvalidInput::unless_of(fits, "code", || {
            format!("must be {}, none of them a control character", VERIFICATION_CODE_LENGTH.characters())
        })?;
        Ok(Self(code))
    }

    /// The code itself. Keep it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = InvalidInput;

    fn from_str(code: &str) -> Result<Self, InvalidInput> {
        Self::new(code)
    }
}

impl TryFrom<String> for Code {
    type Error = InvalidInput;

    fn try_from(code: String) -> Result<Self, InvalidInput> {
        Self::new(code)
    }
}

impl TryFrom<&VerificationCode> for Code {
    type Error = InvalidInput;

    fn try_from(code: &VerificationCode) -> Result<Self, InvalidInput> {
        Self::new(code.expose().as_str())
    }
}

impl From<&Code> for VerificationCode {
    fn from(code: &Code) -> Self {
        code.0.as_str().into()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}
