//! Which template to send, and with what.

use std::fmt;
use std::str::FromStr;

use crate::InvalidInput;
use crate::api::types::{Language, MessageTemplateReference, TemplateParams, TemplateReference};

/// A template's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TemplateId(String);

impl TemplateId {
    /// An id of 1 to 128 characters. Slashes are legal.
    ///
    /// # Errors
    ///
    /// If it is empty or too long, holds control characters, or is `.` or `..`, which would not survive in a
    /// path.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidInput> {
        let id = id.into();
        let check = |kept, rule: &'static str| InvalidInput::unless(kept, "template_id", rule);
        check(!id.is_empty(), "a template id is not empty")?;
        check(id.chars().count() <= 128, "a template id has at most 128 characters")?;
        check(!id.chars().any(|c| c.is_ascii_control()), "a template id holds no control characters")?;
        check(!matches!(id.as_str(), "." | ".."), "a template id is not `.` or `..`")?;
        Ok(Self(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TemplateId {
    type Err = InvalidInput;

    fn from_str(id: &str) -> Result<Self, InvalidInput> {
        Self::new(id)
    }
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A template to send: its id, the language, and values for its variables. `Debug` shows the variables' names
/// alone, since a value may be a code.
///
/// ```
/// use engagelab_otp::{Language, TemplateRef};
///
/// let template = TemplateRef::new("login")?.language(Language::En).param("app_name", "Example");
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct TemplateRef {
    id: TemplateId,
    language: Option<Language>,
    params: Vec<(String, String)>,
}

impl TemplateRef {
    /// The template with this id, in its own language.
    ///
    /// # Errors
    ///
    /// As for [`TemplateId::new`].
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidInput> {
        TemplateId::new(id).map(Self::from)
    }

    /// In this language.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// With this value for a variable. A variable without a value is delivered literally, as `{{name}}`.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// The template's id.
    pub fn id(&self) -> &TemplateId {
        &self.id
    }

    pub(crate) fn to_wire(&self) -> Result<TemplateReference, InvalidInput> {
        let mut wire = TemplateReference::new(self.id.0.clone());
        if let Some(language) = &self.language {
            let given = !language.as_str().is_empty();
            InvalidInput::unless(given, "template.language", "a language is not empty")?;
            wire = wire.language(language.clone());
        }
        Ok(match self.params()? {
            Some(params) => wire.params(params),
            None => wire,
        })
    }

    pub(crate) fn to_message_wire(&self) -> Result<MessageTemplateReference, InvalidInput> {
        let rule = "the language of a custom message is its template's own and cannot be chosen";
        InvalidInput::unless(self.language.is_none(), "template.language", rule)?;
        let wire = MessageTemplateReference::new(self.id.0.clone());
        Ok(match self.params()? {
            Some(params) => wire.params(params),
            None => wire,
        })
    }

    fn params(&self) -> Result<Option<TemplateParams>, InvalidInput> {
        for (index, (name, _)) in self.params.iter().enumerate() {
            let rule = "a variable's name is not empty and holds no control characters";
            let plain = !name.is_empty() && !name.chars().any(char::is_control);
            InvalidInput::unless(plain, "template.params", rule)?;
            let twice = self.params[..index].iter().any(|(earlier, _)| earlier == name);
            InvalidInput::unless(!twice, "template.params", "each variable is given once")?;
        }
        let given = !self.params.is_empty();
        Ok(given.then(|| self.params.iter().cloned().collect()))
    }
}

impl From<TemplateId> for TemplateRef {
    fn from(id: TemplateId) -> Self {
        Self { id, language: None, params: Vec::new() }
    }
}

impl FromStr for TemplateRef {
    type Err = InvalidInput;

    fn from_str(id: &str) -> Result<Self, InvalidInput> {
        Self::new(id)
    }
}

impl fmt::Debug for TemplateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateRef")
            .field("id", &self.id)
            .field("language", &self.language)
            .field("params", &self.params.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish()
    }
}
