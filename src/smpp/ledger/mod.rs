//! What becomes of messages after they were accepted: the ledger that no link's end can close.
//!
//! It ties reports to submissions whichever comes first, tells each report once, and holds each accepted message until its
//! event is in the queue. It knows no session and reads no clock. Every collection in it is bounded by a limit.

mod early;
mod recent;
mod similar;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pdu::{ShortMessage, Status};
use super::report::ReportState;
use super::{DeliveryReport, Event, SubmissionId};
use early::Early;
use recent::Recent;
use similar::{destination_key, is_similar};

/// Accepted messages without a final report, reports without a message, and the queue to the user.
#[derive(Debug)]
pub(crate) struct Ledger {
    limits: Limits,
    queue: VecDeque<Event>,
    /// By the order in which messages were accepted, which is the order of their deadlines.
    awaiting: BTreeMap<u64, Awaiting>,
    by_id: HashMap<Arc<str>, u64>,
    by_destination: BTreeSet<(u64, u64)>,
    accepted: u64,
    early: Early,
    recent: Recent,
    has_listener: bool,
    counts: LedgerCounts,
    notes: Option<Vec<(SubmissionId, ReportState)>>,
    /// Whether the user has been told that events pile up.
    has_warned: bool,
}

/// The limits of a ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long an accepted message waits for its final report.
    pub(crate) report: Duration,
    /// How long an early report waits for its message.
    pub(crate) early: Duration,
    /// How many events may wait for the user; and how many reports for the answer that names their message.
    pub(crate) capacity: usize,
    /// How many accepted messages may wait for their final report.
    pub(crate) awaiting: usize,
}

/// What a ledger holds and has had to give up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LedgerCounts {
    pub(crate) awaiting: usize,
    pub(crate) early: usize,
    pub(crate) events: usize,
    /// Reports answered with "temporarily not".
    pub(crate) refused_reports: u64,
    /// Accepted messages that were let go without an event.
    pub(crate) forgotten: u64,
}

/// An accepted message, as the ledger knows it.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    pub(crate) submission: SubmissionId,
    pub(crate) destination: DestinationKey,
}

/// The number a message went to, as far as it is needed to recognise its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DestinationKey(u64);

impl DestinationKey {
    pub(crate) fn new(number: &str) -> Self {
        Self(destination_key(number))
    }

    pub(crate) const fn to_octets(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(crate) const fn from_octets(octets: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(octets))
    }
}

