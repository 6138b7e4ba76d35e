//! The state that the client's threads share: what may be done with it under one lock, and no waiting.

use std::sync::Arc;
use std::time::Instant;

use super::ticket::Slot;
use crate::smpp::ledger::Ledger;
use crate::smpp::link::Link;
use crate::smpp::session::{CloseReason, Event, Readiness, Session};
use crate::smpp::{Accepted, SubmissionId, SubmitError, SubmitErrorKind};

/// The link with its session, the ledger that outlives it, and who waits for what.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) up: Option<Connected>,
    pub(super) ledger: Ledger,
    pub(super) broken: Option<LinkFailure>,
    pub(super) keeper_wakes_at: Option<Instant>,
    pub(super) submissions: u64,
    pub(super) someone_writes: bool,
    /// The buffer that the last write emptied.
    pub(super) spare: Vec<u8>,
    pub(super) waiting_for_room: usize,
    pub(super) writer_waits: bool,
    pub(super) user_waits: bool,
}

/// A link and the session over it.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) session: Session<Arc<Slot>>,
    pub(super) link: Arc<Link>,
}

/// Why a link is of no more use.
#[derive(Debug)]
pub(super) struct LinkFailure {
    pub(super) why: String,
    /// The peer is still there, and the last answers are worth writing.
    pub(super) peer_reads: bool,
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
    /// The link was lost and is not to be opened again.
    Lost,
}

impl Phase {
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Lost)
    }
}

/// Whom to wake once the lock is released.
#[derive(Debug, Default)]
pub(super) struct Notifications {
    pub(super) slots: Vec<Arc<Slot>>,
    pub(super) places: usize,
    pub(super) supervisor: bool,
}

impl State {
    pub(super) fn new(up: Connected, ledger: Ledger) -> Self {
        Self {
            phase: Phase::Running,
            up: Some(up),
            ledger,
            broken: None,
            keeper_wakes_at: None,
            submissions: 0,
            someone_writes: false,
            spare: Vec::new(),
            waiting_for_room: 0,
            writer_waits: false,
            user_waits: false,
        }
    }

    /// Whether this link is the one in use.
    pub(super) fn is_over(&self, link: &Arc<Link>) -> bool {
        self.up.as_ref().is_some_and(|up| Arc::ptr_eq(&up.link, link))
    }

    /// The link, as long as it can be written to.
    fn usable(&self) -> Option<&Connected> {
        self.up.as_ref().filter(|_| self.broken.is_none())
    }

    pub(super) fn has_output(&self) -> bool {
        self.usable().is_some_and(|up| up.session.has_output())
    }

    pub(super) fn readiness(&self, now: Instant) -> Readiness {
        self.usable().map_or(Readiness::NotBound, |up| up.session.readiness(now))
    }

    /// Whether there is a link over which messages can be sent.
    pub(super) fn is_bound(&self) -> bool {
        self.usable().is_some_and(|up| up.session.is_bound())
    }

    /// Does what the session's events ask for.
    pub(super) fn handle_events(&mut self, now: Instant, wakes: &mut Notifications) {
        let Some(Connected { session, .. }) = &mut self.up else { return };
        while let Some(event) = session.poll_event() {
            match event {
                Event::Bound { system_id } => log::info!("bound to {system_id:?}"),
                Event::Answered { token, answer } => {
                    let submission = token.submitted.submission;
                    wakes.places += 1;
                    let result = match answer {
                        Ok(message_id) => {
                            self.ledger.accept(&token.submitted, &message_id, now);
                            Ok(Accepted { submission, message_id })
                        }
                        Err(status) => Err((SubmitErrorKind::Rejected(status), submission)),
                    };
                    wakes.complete(token, result);
                }
                Event::Overdue { token } => {
                    wakes.places += 1;
                    let submission = token.submitted.submission;
                    wakes.complete(token, Err((SubmitErrorKind::Unanswered, submission)));
                }
                Event::Late { token, answer } => self.ledger.late_answer(&token.submitted, answer, now),
                Event::Delivered { sequence, message, submissions_outstanding } => {
                    let status = self.ledger.deliver(message, submissions_outstanding, now);
                    session.answer_delivery(sequence, status);
                }
                Event::Unreadable(error) => log::warn!("a delivery could not be read: {error}"),
                Event::Closed(reason) => {
                    let peer_reads = matches!(
                        reason,
                        CloseReason::Unbound | CloseReason::PeerUnbound | CloseReason::OutOfStep(_)
                    );
                    self.broken = Some(LinkFailure { why: reason.to_string(), peer_reads });
                    wakes.supervisor = true;
                }
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let session = self.up.as_ref().and_then(|up| up.session.next_deadline());
        let ledger = self.ledger.next_deadline();
        session.into_iter().chain(ledger).min()
    }
}

impl Notifications {
    pub(super) fn complete(
        &mut self,
        slot: Arc<Slot>,
        result: Result<Accepted, (SubmitErrorKind, SubmissionId)>,
    ) {
        let result = result.map_err(|(kind, submission)| SubmitError::new(kind, Some(submission)));
        if slot.complete(result) {
            self.slots.push(slot);
        }
    }
}
