//! A small HTTP/1.1 server: a thread for each connection, `httparse` for the heads, and limits on everything.
//!
//! The sandbox and the callback server share it. The servers among the libraries hide the socket; this one hands the
//! body over only as far as it is asked for, has a deadline for everything, and answers half, stalls and resets on
//! demand, for users of the sandbox to test how they take it.
//!
//! Clients that are slow or silent shut out only each other: without room, the connection is closed that has kept the
//! server waiting longest.

mod body;
mod connection;
mod request;
mod response;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub(crate) use body::Body;
use connection::{Connection, Reading};
#[cfg(feature = "sandbox")]
pub(crate) use request::BadRequest;
pub(crate) use request::Request;
pub(crate) use response::Response;
#[cfg(feature = "sandbox")]
pub(crate) use response::ResponseFault;

use crate::sync;

/// What answers a request, having read its body or not.
pub(crate) type Handler = dyn Fn(Request, &mut Body<'_, '_>) -> Response + Send + Sync;

/// What answers a request that no handler has had whole, given as much of it as could be read.
pub(crate) type Refusal = dyn Fn(&request::BadRequest, &Request) -> Response + Send + Sync;

/// How much clients may take.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// The longest that a request may take to arrive.
    pub(crate) request: Duration,
    /// The longest that a response may take to leave.
    pub(crate) response: Duration,
    /// The longest that a connection is kept between requests.
    pub(crate) idle: Duration,
    /// The stack of each connection's thread, in octets.
    pub(crate) stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            request: Duration::from_secs(10),
            response: Duration::from_secs(10),
            // Longer than clients keep theirs, as servers do, so that no request meets a closing connection.
            idle: Duration::from_secs(75),
            stack: 256 * 1024,
        }
    }
}

/// A server that stops, and closes all its connections, when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    handler: Box<Handler>,
    refusal: Arc<Refusal>,
    limits: Limits,
    stopping: AtomicBool,
    /// Open connections, so that stopping can wake whoever waits on one.
    open: Mutex<HashMap<u64, Open>>,
    closed: Condvar,
    /// Why no more connections are accepted, once that is so.
    ended: Mutex<Option<io::Result<()>>>,
    end: Condvar,
    started: Instant,
}

struct Open {
    stream: Arc<TcpStream>,
    activity: Arc<Activity>,
}

/// What a connection is doing.
#[derive(Default)]
struct Activity {
    /// Whether a request was read and is not answered yet.
    busy: AtomicBool,
    /// Whether the server waits for the client: for a request, or for it to take an answer.
    waits: AtomicBool,
    /// Since when it has, in microseconds after the start.
    waiting_since: AtomicU64,
}

impl Activity {
    /// A request was read, and its answer is in the making.
    fn is_at_work(&self) {
        self.busy.store(true, Ordering::SeqCst);
        self.waits.store(false, Ordering::SeqCst);
    }
}

impl Server {
    /// Starts a server whose handler takes whole requests. What cannot be read is answered with `refusal`.
    #[cfg(feature = "sandbox")]
    pub(crate) fn start(
        address: impl ToSocketAddrs,
        refusal: Arc<Refusal>,
        handler: Box<dyn Fn(&Request) -> Response + Send + Sync>,
    ) -> io::Result<Self> {
        let refuse = refusal.clone();
        let whole = move |mut request: Request, body: &mut Body<'_, '_>| match body.read_whole() {
            Ok(body) => {
                request.body = body;
                handler(&request)
            }
            Err(bad) => refuse(&bad, &request),
        };
        Self::start_streaming(address, Limits::default(), refusal, Box::new(whole))
    }

