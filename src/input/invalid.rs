//! What is said about input that breaks a rule.

use std::borrow::Cow;
use std::fmt;

/// Input that breaks a rule. Names the field and the rule, never the value: `code must be 1 to 32 visible ASCII
/// characters`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    field: Cow<'static, str>,
    rule: Cow<'static, str>,
}

impl InvalidInput {
    /// `rule` says what the field must be, and begins with `must`.
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field: Cow::Borrowed(field), rule: Cow::Borrowed(rule) }
    }

    /// For rules that hold a limit of the document, and fields inside others.
    pub(crate) fn of(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    /// The field, named as in the document where it stands there (`template.id`).
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What the field must be: `must be 1 to 32 visible ASCII characters`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// `Ok` when `kept` holds.
    pub(crate) fn unless(kept: bool, field: &'static str, rule: &'static str) -> Result<(), Self> {
        if kept { Ok(()) } else { Err(Self::new(field, rule)) }
    }

    /// `Ok` when `kept` holds; for rules that hold a limit of the document.
    pub(crate) fn unless_of(
        kept: bool,
        field: &'static str,
        rule: impl FnOnce() -> String,
    ) -> Result<(), Self> {
        if kept { Ok(()) } else { Err(Self::of(field, rule())) }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
    }
}

impl std::error::Error for InvalidInput {}
