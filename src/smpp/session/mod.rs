//! One link's life, from bind to close, as a state machine: octets and the time go in, octets and events come out.
//!
//! It opens no socket, starts no thread and reads no clock. What is not decided here: what a report means
//! ([`Ledger`](super::ledger::Ledger)), and when to connect again.
//!
//! ```text
//! Binding ──bind_transceiver_resp──▶ Bound ──unbind asked for──▶ Draining ──window empty──▶ Unbinding
//!    │ refused, late                   │ peer unbinds,               │                          │ answered,
//!    ▼                                 ▼ silence, bad length         ▼                          ▼ late
//!  Closed ◀────────────────────────────┴─────────────────────────────┴──────────────────────────┘
//! ```

mod close_reason;
mod pending;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod throttle;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Credentials;
use super::pdu::{Bind, Body, Command, Deframer, Header, Pdu, ShortMessage, Status};
use crate::InvalidInput;
#[cfg(feature = "metrics")]
use crate::Outcome;
#[cfg(feature = "metrics")]
use crate::metrics::LinkMetrics;
use crate::rate::Rate;
pub(crate) use close_reason::CloseReason;
use pending::{Match, Pending};
use throttle::Throttle;

/// A session over one link. `T` is what the owner knows a submission by.
#[derive(Debug)]
pub(crate) struct Session<T> {
    settings: Settings,
    state: SessionState,
    deframer: Deframer,
    output: Vec<u8>,
    unwritten_answers: usize,
    events: VecDeque<SessionEvent<T>>,
    pending: Pending<T>,
    throttle: Throttle,
    /// As configured.
    rate: Option<Rate>,
    /// Of the last submission that was answered.
    round_trip: Option<Duration>,
    enquire_round_trip: Option<Duration>,
    enquire_due: Instant,
    enquire_unanswered: Option<(u32, Instant)>,
    #[cfg(feature = "metrics")]
    metrics: LinkMetrics,
    /// Since when answers to submissions are owed and nothing at all has come.
    silent_since: Option<Instant>,
}

/// The limits of a session.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) window: usize,
    pub(crate) bind_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) enquire_interval: Duration,
    pub(crate) enquire_timeout: Duration,
    pub(crate) initial_pause: Duration,
    pub(crate) max_pause: Duration,
    /// Messages per second.
    pub(crate) rate: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionState {
    Binding { sequence: u32, deadline: Instant },
    Bound,
    Draining,
    Unbinding { sequence: u32, deadline: Instant },
    Closed,
}

/// What the owner of a session has to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SessionEvent<T> {
    /// The bind was accepted.
    Bound { system_id: String },
    /// A submission was answered: accepted under an id, or refused.
    Answered { token: T, answer: Result<String, Status> },
    /// A submission was not answered in time. Its place in the window is free.
    Overdue { token: T },
    /// The answer to a submission that had been given up.
    Late { token: T, answer: Result<String, Status> },
    /// A message or report came. It must be answered with [`Session::answer_delivery`]. While submissions were
    /// outstanding it may be about one whose answer is still to come.
    Delivered { sequence: u32, message: ShortMessage, submissions_outstanding: bool },
    /// A request that could not be read was refused.
    Unreadable(InvalidInput),
    /// The session has ended. What is in the output still wants to be written.
    Closed(CloseReason),
}

/// What a session has measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measures {
    /// Of the last submission that was answered.
    pub(crate) submit_round_trip: Option<Duration>,
    /// Of the last probe that was answered.
    pub(crate) enquire_round_trip: Option<Duration>,
    pub(crate) accepted_last_second: usize,
    /// Submissions that were answered with a request to slow down.
    pub(crate) throttled: u64,
}

/// Whether a submission can be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    WindowFull,
    PausedUntil(Instant),
    NotBound,
}

impl<T: Clone> Session<T> {
    /// A session that has its bind in the output.
    pub(crate) fn new(settings: Settings, credentials: &Credentials, now: Instant) -> Self {
        let mut pending = Pending::new(1);
        let sequence = pending.next_sequence();
        let bind = Bind {
            system_id: credentials.system_id().to_owned(),
            password: credentials.password().to_owned(),
            interface_version: Bind::VERSION_3_4,
            ..Bind::default()
        };
        let mut output = Vec::new();
        Pdu { status: Status::OK, sequence, body: Body::BindTransceiver(bind) }
            .encode(&mut output)
            .expect("credentials are checked to fit the fields of a bind");
        Self {
            state: SessionState::Binding { sequence, deadline: now + settings.bind_timeout },
            deframer: Deframer::default(),
            output,
            unwritten_answers: 0,
            events: VecDeque::new(),
            pending,
            throttle: Throttle::new(settings.initial_pause, settings.max_pause),
            rate: settings.rate.map(Rate::new),
            round_trip: None,
            enquire_round_trip: None,
            enquire_due: now + settings.enquire_interval,
            enquire_unanswered: None,
            #[cfg(feature = "metrics")]
            metrics: LinkMetrics::new(),
            silent_since: None,
            settings,
        }
    }

