//! The run itself: workers that take rows, write down what they are about to do, and do it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{BatchError, BatchErrorKind};
use super::input::{Input, Kind, Row, Rows};
use super::journal::{BatchJournal, Head, journal_of};
use super::options::BatchOptions;
use super::pace::{Pace, Turn, What};
use super::stop::{Ended, Stopper, Summary};
use super::table::{Counts, RowState, Table};
use super::transport::{Sent, Transport};
use crate::journal::{Disk, JournalError, Position};
use crate::sync;

/// A batch with its journal open. No other run can have it meanwhile.
pub struct Batch {
    transport: Transport,
    kind: Kind,
    options: BatchOptions,
    path: PathBuf,
    journal: BatchJournal,
    rows: Mutex<Rows>,
    table: Mutex<Table>,
    pace: Mutex<Pace>,
    stopper: Stopper,
    not_journalled: Mutex<Vec<u32>>,
}

/// What became of one row in this run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RowResult {
    row: u32,
    line: u64,
    state: RowState,
    message_id: Option<String>,
    channel: Option<String>,
    reason: Option<String>,
}

impl RowResult {
    fn new(row: &Row, state: RowState) -> Self {
        let (row, line) = (row.number, row.line);
        Self { row, line, state, message_id: None, channel: None, reason: None }
    }

    /// The row's number, counted from 1.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// The line on which it begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where it stands. [`RowState::Left`] is one that was not sent, and is not tried again in this run.
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

    /// Why it stands there: the service's code, the name of an SMPP status, or what failed.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// What became of a row, on its way to the journal.
struct Untold {
    row: u32,
    position: Result<Position, JournalError>,
    /// None if the row is tried again.
    result: Option<RowResult>,
}

impl Batch {
    /// Opens the journal of a batch, or begins one. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If rows are bad that are not to be skipped (take them out with [`Input::skip_invalid`]), another run has the
    /// journal, or the journal is of another batch: another input, account, or setting of the input.
    pub fn open(input: Input, transport: Transport, options: BatchOptions) -> Result<Self, BatchError> {
        Self::open_on(input, transport, options, None)
    }

    pub(super) fn open_on(
        input: Input,
        transport: Transport,
        options: BatchOptions,
        disk: Option<Arc<dyn Disk>>,
    ) -> Result<Self, BatchError> {
        let invalid = input.invalid();
        if invalid > 0 && !input.skips_invalid() {
            return Err(input.error(BatchErrorKind::InvalidRows(invalid)));
        }
        if input.options().over_smpp != transport.is_smpp() {
            return Err(input.error(BatchErrorKind::OtherTransport));
        }
        let path = options.journal.clone().unwrap_or_else(|| journal_of(input.path()));
        let settings = input.options();
        let head = Head {
            input: input.digest().to_owned(),
            rows: u32::try_from(input.rows()).unwrap_or(u32::MAX),
            account: transport.account().to_owned(),
            transport: transport.name().to_owned(),
            kind: settings.kind.as_str().to_owned(),
            template: settings.template.as_ref().map(|id| id.as_str().to_owned()),
            language: settings.language.as_ref().map(|language| language.as_str().to_owned()),
            duplicates: settings.duplicates.as_str().to_owned(),
        };
        let (rows, mut table) = input.into_parts();
        let journal = BatchJournal::open(&path, &head, options.durability.into(), disk, &mut table)?;
        let pace = Pace::new(options.rate, options.patience);
        Ok(Self {
            transport,
            kind: rows.kind(),
            options,
            path,
            journal,
            rows: Mutex::new(rows),
            table: Mutex::new(table),
            pace: Mutex::new(pace),
            stopper: Stopper::default(),
            not_journalled: Mutex::default(),
        })
    }

    /// Where the rows stand now. Another thread can ask this while the batch runs.
    pub fn counts(&self) -> Counts {
        sync::lock(&self.table).counts()
    }

    /// How many rows this run still has to send.
    pub fn to_send(&self) -> u64 {
        let counts = self.counts();
        let again = |wanted: bool, rows: u64| if wanted { rows } else { 0 };
        counts.left
            + again(self.options.retry_rejected, counts.rejected)
            + again(self.options.resend_unknown, counts.unknown)
    }

    /// How long all workers still wait, because the service asked for it or is not there.
    pub fn paused(&self) -> Option<Duration> {
        let now = Instant::now();
        sync::lock(&self.pace).paused_until(now).map(|until| until.saturating_duration_since(now))
    }

    /// Why the service takes nothing at present; none if it does.
    pub fn trouble(&self) -> Option<String> {
        sync::lock(&self.pace).trouble()
    }

