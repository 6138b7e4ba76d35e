//! What a run knows of its rows: it enters what became of each, in the journal first. Workers share it, and whoever hands it
//! callbacks.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::error::BatchError;
use super::input::Row;
use super::journal::BatchJournal;
use super::resolution::{Found, Resolution, UnderWay};
use super::result::RowResult;
use super::stop::{Ended, Stopper};
use super::table::{RowState, Table};
use super::transport::Sent;
use crate::guard::NamedSend;
use crate::journal::{JournalError, Position};
use crate::sync;

pub(super) struct State {
    pub(super) path: PathBuf,
    pub(super) table: Mutex<Table>,
    pub(super) stopper: Stopper,
    journal: BatchJournal,
    resolution: Option<Resolution>,
    resolved: Mutex<Resolved>,
    not_journalled: Mutex<Vec<u32>>,
    retry_after: Mutex<Option<Duration>>,
}

/// Rows that a callback told to be accepted.
#[derive(Default)]
struct Resolved {
    count: u64,
    untold: Vec<RowResult>,
}

/// What became of a row, on its way to the journal.
pub(super) struct Untold {
    row: u32,
    position: Result<Position, JournalError>,
    /// None if the row is tried again.
    result: Option<RowResult>,
}

impl State {
    pub(super) fn new(
        path: PathBuf,
        table: Table,
        journal: BatchJournal,
        resolution: Option<Resolution>,
    ) -> Self {
        Self {
            path,
            table: Mutex::new(table),
            stopper: Stopper::default(),
            journal,
            resolution,
            resolved: Mutex::default(),
            not_journalled: Mutex::default(),
            retry_after: Mutex::default(),
        }
    }

    /// Writes that a row is about to be sent, and for how long its answer is awaited, and registers it. Its request may leave
    /// afterwards.
    pub(super) fn begin(&self, row: &Row, limit: Duration) -> Result<Option<UnderWay>, JournalError> {
        let time = now();
        // A second more, since neither is a whole number of them.
        let limit = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        let until = time.saturating_add(limit);
        self.journal.intend(row.number, time, until)?;
        sync::lock(&self.table).attempt(row.number);
        Ok(self.resolution.as_ref().map(|resolution| resolution.register(row, time, until)))
    }

    /// Enters what became of a row; true if it is to be tried again.
    pub(super) fn settle(&self, row: &Row, sent: Sent, under_way: Option<UnderWay>) -> (Untold, bool) {
        let now = now();
        let (mut result, mut try_again) = self.result(row, sent);
        let mut found = Vec::new();
        if let (Some(resolution), Some(under_way)) = (&self.resolution, under_way) {
            match result.state {
                RowState::Accepted => {
                    found = resolution.accepted(&under_way, result.message_id.as_deref().unwrap_or_default());
                }
                RowState::Unknown => {
                    if let Some(message) = resolution.lost(&under_way, now) {
                        result = RowResult::new(row, RowState::Accepted);
                        result.message_id = Some(message);
                        self.count_resolved();
                    }
                }
                _ => found = resolution.withdrawn(&under_way),
            }
        }
        let text = result.message_id.as_deref().or(result.reason.as_deref()).unwrap_or_default();
        let position = self.journal.settle(row.number, result.state, text, now);
        let reason = result.reason.as_deref().unwrap_or_default();
        let mut table = sync::lock(&self.table);
        let stands = table.settle(row.number, result.state, reason);
        if stands == Some(RowState::Unknown) && result.state != RowState::Unknown {
            result = RowResult::new(row, RowState::Unknown);
            result.reason = Some(table.reason(row.number).to_owned());
        }
        drop(table);
        // Else an earlier attempt was accepted meanwhile.
        let is_news = stands.is_some();
        try_again &= is_news;
        for found in found {
            // Where the journal fails, the run ends, and says so.
            let _ = self.resolve(&found);
        }
        let result = Some(result).filter(|_| is_news && !try_again);
        (Untold { row: row.number, position, result }, try_again)
    }