    /// Starts a server whose handler reads bodies itself.
    pub(crate) fn start_streaming(
        address: impl ToSocketAddrs,
        limits: Limits,
        refusal: Arc<Refusal>,
        handler: Box<Handler>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            handler,
            refusal,
            limits,
            stopping: AtomicBool::new(false),
            open: Mutex::new(HashMap::new()),
            closed: Condvar::new(),
            ended: Mutex::new(None),
            end: Condvar::new(),
            started: Instant::now(),
        });
        let accepting = thread::Builder::new().name("http-accept".to_owned()).spawn({
            let shared = shared.clone();
            move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| shared.accept(&listener)));
                let outcome =
                    outcome.unwrap_or_else(|_| Err(io::Error::other("the thread that accepts panicked")));
                *sync::lock(&shared.ended) = Some(outcome);
                shared.end.notify_all();
            }
        })?;
        Ok(Self { address, shared, accepting: Mutex::new(Some(accepting)) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until no more connections are accepted, and says why if nobody wanted that.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let mut ended = sync::lock(&self.shared.ended);
        loop {
            match ended.as_mut() {
                None => ended = sync::wait(&self.shared.end, ended, None),
                Some(Ok(())) => return Ok(()),
                Some(Err(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
            }
        }
    }

    /// Accepts no more, and lets requests that have been read be answered; false if that takes longer.
    pub(crate) fn finish(&self, timeout: Duration) -> bool {
        self.stop_accepting();
        let mut open = self.shared.open();
        for idle in open.values().filter(|open| !open.activity.busy.load(Ordering::SeqCst)) {
            drop(idle.stream.shutdown(Shutdown::Both));
        }
        let deadline = Instant::now() + timeout;
        while !open.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            open = sync::wait(&self.shared.closed, open, Some(left));
        }
        true
    }

    fn stop_accepting(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let Some(accepting) = sync::lock(&self.accepting).take() else { return };
        // A connection wakes the thread that accepts. If none can be made, for want of file handles, the thread ends
        // when the next one comes, and nobody waits for it.
        if TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1)).is_ok() {
            drop(accepting.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_accepting();
        for open in self.shared.open().values() {
            drop(open.stream.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        sync::lock(&self.open)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) -> io::Result<()> {
        for number in 0.. {
            let accepted = listener.accept();
            if self.stopping.load(Ordering::SeqCst) {
                return Ok(());
            }
            let stream = match accepted {
                Ok((stream, _)) => Arc::new(stream),
                Err(error) if is_fatal(&error) => return Err(error),
                Err(_) => {
                    // The failure concerns one connection, or is for want of file handles: then room is made, and
                    // the short pause keeps this from spinning.
                    self.make_room();
                    thread::sleep(Duration::from_millis(5));
                    continue;
                }
            };
            let activity = Arc::new(Activity::default());
            self.waits(&activity);
            {
                let full = self.open().len() >= self.limits.connections;
                if full && !self.make_room() {
                    // Closed at once: the client sees that it was turned away, and memory stays bounded.
                    continue;
                }
                self.open().insert(number, Open { stream: stream.clone(), activity: activity.clone() });
            }
            let slot = Slot { shared: self.clone(), number };
            // A thread that cannot be started drops the slot, and with it the connection.
            let serving =
                thread::Builder::new().name("http-connection".to_owned()).stack_size(self.limits.stack);
            drop(serving.spawn(move || {
                // Whatever ends a connection is the client's to see; the server goes on.
                drop(slot.shared.serve(&stream, &activity));
            }));
        }
        Ok(())
    }

    /// Closes the connection that has kept the server waiting longest, so that clients which open connections and say
    /// nothing, or take no answers, or do either octet by octet, shut out only each other. False if there is none.
    fn make_room(&self) -> bool {
        let mut open = self.open();
        let waiting = open.iter().filter(|(_, open)| open.activity.waits.load(Ordering::SeqCst));
        let since = |open: &Open| open.activity.waiting_since.load(Ordering::Relaxed);
        let oldest = waiting.min_by_key(|(number, open)| (since(open), **number));
        let Some(oldest) = oldest.map(|(number, _)| *number) else { return false };
        if let Some(closed) = open.remove(&oldest) {
            drop(closed.stream.shutdown(Shutdown::Both));
        }
        true
    }

    /// The server waits for a request.
    fn waits(&self, activity: &Activity) {
        self.waits_for_reader(activity);
        activity.busy.store(false, Ordering::SeqCst);
    }

    /// The server waits for the client to take an answer.
    fn waits_for_reader(&self, activity: &Activity) {
        let since = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        activity.waiting_since.store(since, Ordering::Relaxed);
        activity.waits.store(true, Ordering::SeqCst);
    }

    fn serve(&self, stream: &TcpStream, activity: &Activity) -> io::Result<()> {
        let mut connection = Connection::new(stream, &self.limits)?;
        loop {
            let (request, framing, deadline) = match connection.read_head()? {
                Reading::Head { request, framing, deadline } => (request, framing, deadline),
                Reading::Closed => return Ok(()),
                Reading::Refused(bad, request) => {
                    connection.write(&(self.refusal)(&bad, &request), true, true)?;
                    return connection.drain();
                }
            };
            let (closing, with_body) = (request.closes(), request.method != "HEAD");
            let expects_continue = request.expects_continue();
            let mut body = Body::new(&mut connection, activity, framing, deadline, expects_continue);
            // A handler is a user's, and its panic is no reason to lose the answer.
            let response = catch_unwind(AssertUnwindSafe(|| (self.handler)(*request, &mut body)));
            let response = response.unwrap_or_else(|_| (self.refusal)(&PANICKED, &Request::default()));
            let is_read = body.is_read();
            activity.is_at_work();
            let closing = closing || !is_read || self.stopping.load(Ordering::SeqCst);
            let over = self.write(&mut connection, activity, &response, closing, with_body)?;
            self.waits(activity);
            if !is_read {
                return connection.drain();
            }
            if over || self.stopping.load(Ordering::SeqCst) {
                return Ok(());
            }
        }
    }

    /// Gives the response; whether the connection ends with it.
    fn write(
        &self,
        connection: &mut Connection<'_>,
        activity: &Activity,
        response: &Response,
        closing: bool,
        with_body: bool,
    ) -> io::Result<bool> {
        self.waits_for_reader(activity);
        #[cfg(feature = "sandbox")]
        match response.fault {
            // An answer to HEAD has no body that could be slow.
            ResponseFault::Slow(pause) if with_body => {
                let stops = || self.stopping.load(Ordering::SeqCst);
                return connection.write_slowly(response, pause, stops).map(|()| true);
            }
            ResponseFault::Plain | ResponseFault::Slow(_) => {}
            ResponseFault::Lost => return Ok(true),
            ResponseFault::Stalled => {
                // Nothing is in the making here: it may be closed to make room.
                self.waits(activity);
                return connection.wait_for_end().map(|()| true);
            }
            ResponseFault::Reset => return connection.reset().map(|()| true),
        }
        connection.write(response, closing, with_body).map(|()| closing)
    }
}

/// The place of a connection among the open ones, which is free again whatever ends it.
struct Slot {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.open().remove(&self.number);
        self.shared.closed.notify_all();
    }
}

/// Whether no connection will ever be accepted again: it is the listening socket that the error is about.
fn is_fatal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
        || cfg!(unix) && error.raw_os_error() == Some(BAD_DESCRIPTOR)
}

/// An address to reach a listener at: one that listens everywhere is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let loopback: std::net::IpAddr = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(loopback, address.port())
}

