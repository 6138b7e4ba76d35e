//! What the checks of stores find.

use std::fmt;

/// What a store does that it must not do.
#[derive(Debug)]
pub struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, and the store said {}", self.rule, self.found)
    }
}

impl std::error::Error for Violation {}
