//! The body of a request, read as far as the handler wants it.

use std::io::{self, ErrorKind};
use std::time::Instant;

use super::Activity;
use super::connection::{Connection, timed_out};
#[cfg(feature = "sandbox")]
use super::request::BODY_TOO_LARGE;
use super::request::{BadRequest, Framing};

/// The body of a request. It is not read before the handler says so.
pub(crate) struct Body<'a, 's> {
    connection: &'a mut Connection<'s>,
    activity: &'a Activity,
    left: Left,
    deadline: Instant,
    expects_continue: bool,
}

/// What is still to come of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// So many octets.
    Octets(u64),
    /// A line with the size of a chunk.
    ChunkSize,
    /// So many octets of a chunk, and the end of its line.
    Chunk(u64),
    /// Lines up to an empty one.
    Trailers,
    Nothing,
    /// Whatever it is, it is not well formed or did not come.
    Broken,
}

impl<'a, 's> Body<'a, 's> {
    pub(super) fn new(
        connection: &'a mut Connection<'s>,
        activity: &'a Activity,
        framing: Framing,
        deadline: Instant,
        expects_continue: bool,
    ) -> Self {
        let left = match framing {
            Framing::Length(0) => Left::Nothing,
            Framing::Length(length) => Left::Octets(length),
            Framing::Chunked => Left::ChunkSize,
        };
        Self { connection, activity, left, deadline, expects_continue }
    }

    /// Reads the whole body, of 1 MiB at most; why not if it is longer, is not well formed or does not come.
    #[cfg(feature = "sandbox")]
    pub(crate) fn read_whole(&mut self) -> Result<Vec<u8>, BadRequest> {
        if matches!(self.left, Left::Octets(length) if length > LARGEST_BODY as u64) {
            return Err(BODY_TOO_LARGE);
        }
        let body = self.read(LARGEST_BODY + 1)?;
        if self.is_read() && body.len() <= LARGEST_BODY { Ok(body) } else { Err(BODY_TOO_LARGE) }
    }

    /// Reads the body, but not more than `limit` octets of it; why not if it is not well formed or does not come.
    pub(crate) fn read(&mut self, limit: usize) -> Result<Vec<u8>, BadRequest> {
        let chunked = !matches!(self.left, Left::Octets(_));
        let read = self.fill(limit).map_err(|error| match error.kind() {
            _ if timed_out(&error) => BadRequest::new(408, "the body", "must arrive in time"),
            ErrorKind::InvalidData if chunked => {
                BadRequest::new(400, "the body", "must be chunks as HTTP has them, each with its size")
            }
            _ => BadRequest::new(400, "the body", "must be as long as the head says"),
        });
        match read {
            Ok(body) => {
                // From here on something is in the making.
                self.activity.is_at_work();
                Ok(body)
            }
            Err(bad) => {
                self.left = Left::Broken;
                Err(bad)
            }
        }
    }

    /// Whether all of it was read, so that another request can follow.
    pub(super) fn is_read(&self) -> bool {
        self.left == Left::Nothing
    }

    fn fill(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.left != Left::Nothing && self.expects_continue {
            self.expects_continue = false;
            self.connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n", self.deadline)?;
        }
        loop {
            let room = limit - body.len();
            match self.left {
                Left::Nothing => return Ok(body),
                Left::Broken => return Err(ErrorKind::InvalidData.into()),
                // Nothing that may still come is waited for.
                _ if room == 0 => return Ok(body),
                Left::Octets(length) => {
                    let rest = length - self.connection.take(length, room, self.deadline, &mut body)?;
                    self.left = if rest == 0 { Left::Nothing } else { Left::Octets(rest) };
                }
                Left::ChunkSize => {
                    let line = self.connection.take_line(CHUNK_LINE, self.deadline)?;
                    self.left = match chunk_size(&line).ok_or(ErrorKind::InvalidData)? {
                        0 => Left::Trailers,
                        size => Left::Chunk(size),
                    };
                }
                Left::Chunk(0) => {
                    if !self.connection.take_line(0, self.deadline)?.is_empty() {
                        return Err(ErrorKind::InvalidData.into());
                    }
                    self.left = Left::ChunkSize;
                }
                Left::Chunk(size) => {
                    let taken = self.connection.take(size, room, self.deadline, &mut body)?;
                    self.left = Left::Chunk(size - taken);
                }
                Left::Trailers => {
                    // Trailers mean nothing here; the empty line ends them.
                    let mut room = TRAILERS;
                    loop {
                        match self.connection.take_line(room, self.deadline)?.len() {
                            0 => break,
                            length => room = room.saturating_sub(length),
                        }
                    }
                    self.left = Left::Nothing;
                }
            }
        }
    }
}

/// The size of a chunk: hexadecimal digits, and perhaps extensions behind a semicolon.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|octet| *octet == b';').next()?.trim_ascii_end();
    let well_formed = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| well_formed)?;
    u64::from_str_radix(digits, 16).ok()
}

/// The largest body of a request that is taken whole.
#[cfg(feature = "sandbox")]
const LARGEST_BODY: usize = 1024 * 1024;

#[cfg(feature = "sandbox")]
const _: () = assert!(LARGEST_BODY == 1 << 20, "the rule says this number");

/// The longest line that says the size of a chunk, with its extensions.
const CHUNK_LINE: usize = 256;

/// The most octets of trailers.
const TRAILERS: usize = 8 * 1024;
