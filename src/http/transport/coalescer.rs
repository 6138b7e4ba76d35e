//! The layer between ureq and a connection: fewer writes, and nothing left over for the next call.

use std::fmt;
use std::io::ErrorKind;

use ureq::config::Config;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::records::RecordBoundary;
use super::{head, progress};

/// Gathers what is written until a response is awaited, and says whether a connection can carry another exchange.
///
/// ureq writes a request's head and its body apart. With TCP's delay off, as it must be, those are two system
/// calls, two packets and, over TLS, two records, and the server wakes up for half a request.
pub(super) struct WriteCoalescer {
    inner: Box<dyn Transport>,
    buffers: CoalescedBuffers,
    /// None without TLS.
    tls: Option<TlsInput>,
    /// Whether the head of a response has not been received whole.
    head_awaited: bool,
    /// Whether the connection was read from and not probed since.
    answered: bool,
    probe: Probe,
    /// Why the rest of the request could not be written.
    write_error: Option<ureq::Error>,
    /// Whether the connection can carry nothing more.
    broken: bool,
}

/// What is known of octets that have arrived and were not handed over by the TLS library.
struct TlsInput {
    records: RecordBoundary,
    /// Whether the library may hold more plaintext than it has handed over.
    may_hold_plaintext: bool,
}

/// When the socket is looked at for octets that were not asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    Always,
    /// Not right after a response, when a connection goes back to the pool: it will be asked again before it is used.
    BeforeUse,
}

/// Buffers whose output begins behind what is already waiting there.
struct CoalescedBuffers {
    output: LazyBuffers,
    waiting: usize,
    input: Vec<u8>,
    /// The part of `input` that holds something.
    filled: std::ops::Range<usize>,
    progress: bool,
}

impl WriteCoalescer {
    pub(super) fn new(inner: Box<dyn Transport>, records: Option<RecordBoundary>, config: &Config) -> Self {
        Self {
            inner,
            buffers: CoalescedBuffers {
                output: LazyBuffers::new(SCRATCH, config.output_buffer_size()),
                waiting: 0,
                input: vec![0; config.input_buffer_size()],
                filled: 0..0,
                progress: false,
            },
            tls: records.map(|records| TlsInput { records, may_hold_plaintext: false }),
            head_awaited: false,
            answered: false,
            probe: Probe::BeforeUse,
            write_error: None,
            broken: false,
        }
    }

    /// For a connection to a proxy, with another one of these above it.
    pub(super) fn always_probed(self) -> Self {
        Self { probe: Probe::Always, ..self }
    }

    /// Whether nothing has arrived that was not asked for, in any layer of this process.
    fn is_drained(&mut self) -> bool {
        self.buffers.filled.is_empty()
            && self.inner.buffers().input().is_empty()
            && self.tls.as_ref().is_none_or(|tls| !tls.may_hold_plaintext && tls.records.is_reached())
    }

    fn flush(&mut self, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let waiting = std::mem::take(&mut self.buffers.waiting);
        if waiting == 0 || self.broken {
            return Ok(());
        }
        progress::request_written();
        self.head_awaited = true;
        for piece in self.buffers.output.output()[..waiting].chunks(PIECE) {
            self.inner.buffers().output()[..piece.len()].copy_from_slice(piece);
            let Err(error) = self.inner.transmit_output(piece.len(), timeout) else { continue };
            // A server may answer before it has read the whole request, and close. What it says is worth more than
            // that the rest could not be written.
            if !is_closed_by_peer(&error) {
                return Err(error);
            }
            self.broken = true;
            self.write_error = Some(error);
            break;
        }
        Ok(())
    }

    fn receive(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if self.inner.buffers().input().is_empty() {
            let room = self.inner.buffers().input_append_buf().len();
            if !self.inner.await_input(timeout)? {
                return Ok(false);
            }
            let received = self.inner.buffers().input().len();
            // A library that had more would have filled the buffer.
            if let Some(tls) = &mut self.tls {
                tls.may_hold_plaintext = received >= room;
            }
        }
        Ok(true)
    }
}

impl Transport for WriteCoalescer {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.waiting += amount;
        // An empty output buffer would read as the body's end, so room is made before it is needed.
        if self.buffers.output().len() < ROOM { self.flush(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.flush(timeout)?;
        let received = self.receive(timeout);
        match self.write_error.take() {
            Some(error) if !matches!(received, Ok(true)) => return Err(error),
            _ => {}
        }
        if !received? {
            return Ok(false);
        }
        self.answered = true;
        let received = self.inner.buffers().input();
        let room = self.buffers.input_append_buf();
        let amount = received.len().min(room.len());
        room[..amount].copy_from_slice(&received[..amount]);
        self.buffers.input_appended(amount);
        self.inner.buffers().input_consume(amount);
        if self.head_awaited && log::log_enabled!(target: "ureq::run", log::Level::Debug) {
            let filled = self.buffers.filled.clone();
            self.head_awaited = !head::hide_names(&mut self.buffers.input[filled]);
        }
        Ok(amount > 0)
    }

    /// Octets that were not asked for make a connection useless: they would be read as the next response.
    ///
    /// They can wait in this layer, as plaintext in the TLS library or its buffer, as ciphertext between TLS and the
    /// socket, and in the socket. All of it is looked at before the connection is used again. What arrives later than
    /// that cannot be seen by anyone; see `ClientBuilder::one_connection_per_call`.
    ///
    /// ureq asks twice for each call, with three system calls each time: when a connection goes back to the
    /// pool, and when it is taken out again. The second is the one that counts; the first, right after a response,
    /// leaves the socket out.
    fn is_open(&mut self) -> bool {
        let just_answered = std::mem::take(&mut self.answered);
        !self.broken
            && self.is_drained()
            && ((just_answered && self.probe == Probe::BeforeUse) || self.inner.is_open())
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl Buffers for CoalescedBuffers {
    fn output(&mut self) -> &mut [u8] {
        &mut self.output.output()[self.waiting..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.filled.clone()]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.filled.is_empty() {
            self.filled = 0..0;
        } else if self.filled.end > self.input.len() / 2 {
            self.input.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        &mut self.input[self.filled.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled.end += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.filled.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (scratch, output) = self.output.tmp_and_output();
        (scratch, &mut output[self.waiting..])
    }

    /// Not if the last look at the input took nothing of it: then it is the beginning of something longer.
    fn can_use_input(&self) -> bool {
        !self.filled.is_empty() && self.progress
    }
}

impl fmt::Debug for WriteCoalescer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn is_closed_by_peer(error: &ureq::Error) -> bool {
    let ureq::Error::Io(error) = error else { return false };
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

/// As much room as ureq wants beside the output. With less, its buffers would grow and shrink, and be cleared, in each
/// call.
const SCRATCH: usize = 10 * 1024;

/// Output is passed on in pieces that every inner buffer holds.
const PIECE: usize = 8 * 1024;

/// The least room that the output buffer has for what is written next.
const ROOM: usize = 4 * 1024;

/// The size of each of a connection's buffers. A request is far smaller; a long list is read in several steps.
pub(super) const BUFFER: usize = 16 * 1024;

/// The largest head of an answer: smaller than a buffer, so that a larger one is noticed as such.
pub(super) const LARGEST_HEAD: usize = 12 * 1024;
