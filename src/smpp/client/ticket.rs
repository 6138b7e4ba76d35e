//! A submission under way, in the hands of the caller.

use std::sync::Arc;

use super::inner::Inner;
use super::slot::Slot;
use crate::smpp::{Accepted, SubmissionId, SubmitError};

/// A submission under way. Dropping it does not take the message back.
#[derive(Debug)]
#[must_use = "the ticket is the only way to learn whether the message was accepted"]
pub struct Ticket {
    pub(super) slot: Arc<Slot>,
    pub(super) inner: Arc<Inner>,
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
            self.inner.work_towards(&self.slot);
        }
        self.slot.wait()
    }
}
