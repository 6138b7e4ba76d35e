//! An append-only journal on disk: what must outlive the process, or the power.
//!
//! A record is kept once [`Journal::commit`] has returned for it, and in doubt before that: after a crash the
//! journal holds every committed record, and of the others those that stood before the first one that did not
//! make it. Many threads commit together, with one write and one `fdatasync` for all of them.
//!
//! A journal is one file, or a folder of segments of which the oldest can be removed. It is locked against a
//! second process and readable by its owner alone. What its records mean is no business of it.
//!
//! ```text
//! file    header, frame, frame, …
//! header  magic, format version, kind, version of the content, salt, address of the first frame, CRC-32
//! frame   length, CRC-32 of record, salt, address and length, record
//! ```
//!
//! Each frame has an address: the number of octets of frames before it, in all segments together. Since the address
//! and the salt go into the checksum, what a file system shows of an older file is not taken for a frame.

mod checksum;
mod disk;
mod error;
mod frame;
mod layout;
mod recovery;
mod state;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

pub(crate) use disk::{Disk, SystemDisk};
pub(crate) use error::JournalError;
use frame::{FRAME_HEAD, Kind as FrameKind, MAX_RECORD};
use layout::{Layout, Segment};
use state::{Active, State};

use crate::sync;

/// What the records of a journal are about, and in which version they are written.
pub(crate) type Kind = FrameKind;

/// What a committed record survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The end of this process: the record is with the operating system.
    Process,
    /// The end of the machine: `fdatasync` has returned.
    Power,
}

/// How a journal is opened.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) durability: Durability,
    /// The size at which a segment ends and the next one begins; of a journal in a folder.
    pub(crate) segment_octets: u64,
    /// What a new file begins with, in one write with its header, so that no crash leaves one without it; of a journal that
    /// is one file, and nothing if empty.
    pub(crate) first: Vec<u8>,
    /// What is under the journal. Tests put something there that fails.
    pub(crate) disk: Arc<dyn Disk>,
}

impl Options {
    pub(crate) fn new(kind: Kind, durability: Durability) -> Self {
        Self {
            kind,
            durability,
            segment_octets: SEGMENT_OCTETS,
            first: Vec::new(),
            disk: Arc::new(SystemDisk),
        }
    }
}

/// An open journal. Dropping it writes what has been appended.
pub(crate) struct Journal {
    options: Options,
    layout: Layout,
    salt: u32,
    /// Keeps the lock: on the file itself, or on one beside the segments.
    held: Option<File>,
    state: Mutex<State>,
    /// Somebody has written or synced.
    changed: Condvar,
    /// The segment that was read last.
    reading: Mutex<Option<(u64, File)>>,
}

/// Where a record that was appended stands, if it comes to stand there.
#[derive(Clone, Copy, Debug)]
#[must_use = "a record is in doubt until its position is committed"]
pub(crate) struct Position {
    epoch: u64,
    start: u64,
    end: u64,
}

impl Position {
    /// The address of the record, once it is committed.
    pub(crate) fn address(self) -> u64 {
        self.start
    }
}

/// What was found on opening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// How many records there were.
    pub(crate) records: u64,
    /// How many octets at the end were no whole record, as a crash leaves them; opening cuts them off.
    pub(crate) torn: u64,
    /// What these octets hold if they are one record that is as long as it says, and cannot be trusted; empty otherwise.
    pub(crate) in_doubt: Vec<u8>,
}

impl Journal {
    /// Opens a journal that is one file, or creates it, and hands over each record with its address.
    #[cfg_attr(not(feature = "batch"), allow(dead_code))]
    pub(crate) fn open_file(
        path: &Path,
        options: Options,
        replay: impl FnMut(u64, &[u8]),
    ) -> Result<(Self, Recovery), JournalError> {
        Self::open(Layout::File(path.to_owned()), options, replay)
    }

    /// Opens a journal that is a folder, or creates it, and hands over each record with its address.
    pub(crate) fn open_folder(
        path: &Path,
        options: Options,
        replay: impl FnMut(u64, &[u8]),
    ) -> Result<(Self, Recovery), JournalError> {
        Self::open(Layout::Folder(path.to_owned()), options, replay)
    }

    /// Hands over the records of a file that another process may be writing, without locking or changing it.
    #[cfg_attr(not(feature = "batch"), allow(dead_code))]
    pub(crate) fn read_file(
        path: &Path,
        kind: Kind,
        replay: impl FnMut(u64, &[u8]),
    ) -> Result<Recovery, JournalError> {
        recovery::read(path, kind, replay)
    }

