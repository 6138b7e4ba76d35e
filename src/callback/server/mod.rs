//! A receiver with a server of its own: hardened, synchronous, without TLS, which is left to the proxy in front.

mod answer;
mod builder;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::HeaderMap;

pub use builder::ServerBuilder;

use super::{AddressCheck, Event, InboxError, ReceiveError, Receiver, ReplayStoreError, UnreadableRow};
use crate::http_server;

/// A server for callbacks. It checks a request's headers before it reads the body, answers in time, and stops when it is
/// dropped.
///
/// The network owes it nothing: a request has [10 seconds](ServerBuilder::request_timeout) to arrive, a head 16 KiB, and
/// a body is held only under a valid header, up to the receiver's limit. There are at most
/// [256 connections](ServerBuilder::max_connections), and without room (or file handles) the one is closed that has kept
/// the server waiting longest. What could be read as two requests is refused.
///
/// With a handler, events are with it when the service is answered; it has to be quick. With an [`Inbox`](super::Inbox)
/// they are on disk by then, and the handler takes its time.
///
/// ```
/// use engagelab_otp::callback::{Receiver, Server};
///
/// let receiver = Receiver::builder().secret("shop", "a secret")?.build()?;
/// let server = Server::builder(receiver).start("127.0.0.1:0", |callback| {
///     for event in callback.events() {
///         println!("{event:?}");
///     }
///     Ok(()) // 200: taken; `Err(Retry::new())` has it come again
/// })?;
/// println!("listening on {}", server.address());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    server: http_server::Server,
}

impl Server {
    /// A server that takes what this receiver takes.
    pub fn builder(receiver: Receiver) -> ServerBuilder {
        ServerBuilder::new(receiver)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Waits until the server ends: when it is [shut down](Server::shut_down), or when it dies because the system took its
    /// socket away. A program whose work this is ends then, with an exit code that is not 0.
    ///
    /// # Errors
    ///
    /// Why it died.
    pub fn wait(&self) -> io::Result<()> {
        self.server.wait()
    }

    /// Accepts no more, and answers what has been read; false if that takes longer than `timeout`.
    pub fn shut_down(&self, timeout: Duration) -> bool {
        self.server.finish(timeout)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// A callback that was taken, for a handler.
pub struct ReceivedCallback<'a> {
    events: &'a [Event],
    unreadable: &'a [UnreadableRow],
    headers: &'a HeaderMap,
    body: &'a [u8],
    peer: Option<SocketAddr>,
}

impl ReceivedCallback<'_> {
    /// The events, in the order of the body.
    pub fn events(&self) -> &[Event] {
        self.events
    }

    /// The rows that could not be read. Put them aside rather than drop them.
    pub fn unreadable(&self) -> &[UnreadableRow] {
        self.unreadable
    }

    /// The headers. They hold what proves the sender: keep them out of logs.
    pub fn expose_headers(&self) -> &HeaderMap {
        self.headers
    }

    /// The body as it came. It holds addresses and texts: keep it out of logs.
    pub fn expose_body(&self) -> &[u8] {
        self.body
    }

    /// The other end of the connection, which may be a proxy.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl fmt::Debug for ReceivedCallback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedCallback")
            .field("events", &self.events.len())
            .field("unreadable", &self.unreadable.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A handler's word that a callback has to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    status: u16,
}

impl Retry {
    /// Answers with 503.
    pub const fn new() -> Self {
        Self { status: 503 }
    }

    /// Answers with this status, if it is one of 400 to 599; with 502 otherwise, since only those are understood by every
    /// peer as a no.
    pub const fn with_status(status: u16) -> Self {
        Self { status: if status >= 400 && status <= 599 { status } else { 502 } }
    }

    /// The status that is answered with.
    pub const fn status(self) -> u16 {
        self.status
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

/// What happened at a server, and does not reach its handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerEvent<'a> {
    /// The service tried the address, and was answered with 200.
    AddressCheck(&'a AddressCheck),
    /// A callback that was taken before came again, and was answered with 200.
    Duplicate,
    /// A request was refused with the status of the error.
    Refused(&'a ReceiveError),
    /// The body did not come, or was not well formed; the status says which.
    BodyNotRead(u16),
    /// The inbox could not keep a callback, which was answered with 503.
    NotKept(&'a InboxError),
    /// The handler is done with a callback, and the replay store could not remember that: it was answered with 503, and
    /// comes again.
    NotCommitted(&'a ReplayStoreError),
}
