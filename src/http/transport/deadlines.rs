//! Time-outs of a connection: set less often, and bounded together while a proxy is talked to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::time::Duration as Left;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

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

/// Bounds, together, the waits of an exchange with a proxy. Once the proxy has answered it is lifted, and the connection
/// goes on without it.
#[derive(Clone, Default)]
pub(super) struct ProxyDeadline(Arc<AtomicBool>);

impl ProxyDeadline {
    /// `inner`, with no wait beyond `deadline` until this is lifted.
    pub(super) fn bound(self, deadline: Instant, inner: Box<dyn Transport>) -> Box<dyn Transport> {
        Box::new(BoundedByProxyDeadline { inner, deadline, lifted: self.0 })
    }

    pub(super) fn lift(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct BoundedByProxyDeadline {
    inner: Box<dyn Transport>,
    deadline: Instant,
    lifted: Arc<AtomicBool>,
}

impl Transport for BoundedByProxyDeadline {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.lifted.load(Ordering::Relaxed) {
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
