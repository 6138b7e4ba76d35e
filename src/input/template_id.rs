//! The id of a template.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidInput;
use crate::api::limits::TEMPLATE_ID_LENGTH;
use crate::api::types;

/// A template's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct TemplateId(String);

impl TemplateId {
    /// An id as long as [`TEMPLATE_ID_LENGTH`](crate::api::limits::TEMPLATE_ID_LENGTH) allows. Slashes are legal.
    ///
    /// # Errors
    ///
    /// If it is empty or too long, holds control characters, or is `.` or `..`, which would not survive in a
    /// path.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidInput> {
        let id = id.into();
        InvalidInput::unless_of(TEMPLATE_ID_LENGTH.contains_length(&id), FIELD, || {
            format!("must be {}", TEMPLATE_ID_LENGTH.characters())
        })?;
        InvalidInput::unless(
            !id.chars().any(|c| c.is_ascii_control()),
            FIELD,
            "must be without control characters",
        )?;
        InvalidInput::unless(!matches!(id.as_str(), "." | ".."), FIELD, "must be other than `.` and `..`")?;
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

impl TryFrom<String> for TemplateId {
    type Error = InvalidInput;

    fn try_from(id: String) -> Result<Self, InvalidInput> {
        Self::new(id)
    }
}

impl TryFrom<&types::TemplateId> for TemplateId {
    type Error = InvalidInput;

    fn try_from(id: &types::TemplateId) -> Result<Self, InvalidInput> {
        Self::new(id.as_str())
    }
}

impl From<&TemplateId> for types::TemplateId {
    fn from(id: &TemplateId) -> Self {
        Self(id.0.clone())
    }
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const FIELD: &str = "template_id";
