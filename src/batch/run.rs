//! The run itself: workers that take rows, write down what they are about to do, and do it.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{BatchError, BatchErrorKind};
use super::input::{Input, InputOptions, Row, Rows};
use super::journal::{BatchJournal, Head, journal_of};
use super::options::BatchOptions;
use super::pace::{Pace, Turn, What};
use super::resolution::{Earlier, Resolution, Resolver};
use super::result::RowResult;
use super::state::{State, Untold};
use super::stop::{Ended, Stopper, Summary};
use super::table::{Counts, RowState};
use super::transport::{NotAdmitted, Sent, Transport};
use crate::journal::Disk;
use crate::sync;

/// A batch with its journal open. No other run can have it meanwhile.
pub struct Batch {
    transport: Transport,
    options: BatchOptions,
    of_input: Arc<InputOptions>,
    state: Arc<State>,
    rows: Mutex<Rows>,
    pace: Mutex<Pace>,
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
        let (mut rows, mut table) = input.into_parts();
        let mut earlier = options.callbacks.map(|_| Earlier::default());
        let journal = BatchJournal::open(&path, &head, options.durability.into(), disk, |record| {
            record.enter(&mut table);
            if let Some(earlier) = &mut earlier {
                earlier.enter(record);
            }
        })?;
        let resolution = earlier.map(|earlier| Resolution::of_earlier(earlier, &mut rows)).transpose()?;
        let pace = Pace::new(options.rate, options.patience);
        Ok(Self {
            transport,
            options,
            of_input: rows.options().clone(),
            state: Arc::new(State::new(path, table, journal, resolution)),
            rows: Mutex::new(rows),
            pace: Mutex::new(pace),
        })
    }

    /// Where the rows stand now. Another thread can ask this while the batch runs.
    pub fn counts(&self) -> Counts {
        sync::lock(&self.state.table).counts()
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
        self.state.stopper.clone()
    }

    /// What callbacks are given to, if [they are to resolve](BatchOptions::resolve_by_callbacks) unknown rows; else it passes
    /// everything over. Have it before the run: a callback can be quicker than an answer.
    pub fn resolver(&self) -> Resolver {
        Resolver(Arc::downgrade(&self.state))
    }

    /// How many octets at the journal's end were no whole record, as a crash leaves them, and were cut off.
    pub fn torn(&self) -> u64 {
        self.state.torn()
    }

    /// The journal.
    pub fn journal(&self) -> &Path {
        &self.state.path
    }

    /// Sends, until each row was tried or the run is ended. `observer` is told of each row, by the thread that sent it,
    /// once the journal has it: at the latest when that thread is about to send another.
    pub fn run(&self, observer: impl Fn(&RowResult) + Sync) -> Summary {
        sync::lock(&self.rows).rewind();
        let working = AtomicUsize::new(0);
        thread::scope(|scope| {
            for number in 0..self.options.workers {
                working.fetch_add(1, Ordering::SeqCst);
                let worker = thread::Builder::new().name("batch-worker".to_owned());
                let ended = Working(&working, &self.state.stopper);
                let spawned = worker.spawn_scoped(scope, || {
                    let _ended = ended;
                    self.work(&observer);
                });
                if spawned.is_err() && number == 0 {
                    self.state.stopper.end(Ended::Unavailable("no thread could be started".to_owned()));
                }
            }
            self.await_callbacks(&working, &observer);
        });
        self.state.tell_resolved(&observer);
        self.state.summary()
    }

    /// Tells the rows that callbacks resolve, while the workers work and for a time after that.
    fn await_callbacks(&self, working: &AtomicUsize, observer: &impl Fn(&RowResult)) {
        let Some(wait) = self.options.callbacks else { return };
        let is_working = || working.load(Ordering::SeqCst) > 0;
        let mut until = None;
        loop {
            self.state.tell_resolved(observer);
            if !is_working() {
                let until = *until.get_or_insert_with(|| Instant::now().checked_add(wait));
                let is_over = until.is_some_and(|until| until <= Instant::now());
                if is_over || self.state.stopper.is_ended() || !self.state.awaits_callbacks() {
                    return;
                }
                self.state.stopper.wait_until(until, || self.state.has_untold());
            } else if self.state.stopper.is_ended() {
                return;
            } else {
                self.state.stopper.wait_until(None, || self.state.has_untold() || !is_working());
            }
        }
    }

    fn work(&self, observer: &(impl Fn(&RowResult) + Sync)) {
        let mut untold = None;
        while let Some(row) = self.next_row() {
            while self.is_tried_again(&row, &mut untold, observer) {}
        }
        self.state.tell(&mut untold, observer);
    }

    /// The next row that is to be sent, unless the run is to end.
    fn next_row(&self) -> Option<Row> {
        let mut rows = sync::lock(&self.rows);
        if self.state.stopper.is_ended() {
            return None;
        }
        // Others need not wait until it is read.
        let row = match rows.next(|number| self.is_wanted(number)) {
            Ok(found) => {
                drop(rows);
                let found = found?;
                found.read(&self.of_input).ok_or_else(|| sync::lock(&self.rows).changed())
            }
            Err(error) => Err(error),
        };
        row.map_err(|error| self.state.stopper.end(Ended::Input(error.to_string()))).ok()
    }

    fn is_wanted(&self, row: u32) -> bool {
        match sync::lock(&self.state.table).state(row) {
            RowState::Left => true,
            RowState::Rejected => self.options.retry_rejected,
            RowState::Unknown => self.options.resend_unknown,
            RowState::Accepted | RowState::Invalid | RowState::Duplicate => false,
        }
    }

    /// Sends a row, in its turn; true if it did not leave, and may soon.
    fn is_tried_again(&self, row: &Row, untold: &mut Option<Untold>, observer: &impl Fn(&RowResult)) -> bool {
        if !self.is_its_turn(untold, observer) {
            return false;
        }
        // A callback may have told meanwhile that an earlier attempt was accepted.
        if self.options.callbacks.is_some() && !self.is_wanted(row.number) {
            self.pace().given_back();
            return false;
        }
        let kind = self.of_input.kind;
        let admission = match self.transport.admit(kind, row) {
            Ok(admission) => admission,
            Err(not_admitted) => {
                self.state.tell(untold, observer);
                return self.is_asked_again(row, not_admitted, observer);
            }
        };
        let under_way = match self.state.begin(row, self.transport.limit()) {
            Ok(under_way) => under_way,
            Err(error) => {
                admission.withdraw();
                self.pace().withdrawn();
                self.state.journal_failed(&error);
                return false;
            }
        };
        self.state.tell(untold, observer);
        let sent_at = Instant::now();
        let sent = self.transport.send(kind, row, admission);
        let now = Instant::now();
        let mut pace = self.pace();
        match &sent {
            Sent::Accepted { .. } | Sent::Rejected(_) => pace.answered(sent_at),
            Sent::Throttled(_, asked) => pace.failed(What::SlowDown(*asked), sent_at, now),
            Sent::Stayed { reason, try_again: true } | Sent::Unknown(reason) => {
                pace.failed(What::Unavailable(reason.clone()), sent_at, now);
            }
            Sent::Stayed { .. } | Sent::Refused(_) | Sent::Unusable(_) => pace.withdrawn(),
        }
        drop(pace);
        let (done, try_again) = self.state.settle(row, sent, under_way);
        *untold = Some(done);
        try_again
    }

    /// Waits until a request may leave; false if the run ends before.
    fn is_its_turn(&self, untold: &mut Option<Untold>, observer: &impl Fn(&RowResult)) -> bool {
        loop {
            let turn = self.pace().turn(Instant::now());
            match turn {
                _ if self.state.stopper.is_ended() => {
                    if turn == Turn::Now {
                        self.pace().withdrawn();
                    }
                    return false;
                }
                Turn::Now => return true,
                Turn::At(moment) => {
                    self.state.tell(untold, observer);
                    self.state.stopper.sleep_until(moment);
                }
                Turn::Never(ended) => {
                    self.state.stopper.end(ended);
                    return false;
                }
            }
        }
    }

    /// Enters that the guard did not admit a row; true if it is to be asked again.
    fn is_asked_again(&self, row: &Row, why: NotAdmitted, observer: &impl Fn(&RowResult)) -> bool {
        match why {
            NotAdmitted::Unavailable => {
                let (what, now) = (What::Unavailable("guard_store".to_owned()), Instant::now());
                self.pace().failed(what, now, now);
                true
            }
            NotAdmitted::Full => {
                self.pace().given_back();
                self.state.stopper.end(Ended::Unavailable("guard_store_full".to_owned()));
                false
            }
            NotAdmitted::Denied { reason, retry_after, is_for_all } => {
                self.pace().given_back();
                if is_for_all {
                    self.state.stopper.end(Ended::Denied(reason.clone()));
                }
                if let Some(result) = self.state.denied(row, reason, retry_after) {
                    observer(&result);
                }
                false
            }
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        sync::lock(&self.pace)
    }
}

/// A worker that works. Where it ends, or does not even begin, it is one less.
struct Working<'a>(&'a AtomicUsize, &'a Stopper);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
        self.1.wake();
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("transport", &self.transport)
            .field("options", &self.options)
            .field("journal", &self.state.path)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
