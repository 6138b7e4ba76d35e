//! The state that the client's threads share: what may be done with it under one lock, and no waiting.

use std::sync::Arc;
use std::time::Instant;

use super::link_state::{LinkFailure, LinkState, SILENT_AFTER};
use super::slot::Slot;
use crate::rate::Rate;
use crate::smpp::ledger::{Ledger, Submitted};
use crate::smpp::session::{CloseReason, Readiness, SessionEvent};
use crate::smpp::submission_journal::SubmissionJournal;
use crate::smpp::{Accepted, Event, SubmissionId, SubmitError, SubmitErrorKind};

/// The links, the ledger that outlives them, and who waits for what.
#[derive(Debug)]
pub(super) struct ClientState {
    pub(super) phase: Phase,
    pub(super) links: Vec<LinkState>,
    pub(super) ledger: Ledger,
    pub(super) journal: Option<SubmissionJournal>,
    pub(super) submissions: u64,
    /// Of all links together.
    pub(super) rate: Option<Rate>,
    /// Links that are connected, or on their way to be.
    pub(super) sessions: usize,
    pub(super) max_sessions: usize,
    pub(super) waiting_for_room: usize,
    /// Those among them whom an answer wakes as well.
    pub(super) waiting_for_answer: usize,
    pub(super) user_waits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// Draining, then closed.
    ShuttingDown,
    /// Closed without draining.
    Aborting,
    /// Ended as asked.
    Closed,
    /// Every link was lost and is not to be opened again.
    Lost,
}

impl Phase {
    pub(super) const fn is_terminal(self) -> bool {
        matches!(self, Self::Closed | Self::Lost)
    }
}

/// Whom to wake once the lock is released.
#[derive(Debug, Default)]
pub(super) struct Notifications {
    pub(super) slots: Vec<Arc<Slot>>,
    pub(super) places: usize,
}

/// Which link takes the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Link(usize),
    /// None now. It may change at this time, or by an answer; `is_bound` says whether any link is up.
    Wait {
        until: Option<Instant>,
        is_bound: bool,
    },
}

impl ClientState {
    pub(super) fn new(
        links: Vec<LinkState>,
        ledger: Ledger,
        rate: Option<Rate>,
        max_sessions: usize,
    ) -> Self {
        Self {
            phase: Phase::Running,
            links,
            ledger,
            journal: None,
            submissions: 0,
            rate,
            sessions: 0,
            max_sessions,
            waiting_for_room: 0,
            waiting_for_answer: 0,
            user_waits: false,
        }
    }

    /// Whether there is a link over which messages can be sent.
    pub(super) fn is_bound(&self) -> bool {
        self.links.iter().any(LinkState::is_bound)
    }

    /// The most preferred of the links that can take a message now; among equals, each in turn by its weight. One that
    /// has fallen silent is passed over where there are others, so that no caller waits for its answer in vain.
    pub(super) fn choose(&mut self, now: Instant) -> Choice {
        let mut until: Option<Instant> = None;
        let mut is_bound = false;
        let mut ready: Option<(u32, u64)> = None;
        let passes_over_silent = self.passes_over_silent(now);
        for link in &mut self.links {
            let readiness = link.readiness(now);
            let is_passed_over = passes_over_silent && link.is_silent(now);
            link.is_ready = readiness == Readiness::Ready && !is_passed_over;
            is_bound |= readiness != Readiness::NotBound;
            match readiness {
                // The others may fall silent too.
                Readiness::Ready if is_passed_over => until = until.or(Some(now + SILENT_AFTER)),
                Readiness::Ready => {
                    let weight = u64::from(link.weight);
                    ready = Some(match ready {
                        Some((preference, total)) if preference == link.preference => {
                            (preference, total + weight)
                        }
                        Some(best) if best.0 < link.preference => best,
                        _ => (link.preference, weight),
                    });
                }
                Readiness::PausedUntil(paused) => {
                    until = Some(until.map_or(paused, |until| until.min(paused)));
                }
                Readiness::WindowFull | Readiness::NotBound => {}
            }
        }
        let Some((preference, total)) = ready else { return Choice::Wait { until, is_bound } };
        if let Some(paced) = self.rate.and_then(|rate| rate.ready_at(now)) {
            return Choice::Wait { until: Some(paced), is_bound };
        }
        // Smooth weighted round robin: each earns its weight, and whoever has most pays for all.
        let mut chosen = (0, i64::MIN);
        for (index, link) in self.links.iter_mut().enumerate() {
            if link.is_ready && link.preference == preference {
                link.credit += i64::from(link.weight);
                if link.credit > chosen.1 {
                    chosen = (index, link.credit);
                }
            }
        }
        if let Some(link) = self.links.get_mut(chosen.0) {
            link.credit -= i64::try_from(total).unwrap_or(i64::MAX);
        }
        Choice::Link(chosen.0)
    }