#[derive(Debug)]
struct Awaiting {
    submission: SubmissionId,
    destination: u64,
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
            by_destination: BTreeSet::new(),
            accepted: 0,
            early: Early::default(),
            recent: Recent::default(),
            has_listener: true,
            counts: LedgerCounts::default(),
            notes: None,
            has_warned: false,
        }
    }

    /// Enters an accepted message, and ties reports to it that came before.
    pub(crate) fn accept(&mut self, submitted: &Submitted, message_id: &str, now: Instant) {
        if !self.has_listener {
            return;
        }
        while self.awaiting.len() >= self.limits.awaiting {
            self.let_go_of_oldest();
        }
        let message_id: Arc<str> = Arc::from(message_id);
        self.accepted += 1;
        let order = self.accepted;
        if !message_id.is_empty() {
            self.by_id.insert(Arc::clone(&message_id), order);
        }
        let (submission, DestinationKey(destination)) = (submitted.submission, submitted.destination);
        let deadline = now + self.limits.report;
        self.by_destination.insert((destination, order));
        let early = self.early.take(&message_id);
        let awaiting = Awaiting { submission, destination, message_id, deadline, last_state: None };
        self.awaiting.insert(order, awaiting);
        for report in early {
            self.emit(report, Some(order));
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
        if !self.has_listener {
            return Status::OK;
        }
        match DeliveryReport::from_message(message) {
            Ok(report) => self.report(report, submissions_outstanding, now),
            Err(message) => self.offer(|| Event::Message(message)),
        }
    }

    /// Enters the answer to a submission whose outcome has been reported as unknown. Where the queue is full it is not
    /// told; an accepted message is kept all the same, unless its final report has been told.
    pub(crate) fn late_answer(
        &mut self,
        submitted: &Submitted,
        answer: Result<String, Status>,
        now: Instant,
    ) {
        if !self.has_listener {
            return;
        }
        let accepted = answer.clone().ok();
        if !self.is_full() {
            self.queue.push_back(Event::LateAnswer { submission: submitted.submission, answer });
        }
        let Some(message_id) = accepted else { return };
        match self.recent.untied_end(&message_id).cloned() {
            // The report came first, and nobody knew whose it was.
            Some(state) => {
                self.recent.insert(Arc::from(message_id), Some(state.clone()), Some(submitted.submission));
                if let Some(notes) = &mut self.notes {
                    notes.push((submitted.submission, state));
                }
            }
            None => self.accept(submitted, &message_id, now),
        }
    }

    /// Gives up on messages and early reports whose time is up, as far as the queue has room.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        while !self.is_full()
            && let Some(first) = self.awaiting.first_entry()
            && first.get().deadline <= now
        {
            let order = *first.key();
            self.time_out(order);
        }
        while !self.is_full() && self.early.first_deadline().is_some_and(|deadline| deadline <= now) {
            self.release_one_early();
        }
    }

    /// When [`handle_time`](Self::handle_time) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if self.is_full() {
            return None;
        }
        let awaiting = self.awaiting.values().next().map(|first| first.deadline);
        awaiting.into_iter().chain(self.early.first_deadline()).min()
    }

    /// No answer is outstanding any more that could name an early report's message.
    pub(crate) fn expect_no_answers(&mut self) {
        while !self.is_full() && self.early.len() > 0 {
            self.release_one_early();
        }
    }

    /// Moves the waiting events into `events`, which is empty.
    pub(crate) fn take(&mut self, events: &mut VecDeque<Event>) {
        debug_assert!(events.is_empty());
        std::mem::swap(&mut self.queue, events);
        self.has_warned = false;
    }

    /// Tells one more thing that would otherwise wait, for a client that is closed.
    pub(crate) fn give_up_one(&mut self) {
        if self.early.len() > 0 {
            self.release_one_early();
        } else if let Some((&order, _)) = self.awaiting.first_key_value() {
            self.time_out(order);
        }
    }

    /// Whether there are events to fetch.
    pub(crate) fn has_events(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Nobody will ever fetch an event: from here on nothing is kept.
    pub(crate) fn stop_listening(&mut self) {
        *self = Self { has_listener: false, ..Self::new(self.limits) };
    }

    pub(crate) fn counts(&self) -> LedgerCounts {
        LedgerCounts {
            awaiting: self.awaiting.len(),
            early: self.early.len(),
            events: self.queue.len(),
            ..self.counts
        }
    }

    /// Enters a message that an earlier process had accepted, as far as it was reported on.
    pub(crate) fn restore(
        &mut self,
        submitted: &Submitted,
        message_id: &str,
        state: Option<ReportState>,
        now: Instant,
    ) {
        if state.as_ref().is_some_and(ReportState::is_final) {
            self.recent.insert(Arc::from(message_id), state, Some(submitted.submission));
            return;
        }
        self.accept(submitted, message_id, now);
        if let Some(awaiting) = self.awaiting.get_mut(&self.accepted) {
            awaiting.last_state = state;
        }
    }

    /// Queues an event that comes before all others.
    pub(crate) fn announce(&mut self, event: Event) {
        self.queue.push_back(event);
    }

    /// From here on, notes what is reported on which submission.
    pub(crate) fn keep_notes(&mut self) {
        self.notes = Some(Vec::new());
    }

    /// What has been reported since this was last asked.
    pub(crate) fn take_notes(&mut self) -> Vec<(SubmissionId, ReportState)> {
        self.notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn report(&mut self, report: DeliveryReport, outstanding: bool, now: Instant) -> Status {
        let Some(id) = report.message_id() else {
            return self.offer(|| Event::Report { submission: None, report });
        };
        let exact = self.by_id.get(id).copied();
        let hold = exact.is_none() && outstanding && !self.recent.knows(id);
        let order = exact.or_else(|| if hold { None } else { self.find_similar(&report) });
        let is_told = match order.and_then(|order| self.awaiting.get(&order)) {
            Some(awaiting) => awaiting.last_state.as_ref() == Some(report.state()),
            None => self.recent.contains(id, report.state()) || self.early.contains(id, report.state()),
        };
        if is_told {
            return Status::OK;
        }
        if hold && self.early.len() < self.limits.capacity {
            let id = id.to_owned();
            self.early.hold(&id, report, now + self.limits.early);
            return Status::OK;
        }
        if hold || self.is_full() {
            return self.refuse();
        }
        self.emit(report, order);
        Status::OK
    }

    /// The message that a report is about whose id is nobody's: by an id written in another way and the same number, if
    /// there is one such message and no more.
    fn find_similar(&self, report: &DeliveryReport) -> Option<u64> {
        let id = report.message_id().unwrap_or_default();
        if id.is_empty() || self.recent.knows(id) || self.awaiting.is_empty() {
            return None;
        }
        // The service repeats the number as destination; by the standard it is the source of a report.
        let message = report.message();
        let mut similar = [&message.destination, &message.source]
            .into_iter()
            .filter(|address| !address.number.is_empty())
            .map(|address| destination_key(&address.number))
            .flat_map(|key| self.by_destination.range((key, 0)..=(key, u64::MAX)).take(SIMILAR_SEARCHED))
            .filter(|(_, order)| {
                self.awaiting.get(order).is_some_and(|awaiting| is_similar(&awaiting.message_id, id))
            })
            .map(|(_, order)| *order);
        let found = similar.next()?;
        similar.all(|other| other == found).then_some(found)
    }

    /// Queues a report, tied to its message where that is known.
    fn emit(&mut self, report: DeliveryReport, order: Option<u64>) {
        let id: Arc<str> = Arc::from(report.message_id().unwrap_or_default());
        let submission = match order.and_then(|order| self.awaiting.get_mut(&order)) {
            Some(awaiting) => {
                awaiting.last_state = Some(report.state().clone());
                Some(awaiting.submission)
            }
            None => self.recent.submission(&id),
        };
        match order {
            Some(order) if report.state().is_final() => {
                self.remove(order);
                self.recent.insert(id, Some(report.state().clone()), submission);
            }
            Some(_) => {}
            None => self.recent.insert(id, Some(report.state().clone()), submission),
        }
        if let (Some(notes), Some(submission)) = (&mut self.notes, submission) {
            notes.push((submission, report.state().clone()));
        }
        self.queue.push_back(Event::Report { submission, report });
    }

    fn release_one_early(&mut self) {
        if let Some(report) = self.early.pop() {
            let exact = self.by_id.get(report.message_id().unwrap_or_default()).copied();
            let order = exact.or_else(|| self.find_similar(&report));
            self.emit(report, order);
        }
    }

    /// Tells that no report came. One that comes yet still finds its message.
    fn time_out(&mut self, order: u64) {
        let Some(Awaiting { submission, message_id, last_state, .. }) = self.remove(order) else { return };
        self.recent.insert(Arc::clone(&message_id), last_state, Some(submission));
        let message_id = message_id.as_ref().to_owned();
        self.queue.push_back(Event::ReportTimeout { submission, message_id });
    }

    /// Makes room for a message by giving up on the oldest before its time: with an event, if there is room for one.
    fn let_go_of_oldest(&mut self) {
        let Some((&order, _)) = self.awaiting.first_key_value() else { return };
        if !self.is_full() {
            return self.time_out(order);
        }
        if let Some(Awaiting { submission, message_id, last_state, .. }) = self.remove(order) {
            self.recent.insert(message_id, last_state, Some(submission));
            self.counts.forgotten += 1;
            if self.counts.forgotten.is_power_of_two() {
                let forgotten = self.counts.forgotten;
                log::warn!("no event is fetched: {forgotten} accepted messages were let go without one");
            }
        }
    }

    fn remove(&mut self, order: u64) -> Option<Awaiting> {
        let awaiting = self.awaiting.remove(&order)?;
        self.by_destination.remove(&(awaiting.destination, order));
        // Where a service gave one id twice, the index belongs to the later message.
        if let Some(other) = self.by_id.remove(&awaiting.message_id)
            && other != order
        {
            self.by_id.insert(Arc::clone(&awaiting.message_id), other);
        }
        Some(awaiting)
    }

    fn offer(&mut self, event: impl FnOnce() -> Event) -> Status {
        if self.is_full() {
            return self.refuse();
        }
        self.queue.push_back(event());
        Status::OK
    }

    fn refuse(&mut self) -> Status {
        self.counts.refused_reports += 1;
        if !self.has_warned {
            self.has_warned = true;
            let (events, early) = (self.queue.len(), self.early.len());
            log::warn!(
                "{events} events wait to be fetched and {early} reports for their message: \
                 what is delivered is turned away until there is room"
            );
        }
        Status::RECEIVER_TEMPORARY
    }

    fn is_full(&self) -> bool {
        self.queue.len() >= self.limits.capacity
    }
}

/// Messages to one number that are searched for an id written in another way.
const SIMILAR_SEARCHED: usize = 256;
