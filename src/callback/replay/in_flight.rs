//! A claim that is being handled.

use std::sync::Arc;

use super::{Claim, Lease, ReplayStore, ReplayStoreError};

/// A claim in flight. Dropping it releases the claim, also when a handler panics.
pub(in crate::callback) struct InFlight {
    store: Arc<dyn ReplayStore>,
    claim: Claim,
    lease: Lease,
    open: bool,
}

impl InFlight {
    pub(in crate::callback) fn new(store: Arc<dyn ReplayStore>, claim: Claim, lease: Lease) -> Self {
        Self { store, claim, lease, open: true }
    }

    pub(in crate::callback) fn claim(&self) -> &Claim {
        &self.claim
    }

    pub(in crate::callback) fn commit(mut self) -> Result<(), ReplayStoreError> {
        self.store.commit(&self.claim, self.lease)?;
        self.open = false;
        Ok(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.open {
            self.store.release(&self.claim, self.lease);
        }
    }
}
