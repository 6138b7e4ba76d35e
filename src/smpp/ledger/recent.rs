//! The last messages that were let go, so that a report which the service repeats is not told again, and one that
//! comes late finds its message.

use std::collections::HashMap;
use std::sync::Arc;

use crate::smpp::SubmissionId;
use crate::smpp::report::ReportState;

/// Two generations: when the newer is full it becomes the older, and the older is forgotten.
#[derive(Debug, Default)]
pub(super) struct Recent {
    newer: Generation,
    older: Generation,
}

type Generation = HashMap<Arc<str>, (Option<ReportState>, Option<SubmissionId>)>;

impl Recent {
    pub(super) fn insert(
        &mut self,
        id: Arc<str>,
        state: Option<ReportState>,
        submission: Option<SubmissionId>,
    ) {
        if id.is_empty() {
            return;
        }
        if self.newer.len() >= GENERATION {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(id, (state, submission));
    }

    /// Whether this very report was told.
    pub(super) fn contains(&self, id: &str, state: &ReportState) -> bool {
        self.find(id).is_some_and(|(told, _)| told.as_ref() == Some(state))
    }

    /// Whether this message was let go, or reported on.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    pub(super) fn submission(&self, id: &str) -> Option<SubmissionId> {
        self.find(id).and_then(|(_, submission)| *submission)
    }

    /// The final state that was told of this message when nobody knew whose it was.
    pub(super) fn untied_end(&self, id: &str) -> Option<&ReportState> {
        match self.find(id) {
            Some((Some(state), None)) if state.is_final() => Some(state),
            _ => None,
        }
    }

    fn find(&self, id: &str) -> Option<&(Option<ReportState>, Option<SubmissionId>)> {
        self.newer.get(id).or_else(|| self.older.get(id))
    }
}

/// Reports in a generation: at least this many are remembered, at most twice as many.
const GENERATION: usize = 32_768;
