//! Many messages from one thread, with the window kept full.

use std::collections::VecDeque;
use std::iter::Fuse;

use super::{SmppClient, Ticket};
use crate::smpp::{Accepted, Message, SubmitError};

/// The results of [`SmppClient::submit_all`], in the order of the messages.
#[derive(Debug)]
#[must_use = "messages are submitted as the results are fetched"]
pub struct SubmitAll<'a, I: Iterator<Item = Message>> {
    client: &'a SmppClient,
    messages: Fuse<I>,
    under_way: VecDeque<Result<Ticket, SubmitError>>,
}

impl<'a, I: Iterator<Item = Message>> SubmitAll<'a, I> {
    pub(super) fn new(client: &'a SmppClient, messages: I) -> Self {
        Self { client, messages: messages.fuse(), under_way: VecDeque::new() }
    }
}

impl<I: Iterator<Item = Message>> Iterator for SubmitAll<'_, I> {
    type Item = Result<Accepted, SubmitError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.under_way.len() < self.client.window
            && let Some(message) = self.messages.next()
        {
            self.under_way.push_back(self.client.place(&message));
        }
        let first = self.under_way.pop_front()?;
        match first {
            Ok(ticket) => {
                if ticket.is_done() {
                    // The caller may take its time before it asks for the next.
                    self.client.shared.flush_soon();
                }
                Some(ticket.wait())
            }
            Err(error) => Some(Err(error)),
        }
    }
}