    /// Whether a message could be placed now.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        let passes_over_silent = self.passes_over_silent(now);
        let takes_one = |link: &LinkState| {
            link.readiness(now) == Readiness::Ready && !(passes_over_silent && link.is_silent(now))
        };
        self.phase == Phase::Running
            && self.links.iter().any(takes_one)
            && self.rate.is_none_or(|rate| rate.ready_at(now).is_none())
    }

    fn passes_over_silent(&self, now: Instant) -> bool {
        self.links.len() > 1 && self.links.iter().any(|link| link.is_bound() && !link.is_silent(now))
    }

    /// Does what the events of a link's session ask for. Says whether the session has ended.
    pub(super) fn handle_events(
        &mut self,
        index: usize,
        now: Instant,
        notifications: &mut Notifications,
    ) -> bool {
        let others_outstanding =
            self.links.iter().enumerate().any(|(other, link)| other != index && link.outstanding() > 0);
        let Some(link) = self.links.get_mut(index) else { return false };
        let Some(connected) = &mut link.connected else { return false };
        let mut has_ended = false;
        while let Some(event) = connected.session.poll_event() {
            match event {
                SessionEvent::Bound { system_id } => log::info!("bound to {system_id:?}"),
                SessionEvent::Answered { token, answer } => {
                    let submission = token.submitted.submission;
                    let result = match answer {
                        Ok(message_id) => {
                            note(&mut self.journal, |journal| journal.accepted(submission, &message_id));
                            self.ledger.accept(&token.submitted, &message_id, now);
                            Ok(Accepted { submission, message_id })
                        }
                        Err(status) => {
                            note(&mut self.journal, |journal| _ = journal.close(submission));
                            Err((SubmitErrorKind::Rejected(status), submission))
                        }
                    };
                    connected.wake_callers(notifications.complete(token, result));
                }
                SessionEvent::Overdue { token } => {
                    let submission = token.submitted.submission;
                    note(&mut self.journal, |journal| journal.unknown(submission));
                    let result = Err((SubmitErrorKind::Unanswered, submission));
                    connected.wake_callers(notifications.complete(token, result));
                }
                SessionEvent::Late { token, answer } => {
                    let submission = token.submitted.submission;
                    note(&mut self.journal, |journal| match &answer {
                        Ok(message_id) => journal.accepted(submission, message_id),
                        Err(_) => _ = journal.close(submission),
                    });
                    self.ledger.late_answer(&token.submitted, answer, now);
                }
                SessionEvent::Delivered { sequence, message, submissions_outstanding } => {
                    let outstanding = submissions_outstanding || others_outstanding;
                    let status = self.ledger.deliver(message, outstanding, now);
                    connected.session.answer_delivery(sequence, status);
                }
                SessionEvent::Unreadable(error) => log::warn!("a delivery could not be read: {error}"),
                SessionEvent::Closed(reason) => {
                    let peer_reads = matches!(
                        reason,
                        CloseReason::Unbound | CloseReason::PeerUnbound | CloseReason::OutOfStep(_)
                    );
                    link.failure = Some(LinkFailure { why: reason.to_string(), peer_reads });
                    has_ended = true;
                }
            }
        }
        self.flush_journal();
        has_ended
    }

    /// Has the journal hold what is about to be told. A failure is logged: what is known in this process stays right.
    pub(super) fn flush_journal(&mut self) -> bool {
        let Some(journal) = &mut self.journal else { return true };
        for (submission, state) in self.ledger.take_notes() {
            journal.reported(submission, &state);
        }
        let flushed = journal.flush();
        if let Err(error) = &flushed {
            log::error!("the journal of submissions cannot be written: {error}");
        }
        flushed.is_ok()
    }

    /// Goes on where an earlier process ended.
    pub(super) fn recover(&mut self, journal: SubmissionJournal, now: Instant) {
        self.submissions = journal.last_submission();
        for (submission, entry) in journal.entries() {
            let (reference, state) = (entry.reference.clone(), entry.state());
            self.ledger.announce(Event::Recovered { submission, reference, state });
            if let Some(message_id) = &entry.message_id {
                let submitted = Submitted { submission, destination: entry.destination };
                self.ledger.restore(&submitted, message_id, entry.reported.clone(), now);
            }
        }
        self.ledger.keep_notes();
        self.journal = Some(journal);
    }

    /// When this link's supervisor has something to do, if nothing happens before.
    pub(super) fn next_deadline(&self, index: usize) -> Option<Instant> {
        let session = self.links.get(index).and_then(|link| link.connected.as_ref());
        let session = session.and_then(|connected| connected.session.next_deadline());
        session.into_iter().chain(self.ledger.next_deadline()).min()
    }

    /// Whether this link may connect now: there is a session to spare, and none that is preferred wants it.
    pub(super) fn may_connect(&self, index: usize) -> bool {
        let first = self
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| link.wants_session)
            .min_by_key(|(at, link)| (link.preference, *at));
        self.sessions < self.max_sessions && first.is_none_or(|(first, _)| first == index)
    }
}

pub(super) fn note(journal: &mut Option<SubmissionJournal>, what: impl FnOnce(&mut SubmissionJournal)) {
    if let Some(journal) = journal {
        what(journal);
    }
}

impl Notifications {
    /// Leaves an answer for whoever waits for it: how many callers that woke from sleep, none or one.
    pub(super) fn complete(
        &mut self,
        slot: Arc<Slot>,
        result: Result<Accepted, (SubmitErrorKind, SubmissionId)>,
    ) -> usize {
        self.places += 1;
        let result = result.map_err(|(kind, submission)| SubmitError::new(kind, Some(submission)));
        let sleeps = slot.complete(result);
        if sleeps {
            self.slots.push(slot);
        }
        usize::from(sleeps)
    }
}
