//! How the client's threads share its links: who writes, who reads, who waits. The hardest code here; first the rules.
//!
//! One lock guards the state, and is never held while a socket is waited for. Each link has two roles, writing and
//! reading, which pass from thread to thread, and two threads of its own that take them when nobody else does.
//!
//! ```text
//!  caller                               link                            threads of the link
//!  ──────                               ────                            ───────────────────
//!  submit: message into the window,
//!          octets into the output
//!     │
//!     ├─ nobody writes ──▶ takes the output and writes it               writing thread: asleep
//!     └─ somebody does ──▶ leaves it to be taken along ───────────────▶ woken if he stops before it is
//!     │                                                                 empty (four writes at most)
//!     ▼
//!  wait for the answer
//!     │
//!     ├─ nobody reads ───▶ reads the socket himself, for all,           reading thread: steps aside, and
//!     │                    until his own answer is there                looks every 5 ms whether a caller
//!     │                       │                                         still reads, or has lately
//!     │                       └─ others sleep ────────────────────────▶ woken: reads from here on
//!     │
//!     └─ somebody does ──▶ sleeps ◀── woken with his answer ─────────── reads; when it has woken the only
//!                                                                       caller, it steps aside
//! ```
//!
//! - A lone caller thus writes, reads and goes on without waking any thread: with one message at a time that is the whole
//!   cost of a round trip.
//! - Answers to the service's own requests wait for the next write to take them along, but no longer than the reading
//!   thread takes to look; then the writing thread is woken for them.
//! - **Whoever reads does not write meanwhile**, and a link is unread for no longer than the reading thread takes to look.
//!   So a caller whose write blocks, because the other end writes at length and does not read until it is done, is freed:
//!   two ends that both write at length cannot wait for each other.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::link_state::{Connected, LinkFailure, LinkState, Reader};
use super::state::{Choice, ClientState, Notifications, Phase};
use super::ticket::Slot;
use crate::smpp::ledger::Submitted;
use crate::smpp::link::Link;
use crate::smpp::outgoing::Outgoing;
use crate::smpp::submission_journal::NotWritten;
use crate::smpp::{SubmissionId, SubmitError, SubmitErrorKind};
use crate::sync;

/// The state under its lock, and the places where threads wait for it to change.
#[derive(Debug)]
pub(super) struct Inner {
    state: Mutex<ClientState>,
    /// Submitters wait for a place in a window.
    room: Condvar,
    /// The user waits for events.
    events: Condvar,
    /// Whoever connects waits for the first session.
    pub(super) progress: Condvar,
    pub(super) signals: Vec<LinkSignals>,
    /// How long a caller reads before it looks whether its time is up.
    read_timeout: Duration,
}

/// Where the threads of one link wait.
#[derive(Debug, Default)]
pub(super) struct LinkSignals {
    /// The writing thread, for output.
    output: Condvar,
    /// The reading thread, while callers read.
    reading: Condvar,
    /// The supervisor, for its next deadline, a failure, or the end.
    pub(super) supervisor: Condvar,
}

pub(super) type Guard<'a> = MutexGuard<'a, ClientState>;

impl Inner {
    pub(super) fn new(state: ClientState, response_timeout: Duration) -> Self {
        let signals = state.links.iter().map(|_| LinkSignals::default()).collect();
        let read_timeout = (response_timeout / 4).clamp(Duration::from_millis(5), LONGEST_READ);
        Self {
            state: Mutex::new(state),
            room: Condvar::new(),
            events: Condvar::new(),
            progress: Condvar::new(),
            signals,
            read_timeout,
        }
    }

