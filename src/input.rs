//! What is said about input that breaks a rule.

use std::borrow::Cow;
use std::fmt;

/// Input that breaks a rule. Names the field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    field: Cow<'static, str>,
    rule: Cow<'static, str>,
}

impl InvalidInput {
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    /// The field, named as in the document where it stands there (`template.id`).
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule that the value breaks.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// `Ok` when `kept` holds.
    pub(crate) fn unless(
        kept: bool,
        field: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Result<(), Self> {
        if kept { Ok(()) } else { Err(Self::new(field, rule)) }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}", self.field, self.rule)
    }
}

impl std::error::Error for InvalidInput {}
