//! Where the outcome of one submission passes from the thread that reads it to the caller.

use std::sync::{Condvar, Mutex};

use crate::smpp::ledger::Submitted;
use crate::smpp::{Accepted, SubmitError};
use crate::sync;

/// Where whoever reads leaves the answer for the caller who waits for it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) submitted: Submitted,
    /// The link that the message went over.
    pub(super) link: usize,
    answer: Mutex<Answer>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct Answer {
    result: Option<Result<Accepted, SubmitError>>,
    caller_sleeps: bool,
}

impl Slot {
    pub(super) fn new(submitted: Submitted, link: usize) -> Self {
        Self { submitted, link, answer: Mutex::default(), done: Condvar::new() }
    }

    /// Leaves the answer, and says whether a caller sleeps, who has to be woken with [`notify`](Self::notify).
    pub(super) fn complete(&self, result: Result<Accepted, SubmitError>) -> bool {
        let mut answer = sync::lock(&self.answer);
        debug_assert!(answer.result.is_none(), "a submission has one outcome");
        answer.result = Some(result);
        answer.caller_sleeps
    }

    pub(super) fn notify(&self) {
        self.done.notify_all();
    }

    pub(super) fn is_done(&self) -> bool {
        sync::lock(&self.answer).result.is_some()
    }

    /// Says that the caller is about to [`wait`](Self::wait) for someone else to bring the answer.
    pub(super) fn fall_asleep(&self) {
        sync::lock(&self.answer).caller_sleeps = true;
    }

    pub(super) fn wait(&self) -> Result<Accepted, SubmitError> {
        let mut answer = sync::lock(&self.answer);
        loop {
            if let Some(result) = answer.result.take() {
                return result;
            }
            answer = sync::wait(&self.done, answer, None);
        }
    }
}
