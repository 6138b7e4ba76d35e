//! The language of a text.

use crate::InvalidInput;
use crate::api::limits::LANGUAGE_LENGTH;
use crate::api::types::Language;

/// Answers bring this type as well, and what is received is not bound by limits. So it can hold anything, and is
/// checked when it is sent.
impl Language {
    /// A language that is known, or another name that is as long as
    /// [`LANGUAGE_LENGTH`] allows.
    ///
    /// # Errors
    ///
    /// If it breaks that rule.
    pub fn new(name: &str) -> Result<Self, InvalidInput> {
        let language = Self::from(name);
        language.check("language")?;
        Ok(language)
    }

    pub(crate) fn check(&self, field: &'static str) -> Result<(), InvalidInput> {
        InvalidInput::unless_of(LANGUAGE_LENGTH.contains_length(self.as_str()), field, || {
            format!("must be {}, like `zh_CN`", LANGUAGE_LENGTH.characters())
        })
    }
}
