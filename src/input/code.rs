//! A one-time password in the caller's hands.

use std::fmt;
use std::str::FromStr;

use crate::InvalidInput;
use crate::api::types::VerificationCode;

/// A one-time password: what a user typed, or what the caller made up. `Debug` does not show it, and there
/// is no `Display`.
///
/// ```
/// use engagelab_otp::Code;
///
/// let typed = Code::new("398210")?;
/// assert_eq!(format!("{typed:?}"), "Code(…)");
/// assert!(Code::new("").is_err());
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A code, as the service or the caller made it. What users type is best trimmed first.
    ///
    /// # Errors
    ///
    /// If it is empty or holds control characters.
    pub fn new(code: impl Into<String>) -> Result<Self, InvalidInput> {
        let code = code.into();
        let fits = !code.is_empty() && !code.chars().any(|c| c.is_ascii_control());
        InvalidInput::unless(fits, "code", "a code is not empty and holds no control characters")?;
        Ok(Self(code))
    }

    /// The code itself. Keep it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_wire(&self) -> VerificationCode {
        self.0.as_str().into()
    }
}

impl FromStr for Code {
    type Err = InvalidInput;

    fn from_str(code: &str) -> Result<Self, InvalidInput> {
        Self::new(code)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}
