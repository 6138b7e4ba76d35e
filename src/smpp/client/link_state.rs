//! One link of a client: its place in the fleet, the connection while there is one, and what became of earlier ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::slot::Slot;
use super::status::{LinkPhase, LinkStatus};
use crate::smpp::link::{Dial, Link};
use crate::smpp::session::{Readiness, Session};
use crate::smpp::{ConnectError, Endpoint};

#[derive(Debug)]
pub(super) struct LinkState {
    pub(super) endpoint: Endpoint,
    pub(super) weight: u32,
    pub(super) preference: u32,
    /// For the choice among links.
    pub(super) credit: i64,
    pub(super) is_ready: bool,
    pub(super) connected: Option<Connected>,
    /// Why the connection is of no more use; its supervisor clears it away.
    pub(super) failure: Option<LinkFailure>,
    pub(super) supervisor_wakes_at: Option<Instant>,
    /// Waits for a session to be free.
    pub(super) wants_session: bool,
    /// The attempt to connect that is under way, and what it came to.
    pub(super) dial: Option<Arc<Dial>>,
    pub(super) established: Option<Result<Connected, ConnectError>>,
    pub(super) phase: LinkPhase,
    /// Why the first attempt failed, for whoever waits for the client to come up.
    pub(super) first_error: Option<ConnectError>,
    pub(super) binds: u64,
    pub(super) failed_attempts: u64,
    /// By sessions that have ended.
    pub(super) earlier_throttled: u64,
}

/// A connection and the session over it.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) session: Session<Arc<Slot>>,
    pub(super) link: Arc<Link>,
    pub(super) is_being_written: bool,
    /// The buffer that the last write emptied.
    pub(super) spare: Vec<u8>,
    pub(super) writer_waits: bool,
    pub(super) reader: Reader,
    /// The buffer that the last read emptied.
    pub(super) read_buffer: Vec<u8>,
    /// Whether reads of the socket end after a while, as callers want it and the reading thread does not.
    pub(super) reads_end: bool,
    /// When a caller last read, or was woken and may read next.
    pub(super) left_to_callers_at: Option<Instant>,
    /// Callers that sleep until their answer is there.
    pub(super) waiting_callers: usize,
}

/// Who reads the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Nobody,
    Thread,
    Caller,
}

/// Why a link is of no more use.
#[derive(Debug)]
pub(super) struct LinkFailure {
    pub(super) why: String,
    /// The peer is still there, and the last answers are worth writing.
    pub(super) peer_reads: bool,
}

impl LinkState {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            weight: endpoint.weight,
            preference: endpoint.preference,
            endpoint,
            credit: 0,
            is_ready: false,
            connected: None,
            failure: None,
            supervisor_wakes_at: None,
            wants_session: false,
            dial: None,
            established: None,
            phase: LinkPhase::Connecting,
            first_error: None,
            binds: 0,
            failed_attempts: 0,
            earlier_throttled: 0,
        }
    }

    /// Whether this connection is the one in use.
    pub(super) fn is_current_link(&self, link: &Arc<Link>) -> bool {
        self.connected.as_ref().is_some_and(|connected| Arc::ptr_eq(&connected.link, link))
    }

    /// The connection, as long as it can be written to.
    pub(super) fn usable(&mut self) -> Option<&mut Connected> {
        self.connected.as_mut().filter(|_| self.failure.is_none())
    }

    pub(super) fn readiness(&self, now: Instant) -> Readiness {
        match &self.connected {
            Some(connected) if self.failure.is_none() => connected.session.readiness(now),
            _ => Readiness::NotBound,
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.failure.is_none() && self.connected.as_ref().is_some_and(|up| up.session.is_bound())
    }

    /// Whether the other end owes answers and has said nothing for a while: it may be stopped, or gone.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        let since = self.connected.as_ref().and_then(|connected| connected.session.silent_since());
        since.is_some_and(|since| now.saturating_duration_since(since) >= SILENT_AFTER)
    }

    pub(super) fn set_writer_waits(&mut self, waits: bool) {
        if let Some(connected) = &mut self.connected {
            connected.writer_waits = waits;
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        self.connected.as_ref().map_or(0, |connected| connected.session.outstanding())
    }

    pub(super) fn status(&self, now: Instant, window: usize) -> LinkStatus {
        let measures = self.connected.as_ref().map(|connected| connected.session.measures(now));
        let paused = match self.readiness(now) {
            Readiness::PausedUntil(until) => Some(until.saturating_duration_since(now)),
            _ => None,
        };
        LinkStatus {
            address: self.endpoint.address.clone(),
            phase: self.phase,
            outstanding: self.outstanding(),
            window,
            accepted_last_second: measures.map_or(0, |measures| measures.accepted_last_second),
            submit_round_trip: measures.and_then(|measures| measures.submit_round_trip),
            enquire_round_trip: measures.and_then(|measures| measures.enquire_round_trip),
            paused,
            throttled: self.earlier_throttled + measures.map_or(0, |measures| measures.throttled),
            binds: self.binds,
            failed_attempts: self.failed_attempts,
        }
    }
}

impl Connected {
    pub(super) fn new(session: Session<Arc<Slot>>, link: Link) -> Self {
        Self {
            session,
            link: Arc::new(link),
            is_being_written: false,
            spare: Vec::new(),
            writer_waits: false,
            reader: Reader::Nobody,
            read_buffer: Vec::new(),
            reads_end: false,
            left_to_callers_at: None,
            waiting_callers: 0,
        }
    }

    pub(super) fn wake_callers(&mut self, woken: usize) {
        // A caller that fell asleep on a link that had failed was not counted.
        self.waiting_callers = self.waiting_callers.saturating_sub(woken);
    }
}

/// A link that is silent for so long gets no more messages as long as there are others.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(1);
