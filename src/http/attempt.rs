//! What hooks and the log are told of each attempt.

use std::fmt;
use std::time::Duration;

use crate::api::types::ErrorCode;
use crate::{ErrorKind, Outcome};

/// One attempt of a call, before it begins. It holds nothing of what is sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AttemptStart {
    /// The operation's `operationId`.
    pub operation: &'static str,
    /// Counted from 1.
    pub number: u32,
}

/// One attempt of a call, after it ended. It holds nothing of what was sent or answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The operation's `operationId`.
    pub operation: &'static str,
    /// Counted from 1.
    pub number: u32,
    /// How long it took.
    pub duration: Duration,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What failed; none if it succeeded.
    pub failure: Option<AttemptFailure>,
    /// The pause after which it is repeated, if it is.
    pub retry_in: Option<Duration>,
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptFailure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether the service may have acted on this attempt.
    pub outcome: Outcome,
    /// The service's own code, if it gave one.
    pub code: Option<ErrorCode>,
}

/// The line that stands in the log.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} attempt {} took {:?}: ", self.operation, self.number, self.duration)?;
        let Some(failure) = self.failure else { return f.write_str("done") };
        write!(f, "{} ({}", failure.kind.as_str(), failure.outcome)?;
        if let Some(status) = self.status {
            write!(f, ", HTTP status {status}")?;
        }
        if let Some(code) = failure.code {
            write!(f, ", code {code}")?;
        }
        f.write_str(")")?;
        match self.retry_in {
            Some(pause) => write!(f, ", repeating in {pause:?}"),
            None => f.write_str(", final"),
        }
    }
}
