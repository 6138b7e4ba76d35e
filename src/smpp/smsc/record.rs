//! What the server has received.

use super::Submission;
use crate::smpp::pdu::Status;

/// Everything the server has received since it started.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Record {
    /// Attempts to bind, in order.
    pub binds: Vec<BindAttempt>,
    /// Submissions, in order, up to the number that the server was told to keep.
    pub submissions: Vec<Received>,
    /// All submissions, kept or not.
    pub submission_count: u64,
    /// Links accepted.
    pub links: u64,
    /// Links that have ended.
    pub ended_links: u64,
    /// Links that are bound.
    pub sessions: u64,
    /// The most that were bound at a time.
    pub most_sessions: u64,
    /// `enquire_link`s.
    pub enquire_links: u64,
    /// `unbind`s.
    pub unbinds: u64,
    /// Reports sent, repetitions included.
    pub reports_sent: u64,
    /// Reports that were answered with success.
    pub reports_taken: u64,
    /// Reports that were answered with an error.
    pub reports_refused: u64,
    /// PDUs that were answered with `generic_nack`.
    pub nacked: u64,
}

/// An attempt to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindAttempt {
    /// Who tried.
    pub system_id: String,
    /// Whether the credentials were right.
    pub accepted: bool,
}

/// A submission and the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The submission, if it could be read.
    pub submission: Option<Submission>,
    /// The id under which it was accepted, or the status with which it was refused. The answer may have been held back
    /// by a [`Faults`](super::Faults).
    pub answer: Result<String, Status>,
}
