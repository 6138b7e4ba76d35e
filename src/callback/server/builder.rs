//! How a server is configured and started.

use std::fmt;
use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answering, Observer, Sink};
use super::{ReceivedCallback, Retry, Server, ServerEvent};
use crate::callback::{Inbox, Receiver};
use crate::http_server::{self, Limits, Response};

/// Configures a [`Server`].
#[must_use]
pub struct ServerBuilder {
    receiver: Receiver,
    limits: Limits,
    observer: Box<Observer>,
}

impl ServerBuilder {
    pub(super) fn new(receiver: Receiver) -> Self {
        // Handlers are users', so that their threads have what threads have.
        let limits = Limits { connections: 256, stack: 2 << 20, ..Limits::default() };
        Self { receiver, limits, observer: Box::new(|_| ()) }
    }

    /// Sets how many connections are open at a time. By default 256.
    pub fn max_connections(mut self, number: usize) -> Self {
        self.limits.connections = number.max(1);
        self
    }

    /// Sets how long a request may take to arrive, from its first octet on. By default 10 seconds; the service itself
    /// gives up after 3.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.limits.request = time;
        self
    }

    /// Sets how long a connection is kept between requests. By default 75 seconds.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.limits.idle = time;
        self
    }

    /// Has this called for what does not reach the handler: address checks, duplicates, refusals.
    pub fn observer(mut self, observer: impl Fn(ServerEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Starts the server with a handler. Each callback is with the handler before it is answered, and the service waits 3
    /// seconds. A handler that fails or panics has the callback come again.
    ///
    /// # Errors
    ///
    /// If it cannot listen at the address.
    pub fn start(
        self,
        address: impl ToSocketAddrs,
        handler: impl Fn(&ReceivedCallback<'_>) -> Result<(), Retry> + Send + Sync + 'static,
    ) -> io::Result<Server> {
        self.start_with(address, Sink::Handler(Box::new(handler)))
    }

    /// Starts the server with an inbox: each callback is on disk before it is answered. The signatures that the inbox
    /// remembers are made known to the receiver's store first, so that a restart forgets none.
    ///
    /// # Errors
    ///
    /// If it cannot listen at the address, the disk fails, or the store has no room for the signatures.
    pub fn start_with_inbox(self, address: impl ToSocketAddrs, inbox: &Inbox) -> io::Result<Server> {
        let claims = inbox.claims().map_err(io::Error::other)?;
        self.receiver.restore(&claims).map_err(io::Error::other)?;
        self.start_with(address, Sink::Inbox(inbox.clone()))
    }

    fn start_with(self, address: impl ToSocketAddrs, sink: Sink) -> io::Result<Server> {
        let answering = Answering { receiver: self.receiver, observer: self.observer, sink };
        let handler =
            Box::new(move |request, body: &mut http_server::Body<'_, '_>| answering.answer(&request, body));
        let refusal: Arc<http_server::Refusal> = Arc::new(|bad, _| Response::empty(bad.status));
        let server = http_server::Server::start_streaming(address, self.limits, refusal, handler)?;
        Ok(Server { server })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("receiver", &self.receiver)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