    fn open(
        layout: Layout,
        options: Options,
        replay: impl FnMut(u64, &[u8]),
    ) -> Result<(Self, Recovery), JournalError> {
        let recovery::Opened { active, segments, salt, end, lock, found } =
            recovery::open(&layout, &options, replay)?;
        let journal = Self {
            options,
            layout,
            salt,
            held: lock,
            state: Mutex::new(State::new(active, segments, end)),
            changed: Condvar::new(),
            reading: Mutex::new(None),
        };
        Ok((journal, found))
    }

    /// Appends a record. It is written with the next commit, and is in doubt until then.
    pub(crate) fn append(&self, record: &[u8]) -> Result<Position, JournalError> {
        if record.is_empty() || record.len() > MAX_RECORD {
            return Err(JournalError::RecordSize);
        }
        // The record's part of the checksum is reckoned before others are kept waiting.
        let checksum = checksum::update(0, record);
        let mut state = self.lock();
        if let Some(error) = &state.broken {
            return Err(error.clone());
        }
        let start = state.end;
        frame::write(&mut state.buffer, record, checksum, self.salt, start);
        state.end = start + (FRAME_HEAD + record.len()) as u64;
        Ok(Position { epoch: state.epoch, start, end: state.end })
    }

    /// Waits until a record, and all before it, will survive what the journal is to survive.
    ///
    /// After an error the record is not in the journal, unless the error is that the disk failed to sync: then nobody
    /// knows. If the disk was full, later records can be committed as soon as there is room.
    pub(crate) fn commit(&self, position: Position) -> Result<(), JournalError> {
        let mut state = self.lock();
        loop {
            state.check(position)?;
            if state.written < position.end {
                state = if state.writing { self.wait(state) } else { self.write_out(state, false) };
            } else if self.options.durability == Durability::Process || state.durable >= position.end {
                return Ok(());
            } else {
                state = if state.syncing { self.wait(state) } else { self.sync(state) };
            }
        }
    }

    /// Appends a record and commits it.
    pub(crate) fn write(&self, record: &[u8]) -> Result<u64, JournalError> {
        let position = self.append(record)?;
        self.commit(position)?;
        Ok(position.address())
    }

    /// Hands to the operating system what has been appended, so that it survives this process.
    pub(crate) fn flush(&self) -> Result<(), JournalError> {
        let state = self.lock();
        let position = Position { epoch: state.epoch, start: state.end, end: state.end };
        drop(state);
        self.hand_over(position)
    }

    /// Hands to the operating system a record and all before it, so that they survive this process; they are written to
    /// disk with the next commit.
    pub(crate) fn hand_over(&self, position: Position) -> Result<(), JournalError> {
        let mut state = self.lock();
        loop {
            state.check(position)?;
            if state.written >= position.end {
                return Ok(());
            }
            state = if state.writing { self.wait(state) } else { self.write_out(state, false) };
        }
    }

    /// Ends the segment, so that it can be removed; nothing for a journal that is one file.
    pub(crate) fn rotate(&self) -> Result<(), JournalError> {
        let mut state = self.lock();
        while state.writing {
            state = self.wait(state);
        }
        let before = state.active.base;
        let state = self.write_out(state, true);
        match &state.broken {
            Some(error) => Err(error.clone()),
            None if state.active.base == before && state.written > before => Err(JournalError::NotRotated),
            None => Ok(()),
        }
    }

    /// Removes the segments that hold nothing at or behind this address. The last one always stays.
    pub(crate) fn remove_before(&self, address: u64) -> Result<usize, JournalError> {
        let mut removed = 0;
        loop {
            let mut state = self.lock();
            let [oldest, next, ..] = &state.segments[..] else { break };
            if next.base > address {
                break;
            }
            let oldest = oldest.clone();
            self.options.disk.remove(&oldest.path).map_err(JournalError::io("remove", &oldest.path))?;
            state.segments.remove(0);
            removed += 1;
        }
        Ok(removed)
    }

    /// Removes what was written up to now. First the segments that are ended, since to end another one takes room, which
    /// a full disk lacks; what is then left is told by [`start`](Journal::start).
    pub(crate) fn clear(&self) -> Result<(), JournalError> {
        self.remove_before(self.active_start())?;
        self.rotate()?;
        self.remove_before(self.active_start())?;
        Ok(())
    }

    /// The address of the oldest record that is still there, or of the next one.
    pub(crate) fn start(&self) -> u64 {
        self.lock().segments.first().map_or(0, |segment| segment.base)
    }

    /// Where the segment begins that is written now.
    pub(crate) fn active_start(&self) -> u64 {
        self.lock().active.base
    }

