//! What is said about input that breaks a rule.

use std::fmt;

/// Input that breaks a rule. Names the field and the rule, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    field: &'static str,
    rule: &'static str,
}

impl InvalidInput {
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The field, named as in the document where it stands there (`template.id`).
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that the value breaks.
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// `Ok` when `kept` holds.
    pub(crate) fn unless(kept: bool, field: &'static str, rule: &'static str) -> Result<(), Self> {
        if kept { Ok(()) } else { Err(Self::new(field, rule)) }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}", self.field, self.rule)
    }
}

impl std::error::Error for InvalidInput {}
