//! The promise of a fate for one submission.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::shared::Shared;
use crate::smpp::ledger::Submitted;
use crate::smpp::{Accepted, SubmissionId, SubmitError};
use crate::sync;

/// A submission under way. Dropping it does not take the message back.
#[derive(Debug)]
#[must_use = "the ticket is the only way to learn whether the message was accepted"]
pub struct Ticket {
    pub(super) slot: Arc<Slot>,
    pub(super) shared: Arc<Shared>,
}

impl Ticket {
    /// The number of the submission.
    pub fn submission(&self) -> SubmissionId {
        self.slot.submitted.submission
    }

    /// Whether [`wait`](Self::wait) would return at once.
    pub fn is_done(&self) -> bool {
        self.slot.is_done()
    }

    /// Waits for the answer. It comes, is overdue, or is cut off with the link: this always returns.
    ///
    /// # Errors
    ///
    /// When the message was not accepted, or nothing is known of it; [`SubmitError::outcome`] tells which.
    pub fn wait(self) -> Result<Accepted, SubmitError> {
        if !self.slot.is_done() {
            self.shared.flush_now();
        }
        self.slot.wait()
    }
}

/// Where the thread that reads leaves the answer for the thread that waits.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) submitted: Submitted,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    result: Option<Result<Accepted, SubmitError>>,
    someone_waits: bool,
}

impl Slot {
    pub(super) fn new(submitted: Submitted) -> Self {
        Self { submitted, state: Mutex::default(), done: Condvar::new() }
    }

    /// Leaves the answer, and says whether someone has to be woken with [`notify`](Self::notify).
    pub(super) fn complete(&self, result: Result<Accepted, SubmitError>) -> bool {
        let mut state = self.lock();
        debug_assert!(state.result.is_none(), "a submission has one fate");
        state.result = Some(result);
        state.someone_waits
    }

    pub(super) fn notify(&self) {
        self.done.notify_all();
    }

    fn is_done(&self) -> bool {
        self.lock().result.is_some()
    }

    fn wait(&self) -> Result<Accepted, SubmitError> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.result.take() {
                return result;
            }
            state.someone_waits = true;
            state = sync::wait(&self.done, state, None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}
