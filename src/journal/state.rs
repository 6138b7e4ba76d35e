//! What the threads that use a journal share.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::Position;
use super::disk::Medium;
use super::error::JournalError;
use super::frame::HEADER;
use super::layout::Segment;

/// All of it under one lock, which nobody holds while the disk is at work.
pub(super) struct State {
    /// Frames that were appended and not written.
    pub(super) buffer: Vec<u8>,
    /// An empty buffer, kept for its capacity.
    pub(super) spare: Vec<u8>,
    /// The address behind all that was appended, was written, and is on disk.
    pub(super) end: u64,
    pub(super) written: u64,
    pub(super) durable: u64,
    /// Whether somebody writes, or syncs, at this moment.
    pub(super) writing: bool,
    pub(super) syncing: bool,
    /// How many wait for that to change.
    pub(super) waiting: usize,
    /// How often frames were lost. Addresses of lost frames are given anew.
    pub(super) epoch: u64,
    lost: VecDeque<Lost>,
    /// After this nothing can be written any more.
    pub(super) broken: Option<JournalError>,
    /// The segment that is written.
    pub(super) active: Arc<Active>,
    /// All segments, oldest first.
    pub(super) segments: Vec<Segment>,
}

/// The frames of this epoch from this address on.
struct Lost {
    epoch: u64,
    from: u64,
    error: JournalError,
}

/// The segment that is written.
pub(super) struct Active {
    pub(super) base: u64,
    pub(super) path: PathBuf,
    pub(super) medium: Box<dyn Medium>,
}

impl State {
    pub(super) fn new(active: Active, segments: Vec<Segment>, end: u64) -> Self {
        Self {
            buffer: Vec::new(),
            spare: Vec::new(),
            end,
            written: end,
            durable: end,
            writing: false,
            syncing: false,
            waiting: 0,
            epoch: 0,
            lost: VecDeque::new(),
            broken: None,
            active: Arc::new(active),
            segments,
        }
    }

    /// Whether a record is lost.
    pub(super) fn check(&self, position: Position) -> Result<(), JournalError> {
        if position.epoch != self.epoch {
            let lost = self.lost.iter().find(|lost| lost.epoch == position.epoch);
            let lost = lost.ok_or(JournalError::NotWritten)?;
            if position.end > lost.from {
                return Err(lost.error.clone());
            }
        }
        match &self.broken {
            Some(error) if self.durable < position.end => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Drops what stands behind this address: also what was appended meanwhile, since it may build on it.
    pub(super) fn lose(&mut self, from: u64, error: JournalError) {
        if let Err(left) = self.active.cut(from) {
            self.broken = Some(left);
        }
        self.lost.push_back(Lost { epoch: self.epoch, from, error });
        if self.lost.len() > REMEMBERED_LOSSES {
            self.lost.pop_front();
        }
        self.epoch += 1;
        self.end = from;
        self.written = from;
        self.buffer.clear();
    }
}

impl Active {
    pub(super) fn append(&self, frames: &[u8]) -> Result<(), JournalError> {
        if frames.is_empty() {
            return Ok(());
        }
        self.medium.append(frames).map_err(JournalError::io("write", &self.path))
    }

    /// Cuts off what stands behind this address.
    fn cut(&self, address: u64) -> Result<(), JournalError> {
        let length = HEADER as u64 + address.saturating_sub(self.base);
        self.medium.truncate(length).map_err(JournalError::io("truncate", &self.path))
    }
}

/// Whoever commits later than so many failures after its record is told that it is lost, whether it is or not.
const REMEMBERED_LOSSES: usize = 64;
