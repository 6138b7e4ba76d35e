//! Input that breaks a rule, from the user or from the peer: told by field and rule, and never by value, which may be a
//! secret.

use std::fmt;

/// A value that cannot be used: the field, and the rule it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    field: &'static str,
    rule: &'static str,
}

impl InvalidInput {
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The field at fault.
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule it breaks.
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field, self.rule)
    }
}

impl std::error::Error for InvalidInput {}
