//! The user's end of the event queue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::inner::Inner;
use crate::smpp::Event;

/// Delivery reports and what else comes unasked, as an iterator that waits for the next one and ends with the client.
///
/// The service's deliveries are answered before they are fetched here, so a slow handler delays nothing. The queue is
/// bounded by [`SmppConfig::event_capacity`](crate::smpp::SmppConfig::event_capacity); when it is full, a further report is
/// answered with `ESME_RX_T_APPN`, which asks the service to keep it and deliver it again, and its message is kept
/// until a report is taken or its limit passes: no message's outcome is lost. What was fetched in one go is held
/// here besides, so up to twice the capacity may be in memory.
///
/// Dropping this says that nobody wants events: reports are then answered and forgotten.
#[derive(Debug)]
pub struct Events {
    pub(super) inner: Arc<Inner>,
    pub(super) fetched: VecDeque<Event>,
}

impl Events {
    /// Waits for the next event, but no longer than this. `None` when the time is up or the client is closed and
    /// everything has been reported.
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<Event> {
        self.next_until(Instant::now().checked_add(timeout))
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.next_until(Some(Instant::now()))
    }

    fn next_until(&mut self, deadline: Option<Instant>) -> Option<Event> {
        if let Some(event) = self.fetched.pop_front() {
            return Some(event);
        }
        let mut state = self.inner.lock();
        loop {
            let now = Instant::now();
            if state.phase.is_terminal() && !state.ledger.has_events() {
                // What is still without a report stays so.
                state.ledger.give_up_one();
            }
            state.ledger.take(&mut self.fetched);
            if let Some(event) = self.fetched.pop_front() {
                // There is room now for what was held back.
                for index in 0..self.inner.signals.len() {
                    self.inner.reschedule_supervisor(&mut state, index);
                }
                return Some(event);
            }
            let timeout = deadline.map(|deadline| deadline.saturating_duration_since(now));
            if state.phase.is_terminal() || timeout.is_some_and(|timeout| timeout.is_zero()) {
                return None;
            }
            state = self.inner.wait_for_events(state, timeout);
        }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.next_until(None)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.inner.lock().ledger.stop_listening();
    }
}