const PANICKED: request::BadRequest = request::BadRequest::new(
    500,
    "the server",
    "must not fail, and did: the program's standard error says how",
);

/// `EBADF`, which has no kind of its own.
const BAD_DESCRIPTOR: i32 = 9;

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn whoever_takes_no_answer_shuts_out_only_others_of_that_kind() {
        const LONG: usize = 8 * 1024 * 1024;
        let limits = Limits { connections: 2, ..Limits::default() };
        let refusal = Arc::new(|bad: &request::BadRequest, _: &Request| {
            Response::plain(bad.status, "text/plain", Vec::new())
        });
        let handler = |_: Request, _: &mut Body<'_, '_>| Response::plain(200, "text/plain", vec![b'x'; LONG]);
        let server =
            Server::start_streaming("127.0.0.1:0", limits, refusal, Box::new(handler)).expect("started");
        let ask = || {
            let mut stream = TcpStream::connect(server.address()).expect("connected");
            let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(request).expect("written");
            // The answer has begun, and waits to be taken.
            stream.read_exact(&mut [0]).expect("an answer");
            stream
        };
        let idle = [ask(), ask()];
        let mut answer = Vec::new();
        ask().read_to_end(&mut answer).expect("the whole answer");
        assert!(answer.len() > LONG);
        drop(idle);
    }
}
