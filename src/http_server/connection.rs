//! One connection: requests are read within limits of size and time, and answers written as they should be,
//! or as they should not.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::request::{BadRequest, Framing, HEAD_TOO_LARGE, Head, LARGEST_HEAD, Request, begun, parse_head};
use super::{Limits, Response};

pub(super) enum Reading {
    /// The head of a request; its body has to be there by the deadline.
    Head { request: Box<Request>, framing: Framing, deadline: Instant },
    /// The client closed, or said nothing for too long, and no request had begun.
    Closed,
    /// The request cannot be read, or only so much of it; answer and close.
    Refused(BadRequest, Box<Request>),
}

pub(super) struct Connection<'a> {
    stream: &'a TcpStream,
    limits: &'a Limits,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    /// What was read and not used yet.
    buffer: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: &'a TcpStream, limits: &'a Limits) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (local, peer) = (stream.local_addr().ok(), stream.peer_addr().ok());
        Ok(Self { stream, limits, local, peer, buffer: Vec::new() })
    }

    pub(super) fn read_head(&mut self) -> io::Result<Reading> {
        // Between requests a client may take its time; once one has begun, it has to arrive.
        if self.buffer.is_empty() {
            match self.fill(Instant::now() + self.limits.idle) {
                Ok(0) => return Ok(Reading::Closed),
                Err(error) if timed_out(&error) => return Ok(Reading::Closed),
                filled => filled.map(drop)?,
            }
        }
        let deadline = Instant::now() + self.limits.request;
        let (mut first, mut seen) = (true, 0);
        loop {
            // A head that comes octet by octet is not parsed for each of them.
            if first || ends_head(&self.buffer[seen..]) {
                match parse_head(&self.buffer) {
                    Head::Complete { mut request, framing, length } => {
                        self.buffer.drain(..length);
                        request.local = self.local;
                        request.peer = self.peer;
                        return Ok(Reading::Head { request, framing, deadline });
                    }
                    Head::Refused(bad, request) => return Ok(Reading::Refused(bad, request)),
                    Head::Partial => {}
                }
            }
            if self.buffer.len() > LARGEST_HEAD {
                return Ok(Reading::Refused(HEAD_TOO_LARGE, begun(&self.buffer)));
            }
            first = false;
            seen = self.buffer.len().saturating_sub(2);
            match self.fill(deadline) {
                // Some clients send one line end too many behind a body.
                Ok(0) if self.buffer.iter().all(|octet| matches!(octet, b'\r' | b'\n')) => {
                    return Ok(Reading::Closed);
                }
                Ok(amount) if amount > 0 => {}
                Err(error) if timed_out(&error) => {
                    return Ok(Reading::Refused(HEAD_TOO_LATE, begun(&self.buffer)));
                }
                // The connection has ended, in order or not.
                Ok(_) | Err(_) => return Ok(Reading::Refused(HEAD_CUT, begun(&self.buffer))),
            }
        }
    }

    /// Moves octets to `body`, at most `room` of the next `length`, and at least one; how many.
    pub(super) fn take(
        &mut self,
        length: u64,
        room: usize,
        deadline: Instant,
        body: &mut Vec<u8>,
    ) -> io::Result<u64> {
        if self.buffer.is_empty() && self.fill(deadline)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let amount = room.min(self.buffer.len()).min(usize::try_from(length).unwrap_or(usize::MAX));
        body.extend(self.buffer.drain(..amount));
        Ok(amount as u64)
    }

    /// Takes a line of at most so many octets, without its end.
    pub(super) fn take_line(&mut self, longest: usize, deadline: Instant) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = line.strip_suffix(b"\r\n").ok_or(ErrorKind::InvalidData)?;
                let whole = line.len() <= longest && !line.contains(&b'\r');
                return if whole { Ok(line.to_vec()) } else { Err(ErrorKind::InvalidData.into()) };
            }
            if self.buffer.len() > longest + 1 {
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

    pub(super) fn write(&mut self, response: &Response, closing: bool, with_body: bool) -> io::Result<()> {
        let mut message = head(response, closing)?;
        if with_body {
            message.extend_from_slice(&response.body);
        }
        self.write_all(&message, Instant::now() + self.limits.response)
    }

    /// Writes before the deadline: a client that takes an octet now and then gains nothing.
    pub(super) fn write_all(&mut self, mut octets: &[u8], deadline: Instant) -> io::Result<()> {
        while !octets.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.stream.set_write_timeout(Some(left))?;
            match self.stream.write(octets) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(amount) => octets = &octets[amount..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    #[cfg(feature = "sandbox")]
    /// Gives the body octet by octet, and what is left of it at once when the server stops.
    #[cfg(feature = "sandbox")]
    pub(super) fn write_slowly(
        &mut self,
        response: &Response,
        pause: Duration,
        stops: impl Fn() -> bool,
    ) -> io::Result<()> {
        let timeout = self.limits.response;
        self.write_all(&head(response, true)?, Instant::now() + timeout)?;
        for (index, octet) in response.body.iter().enumerate() {
            if self.pause(pause, &stops)? {
                return self.write_all(&response.body[index..], Instant::now() + timeout);
            }
            self.write_all(&[*octet], Instant::now() + timeout)?;
        }
        Ok(())
    }

    /// Waits, but not beyond the end of the connection; whether the server stops.
    #[cfg(feature = "sandbox")]
    fn pause(&mut self, pause: Duration, stops: &impl Fn() -> bool) -> io::Result<bool> {
        let deadline = Instant::now() + pause;
        loop {
            if stops() {
                return Ok(true);
            }
            self.buffer.clear();
            match self.fill(deadline.min(Instant::now() + GLANCE)) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if timed_out(&error) && Instant::now() >= deadline => return Ok(false),
                Err(error) if timed_out(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the client closes, or the server does. What the client sends meanwhile is thrown away.
    #[cfg(feature = "sandbox")]
    pub(super) fn wait_for_end(&mut self) -> io::Result<()> {
        self.stream.set_read_timeout(None)?;
        let mut thrown_away = [0; 1024];
        while self.stream.read(&mut thrown_away)? > 0 {}
        Ok(())
    }

    /// Has the connection end with a reset, and not with a close, once it is let go.
    #[cfg(feature = "sandbox")]
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

/// Whether a head may end in these octets, in a manner that is allowed or not.
fn ends_head(octets: &[u8]) -> bool {
    octets.windows(3).any(|three| three == b"\n\r\n") || octets.windows(2).any(|two| two == b"\n\n")
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

pub(super) fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

const HEAD_CUT: BadRequest =
    BadRequest::new(400, "the head", "must end with an empty line, and the connection ended before it");

const HEAD_TOO_LATE: BadRequest = BadRequest::new(408, "the head", "must arrive in time");

/// How often a slow answer looks whether the server stops.
#[cfg(feature = "sandbox")]
const GLANCE: Duration = Duration::from_millis(50);
