//! A small HTTP/1.1 server: a thread for each connection, `httparse` for the heads, and limits on everything.
//!
//! The servers among the libraries hide the socket. This one will have to answer half, stall and reset on
//! demand, for users to test how they take it, and so it reads and writes sockets itself.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A request, read whole.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    /// The path, without the query, as it came.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The value of a header that stands there once; none if it is missing or repeated.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

pub(super) type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// A server that stops, and closes all its connections, when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    handler: Box<Handler>,
    stopping: AtomicBool,
    /// Open connections, so that stopping can wake whoever waits on one.
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Server {
    pub(super) fn start(address: SocketAddr, handler: Box<Handler>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared =
            Arc::new(Shared { handler, stopping: AtomicBool::new(false), open: Mutex::new(HashMap::new()) });
        let accepting = thread::Builder::new().name("sandbox-accept".to_owned()).spawn({
            let shared = shared.clone();
            move || shared.accept(&listener)
        })?;
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // A connection wakes the thread that accepts; if none can be made, it is not waiting.
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
        for stream in self.shared.open().values() {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for number in 0.. {
            let accepted = listener.accept();
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            // A failure concerns one connection, or is for want of file handles, which closing will mend.
            let Ok((stream, _)) = accepted else { continue };
            let Ok(handle) = stream.try_clone() else { continue };
            {
                let mut open = self.open();
                if open.len() >= MOST_CONNECTIONS {
                    // Closed at once: the client sees that it was turned away, and memory stays bounded.
                    continue;
                }
                open.insert(number, handle);
            }
            let shared = self.clone();
            let serving =
                thread::Builder::new().name("sandbox-http".to_owned()).stack_size(STACK).spawn(move || {
                    // Whatever ends a connection is the client's to see; the sandbox goes on.
                    drop(shared.serve(stream));
                    shared.open().remove(&number);
                });
            if serving.is_err() {
                self.open().remove(&number);
            }
        }
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut connection = Connection { stream, buffer: Vec::new() };
        loop {
            let request = match connection.read_request()? {
                Reading::Complete(request) => request,
                Reading::Closed => return Ok(()),
                Reading::Refused(status) => {
                    let body = refusal(status);
                    connection.write(&body, true)?;
                    return connection.drain();
                }
            };
            let closing = request.has_token("connection", "close");
            let response = (self.handler)(&request);
            connection.write(&response, closing)?;
            if closing || self.stopping.load(Ordering::SeqCst) {
                return Ok(());
            }
        }
    }
}

enum Reading {
    Complete(Request),
    /// The client closed, or said nothing for too long, before a request began.
    Closed,
    /// The request cannot be read; answer with this status and close.
    Refused(u16),
}

struct Connection {
    stream: TcpStream,
    /// What was read and not used yet.
    buffer: Vec<u8>,
}

enum Head {
    Partial,
    Refused(u16),
    Complete { request: Request, length: usize },
}

enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    fn read_request(&mut self) -> io::Result<Reading> {
        let deadline = Instant::now() + PATIENCE;
        let (mut request, length) = loop {
            match parse_head(&self.buffer) {
                Head::Complete { request, length } => break (request, length),
                Head::Refused(status) => return Ok(Reading::Refused(status)),
                Head::Partial if self.buffer.len() > LARGEST_HEAD => return Ok(Reading::Refused(431)),
                Head::Partial => {}
            }
            match self.fill(deadline) {
                Ok(0) => return Ok(Reading::Closed),
                Ok(_) => {}
                Err(error) if timed_out(&error) && !self.buffer.is_empty() => {
                    return Ok(Reading::Refused(408));
                }
                Err(error) if timed_out(&error) => return Ok(Reading::Closed),
                Err(error) => return Err(error),
            }
        };
        self.buffer.drain(..length);
        let framing = match framing(&request) {
            Ok(framing) => framing,
            Err(status) => return Ok(Reading::Refused(status)),
        };
        if request.has_token("expect", "100-continue") {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = match framing {
            Framing::Length(length) => self.take(length, deadline),
            Framing::Chunked => self.take_chunks(deadline),
        };
        match body {
            Ok(body) => request.body = body,
            Err(error) if timed_out(&error) => return Ok(Reading::Refused(408)),
            Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(Reading::Refused(400)),
            Err(error) if error.kind() == ErrorKind::OutOfMemory => return Ok(Reading::Refused(413)),
            Err(error) => return Err(error),
        }
        Ok(Reading::Complete(request))
    }

    fn take(&mut self, length: usize, deadline: Instant) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            if self.fill(deadline)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn take_chunks(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.take_line(deadline)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| ErrorKind::InvalidData)?;
            if size == 0 {
                // Trailers mean nothing here; the empty line ends them.
                while !self.take_line(deadline)?.is_empty() {}
                return Ok(body);
            }
            if size > LARGEST_BODY || body.len() + size > LARGEST_BODY {
                return Err(ErrorKind::OutOfMemory.into());
            }
            body.extend(self.take(size, deadline)?);
            if !self.take_line(deadline)?.is_empty() {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }

    fn take_line(&mut self, deadline: Instant) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end + 2, deadline)?;
                return String::from_utf8(line[..end].to_vec()).map_err(|_| ErrorKind::InvalidData.into());
            }
            if self.buffer.len() > LARGEST_HEAD {
                return Err(ErrorKind::InvalidData.into());
            }
            if self.fill(deadline)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads what there is, before the deadline: a client that sends an octet now and then gains nothing.
    fn fill(&mut self, deadline: Instant) -> io::Result<usize> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut piece = [0; 8 * 1024];
        let amount = self.stream.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..amount]);
        Ok(amount)
    }

    fn write(&mut self, response: &Response, closing: bool) -> io::Result<()> {
        let mut message = Vec::with_capacity(256 + response.body.len());
        write!(message, "HTTP/1.1 {} {}\r\n", response.status, reason(response.status))?;
        for (name, value) in &response.headers {
            write!(message, "{name}: {value}\r\n")?;
        }
        if closing {
            message.extend_from_slice(b"Connection: close\r\n");
        }
        write!(message, "Content-Length: {}\r\n\r\n", response.body.len())?;
        message.extend_from_slice(&response.body);
        self.stream.write_all(&message)
    }

    /// Reads a little of what a refused client still sends: closing on unread data would reset the connection
    /// and could take the refusal from it.
    fn drain(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut left = 32 * 1024 * 1024_usize;
        while left > 0 {
            self.buffer.clear();
            match self.fill(deadline)? {
                0 => break,
                amount => left = left.saturating_sub(amount),
            }
        }
        Ok(())
    }
}