    /// What ends a run in order, from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The journal.
    pub fn journal(&self) -> &Path {
        &self.path
    }

    /// Sends, until each row was tried or the run is ended. `observer` is told of each row, by the thread that sent it,
    /// once the journal has it: at the latest when that thread is about to send another.
    pub fn run(&self, observer: impl Fn(&RowResult) + Sync) -> Summary {
        sync::lock(&self.rows).rewind();
        thread::scope(|scope| {
            for number in 0..self.options.workers {
                let worker = thread::Builder::new().name("batch-worker".to_owned());
                let spawned = worker.spawn_scoped(scope, || self.work(&observer));
                if spawned.is_err() && number == 0 {
                    self.stopper.end(Ended::Unavailable("no thread could be started".to_owned()));
                }
            }
        });
        let table = sync::lock(&self.table);
        Summary {
            counts: table.counts(),
            reasons: table.reasons(),
            ended: self.stopper.ended(),
            not_journalled: std::mem::take(&mut *sync::lock(&self.not_journalled)),
        }
    }

    fn work(&self, observer: &(impl Fn(&RowResult) + Sync)) {
        let mut untold = None;
        while let Some(row) = self.next_row() {
            while self.is_tried_again(&row, &mut untold, observer) {}
        }
        self.tell(&mut untold, observer);
    }

    /// Has the journal hold what became of the last row of this worker, and then tells it. After the next intent it does
    /// hold it, so that one write serves both.
    fn tell(&self, untold: &mut Option<Untold>, observer: &impl Fn(&RowResult)) {
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

    /// The next row that is to be sent, unless the run is to end.
    fn next_row(&self) -> Option<Row> {
        let mut rows = sync::lock(&self.rows);
        if self.stopper.is_ended() {
            return None;
        }
        let wanted = |number| match sync::lock(&self.table).state(number) {
            RowState::Left => true,
            RowState::Rejected => self.options.retry_rejected,
            RowState::Unknown => self.options.resend_unknown,
            RowState::Accepted | RowState::Invalid | RowState::Duplicate => false,
        };
        match rows.next(wanted) {
            Ok(row) => row,
            Err(error) => {
                self.stopper.end(Ended::Input(error.to_string()));
                None
            }
        }
    }

    /// Sends a row, in its turn; true if it did not leave, and may soon.
    fn is_tried_again(&self, row: &Row, untold: &mut Option<Untold>, observer: &impl Fn(&RowResult)) -> bool {
        loop {
            let turn = sync::lock(&self.pace).turn(Instant::now());
            match turn {
                _ if self.stopper.is_ended() => {
                    if turn == Turn::Now {
                        sync::lock(&self.pace).withdrawn();
                    }
                    return false;
                }
                Turn::Now => break,
                Turn::At(moment) => {
                    self.tell(untold, observer);
                    self.stopper.sleep_until(moment);
                }
                Turn::Never(ended) => {
                    self.stopper.end(ended);
                    return false;
                }
            }
        }
        if let Err(error) = self.journal.intend(row.number) {
            sync::lock(&self.pace).withdrawn();
            self.journal_failed(&error);
            return false;
        }
        self.tell(untold, observer);
        let (kind, sent_at) = (self.kind, Instant::now());
        let sent = self.transport.send(kind, row);
        let now = Instant::now();
        let mut pace = sync::lock(&self.pace);
        match &sent {
            Sent::Accepted { .. } | Sent::Rejected(_) => pace.answered(sent_at),
            Sent::Throttled(_, asked) => pace.failed(What::SlowDown(*asked), sent_at, now),
            Sent::Stayed { reason, try_again: true } | Sent::Unknown(reason) => {
                pace.failed(What::Unavailable(reason.clone()), sent_at, now);
            }
            Sent::Stayed { .. } | Sent::Refused(_) | Sent::Unusable(_) => pace.withdrawn(),
        }
        drop(pace);
        let (done, try_again) = self.settle(row, sent);
        *untold = Some(done);
        try_again
    }

    /// Enters what became of a row; true if it is to be tried again.
    fn settle(&self, row: &Row, sent: Sent) -> (Untold, bool) {
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
        let text = result.message_id.as_deref().or(result.reason.as_deref()).unwrap_or_default();
        let position = self.journal.settle(row.number, result.state, text);
        let reason = result.reason.as_deref().unwrap_or_default();
        sync::lock(&self.table).set(row.number, result.state, reason);
        (Untold { row: row.number, position, result: (!try_again).then_some(result) }, try_again)
    }

    fn journal_failed(&self, error: &JournalError) {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        self.stopper.end(Ended::Journal(format!("{error}{cause}")));
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("transport", &self.transport)
            .field("options", &self.options)
            .field("journal", &self.path)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
