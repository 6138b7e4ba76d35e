//! A small HTTP/1.1 server: a thread for each connection, `httparse` for the heads, and limits on everything.
//!
//! The servers among the libraries hide the socket. This one answers half, stalls and resets on demand, for
//! users to test how they take it, and so it reads and writes sockets itself.

mod connection;
mod request;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use connection::{Connection, Reading};
pub(crate) use request::Request;

/// An answer, and how it is given.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) manner: ResponseFault,
}

/// How an answer is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseFault {
    /// Whole and at once.
    #[default]
    Plain,
    /// Not at all: the connection is closed.
    Lost,
    /// Not at all: nothing is said until the client gives up.
    Stalled,
    /// Not at all: the connection is reset.
    Reset,
    /// The body octet by octet, with this pause before each.
    Slow(Duration),
}

pub(crate) type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// A server that stops, and closes all its connections, when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    handler: Box<Handler>,
    stopping: AtomicBool,
    /// Open connections, so that stopping can wake whoever waits on one.
    open: Mutex<HashMap<u64, Open>>,
}

struct Open {
    stream: Arc<TcpStream>,
    /// Whether a request was read and is not answered yet.
    busy: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(address: SocketAddr, handler: Box<Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared =
            Arc::new(Shared { handler, stopping: AtomicBool::new(false), open: Mutex::new(HashMap::new()) });
        let accepting = thread::Builder::new().name("http-accept".to_owned()).spawn({
            let shared = shared.clone();
            move || shared.accept(&listener)
        })?;
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // A connection wakes the thread that accepts. If none can be made, for want of file handles, the thread ends
        // when the next one comes, and nobody waits for it.
        let woken = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if let (Some(accepting), Ok(_)) = (self.accepting.take(), woken) {
            drop(accepting.join());
        }
        for open in self.shared.open().values() {
            drop(open.stream.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for number in 0.. {
            let accepted = listener.accept();
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let Ok((stream, _)) = accepted else {
                // The failure concerns one connection, or is for want of file handles: then room is made, and
                // the short pause keeps this from spinning.
                self.make_room();
                thread::sleep(Duration::from_millis(5));
                continue;
            };
            let stream = Arc::new(stream);
            let busy = Arc::new(AtomicBool::new(false));
            {
                let full = self.open().len() >= MOST_CONNECTIONS;
                if full && !self.make_room() {
                    // Closed at once: the client sees that it was turned away, and memory stays bounded.
                    continue;
                }
                self.open().insert(number, Open { stream: stream.clone(), busy: busy.clone() });
            }
            let shared = self.clone();
            let serving = thread::Builder::new().name("http-connection".to_owned()).stack_size(STACK).spawn(
                move || {
                    // Whatever ends a connection is the client's to see; the server goes on.
                    drop(shared.serve(&stream, &busy));
                    shared.open().remove(&number);
                },
            );
            if serving.is_err() {
                self.open().remove(&number);
            }
        }
    }

    /// Closes the connection that has kept the server waiting for a request longest, so that clients which
    /// open connections and say nothing, or next to nothing, shut out only each other. False if there is none.
    fn make_room(&self) -> bool {
        let mut open = self.open();
        let waiting = open.iter().filter(|(_, open)| !open.busy.load(Ordering::SeqCst));
        let Some(oldest) = waiting.map(|(&number, _)| number).min() else { return false };
        if let Some(closed) = open.remove(&oldest) {
            drop(closed.stream.shutdown(Shutdown::Both));
        }
        true
    }

    fn serve(&self, stream: &TcpStream, busy: &AtomicBool) -> io::Result<()> {
        let mut connection = Connection::new(stream)?;
        loop {
            let request = match connection.read_request()? {
                Reading::Complete(request) => request,
                Reading::Closed => return Ok(()),
                Reading::Refused(status) => {
                    connection.write(&refusal(status), true)?;
                    return connection.drain();
                }
            };
            busy.store(true, Ordering::SeqCst);
            let closing = request.closes();
            let response = (self.handler)(&request);
            let over = match response.manner {
                ResponseFault::Plain => connection.write(&response, closing).map(|()| closing)?,
                ResponseFault::Slow(pause) => connection.write_slowly(&response, pause).map(|()| true)?,
                ResponseFault::Lost => true,
                ResponseFault::Stalled => {
                    // Nothing is in the making here: it may be closed to make room.
                    busy.store(false, Ordering::SeqCst);
                    connection.wait_for_end().map(|()| true)?
                }
                ResponseFault::Reset => connection.reset().map(|()| true)?,
            };
            busy.store(false, Ordering::SeqCst);
            if over || self.stopping.load(Ordering::SeqCst) {
                return Ok(());
            }
        }
    }
}

impl Response {
    /// An answer that is given whole and at once.
    pub(crate) fn plain(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body, manner: ResponseFault::Plain }
    }
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

fn refusal(status: u16) -> Response {
    let reason = connection::reason(status).to_ascii_lowercase();
    let body = format!("{{\"code\":3002,\"message\":\"{reason}\"}}");
    Response::plain(status, "application/json", body.into_bytes())
}

const MOST_CONNECTIONS: usize = 512;
const STACK: usize = 256 * 1024;
