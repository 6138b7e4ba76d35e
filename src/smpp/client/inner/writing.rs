//! The writing of a link: whoever has something to send writes for everybody, and the writing thread for those who do not.

use std::sync::Arc;

use super::{Guard, Inner};
use crate::smpp::client::link_state::{Connected, LinkState, Reader};
use crate::smpp::client::state::ClientState;
use crate::smpp::link::Link;
use crate::sync;

impl Inner {
    /// Writes what there is to write on this link, unless someone is at it.
    pub(in crate::smpp::client) fn flush_now(&self, index: usize) {
        let state = self.lock();
        drop(self.flush(state, index));
    }

    /// Has the writing threads write, unless someone is at it.
    pub(in crate::smpp::client) fn flush_soon(&self) {
        let mut state = self.lock();
        for index in 0..self.signals.len() {
            self.wake_writer(&mut state, index);
        }
    }

    /// Has the writing threads write what is much, and leaves less to be taken along soon: for a caller who has results at
    /// hand and most likely comes back with more. Not for one who waits: a service that holds small answers back until
    /// the ones before are acknowledged would wait for what is left.
    pub(in crate::smpp::client) fn flush_in_company(&self, window: usize) {
        let mut state = self.lock();
        // The reading thread looks after what is left, unless it reads.
        let is_left = |connected: &mut Connected| {
            connected.session.unwritten() < worth_a_write(window)
                && connected.reader != Reader::Thread
                && connected.left_to_callers_at.is_some()
        };
        if self.signals.len() > 1 || !state.links[0].usable().is_some_and(is_left) {
            drop(state);
            self.flush_soon();
        }
    }

    pub(in crate::smpp::client) fn wake_writer(&self, state: &mut ClientState, index: usize) {
        if let Some(connected) = state.links.get_mut(index).and_then(LinkState::usable)
            && connected.writer_waits
            && !connected.is_being_written
            && connected.session.has_output()
        {
            connected.writer_waits = false;
            self.signals[index].output.notify_one();
        }
    }

    pub(super) fn flush<'a>(&'a self, mut state: Guard<'a>, index: usize) -> Guard<'a> {
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
            octets.shrink_to(MAX_KEPT_BUFFER);
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
        self.wake_writer(&mut state, index);
        state
    }

    /// The writing thread: writes for those who do not write themselves, until its link is gone.
    pub(in crate::smpp::client) fn write_until_gone(&self, index: usize, link: &Arc<Link>) {
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
}

/// Messages that are worth a write of their own: a part of the window, so that the service works on them while the rest
/// are written.
const fn worth_a_write(window: usize) -> usize {
    window / 4 + 1
}

/// A buffer larger than this is not kept for the next write.
const MAX_KEPT_BUFFER: usize = 256 * 1024;
/// Writes that one thread does for others before it leaves the rest to the writing thread.
const WRITES_AT_A_TIME: usize = 4;