fn parse_head(buffer: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(httparse::Error::TooManyHeaders) => return Head::Refused(431),
        Err(_) => return Head::Refused(400),
    };
    let target = parsed.path.unwrap_or_default();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: target.split(['?', '#']).next().unwrap_or_default().to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect(),
        body: Vec::new(),
    };
    Head::Complete { request, length }
}

fn framing(request: &Request) -> Result<Framing, u16> {
    let encoded = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    let mut lengths = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match (encoded, lengths.next(), lengths.next()) {
        (false, None, _) => Ok(Framing::Length(0)),
        (false, Some((_, length)), None) => match length.trim().parse() {
            Ok(length) if length > LARGEST_BODY => Err(413),
            Ok(length) => Ok(Framing::Length(length)),
            Err(_) => Err(400),
        },
        (true, None, _) if request.has_token("transfer-encoding", "chunked") => Ok(Framing::Chunked),
        (true, None, _) => Err(501),
        // Two framings at once are how requests are smuggled.
        _ => Err(400),
    }
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn refusal(status: u16) -> Response {
    let body = format!("{{\"code\":3002,\"message\":\"{}\"}}", reason(status).to_ascii_lowercase());
    Response {
        status,
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: body.into_bytes(),
    }
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

/// The longest that one request may take to arrive, and one answer to leave.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_HEAD: usize = 16 * 1024;
const LARGEST_BODY: usize = 1024 * 1024;
const MOST_CONNECTIONS: usize = 1024;
const STACK: usize = 256 * 1024;
