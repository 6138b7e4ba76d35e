//! What is known of a request that did not end with a clear yes.

use std::fmt;

/// How much is known of a request that failed: the one question that decides whether repeating it is safe.
///
/// HTTP calls and SMPP submissions share this vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No complete request left this machine. Repeating is safe for every operation.
    NotSent,
    /// The service answered, and the answer was no. Nothing was done, and nothing will be.
    ///
    /// Over HTTP, that takes an answer that was read whole, and in which nothing leaves the question open: a status
    /// from 300 to 499 (but 303, 408 and 499) or an error of the service with a status of success; and in the body no
    /// code 1000. A 400 whose body was cut is [`Unknown`](Self::Unknown): what is missing may have been that code.
    /// So is one whose body is in a coding that was not asked for, or begins like JSON and cannot be read as such, or
    /// that has no body and no length either.
    Rejected,
    /// The request may have left, and no readable answer came back. The service may have acted on it or
    /// not: repeating a send can deliver and bill twice, repeating a verification can spend the code.
    Unknown,
}

impl Outcome {
    /// The name of this outcome, as it stands in logs and in the output of tools.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
