//! What a request turned out to be.

use std::fmt;

use super::error::ReceiveError;
use super::event::{Event, UnreadableRow};
use super::read::Content;
use super::replay::{Claim, InFlight, ReplayStoreError};

/// A request that was taken. Answer with 200, in the case of events once they are safe with you.
#[derive(Debug)]
pub enum Delivery {
    /// The service tries whether the address answers. There is nothing to do.
    AddressCheck(AddressCheck),
    /// This callback was handled before, to the end. There is nothing to do.
    Duplicate,
    /// Events to handle.
    Events(Batch),
}

/// The service's try of the address.
#[derive(Debug)]
pub struct AddressCheck {
    refusal: Option<ReceiveError>,
    claim: Option<Claim>,
}

impl AddressCheck {
    pub(super) fn new(refusal: Option<ReceiveError>, claim: Option<Claim>) -> Self {
        Self { refusal, claim }
    }

    /// What the store remembers of it, if the check was signed. A check that comes again has the same.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// Why the request would have been refused had it carried events. Worth a look when the address is set
    /// up: it shows a secret that differs.
    pub fn would_refuse(&self) -> Option<&ReceiveError> {
        self.refusal.as_ref()
    }
}

/// Events to handle, and a promise to remember that they were.
///
/// The service wants its answer within 3 seconds: put the events into a queue or a table,
/// [`commit`](Batch::commit), answer 200, and do the work afterwards. A batch that is dropped (a handler
/// that failed, or panicked) is released, and is taken when the service delivers it again.
///
/// The same event can also arrive in another callback. What is done with it should not matter twice;
/// [`Lifecycle`](crate::lifecycle::Lifecycle) is made like that.
#[must_use = "a batch that is dropped without a commit will be delivered again"]
pub struct Batch {
    content: Content,
    in_flight: Option<InFlight>,
}

impl Batch {
    pub(super) fn new(content: Content, in_flight: Option<InFlight>) -> Self {
        Self { content, in_flight }
    }

    /// The events, in the order of the body.
    pub fn events(&self) -> &[Event] {
        &self.content.events
    }

    /// Takes the events out, to hand them on.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.content.events)
    }

    /// The rows that could not be read. They came in a callback that can be trusted, so put them aside rather
    /// than drop them.
    pub fn unreadable(&self) -> &[UnreadableRow] {
        &self.content.unreadable
    }

    /// Takes the rows that could not be read.
    pub fn take_unreadable(&mut self) -> Vec<UnreadableRow> {
        std::mem::take(&mut self.content.unreadable)
    }

    /// How many rows the service says there are (`total`), if it does. What counts is what is there.
    pub fn announced(&self) -> Option<u64> {
        self.content.announced
    }

    /// How many rows there were, readable or not.
    pub fn rows(&self) -> usize {
        self.content.rows
    }

    /// What the store is given to remember, if a signature is required: for a journal that
    /// [brings it back](super::MemoryStore::restore) after a restart.
    pub fn claim(&self) -> Option<&Claim> {
        self.in_flight.as_ref().map(InFlight::claim)
    }

    /// Remembers that these events were handled. The same callback is a duplicate from now on.
    ///
    /// # Errors
    ///
    /// If the store fails. Answer with 503: the callback will come again.
    pub fn commit(self) -> Result<(), ReplayStoreError> {
        self.in_flight.map_or(Ok(()), InFlight::commit)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("events", &self.content.events)
            .field("unreadable", &self.content.unreadable)
            .field("announced", &self.content.announced)
            .finish_non_exhaustive()
    }
}
