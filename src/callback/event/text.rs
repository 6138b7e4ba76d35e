//! Pieces of the text that the events of a batch share.

use std::ops::Range;

/// Where a piece stands in the shared text; or that there is none.
#[derive(Clone, Copy)]
pub(in crate::callback) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// No piece.
    pub(in crate::callback) const NONE: Self = Self { start: u32::MAX, end: u32::MAX };

    /// This piece; none beyond 4 GiB, which [limits](super::super::ReceiverBuilder::max_body_bytes) keep out.
    pub(in crate::callback) fn new(range: Range<usize>) -> Self {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::NONE,
        }
    }

    pub(super) fn of(self, text: &str) -> Option<&str> {
        text.get(self.start as usize..self.end as usize)
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::NONE
    }
}
