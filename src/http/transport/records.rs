//! The layer between a TLS library and the socket: hands over one record at a time.
//!
//! A library that is given more than one record may keep the second to itself, where it cannot be asked for. Given one
//! at a time, it holds nothing once that one is read; what else has arrived stays here, and can be seen.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// Hands on what arrives, up to the end of one record.
pub(super) struct RecordReader {
    buffers: RecordBuffers,
}

/// Whether the TLS library has been given whole records, and nothing waits behind them.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordBoundary(Arc<AtomicBool>);

struct RecordBuffers {
    inner: Box<dyn Transport>,
    /// What is handed on: a record or a part of one.
    input: Vec<u8>,
    unread: Range<usize>,
    frame: Frame,
    boundary: RecordBoundary,
}

/// Where in a record the stream is.
#[derive(Debug, Default)]
struct Frame {
    header: [u8; HEADER],
    /// How much of the header has been seen.
    seen: usize,
    /// How much of the record's payload is still to come.
    left: usize,
}

impl RecordReader {
    pub(super) fn new(inner: Box<dyn Transport>, boundary: RecordBoundary) -> Self {
        let frame = Frame::default();
        Self { buffers: RecordBuffers { inner, input: Vec::new(), unread: 0..0, frame, boundary } }
    }
}

impl RecordBoundary {
    pub(super) fn is_reached(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Transport for RecordReader {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.buffers.await_record(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.buffers.inner.is_open()
    }
}

impl RecordBuffers {
    fn await_record(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if self.inner.buffers().input().is_empty() && !self.inner.await_input(timeout)? {
            return Ok(false);
        }
        let arrived = self.inner.buffers().input();
        let amount = self.frame.advance(arrived);
        if self.unread.is_empty() {
            self.input.clear();
            self.unread = 0..0;
        }
        self.input.extend_from_slice(&arrived[..amount]);
        self.unread.end += amount;
        self.inner.buffers().input_consume(amount);
        self.note_boundary();
        Ok(amount > 0)
    }

    fn note_boundary(&mut self) {
        let reached = self.unread.is_empty()
            && self.frame.is_between_records()
            && self.inner.buffers().input().is_empty();
        self.boundary.0.store(reached, Ordering::Relaxed);
    }
}

impl Frame {
    /// How much of `arrived` belongs to the current record, or to the next if there is none.
    fn advance(&mut self, arrived: &[u8]) -> usize {
        let mut taken = 0;
        while taken < arrived.len() && (self.left > 0 || self.seen < HEADER) {
            if self.seen < HEADER {
                self.header[self.seen] = arrived[taken];
                self.seen += 1;
                taken += 1;
                if self.seen == HEADER {
                    self.left = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
                }
            } else {
                let amount = self.left.min(arrived.len() - taken);
                self.left -= amount;
                taken += amount;
            }
        }
        if self.is_between_records() {
            self.seen = 0;
        }
        taken
    }

    fn is_between_records(&self) -> bool {
        self.left == 0 && (self.seen == 0 || self.seen == HEADER)
    }
}

impl Buffers for RecordBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.inner.buffers().output()
    }

    fn input(&self) -> &[u8] {
        &self.input[self.unread.clone()]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.inner.buffers().input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.inner.buffers().input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.unread.start += amount;
        self.note_boundary();
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.inner.buffers().tmp_and_output()
    }

    fn can_use_input(&self) -> bool {
        !self.unread.is_empty()
    }
}

impl fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buffers.inner.fmt(f)
    }
}

/// Type, version and length (RFC 8446, 5.1).
const HEADER: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: u16) -> Vec<u8> {
        let mut record = vec![23, 3, 3];
        record.extend(length.to_be_bytes());
        record.resize(HEADER + usize::from(length), 0);
        record
    }

    #[test]
    fn no_more_than_one_record_is_handed_over_however_the_octets_arrive() {
        let stream = [record(1), record(0), record(16_640), record(300)].concat();
        for piece in [1, 2, 5, 6, 7, 4096, stream.len()] {
            let mut frame = Frame::default();
            let (mut ends, mut position) = (Vec::new(), 0);
            while position < stream.len() {
                let end = stream.len().min(position + piece);
                let taken = frame.advance(&stream[position..end]);
                assert!(taken > 0, "pieces of {piece}");
                position += taken;
                if frame.is_between_records() {
                    ends.push(position);
                }
            }
            assert_eq!(ends, [6, 11, 16_656, 16_961], "pieces of {piece}");
        }
    }

    #[test]
    fn half_a_record_is_no_boundary() {
        let mut frame = Frame::default();
        let record = record(10);
        for octet in &record[..record.len() - 1] {
            frame.advance(&[*octet]);
            assert!(!frame.is_between_records());
        }
        frame.advance(&record[record.len() - 1..]);
        assert!(frame.is_between_records());
    }
}
