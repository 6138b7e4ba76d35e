//! Which template to send, and with what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::InvalidInput;
use crate::api::types::{Language, MessageTemplateReference, TemplateParams, TemplateReference};
use crate::input::json;
use crate::input::template_id::TemplateId;

/// A template to send: its id, the language, and values for its variables. `Debug` shows the variables' names
/// alone, since a value may be a code. Serialised, it is whole and in the document's form: a queue of messages to
/// send needs it.
///
/// ```
/// use engagelab_otp::{Language, TemplateRef};
///
/// let template = TemplateRef::new("login")?.language(Language::En).param("app_name", "Example");
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
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

    fn params(&self) -> Result<Option<TemplateParams>, InvalidInput> {
        for (index, (name, _)) in self.params.iter().enumerate() {
            let plain = !name.is_empty() && !name.chars().any(char::is_control);
            let rule = "must have names that are not empty and without control characters";
            InvalidInput::unless(plain, "template.params", rule)?;
            let twice = self.params[..index].iter().any(|(earlier, _)| earlier == name);
            InvalidInput::unless(!twice, "template.params", "must give each variable once")?;
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

/// Fails if the language or a variable's name breaks its rule.
impl TryFrom<&TemplateRef> for TemplateReference {
    type Error = InvalidInput;

    fn try_from(template: &TemplateRef) -> Result<Self, InvalidInput> {
        let mut wire = Self::new(&template.id);
        if let Some(language) = &template.language {
            language.check("template.language")?;
            wire = wire.language(language.clone());
        }
        wire.params = template.params()?;
        Ok(wire)
    }
}

/// Fails as above, and if there is a language: that of a custom message is its template's own.
impl TryFrom<&TemplateRef> for MessageTemplateReference {
    type Error = InvalidInput;

    fn try_from(template: &TemplateRef) -> Result<Self, InvalidInput> {
        let rule = "must be left out of a custom message, whose language is its template's own";
        InvalidInput::unless(template.language.is_none(), "template.language", rule)?;
        let mut wire = Self::new(&template.id);
        wire.params = template.params()?;
        Ok(wire)
    }
}

impl TryFrom<&TemplateReference> for TemplateRef {
    type Error = InvalidInput;

    fn try_from(wire: &TemplateReference) -> Result<Self, InvalidInput> {
        let params = wire.params.iter().flat_map(TemplateParams::expose);
        let template = Self {
            id: (&wire.id).try_into()?,
            language: wire.language.clone(),
            params: params.map(|(name, value)| (name.clone(), value.clone())).collect(),
        };
        // What it was made of may be nonsense.
        TemplateReference::try_from(&template)?;
        Ok(template)
    }
}

impl TryFrom<serde_json::Value> for TemplateRef {
    type Error = InvalidInput;

    fn try_from(value: serde_json::Value) -> Result<Self, InvalidInput> {
        Self::try_from(&json::read::<TemplateReference>("template", &value)?)
    }
}

impl Serialize for TemplateRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TemplateReference::try_from(self).map_err(serde::ser::Error::custom)?.serialize(serializer)
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