    pub(super) fn lock(&self) -> Guard<'_> {
        sync::lock(&self.state)
    }

    /// Puts a message into a window, waiting for a place until `timeout` is over. It is written by whoever writes
    /// next: the caller has to see to that.
    pub(super) fn place(&self, message: &Outgoing, timeout: Duration) -> Result<Arc<Slot>, SubmitError> {
        let mut state = self.lock();
        let mut gives_up_at = None;
        loop {
            let is_bound = match self.place_now(&mut state, message)? {
                Placed::Over(slot) => return Ok(slot),
                Placed::NoRoom { until, is_bound } => {
                    let now = Instant::now();
                    let gives_up_at = *gives_up_at.get_or_insert_with(|| now + timeout);
                    if now < gives_up_at {
                        state = self
                            .wait_for_room(state, until.map_or(gives_up_at, |until| until.min(gives_up_at)));
                        continue;
                    }
                    is_bound
                }
            };
            return Err(no_room(is_bound));
        }
    }

    /// As [`place`](Self::place), without waiting.
    pub(super) fn try_place(&self, message: &Outgoing) -> Result<Placed, SubmitError> {
        self.place_now(&mut self.lock(), message)
    }

    fn place_now(&self, state: &mut ClientState, message: &Outgoing) -> Result<Placed, SubmitError> {
        let refuse = |kind| Err(SubmitError::new(kind, None));
        match state.phase {
            Phase::Running => {}
            Phase::Lost => return refuse(SubmitErrorKind::NoLink),
            Phase::ShuttingDown | Phase::Aborting | Phase::Closed => {
                return refuse(SubmitErrorKind::ShutDown);
            }
        }
        let now = Instant::now();
        let index = match state.choose(now) {
            Choice::Link(index) => index,
            Choice::Wait { until, is_bound } => return Ok(Placed::NoRoom { until, is_bound }),
        };
        let submission = SubmissionId(state.submissions + 1);
        if let Some(journal) = &mut state.journal {
            journal.intend(submission, message.destination, &message.reference).map_err(|why| {
                let kind = match why {
                    NotWritten::Full => SubmitErrorKind::Unacknowledged,
                    NotWritten::Failed => SubmitErrorKind::NotJournalled,
                };
                SubmitError::new(kind, None)
            })?;
        }
        state.submissions += 1;
        if let Some(rate) = &mut state.rate {
            rate.take(now);
        }
        let submitted = Submitted { submission, destination: message.destination };
        let slot = Arc::new(Slot::new(submitted, index));
        if let Some(connected) = state.links.get_mut(index).and_then(LinkState::usable) {
            connected.session.submit(Arc::clone(&slot), &message.body, now);
        }
        self.reschedule_supervisor(state, index);
        Ok(Placed::Over(slot))
    }

    /// Waits until a place may be free.
    fn wait_for_room<'a>(&'a self, mut state: Guard<'a>, until: Instant) -> Guard<'a> {
        for index in 0..self.signals.len() {
            // Waiting for answers to what has not been written would be waiting in vain.
            state = self.flush(state, index);
            self.have_it_read(&mut state, index);
        }
        let now = Instant::now();
        // What was written may have been answered in the meantime.
        if state.has_room(now) {
            return state;
        }
        state.waiting_for_room += 1;
        state = sync::wait(&self.room, state, Some(until.saturating_duration_since(now)));
        state.waiting_for_room -= 1;
        state
    }

    /// Waits until a place may be free, or an answer is there.
    pub(super) fn wait_for_room_or_answer(&self, slot: &Slot, until: Instant) {
        let state = self.lock();
        if !slot.is_done() {
            drop(self.wait_for_room(state, until));
        }
    }

    /// Writes what there is to write on this link, unless someone is at it.
    pub(super) fn flush_now(&self, index: usize) {
        let state = self.lock();
        drop(self.flush(state, index));
    }

    /// Has the writing threads write, unless someone is at it.
    pub(super) fn flush_soon(&self) {
        let mut state = self.lock();
        for index in 0..self.signals.len() {
            self.call_writer(&mut state, index);
        }
    }

    pub(super) fn call_writer(&self, state: &mut ClientState, index: usize) {
        if let Some(connected) = state.links.get_mut(index).and_then(LinkState::usable)
            && connected.writer_waits
            && !connected.is_being_written
            && connected.session.has_output()
        {
            connected.writer_waits = false;
            self.signals[index].output.notify_one();
        }
    }

    fn flush<'a>(&'a self, mut state: Guard<'a>, index: usize) -> Guard<'a> {
        for _ in 0..WRITES_AT_A_TIME {
            let has_work =
                |connected: &mut Connected| !connected.is_being_written && connected.session.has_output();
            if !state.links[index].usable().is_some_and(has_work) {
                return state;
            }
            // What is written to the service is in the journal first.
            let is_journalled = state.flush_journal();
            let Some(connected) = state.links[index].usable() else { return state };
            if !is_journalled {
                let link = Arc::clone(&connected.link);
                self.fail_link(&mut state, index, &link, || "the journal cannot be written".to_owned());
                return state;
            }
            let mut octets = std::mem::take(&mut connected.spare);
            connected.session.take_output(&mut octets);
            connected.is_being_written = true;
            let link = Arc::clone(&connected.link);
            drop(state);
            let written = link.write_all(&octets);
            octets.clear();
            octets.shrink_to(SPARE_KEPT);
            state = self.lock();
            let Some(of_link) = state.links.get_mut(index).filter(|of_link| of_link.is_current_link(&link))
            else {
                return state;
            };
            if let Some(connected) = &mut of_link.connected {
                connected.spare = octets;
                connected.is_being_written = false;
            }
            if let Err(error) = written {
                self.fail_link(&mut state, index, &link, || format!("writing failed: {error}"));
            }
        }
        self.call_writer(&mut state, index);
        state
    }

    /// The writing thread: writes for those who do not write themselves, until its link is gone.
    pub(super) fn write_until_gone(&self, index: usize, link: &Arc<Link>) {
        let mut state = self.lock();
        while state.links[index].is_current_link(link) {
            let has_work = |state: &mut ClientState| {
                let usable = state.links[index].usable();
                usable.is_some_and(|one| one.session.has_output() && !one.is_being_written)
            };
            if has_work(&mut state) {
                state = self.flush(state, index);
            } else {
                state.links[index].set_writer_waits(true);
                state = sync::wait(&self.signals[index].output, state, None);
                if state.links[index].is_current_link(link) {
                    state.links[index].set_writer_waits(false);
                }
            }
        }
    }

    /// Does what brings the answer nearer: writes the message, and reads if nobody else does. When this returns the
    /// answer is there, or someone else brings it to the sleeping caller.
    pub(super) fn work_towards(&self, slot: &Slot) {
        let mut state = self.flush(self.lock(), slot.link);
        loop {
            if slot.is_done() {
                return;
            }
            let Some(connected) = state.links[slot.link].usable() else { return slot.fall_asleep() };
            if connected.reader != Reader::Nobody {
                connected.waiting_callers += 1;
                return slot.fall_asleep();
            }
            state = self.read_as_caller(state, slot);
        }
    }

    /// Reads for everybody until this caller's answer is there.
    fn read_as_caller<'a>(&'a self, mut state: Guard<'a>, slot: &Slot) -> Guard<'a> {
        let index = slot.link;
        let Some(connected) = state.links[index].usable() else { return state };
        connected.reader = Reader::Caller;
        let link = Arc::clone(&connected.link);
        let mut buffer = std::mem::take(&mut connected.read_buffer);
        buffer.resize(READ_BUFFER, 0);
        let had_timeout = std::mem::replace(&mut connected.reads_end, true);
        drop(state);
        // Should it fail, so does the read.
        let _ = if had_timeout { Ok(()) } else { link.set_read_timeout(Some(self.read_timeout)) };
        let mut notifications = Notifications::default();
        loop {
            let received = link.read(&mut buffer);
            let now = Instant::now();
            state = self.lock();
            if !state.links[index].is_current_link(&link) {
                return state;
            }
            let goes_on = self.receive(&mut state, index, &link, received, &buffer, now, &mut notifications);
            let is_answered_or_lost = !goes_on || slot.is_done();
            if is_answered_or_lost && let Some(connected) = &mut state.links[index].connected {
                connected.reader = Reader::Nobody;
                connected.read_buffer = buffer;
                connected.left_to_callers_at = Some(now);
                if connected.waiting_callers > 0 {
                    self.have_it_read(&mut state, index);
                }
                self.wake(state, &mut notifications);
                return self.lock();
            }
            self.wake(state, &mut notifications);
        }
    }

    /// The reading thread: reads while no caller does, until its link is gone.
    pub(super) fn read_until_gone(&self, index: usize, link: &Arc<Link>) {
        let mut notifications = Notifications::default();
        while let Some(mut buffer) = self.take_over_reading(index, link) {
            loop {
                let received = link.read(&mut buffer);
                let now = Instant::now();
                let mut state = self.lock();
                if !state.links[index].is_current_link(link) {
                    return;
                }
                if !self.receive(&mut state, index, link, received, &buffer, now, &mut notifications) {
                    return self.wake(state, &mut notifications);
                }
                let is_only_link = self.signals.len() == 1;
                if let Some(connected) = &mut state.links[index].connected
                    && notifications.slots.len() == 1
                    && connected.waiting_callers == 0
                    && (is_only_link || connected.session.outstanding() == 0)
                {
                    connected.reader = Reader::Nobody;
                    connected.read_buffer = buffer;
                    connected.left_to_callers_at = Some(now);
                    self.wake(state, &mut notifications);
                    break;
                }
                self.call_writer(&mut state, index);
                self.wake(state, &mut notifications);
            }
        }
    }

    /// Waits until no caller reads, nor has lately; `None` when the link is gone.
    fn take_over_reading(&self, index: usize, link: &Arc<Link>) -> Option<Vec<u8>> {
        let mut state = self.lock();
        loop {
            let connected =
                state.links[index].connected.as_mut().filter(|one| Arc::ptr_eq(&one.link, link))?;
            let is_left = connected.left_to_callers_at.is_some_and(|at| at.elapsed() < LOOKS_EVERY);
            if connected.reader == Reader::Nobody && !is_left {
                connected.reader = Reader::Thread;
                let mut buffer = std::mem::take(&mut connected.read_buffer);
                buffer.resize(READ_BUFFER, 0);
                let had_timeout = std::mem::take(&mut connected.reads_end);
                self.call_writer(&mut state, index);
                drop(state);
                // Should it fail, so does the read.
                let _ = if had_timeout { link.set_read_timeout(None) } else { Ok(()) };
                return Some(buffer);
            }
            self.call_writer(&mut state, index);
            state = sync::wait(&self.signals[index].reading, state, Some(LOOKS_EVERY));
        }
    }

    /// Has the reading thread read, if nobody does.
    fn have_it_read(&self, state: &mut ClientState, index: usize) {
        if let Some(connected) = state.links.get_mut(index).and_then(LinkState::usable)
            && connected.reader == Reader::Nobody
            && connected.left_to_callers_at.take().is_some()
        {
            self.signals[index].reading.notify_one();
        }
    }

    /// Enters what was read. `false` when there is no more to read.
    #[expect(clippy::too_many_arguments, reason = "what was read, of which link, and whom it concerns")]
    fn receive(
        &self,
        state: &mut ClientState,
        index: usize,
        link: &Arc<Link>,
        received: io::Result<usize>,
        buffer: &[u8],
        now: Instant,
        notifications: &mut Notifications,
    ) -> bool {
        let octets = match received {
            Ok(0) => {
                self.fail_link(state, index, link, || "the service closed it".to_owned());
                return false;
            }
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(error) if is_timeout(&error) => return true,
            Err(error) => {
                self.fail_link(state, index, link, || format!("reading failed: {error}"));
                return false;
            }
        };
        if let Some(connected) = &mut state.links[index].connected {
            connected.session.handle_input(octets, now);
        }
        let has_ended = state.handle_events(index, now, notifications);
        if has_ended {
            self.signals[index].supervisor.notify_all();
        } else {
            self.reschedule_supervisor(state, index);
        }
        !has_ended
    }

    /// Releases the lock and wakes those who wait for what happened under it.
    pub(super) fn wake(&self, mut state: Guard<'_>, notifications: &mut Notifications) {
        let places = if state.waiting_for_room > 0 { notifications.places } else { 0 };
        let has_events = state.user_waits && state.ledger.has_events();
        state.user_waits &= !has_events;
        drop(state);
        match places {
            0 => {}
            1 => self.room.notify_one(),
            _ => self.room.notify_all(),
        }
        if has_events {
            self.events.notify_all();
        }
        for slot in notifications.slots.drain(..) {
            slot.notify();
        }
        notifications.places = 0;
    }

    /// Wakes everyone, for a change that concerns everyone.
    pub(super) fn wake_all(&self) {
        for place in [&self.room, &self.events, &self.progress] {
            place.notify_all();
        }
        for signals in &self.signals {
            for place in [&signals.output, &signals.reading, &signals.supervisor] {
                place.notify_all();
            }
        }
    }

    /// Waits until there may be events for the user.
    pub(super) fn wait_for_events<'a>(
        &'a self,
        mut state: Guard<'a>,
        timeout: Option<Duration>,
    ) -> Guard<'a> {
        state.user_waits = true;
        sync::wait(&self.events, state, timeout)
    }

    /// Wakes a supervisor if there is now something to do before it wakes by itself.
    pub(super) fn reschedule_supervisor(&self, state: &mut ClientState, index: usize) {
        let due = state.next_deadline(index);
        if let Some(due) = due
            && let Some(link) = state.links.get_mut(index)
            && link.supervisor_wakes_at.is_none_or(|wakes_at| due < wakes_at)
        {
            link.supervisor_wakes_at = Some(due);
            self.signals[index].supervisor.notify_all();
        }
    }

    fn fail_link(
        &self,
        state: &mut ClientState,
        index: usize,
        link: &Arc<Link>,
        why: impl FnOnce() -> String,
    ) {
        if let Some(of_link) = state.links.get_mut(index)
            && of_link.is_current_link(link)
            && of_link.failure.is_none()
        {
            of_link.failure = Some(LinkFailure { why: why(), peer_reads: false });
            self.signals[index].supervisor.notify_all();
        }
    }
}

/// What became of the wish for a place.
#[derive(Debug)]
pub(super) enum Placed {
    Over(Arc<Slot>),
    NoRoom { until: Option<Instant>, is_bound: bool },
}

/// The error of a message that found no place for as long as it may wait.
pub(super) fn no_room(is_bound: bool) -> SubmitError {
    let kind = if is_bound { SubmitErrorKind::NoRoom } else { SubmitErrorKind::NoLink };
    SubmitError::new(kind, None)
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Octets fetched from the socket at a time.
const READ_BUFFER: usize = 64 * 1024;
/// A buffer larger than this is not kept for the next write.
const SPARE_KEPT: usize = 256 * 1024;
/// Writes that one thread does for others before it leaves the rest to the writing thread.
const WRITES_AT_A_TIME: usize = 4;
/// How long a link may go unread after a caller has read, and how long answers to the service may wait for company.
const LOOKS_EVERY: Duration = Duration::from_millis(5);
/// How late a caller who reads may notice that its own answer is overdue.
const LONGEST_READ: Duration = Duration::from_millis(250);
