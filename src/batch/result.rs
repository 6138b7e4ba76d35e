//! What became of one row, as a run tells it.

use std::time::Duration;

use super::input::Row;
use super::table::RowState;
use crate::guard::whole_seconds;

/// What became of one row in this run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RowResult {
    row: u32,
    line: u64,
    pub(super) state: RowState,
    pub(super) message_id: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) reason: Option<String>,
    /// In whole seconds, rounded up.
    retry_after: Option<u64>,
}

impl RowResult {
    pub(super) fn new(row: &Row, state: RowState) -> Self {
        Self::on_line(row.number, row.line, state)
    }

    pub(super) fn on_line(row: u32, line: u64, state: RowState) -> Self {
        Self { row, line, state, message_id: None, channel: None, reason: None, retry_after: None }
    }

    pub(super) fn retrying_after(mut self, time: Option<Duration>) -> Self {
        self.retry_after = time.map(whole_seconds);
        self
    }

    /// The row's number, counted from 1.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// The line on which it begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where it stands. [`RowState::Left`] is one that was not sent, and is not tried again in this run. One that was told to
    /// be [`RowState::Unknown`] is told once more, as accepted, if a callback resolves it.
    pub fn state(&self) -> RowState {
        self.state
    }

    /// The id of its message, if the service took it over.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The channel that is tried first, if the service says.
    pub fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// Why it stands there: the service's code, the name of an SMPP status, the limit of a guard, or what failed.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// After which time it may pass, in whole seconds, if a guard denied it and knows that.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_secs)
    }
}
