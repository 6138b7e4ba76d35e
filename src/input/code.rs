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
    /// A code of 1 to 32 visible ASCII characters. What users type is best trimmed first.
    ///
    /// # Errors
    ///
    /// If it is empty, too long, or holds white space or other characters that no code has.
    pub fn new(code: impl Into<String>) -> Result<Self, InvalidInput> {
        let code = code.into();
        let visible = code.bytes().all(|byte| byte.is_ascii_graphic());
        InvalidInput::unless(
            (1..=32).contains(&code.len()) && visible,
            "code",
            "a code has 1 to 32 visible ASCII characters, without spaces",
        )?;
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