    fn result(&self, row: &Row, sent: Sent) -> (RowResult, bool) {
        let mut result = RowResult::new(row, RowState::Left);
        let mut try_again = false;
        match sent {
            Sent::Accepted { message_id, channel } => {
                result.state = RowState::Accepted;
                result.message_id = Some(message_id);
                result.channel = channel;
            }
            Sent::Rejected(reason) => {
                result.state = RowState::Rejected;
                result.reason = Some(reason);
            }
            Sent::Unknown(reason) => {
                result.state = RowState::Unknown;
                result.reason = Some(reason);
            }
            Sent::Refused(reason) => {
                self.stopper.end(Ended::Refused(reason.clone()));
                result.reason = Some(reason);
            }
            Sent::Unusable(reason) => {
                self.stopper.end(Ended::Unavailable(reason.clone()));
                result.reason = Some(reason);
            }
            Sent::Throttled(reason, _) => {
                try_again = true;
                result.reason = Some(reason);
            }
            Sent::Stayed { reason, try_again: again } => {
                try_again = again;
                result.reason = Some(reason);
            }
        }
        (result, try_again)
    }

    /// Enters that a guard denied a row. The journal says nothing of it: nothing was about to be sent.
    pub(super) fn denied(
        &self,
        row: &Row,
        reason: String,
        retry_after: Option<Duration>,
    ) -> Option<RowResult> {
        let mut table = sync::lock(&self.table);
        let state = table.state(row.number);
        if state == RowState::Left {
            table.set(row.number, state, &reason);
        }
        drop(table);
        let mut result = RowResult::new(row, state).retrying_after(retry_after);
        result.reason = Some(reason);
        if let Some(time) = result.retry_after() {
            let mut least = sync::lock(&self.retry_after);
            *least = Some(least.map_or(time, |least| least.min(time)));
        }
        Some(result).filter(|_| state != RowState::Accepted)
    }

    /// Has the journal hold what became of the last row of a worker, and then tells it. After the next intent it does hold
    /// it, so that one write serves both.
    pub(super) fn tell(&self, untold: &mut Option<Untold>, observer: &impl Fn(&RowResult)) {
        let Some(Untold { row, position, result }) = untold.take() else { return };
        let held = position.and_then(|position| self.journal.hand_over(position));
        if let Err(error) = held {
            sync::lock(&self.not_journalled).push(row);
            self.journal_failed(&error);
        }
        if let Some(result) = result {
            observer(&result);
        }
    }

    /// A callback names a message.
    pub(super) fn seen(&self, named: &NamedSend) -> Result<(), BatchError> {
        let Some(resolution) = &self.resolution else { return Ok(()) };
        for found in resolution.seen(named) {
            self.resolve(&found).map_err(|error| BatchError::journal(&self.path, error))?;
        }
        Ok(())
    }

    fn resolve(&self, found: &Found) -> Result<(), JournalError> {
        let Found { attempt, message, .. } = found;
        if let Err(error) = self.journal.resolve(attempt.row, attempt.time, message) {
            self.journal_failed(&error);
            return Err(error);
        }
        if let Some(resolution) = &self.resolution {
            resolution.done(found);
        }
        if sync::lock(&self.table).set(attempt.row, RowState::Accepted, "") {
            let mut result = RowResult::on_line(attempt.row, attempt.line, RowState::Accepted);
            result.message_id = Some(message.clone());
            let mut resolved = sync::lock(&self.resolved);
            resolved.count += 1;
            resolved.untold.push(result);
        }
        self.stopper.wake();
        Ok(())
    }

    fn count_resolved(&self) {
        sync::lock(&self.resolved).count += 1;
    }

    /// Tells the rows that were resolved since the last time.
    pub(super) fn tell_resolved(&self, observer: &impl Fn(&RowResult)) {
        let untold = std::mem::take(&mut sync::lock(&self.resolved).untold);
        untold.iter().for_each(observer);
    }

    pub(super) fn has_untold(&self) -> bool {
        !sync::lock(&self.resolved).untold.is_empty()
    }

    /// Whether there are rows that a callback may yet resolve.
    pub(super) fn awaits_callbacks(&self) -> bool {
        self.resolution.is_some() && sync::lock(&self.table).counts().unknown > 0
    }

    pub(super) fn torn(&self) -> u64 {
        self.journal.torn
    }

    pub(super) fn journal_failed(&self, error: &JournalError) {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        self.stopper.end(Ended::Journal(format!("{error}{cause}")));
    }

    /// What a run came to. Everything but where rows stand begins anew.
    pub(super) fn summary(&self) -> super::Summary {
        let table = sync::lock(&self.table);
        super::Summary {
            counts: table.counts(),
            reasons: table.reasons(),
            ended: self.stopper.ended(),
            resolved: std::mem::take(&mut sync::lock(&self.resolved).count),
            retry_after: sync::lock(&self.retry_after).take(),
            not_journalled: std::mem::take(&mut *sync::lock(&self.not_journalled)),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("journal", &self.path).finish_non_exhaustive()
    }
}

/// Seconds since 1970, until 2106.
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}
