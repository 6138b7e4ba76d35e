//! Many messages from one thread, with the windows kept full.

use std::collections::VecDeque;
use std::iter::Fuse;
use std::sync::Arc;
use std::time::Instant;

use super::inner::{Placed, no_room};
use super::{SmppClient, Ticket};
use crate::smpp::outgoing::Outgoing;
use crate::smpp::{Accepted, Message, SubmitError};

/// The results of [`SmppClient::submit_all`], in the order of the messages.
#[derive(Debug)]
#[must_use = "messages are submitted as the results are fetched"]
pub struct SubmitAll<'a, I: Iterator<Item = Message>> {
    client: &'a SmppClient,
    messages: Fuse<I>,
    next: Option<Waiting>,
    under_way: VecDeque<Result<Ticket, SubmitError>>,
}

/// A message that has found no place yet.
#[derive(Debug)]
struct Waiting {
    outgoing: Outgoing,
    gives_up_at: Instant,
    /// When there may be a place without an answer: a pause or a rate makes it wait.
    ready_at: Option<Instant>,
}

impl<'a, I: Iterator<Item = Message>> SubmitAll<'a, I> {
    pub(super) fn new(client: &'a SmppClient, messages: I) -> Self {
        Self { client, messages: messages.fuse(), next: None, under_way: VecDeque::new() }
    }

    /// Places as many messages as there is room for now.
    fn place_what_fits(&mut self) {
        while self.under_way.len() < self.client.results_ahead {
            let (outgoing, gives_up_at) = match self.next.take() {
                Some(Waiting { outgoing, gives_up_at, .. }) => (outgoing, gives_up_at),
                None => match self.messages.next().map(|message| message.to_outgoing()) {
                    Some(Ok(outgoing)) => (outgoing, Instant::now() + self.client.submit_timeout),
                    Some(Err(invalid)) => {
                        self.under_way.push_back(Err(invalid.into()));
                        continue;
                    }
                    None => return,
                },
            };
            let result = match self.client.inner.try_place(&outgoing) {
                Ok(Placed::Slot(slot)) => Ok(Ticket { slot, inner: Arc::clone(&self.client.inner) }),
                Ok(Placed::NoRoom { until, .. }) if Instant::now() < gives_up_at => {
                    self.next = Some(Waiting { outgoing, gives_up_at, ready_at: until });
                    return;
                }
                Ok(Placed::NoRoom { is_bound, .. }) => Err(no_room(is_bound)),
                Err(error) => Err(error),
            };
            self.under_way.push_back(result);
        }
    }
}

impl<I: Iterator<Item = Message>> Iterator for SubmitAll<'_, I> {
    type Item = Result<Accepted, SubmitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let inner = &self.client.inner;
        loop {
            self.place_what_fits();
            let is_first_done = match self.under_way.front() {
                Some(Ok(ticket)) => ticket.is_done(),
                Some(Err(_)) => true,
                None => false,
            };
            if is_first_done {
                // The caller may take its time before it asks for the next.
                inner.flush_in_company(self.client.window);
            } else if let Some(Waiting { outgoing, gives_up_at, ready_at }) = &self.next {
                match self.under_way.front() {
                    // Over the only link, with its window full, an answer is what makes room.
                    Some(Ok(_)) if inner.signals.len() == 1 && ready_at.is_none() => {}
                    Some(Ok(ticket)) => {
                        let looks_at = ready_at.map_or(*gives_up_at, |ready_at| ready_at.min(*gives_up_at));
                        inner.wait_for_room_or_answer(&ticket.slot, looks_at);
                        continue;
                    }
                    _ => {
                        let left = gives_up_at.saturating_duration_since(Instant::now());
                        let placed = inner.place(outgoing, left);
                        self.next = None;
                        let inner = Arc::clone(inner);
                        self.under_way.push_back(placed.map(|slot| Ticket { slot, inner }));
                        continue;
                    }
                }
            } else if inner.signals.len() > 1 {
                // Waiting for one link's answer writes what that link has, and nothing else.
                inner.flush_soon();
            }
            return self.under_way.pop_front().map(|first| first.and_then(Ticket::wait));
        }
    }
}
