//! Follows the quotes of CSV. A reader of CSV takes the end of the file for the end of a quoted field, whose text is then
//! the rest of the rows.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reader that knows where it is among the quotes of what it has read.
pub(super) struct Quotes<R> {
    inner: R,
    within: Within,
    line: u64,
    opened: u64,
    open: OpenQuote,
}

/// The line on which a quote opens that the end of the file leaves open; 0 for none.
#[derive(Clone, Default)]
pub(super) struct OpenQuote(Arc<AtomicU64>);

/// Where in a field an octet stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted field: its end, or the first of two that stand for one.
    Quote,
}

impl OpenQuote {
    pub(super) fn line(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|line| *line > 0)
    }
}

impl<R> Quotes<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, within: Within::Start, line: 1, opened: 0, open: OpenQuote::default() }
    }

    /// Tells of the quote that is left open, once everything was read.
    pub(super) fn open(&self) -> OpenQuote {
        self.open.clone()
    }

    fn follow(&mut self, octet: u8) {
        self.within = match (self.within, octet) {
            (Within::Start, b'"') => {
                self.opened = self.line;
                Within::Quoted
            }
            (Within::Quoted, b'"') => Within::Quote,
            (Within::Quoted, _) | (Within::Quote, b'"') => Within::Quoted,
            (_, b',' | b'\n') => Within::Start,
            _ => Within::Plain,
        };
        self.line += u64::from(octet == b'\n');
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        buffer[..length].iter().for_each(|octet| self.follow(*octet));
        if length == 0 && !buffer.is_empty() && self.within == Within::Quoted {
            self.open.0.store(self.opened, Ordering::Relaxed);
        }
        Ok(length)
    }
}
