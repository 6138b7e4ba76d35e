//! What becomes of messages after they were accepted: the ledger that no link's end can close.
//!
//! It ties reports to submissions whichever comes first, tells each report once, and holds each accepted message until its
//! event is in the queue. It knows no session and reads no clock.

mod recent;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pdu::{ShortMessage, Status};
use super::report::ReportState;
use super::{DeliveryReport, Event, SubmissionId};
use recent::Recent;

/// Accepted messages without a final report, reports without a message, and the queue to the user.
#[derive(Debug)]
pub(crate) struct Ledger {
    limits: Limits,
    queue: VecDeque<Event>,
    /// By the order in which messages were accepted, which is the order of their deadlines.
    awaiting: BTreeMap<u64, Awaiting>,
    by_id: HashMap<Arc<str>, u64>,
    accepted: u64,
    /// Reports that came before the answer which names their message.
    early: HashMap<String, Vec<(Instant, DeliveryReport)>>,
    early_count: usize,
    recent: Recent,
    unheard: bool,
}

/// The limits of a ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long an accepted message waits for its final report.
    pub(crate) report: Duration,
    /// How long an early report waits for its message.
    pub(crate) early: Duration,
    /// How many events may wait for the user.
    pub(crate) capacity: usize,
}

#[derive(Debug)]
struct Awaiting {
    submission: SubmissionId,
    message_id: Arc<str>,
    deadline: Instant,
    last_state: Option<ReportState>,
}

