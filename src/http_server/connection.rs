//! One connection: requests are read within limits of size and time, and answers written as they should be,
//! or as they should not.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::Response;
use super::request::{Framing, Head, LARGEST_BODY, LARGEST_HEAD, Request, framing, parse_head};

pub(super) enum Reading {
    Complete(Request),
    /// The client closed, or said nothing for too long, before a request began.
    Closed,
    /// The request cannot be read; answer with this status and close.
    Refused(u16),
}

pub(super) struct Connection<'a> {
    stream: &'a TcpStream,
    /// The address that the client connected to.
    local: Option<SocketAddr>,
    /// What was read and not used yet.
    buffer: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: &'a TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, local: stream.local_addr().ok(), buffer: Vec::new() })
    }

    pub(super) fn read_request(&mut self) -> io::Result<Reading> {
        // Between requests a client may take its time; once one has begun, it has to arrive.
        if self.buffer.is_empty() {
            match self.fill(Instant::now() + IDLE) {
                Ok(0) => return Ok(Reading::Closed),
                Err(error) if timed_out(&error) => return Ok(Reading::Closed),
                filled => filled.map(drop)?,
            }
        }
        let deadline = Instant::now() + PATIENCE;
        let (mut request, length) = loop {
            match parse_head(&self.buffer) {
                Head::Complete { length, .. } if length > LARGEST_HEAD => return Ok(Reading::Refused(431)),
                Head::Complete { request, length } => break (request, length),
                Head::Refused(status) => return Ok(Reading::Refused(status)),
                Head::Partial if self.buffer.len() > LARGEST_HEAD => return Ok(Reading::Refused(431)),
                Head::Partial => {}
            }
            match self.fill(deadline) {
                Ok(0) => return Ok(Reading::Closed),
                Ok(_) => {}
                Err(error) if timed_out(&error) => return Ok(Reading::Refused(408)),
                Err(error) => return Err(error),
            }
        };
        self.buffer.drain(..length);
        request.local = self.local;
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

    pub(super) fn write(&mut self, response: &Response, closing: bool) -> io::Result<()> {
        let mut message = head(response, closing)?;
        message.extend_from_slice(&response.body);
        self.stream.write_all(&message)
    }

    pub(super) fn write_slowly(&mut self, response: &Response, pause: Duration) -> io::Result<()> {
        self.stream.write_all(&head(response, true)?)?;
        for octet in &response.body {
            self.pause(pause)?;
            self.stream.write_all(&[*octet])?;
        }
        Ok(())
    }

    /// Waits, but not beyond the end of the connection.
    fn pause(&mut self, pause: Duration) -> io::Result<()> {
        let deadline = Instant::now() + pause;
        loop {
            self.buffer.clear();
            match self.fill(deadline) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if timed_out(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the client closes, or the server does. What the client sends meanwhile is thrown away.
    pub(super) fn wait_for_end(&mut self) -> io::Result<()> {
        self.stream.set_read_timeout(None)?;
        let mut thrown_away = [0; 1024];
        while self.stream.read(&mut thrown_away)? > 0 {}
        Ok(())
    }

    /// Has the connection end with a reset, and not with a close, once it is let go.
    pub(super) fn reset(&self) -> io::Result<()> {
        socket2::SockRef::from(self.stream).set_linger(Some(Duration::ZERO))
    }

    /// Reads a little of what a refused client still sends: closing on unread data would reset the connection
    /// and could take the refusal from it.
    pub(super) fn drain(&mut self) -> io::Result<()> {
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

fn head(response: &Response, closing: bool) -> io::Result<Vec<u8>> {
    let mut message = Vec::with_capacity(256 + response.body.len());
    write!(message, "HTTP/1.1 {} {}\r\n", response.status, reason(response.status))?;
    for (name, value) in &response.headers {
        write!(message, "{name}: {value}\r\n")?;
    }
    if closing {
        message.extend_from_slice(b"Connection: close\r\n");
    }
    write!(message, "Content-Length: {}\r\n\r\n", response.body.len())?;
    Ok(message)
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

pub(super) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

/// The longest that one request may take to arrive, and one answer to leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest that a connection is kept between requests: longer than clients keep theirs, as servers do, so that
/// no request meets a closing connection.
const IDLE: Duration = Duration::from_secs(75);