    /// Reads a committed record.
    pub(crate) fn read(&self, address: u64) -> Result<Vec<u8>, JournalError> {
        let segment = {
            let state = self.lock();
            let segment = state.segments.iter().rev().find(|segment| segment.base <= address);
            segment.cloned().ok_or(JournalError::NoRecord)?
        };
        let mut reading = sync::lock(&self.reading);
        if reading.as_ref().is_none_or(|(base, _)| *base != segment.base) {
            let file = File::open(&segment.path).map_err(JournalError::io("open", &segment.path))?;
            *reading = Some((segment.base, file));
        }
        let Some((_, file)) = reading.as_ref() else { return Err(JournalError::NoRecord) };
        recovery::read_record(file, &segment, self.salt, address)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        state = sync::wait(&self.changed, state, None);
        state.waiting -= 1;
        state
    }

    /// Wakes those who wait, if any do: it would ask the operating system each time.
    fn wake(&self, state: &State) {
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// Writes what has been appended, while others go on appending.
    fn write_out<'a>(&'a self, mut state: MutexGuard<'a, State>, ends: bool) -> MutexGuard<'a, State> {
        let spare = std::mem::take(&mut state.spare);
        let mut batch = std::mem::replace(&mut state.buffer, spare);
        let (active, written, target) = (state.active.clone(), state.written, state.end);
        state.writing = true;
        drop(state);
        let full = written - active.base >= self.options.segment_octets;
        let next = if full || ends { self.next_segment(&active, written) } else { Next::Same };
        let outcome = match &next {
            Next::Broken(error) => Err(error.clone()),
            Next::Same => active.append(&batch),
            Next::Segment(_, next) => next.append(&batch),
        };
        batch.clear();
        state = self.lock();
        state.writing = false;
        if batch.capacity() <= KEPT_BUFFER {
            state.spare = batch;
        }
        match next {
            Next::Same => {}
            Next::Segment(segment, active) => {
                state.durable = state.durable.max(written);
                state.active = active;
                state.segments.push(segment);
            }
            Next::Broken(error) => state.broken = Some(error),
        }
        match outcome {
            Ok(()) => state.written = target,
            Err(error) => state.lose(written, error),
        }
        self.wake(&state);
        state
    }

    fn sync<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let (active, target) = (state.active.clone(), state.written);
        state.syncing = true;
        drop(state);
        let outcome = active.medium.sync();
        state = self.lock();
        state.syncing = false;
        match outcome {
            Ok(()) => state.durable = state.durable.max(target),
            Err(error) => {
                let error = JournalError::io("sync", &active.path)(error);
                while state.writing {
                    state = self.wait(state);
                }
                if error.is_full() {
                    // Some file systems find out that late. What is on disk is not touched by it.
                    let durable = state.durable;
                    state.lose(durable, error);
                } else {
                    // The system may have thrown the pages away, and would report the next sync as good.
                    state.broken = Some(error);
                }
            }
        }
        self.wake(&state);
        state
    }

    /// Begins the next segment, with everything before it on disk.
    fn next_segment(&self, active: &Active, written: u64) -> Next {
        let Layout::Folder(folder) = &self.layout else { return Next::Same };
        if written == active.base {
            return Next::Same;
        }
        if let Err(error) = active.medium.sync() {
            return Next::Broken(JournalError::io("sync", &active.path)(error));
        }
        let segment = Segment { base: written, path: layout::segment_path(folder, written) };
        match recovery::create(&segment, self.salt, &self.options) {
            Ok(active) => Next::Segment(segment, Arc::new(active)),
            // There may be no room for another file, or no handle; the old segment serves as well. But a file that
            // stays behind would be taken for the newest one.
            Err(_) if self.options.disk.remove(&segment.path).is_ok() || !segment.path.exists() => Next::Same,
            Err(error) => Next::Broken(error),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Whoever needs to know has committed.
        let _ = self.flush();
        if self.options.durability == Durability::Power {
            let state = self.lock();
            if state.durable < state.written && state.broken.is_none() {
                drop(self.sync(state));
            }
        }
        // A process that another thread starts at this moment has a copy of each open file until it runs its own program,
        // and with it the lock.
        if let Some(held) = &self.held {
            let _ = held.unlock();
        }
    }
}

/// Where a batch goes.
enum Next {
    Same,
    Segment(Segment, Arc<Active>),
    Broken(JournalError),
}

/// The most that is kept of a buffer, for the next batch.
const KEPT_BUFFER: usize = 1 << 20;
/// To end a segment takes room for the next one, so that a disk smaller than a few of them could stay full for good.
const SEGMENT_OCTETS: u64 = 4 << 20;
