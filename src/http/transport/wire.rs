//! Thin layers around a connection: fewer writes, fewer time-outs set, and no waiting for ever for a proxy.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::unversioned::transport::time::Duration as Left;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

/// Gathers what is written until an answer is awaited.
///
/// ureq writes a request's head and its body apart. With TCP's delay off, as it must be, those are two system
/// calls, two packets and, over TLS, two records, and the server wakes up for half a request.
pub(super) struct WriteCoalescer {
    inner: Box<dyn Transport>,
    buffers: CoalescedBuffers,
    /// Whether the connection was read from and not probed since.
    answered: bool,
}

/// Buffers whose output begins behind what is already waiting there.
struct CoalescedBuffers {
    buffers: LazyBuffers,
    waiting: usize,
}

impl WriteCoalescer {
    pub(super) fn new(inner: Box<dyn Transport>, config: &Config) -> Self {
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Self { inner, buffers: CoalescedBuffers { buffers, waiting: 0 }, answered: false }
    }

    fn flush(&mut self, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let waiting = std::mem::take(&mut self.buffers.waiting);
        for piece in self.buffers.buffers.output()[..waiting].chunks(PIECE) {
            self.inner.buffers().output()[..piece.len()].copy_from_slice(piece);
            self.inner.transmit_output(piece.len(), timeout)?;
        }
        Ok(())
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
        if self.inner.buffers().input().is_empty() && !self.inner.await_input(timeout)? {
            return Ok(false);
        }
        self.answered = true;
        let received = self.inner.buffers().input();
        let room = self.buffers.input_append_buf();
        let amount = received.len().min(room.len());
        room[..amount].copy_from_slice(&received[..amount]);
        self.buffers.input_appended(amount);
        self.inner.buffers().input_consume(amount);
        Ok(amount > 0)
    }

    /// Octets that nobody asked for make a connection useless: they would be read as the next answer.
    ///
    /// ureq probes a connection twice for each call, with three system calls each time: when it goes back to the
    /// pool, and when it is taken out again. The second is the one that counts; the first, right after an answer,
    /// is spared.
    fn is_open(&mut self) -> bool {
        let just_answered = std::mem::take(&mut self.answered);
        self.inner.buffers().input().is_empty() && (just_answered || self.inner.is_open())
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl Buffers for CoalescedBuffers {
    fn output(&mut self) -> &mut [u8] {
        &mut self.buffers.output()[self.waiting..]
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (scratch, output) = self.buffers.tmp_and_output();
        (scratch, &mut output[self.waiting..])
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}

/// Rounds time-outs up, so that a socket's stays the same from call to call.
///
/// What remains of a call's time differs by nanoseconds at every step, and each difference would be a system
/// call to tell the socket. Rounded, the hot path has none; a time-out comes at most 2% late.
pub(super) struct RoundedTimeouts {
    inner: Box<dyn Transport>,
}

impl RoundedTimeouts {
    pub(super) fn new(inner: Box<dyn Transport>) -> Self {
        Self { inner }
    }
}

impl Transport for RoundedTimeouts {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, rounded(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(rounded(timeout))
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Bounds, together, the waits of a conversation with a proxy. It ends when the proxy has answered; the connection
/// goes on without.
#[derive(Clone, Default)]
pub(super) struct ProxyDeadline(Arc<AtomicBool>);

impl ProxyDeadline {
    /// `inner`, with no wait beyond `deadline` until the deadline_switch is over.
    pub(super) fn until(self, deadline: Instant, inner: Box<dyn Transport>) -> Box<dyn Transport> {
        Box::new(BoundedByProxyDeadline { inner, deadline, deadline_switch: self })
    }

    pub(super) fn is_over(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct BoundedByProxyDeadline {
    inner: Box<dyn Transport>,
    deadline: Instant,
    deadline_switch: ProxyDeadline,
}

impl Transport for BoundedByProxyDeadline {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.deadline_switch.0.load(Ordering::Relaxed) {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ureq::Error::Timeout(ureq::Timeout::Connect));
            }
            timeout.after = Left::Exact(left.min(*timeout.after));
        }
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl fmt::Debug for BoundedByProxyDeadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for WriteCoalescer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for RoundedTimeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn rounded(mut timeout: NextTimeout) -> NextTimeout {
    if let Left::Exact(left) = timeout.after {
        timeout.after = Left::Exact(round_up(left));
    }
    timeout
}

/// Up to the next of about 64 steps between one power of two and the next; zero stays zero.
fn round_up(left: Duration) -> Duration {
    let nanos = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX / 2);
    let step = (nanos.next_power_of_two() / 128).max(1);
    Duration::from_nanos(nanos.div_ceil(step).saturating_mul(step))
}

/// Output is passed on in pieces that every inner buffer holds.
const PIECE: usize = 8 * 1024;

/// The least room that the output buffer has for what is written next.
const ROOM: usize = 4 * 1024;

/// The size of each of a connection's buffers. A request is far smaller; a long list is read in several steps.
pub(super) const BUFFER: usize = 16 * 1024;

/// The largest head of an answer: smaller than a buffer, so that a larger one is noticed as such.
pub(super) const LARGEST_HEAD: usize = 12 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_upwards_small_and_steady() {
        for nanos in [0, 1, 999, 1_000_000, 29_999_999_123, 30_000_000_000, 1 << 40] {
            let left = Duration::from_nanos(nanos);
            let up = round_up(left);
            assert!(
                up >= left && up <= left.mul_f64(1.02) + Duration::from_nanos(1),
                "{left:?} became {up:?}"
            );
        }
        let (early, late) = (Duration::from_micros(29_999_950), Duration::from_micros(29_999_100));
        assert_eq!(round_up(early), round_up(late));
    }
}