    /// Takes octets from the peer, cut anywhere.
    pub(crate) fn handle_input(&mut self, input: &[u8], now: Instant) {
        let mut deframer = std::mem::take(&mut self.deframer);
        let fed = deframer.feed(input, |frame| self.handle_frame(frame, now));
        self.deframer = deframer;
        if let Err(error) = fed
            && self.state != SessionState::Closed
        {
            self.write(Command::GENERIC_NACK, Status::INVALID_COMMAND_LENGTH, 0, &[]);
            self.close(CloseReason::OutOfStep(error));
        }
        if self.unwritten_answers > UNWRITTEN_ANSWERS {
            self.close(CloseReason::PeerDoesNotRead);
        }
        self.silent_since = (self.pending.outstanding() > 0).then_some(now);
        self.unbind_when_drained(now);
    }

    /// Does what the time asks for; [`next_deadline`](Self::next_deadline) says when.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        match self.state {
            SessionState::Binding { deadline, .. } if deadline <= now => {
                self.close(CloseReason::BindUnanswered);
            }
            SessionState::Unbinding { deadline, .. } if deadline <= now => {
                self.close(CloseReason::UnbindUnanswered);
            }
            SessionState::Bound | SessionState::Draining => self.enquire(now),
            _ => {}
        }
        if self.state == SessionState::Closed {
            // What is outstanding is told when the session is abandoned.
            return;
        }
        for token in self.pending.expire(now) {
            self.events.push_back(SessionEvent::Overdue { token });
            #[cfg(feature = "metrics")]
            LinkMetrics::unanswered(Outcome::Unknown, "timeout");
        }
        #[cfg(feature = "metrics")]
        self.metrics.window(self.pending.outstanding(), self.metrics.size());
        self.silent_since = self.silent_since.filter(|_| self.pending.outstanding() > 0);
        self.unbind_when_drained(now);
    }

    /// When [`handle_time`](Self::handle_time) has to be called next, if nothing happens before.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let own = match self.state {
            SessionState::Binding { deadline, .. } | SessionState::Unbinding { deadline, .. } => deadline,
            SessionState::Bound | SessionState::Draining => {
                self.enquire_unanswered.map_or(self.enquire_due, |(_, deadline)| deadline)
            }
            SessionState::Closed => return None,
        };
        Some(self.pending.first_deadline().map_or(own, |pending| own.min(pending)))
    }

    /// Whether a submission can be taken.
    pub(crate) fn readiness(&self, now: Instant) -> Readiness {
        if self.state != SessionState::Bound {
            return Readiness::NotBound;
        }
        if self.pending.outstanding() >= self.settings.window {
            return Readiness::WindowFull;
        }
        let paced = self.rate.and_then(|rate| rate.ready_at(now));
        let paused = self.throttle.paused_until(now).into_iter().chain(paced).max();
        paused.map_or(Readiness::Ready, Readiness::PausedUntil)
    }

    /// Writes a submission, whose body is already encoded. To be called when [`Readiness::Ready`].
    pub(crate) fn submit(&mut self, token: T, body: &[u8], now: Instant) {
        let sequence = self.pending.next_sequence();
        // Known before it is written: an answer can never find nothing.
        self.pending.insert(sequence, token, now, now + self.settings.response_timeout);
        self.silent_since.get_or_insert(now);
        self.throttle.sent(now);
        if let Some(rate) = &mut self.rate {
            rate.take(now);
        }
        self.write(Command::SUBMIT_SM, Status::OK, sequence, body);
        #[cfg(feature = "metrics")]
        self.metrics.window(self.pending.outstanding(), self.settings.window);
    }

    /// Answers a delivery.
    pub(crate) fn answer_delivery(&mut self, sequence: u32, status: Status) {
        self.write(Command::DELIVER_SM_RESP, status, sequence, &[0]);
    }

    /// Stops the intake, and unbinds once nothing is outstanding.
    pub(crate) fn unbind(&mut self, now: Instant) {
        match self.state {
            SessionState::Bound => {
                self.state = SessionState::Draining;
                self.unbind_when_drained(now);
            }
            SessionState::Binding { .. } => self.close(CloseReason::Unbound),
            SessionState::Draining | SessionState::Unbinding { .. } | SessionState::Closed => {}
        }
    }

    /// Ends the session because the link is gone. Gives every unanswered submission, with whether it may have left.
    pub(crate) fn abandon(&mut self) -> Vec<(T, bool)> {
        self.state = SessionState::Closed;
        self.output.clear();
        let left = self.pending.abandon();
        #[cfg(feature = "metrics")]
        {
            for (_, may_have_left) in &left {
                let outcome = if *may_have_left { Outcome::Unknown } else { Outcome::NotSent };
                LinkMetrics::unanswered(outcome, "link_lost");
            }
            self.metrics.window(0, 0);
        }
        left
    }

    /// The next thing the owner has to know.
    pub(crate) fn poll_event(&mut self) -> Option<SessionEvent<T>> {
        self.events.pop_front()
    }

    /// Whether there is anything to write.
    pub(crate) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Swaps what is to be written into an empty buffer. From here on it counts as possibly sent.
    pub(crate) fn take_output(&mut self, empty: &mut Vec<u8>) {
        debug_assert!(empty.is_empty());
        std::mem::swap(&mut self.output, empty);
        self.unwritten_answers = 0;
        self.pending.hand_over();
    }

    /// How many submissions wait for their answer.
    pub(crate) fn outstanding(&self) -> usize {
        self.pending.outstanding()
    }

    /// How many submissions wait to be written.
    pub(crate) fn unwritten(&self) -> usize {
        self.pending.unwritten()
    }

    /// Since when the peer owes answers and has said nothing at all.
    pub(crate) const fn silent_since(&self) -> Option<Instant> {
        self.silent_since
    }

    /// What an operator wants to see.
    pub(crate) fn measures(&self, now: Instant) -> Measures {
        Measures {
            submit_round_trip: self.round_trip,
            enquire_round_trip: self.enquire_round_trip,
            accepted_last_second: self.throttle.taken_in_last_second(now),
            throttled: self.throttle.asked(),
        }
    }

    /// Whether the bind was accepted and nothing has ended the session since.
    pub(crate) fn is_bound(&self) -> bool {
        self.state == SessionState::Bound
    }

    /// Whether the bind was accepted, even if the session has ended since; as long as no event has been polled.
    pub(crate) fn has_bound(&self) -> bool {
        self.events.iter().any(|event| matches!(event, SessionEvent::Bound { .. }))
    }

    fn handle_frame(&mut self, frame: &[u8], now: Instant) {
        let Some(header) = Header::read(frame) else { return };
        if self.state == SessionState::Closed {
            return;
        }
        if header.command.is_response() {
            self.handle_response(header, frame, now);
        } else {
            self.handle_request(header, frame);
        }
    }

    fn handle_request(&mut self, header: Header, frame: &[u8]) {
        self.unwritten_answers += 1;
        match header.command {
            Command::DELIVER_SM => match Pdu::decode(frame).map(|pdu| pdu.body) {
                Ok(Body::DeliverSm(message)) => {
                    let submissions_outstanding = self.pending.outstanding() > 0;
                    let sequence = header.sequence;
                    self.events.push_back(SessionEvent::Delivered {
                        sequence,
                        message,
                        submissions_outstanding,
                    });
                }
                Ok(_) => {}
                Err(error) => {
                    self.answer_delivery(header.sequence, Status::RECEIVER_PERMANENT);
                    self.events.push_back(SessionEvent::Unreadable(error));
                }
            },
            Command::ENQUIRE_LINK => {
                self.write(Command::ENQUIRE_LINK_RESP, Status::OK, header.sequence, &[]);
            }
            Command::UNBIND => {
                self.write(Command::UNBIND_RESP, Status::OK, header.sequence, &[]);
                self.close(CloseReason::PeerUnbound);
            }
            _ => self.write(Command::GENERIC_NACK, Status::INVALID_COMMAND, header.sequence, &[]),
        }
    }

    /// An answer belongs to the request of its number and kind. One that belongs to nothing is passed over: answers
    /// are never answered.
    fn handle_response(&mut self, header: Header, frame: &[u8], now: Instant) {
        let nack = header.command == Command::GENERIC_NACK;
        let of = |command: Command| nack || header.command == command;
        match self.state {
            SessionState::Binding { sequence, .. }
                if sequence == header.sequence && of(Command::BIND_TRANSCEIVER_RESP) =>
            {
                if nack || !header.status.is_ok() {
                    return self.close(CloseReason::BindRefused(refusal(header.status)));
                }
                self.state = SessionState::Bound;
                #[cfg(feature = "metrics")]
                self.metrics.window(0, self.settings.window);
                self.enquire_due = now + self.settings.enquire_interval;
                if let Ok(Pdu { body: Body::BindTransceiverResp { system_id, .. }, .. }) = Pdu::decode(frame)
                {
                    self.events.push_back(SessionEvent::Bound { system_id });
                }
                return;
            }
            SessionState::Unbinding { sequence, .. }
                if sequence == header.sequence && of(Command::UNBIND_RESP) =>
            {
                return self.close(CloseReason::Unbound);
            }
            _ => {}
        }
        if self.enquire_unanswered.is_some_and(|(sequence, _)| sequence == header.sequence)
            && of(Command::ENQUIRE_LINK_RESP)
        {
            if let Some((_, deadline)) = self.enquire_unanswered.take() {
                let left = deadline.saturating_duration_since(now);
                let took = self.settings.enquire_timeout.saturating_sub(left);
                self.enquire_round_trip = Some(took);
                #[cfg(feature = "metrics")]
                self.metrics.enquired(took);
            }
            return;
        }
        if !of(Command::SUBMIT_SM_RESP) {
            return;
        }
        let answer = if nack || !header.status.is_ok() {
            Err(refusal(header.status))
        } else {
            match Pdu::decode(frame) {
                Ok(Pdu { body: Body::SubmitSmResp { message_id, .. }, .. }) => Ok(message_id),
                _ => Ok(String::new()),
            }
        };
        let slow_down = matches!(answer, Err(status) if status.asks_to_slow_down());
        let accepted = answer.is_ok();
        #[cfg(feature = "metrics")]
        let result = answer.as_ref().map(drop).map_err(|status| *status);
        let (event, sent_at) = match self.pending.take(header.sequence) {
            Match::InTime { token, sent_at } => (SessionEvent::Answered { token, answer }, sent_at),
            Match::Late { token, sent_at } => (SessionEvent::Late { token, answer }, sent_at),
            Match::Nothing => return,
        };
        #[cfg(feature = "metrics")]
        let is_in_time = matches!(event, SessionEvent::Answered { .. });
        self.events.push_back(event);
        let took = now.saturating_duration_since(sent_at);
        self.round_trip = Some(took);
        #[cfg(feature = "metrics")]
        {
            self.metrics.answered(took, is_in_time, result);
            self.metrics.window(self.pending.outstanding(), self.settings.window);
        }
        if slow_down {
            self.throttle.slow_down(sent_at, now);
        } else if accepted {
            self.throttle.succeed(sent_at, now);
        }
    }

    fn enquire(&mut self, now: Instant) {
        if let Some((_, deadline)) = self.enquire_unanswered {
            if deadline <= now {
                self.close(CloseReason::LinkSilent);
            }
            return;
        }
        if self.enquire_due <= now {
            let sequence = self.pending.next_sequence();
            self.write(Command::ENQUIRE_LINK, Status::OK, sequence, &[]);
            self.enquire_unanswered = Some((sequence, now + self.settings.enquire_timeout));
            self.enquire_due = now + self.settings.enquire_interval;
        }
    }

    fn unbind_when_drained(&mut self, now: Instant) {
        if self.state == SessionState::Draining && self.pending.outstanding() == 0 {
            let sequence = self.pending.next_sequence();
            self.write(Command::UNBIND, Status::OK, sequence, &[]);
            self.state = SessionState::Unbinding { sequence, deadline: now + self.settings.enquire_timeout };
        }
    }

    fn close(&mut self, reason: CloseReason) {
        if self.state != SessionState::Closed {
            self.state = SessionState::Closed;
            self.events.push_back(SessionEvent::Closed(reason));
        }
    }

    fn write(&mut self, command: Command, status: Status, sequence: u32, body: &[u8]) {
        Header { command, status, sequence }.write_with(body, &mut self.output);
    }
}

/// A refusal with status zero is a refusal all the same.
fn refusal(status: Status) -> Status {
    if status.is_ok() { Status::UNKNOWN_ERROR } else { status }
}

/// A peer that asks and asks and never reads an answer is given up after so many; they are about 16 MiB.
const UNWRITTEN_ANSWERS: usize = 1_000_000;