impl Ledger {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            queue: VecDeque::new(),
            awaiting: BTreeMap::new(),
            by_id: HashMap::new(),
            accepted: 0,
            early: HashMap::new(),
            early_count: 0,
            recent: Recent::default(),
            unheard: false,
        }
    }

    /// Enters an accepted message, and ties reports to it that came before.
    pub(crate) fn accept(&mut self, submission: SubmissionId, message_id: &str, now: Instant) {
        if self.unheard {
            return;
        }
        let message_id: Arc<str> = Arc::from(message_id);
        self.accepted += 1;
        if !message_id.is_empty() {
            self.by_id.insert(Arc::clone(&message_id), self.accepted);
        }
        let early = if self.early.is_empty() { None } else { self.early.remove(&*message_id) };
        let deadline = now + self.limits.report;
        self.awaiting.insert(self.accepted, Awaiting { submission, message_id, deadline, last_state: None });
        for (_, report) in early.into_iter().flatten() {
            self.early_count -= 1;
            self.settle(report);
        }
    }

    /// Enters what the service delivered, and says how to answer it: at once, whatever the user does.
    ///
    /// `submissions_outstanding` tells whether the message reported on may be one whose answer is still to come.
    pub(crate) fn deliver(
        &mut self,
        message: ShortMessage,
        submissions_outstanding: bool,
        now: Instant,
    ) -> Status {
        if self.unheard {
            return Status::OK;
        }
        match DeliveryReport::from_message(message) {
            Ok(report) => self.report(report, submissions_outstanding, now),
            Err(message) => self.offer(|| Event::Message(message)),
        }
    }

    /// Tells the answer to a submission whose fate has been told as unknown. Passed over when the queue is full: it
    /// adds to what is known, and loses nothing.
    pub(crate) fn late_answer(&mut self, submission: SubmissionId, answer: Result<String, Status>) {
        if !self.unheard && !self.is_full() {
            self.queue.push_back(Event::LateAnswer { submission, answer });
        }
    }

    /// Gives up on messages and early reports whose time is up, as far as the queue has room.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        while !self.is_full()
            && let Some(first) = self.awaiting.first_entry()
            && first.get().deadline <= now
        {
            let overdue = first.remove();
            self.give_up(overdue);
        }
        if self.early.values().flatten().any(|(deadline, _)| *deadline <= now) {
            self.release_early(|deadline| deadline <= now);
        }
    }

    /// When [`handle_time`](Self::handle_time) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let early = self.early.values().flatten().map(|(deadline, _)| *deadline).min();
        let awaiting = self.awaiting.values().next().map(|first| first.deadline).filter(|_| !self.is_full());
        match (early, awaiting) {
            (Some(early), Some(awaiting)) => Some(early.min(awaiting)),
            (early, awaiting) => early.or(awaiting),
        }
    }

    /// No answer will come over the lost link that could name an early report's message.
    pub(crate) fn link_lost(&mut self) {
        self.release_early(|_| true);
    }

    /// Moves the waiting events into `events`, which is empty.
    pub(crate) fn take(&mut self, events: &mut VecDeque<Event>) {
        debug_assert!(events.is_empty());
        std::mem::swap(&mut self.queue, events);
    }

    /// Gives up on one more message, for a client that is closed.
    pub(crate) fn give_up_one(&mut self) {
        if let Some((_, first)) = self.awaiting.pop_first() {
            self.give_up(first);
        }
    }

    /// Whether there are events to fetch.
    pub(crate) fn has_events(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Nobody will ever fetch an event: from here on nothing is kept.
    pub(crate) fn stop_listening(&mut self) {
        *self = Self { unheard: true, ..Self::new(self.limits) };
    }

    fn report(&mut self, report: DeliveryReport, outstanding: bool, now: Instant) -> Status {
        let Some(id) = report.message_id() else {
            return self.offer(|| Event::Report { submission: None, report });
        };
        let awaiting = self.by_id.get(id).and_then(|order| self.awaiting.get(order));
        let told = match awaiting {
            Some(awaiting) => awaiting.last_state.as_ref() == Some(report.state()),
            None => self.recent.contains(id, report.state()) || self.is_held(id, report.state()),
        };
        if told {
            return Status::OK;
        }
        if self.is_full() {
            return Status::RECEIVER_TEMPORARY;
        }
        if awaiting.is_none() && outstanding && !self.recent.knows(id) {
            let held = self.early.entry(id.to_owned()).or_default();
            held.push((now + self.limits.early, report));
            self.early_count += 1;
        } else {
            self.settle(report);
        }
        Status::OK
    }

    /// Queues a report, tied to its message where that is known.
    fn settle(&mut self, report: DeliveryReport) {
        let id = report.message_id().unwrap_or_default();
        let order = self.by_id.get(id).copied();
        let submission = match order.and_then(|order| self.awaiting.get_mut(&order)) {
            Some(awaiting) => {
                awaiting.last_state = Some(report.state().clone());
                Some(awaiting.submission)
            }
            None => self.recent.submission(id),
        };
        if let Some(order) = order {
            if report.state().is_final() {
                self.by_id.remove(id);
                if let Some(done) = self.awaiting.remove(&order) {
                    self.recent.insert(done.message_id, report.state().clone(), submission);
                }
            }
        } else {
            self.recent.insert(Arc::from(id), report.state().clone(), submission);
        }
        self.queue.push_back(Event::Report { submission, report });
    }

    fn give_up(&mut self, overdue: Awaiting) {
        let Awaiting { submission, message_id, .. } = overdue;
        // Where a service gave one id twice, the index belongs to the later message.
        if self.by_id.get(&message_id).is_some_and(|order| !self.awaiting.contains_key(order)) {
            self.by_id.remove(&message_id);
        }
        let message_id = message_id.as_ref().to_owned();
        self.queue.push_back(Event::ReportTimeout { submission, message_id });
    }

    fn release_early(&mut self, is_due: impl Fn(Instant) -> bool) {
        let mut due = Vec::new();
        self.early.retain(|_, held| {
            due.extend(held.extract_if(.., |(deadline, _)| is_due(*deadline)).map(|(_, report)| report));
            !held.is_empty()
        });
        self.early_count -= due.len();
        for report in due {
            self.settle(report);
        }
    }

    fn offer(&mut self, event: impl FnOnce() -> Event) -> Status {
        if self.is_full() {
            return Status::RECEIVER_TEMPORARY;
        }
        self.queue.push_back(event());
        Status::OK
    }

    fn is_held(&self, id: &str, state: &ReportState) -> bool {
        self.early.get(id).is_some_and(|held| held.iter().any(|(_, report)| report.state() == state))
    }

    /// Early reports count: they hold a place that no one else can take.
    fn is_full(&self) -> bool {
        self.queue.len() + self.early_count >= self.limits.capacity
    }
}
