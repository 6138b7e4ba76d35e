//! The reading of a link: a caller who waits for its answer reads for everybody, and the reading thread while none does.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Guard, Inner};
use crate::smpp::client::link_state::{LinkState, Reader};
use crate::smpp::client::slot::Slot;
use crate::smpp::client::state::{ClientState, Notifications};
use crate::smpp::link::Link;
use crate::sync;

impl Inner {
    /// Does what brings the answer nearer: writes the message, and reads if nobody else does. When this returns the
    /// answer is there, or someone else brings it to the sleeping caller.
    pub(in crate::smpp::client) fn work_towards(&self, slot: &Slot) {
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
                    self.wake_reader(&mut state, index);
                }
                self.wake(state, &mut notifications);
                return self.lock();
            }
            self.wake(state, &mut notifications);
        }
    }

    /// The reading thread: reads while no caller does, until its link is gone.
    pub(in crate::smpp::client) fn read_until_gone(&self, index: usize, link: &Arc<Link>) {
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
                self.wake_writer(&mut state, index);
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
            let is_left = connected.left_to_callers_at.is_some_and(|at| at.elapsed() < POLL_INTERVAL);
            if connected.reader == Reader::Nobody && !is_left {
                connected.reader = Reader::Thread;
                let mut buffer = std::mem::take(&mut connected.read_buffer);
                buffer.resize(READ_BUFFER, 0);
                let had_timeout = std::mem::take(&mut connected.reads_end);
                self.wake_writer(&mut state, index);
                drop(state);
                // Should it fail, so does the read.
                let _ = if had_timeout { link.set_read_timeout(None) } else { Ok(()) };
                return Some(buffer);
            }
            self.wake_writer(&mut state, index);
            state = sync::wait(&self.signals[index].reading, state, Some(POLL_INTERVAL));
        }
    }

    /// Has the reading thread read, if nobody does.
    pub(super) fn wake_reader(&self, state: &mut ClientState, index: usize) {
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
}

pub(in crate::smpp::client) fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Octets fetched from the socket at a time.
const READ_BUFFER: usize = 64 * 1024;
/// How long a link may go unread after a caller has read, and how long answers to the service may wait for company.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
