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
//!     └─ somebody does ──▶ leaves it to be taken along ───────────────▶ woken if the other stops before it is
//!     │                                                                 empty (four writes at most)
//!     ▼
//!  wait for the answer
//!     │
//!     ├─ nobody reads ───▶ reads the socket itself, for all,            reading thread: steps aside, and
//!     │                    until its own answer is there                looks every 5 ms whether a caller
//!     │                       │                                         still reads, or has lately
//!     │                       └─ others sleep ────────────────────────▶ woken: reads from here on
//!     │
//!     └─ somebody does ──▶ sleeps ◀── woken with its answer ─────────── reads; when it has woken the only
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

mod reading;
mod writing;

pub(super) use reading::is_timeout;

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::link_state::{LinkFailure, LinkState};
use super::slot::Slot;
use super::state::{Choice, ClientState, Notifications, Phase};
use crate::smpp::ledger::Submitted;
use crate::smpp::link::{Link, Lookup};
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
    pub(super) look_up: Lookup,
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
    pub(super) fn new(state: ClientState, response_timeout: Duration, look_up: Lookup) -> Self {
        let signals = state.links.iter().map(|_| LinkSignals::default()).collect();
        let read_timeout = (response_timeout / 4).clamp(Duration::from_millis(5), MAX_READ_TIMEOUT);
        Self {
            state: Mutex::new(state),
            room: Condvar::new(),
            events: Condvar::new(),
            progress: Condvar::new(),
            signals,
            read_timeout,
            look_up,
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
                Placed::Slot(slot) => return Ok(slot),
                Placed::NoRoom { until, is_bound } => {
                    let now = Instant::now();
                    let gives_up_at = *gives_up_at.get_or_insert_with(|| now + timeout);
                    if now < gives_up_at {
                        let until = until.map_or(gives_up_at, |until| until.min(gives_up_at));
                        state = self.wait_for_room(state, until, None);
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
        let submission = SubmissionId(state.submissions.saturating_add(1));
        if let Some(journal) = &mut state.journal {
            journal.intend(submission, message.destination, &message.reference).map_err(|why| {
                let kind = match why {
                    NotWritten::Full => SubmitErrorKind::Unacknowledged,
                    NotWritten::Failed => SubmitErrorKind::NotJournalled,
                };
                SubmitError::new(kind, None)
            })?;
        }
        state.submissions = submission.get();
        if let Some(rate) = &mut state.rate {
            rate.take(now);
        }
        let submitted = Submitted { submission, destination: message.destination };
        let slot = Arc::new(Slot::new(submitted, index));
        if let Some(connected) = state.links.get_mut(index).and_then(LinkState::usable) {
            connected.session.submit(Arc::clone(&slot), &message.body, now);
        }
        self.reschedule_supervisor(state, index);
        Ok(Placed::Slot(slot))
    }

    /// Waits until a place may be free; or, where one is given, until this answer is there.
    fn wait_for_room<'a>(&'a self, mut state: Guard<'a>, until: Instant, answer: Option<&Slot>) -> Guard<'a> {
        // Waiting for answers to what has not been written would be waiting in vain. Of several links each is written by
        // its own thread: one that does not read what is sent to it must not keep the caller from the others.
        let is_only_link = self.signals.len() == 1;
        for index in 0..self.signals.len() {
            if is_only_link {
                state = self.flush(state, index);
            } else {
                self.wake_writer(&mut state, index);
            }
            self.wake_reader(&mut state, index);
        }
        let now = Instant::now();
        // What was written may have been answered in the meantime.
        if state.has_room(now) || answer.is_some_and(Slot::is_done) {
            return state;
        }
        let waits_for_answer = usize::from(answer.is_some());
        state.waiting_for_room += 1;
        state.waiting_for_answer += waits_for_answer;
        state = sync::wait(&self.room, state, Some(until.saturating_duration_since(now)));
        state.waiting_for_room -= 1;
        state.waiting_for_answer -= waits_for_answer;
        state
    }

    /// Waits until a place may be free, or an answer is there.
    pub(super) fn wait_for_room_or_answer(&self, slot: &Slot, until: Instant) {
        let state = self.lock();
        if !slot.is_done() {
            drop(self.wait_for_room(state, until, Some(slot)));
        }
    }

    /// Releases the lock and wakes those who wait for what happened under it.
    pub(super) fn wake(&self, mut state: Guard<'_>, notifications: &mut Notifications) {
        let places = if state.waiting_for_room > 0 { notifications.places } else { 0 };
        // The place is any one's, the answer is one's alone.
        let wakes_one = places == 1 && state.waiting_for_answer == 0;
        let has_events = state.user_waits && state.ledger.has_events();
        state.user_waits &= !has_events;
        drop(state);
        match places {
            0 => {}
            _ if wakes_one => self.room.notify_one(),
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
    Slot(Arc<Slot>),
    NoRoom { until: Option<Instant>, is_bound: bool },
}

/// The error of a message that found no place for as long as it may wait.
pub(super) fn no_room(is_bound: bool) -> SubmitError {
    let kind = if is_bound { SubmitErrorKind::NoRoom } else { SubmitErrorKind::NoLink };
    SubmitError::new(kind, None)
}

/// How late a caller who reads may notice that its own answer is overdue.
const MAX_READ_TIMEOUT: Duration = Duration::from_millis(250);
