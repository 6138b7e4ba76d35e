//! Where each row stands, in four octets.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Where a row stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowState {
    /// It has not been sent. A run that goes on sends it.
    #[default]
    Left,
    /// The service took it over.
    Accepted,
    /// The service refused it.
    Rejected,
    /// It may have been sent, and nobody knows.
    Unknown,
    /// It is bad, and left out.
    Invalid,
    /// It is the same as an earlier row, and left out.
    Duplicate,
}

impl RowState {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
        }
    }

    const fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Invalid | Self::Duplicate)
    }
}

impl fmt::Display for RowState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many rows stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// All rows of the input.
    pub rows: u64,
    /// Those that the service took over.
    pub accepted: u64,
    /// Those that it refused.
    pub rejected: u64,
    /// Those of which nobody knows whether they were sent.
    pub unknown: u64,
    /// Those that were not sent.
    pub left: u64,
    /// Those that are bad, and left out.
    pub invalid: u64,
    /// Those that are the same as an earlier one, and left out.
    pub duplicates: u64,
}

impl Counts {
    fn of(&mut self, state: RowState) -> &mut u64 {
        match state {
            RowState::Left => &mut self.left,
            RowState::Accepted => &mut self.accepted,
            RowState::Rejected => &mut self.rejected,
            RowState::Unknown => &mut self.unknown,
            RowState::Invalid => &mut self.invalid,
            RowState::Duplicate => &mut self.duplicates,
        }
    }
}

/// Where each row stands, and why.
pub(super) struct Table {
    rows: Vec<Entry>,
    counts: Counts,
    /// The reasons there are; the first is none.
    reasons: Vec<String>,
    places: HashMap<String, u16>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    state: RowState,
    /// Whether an attempt before the last one has no answer.
    is_doubtful: bool,
    reason: u16,
}

impl Table {
    pub(super) fn new(rows: u32) -> Self {
        Self {
            rows: vec![Entry::default(); rows as usize],
            counts: Counts { rows: rows.into(), left: rows.into(), ..Counts::default() },
            reasons: vec![String::new()],
            places: HashMap::from([(String::new(), 0)]),
        }
    }

    /// Where this row stands. Rows count from 1.
    pub(super) fn state(&self, row: u32) -> RowState {
        self.entry(row).state
    }

    /// Why it stands there; empty if there is nothing to say.
    pub(super) fn reason(&self, row: u32) -> &str {
        self.reasons.get(usize::from(self.entry(row).reason)).map_or("", String::as_str)
    }

    fn entry(&self, row: u32) -> Entry {
        (row as usize).checked_sub(1).and_then(|place| self.rows.get(place)).copied().unwrap_or_default()
    }

    /// A row is about to be sent. Says whether an earlier attempt has no answer.
    pub(super) fn attempt(&mut self, row: u32) -> bool {
        let Some(entry) = self.entry_mut(row) else { return false };
        entry.is_doubtful = entry.state == RowState::Unknown;
        entry.is_doubtful
    }

    /// Enters what the last attempt came to, and gives where the row stands then: while an earlier attempt has no answer, it
    /// stays unknown, whether this one was refused or did not leave. None if it was accepted before.
    pub(super) fn settle(&mut self, row: u32, state: RowState, reason: &str) -> Option<RowState> {
        let entry = self.entry_mut(row)?;
        let is_doubtful = std::mem::take(&mut entry.is_doubtful);
        let stays = is_doubtful && matches!(state, RowState::Left | RowState::Rejected);
        match entry.state {
            state if state.is_final() => None,
            RowState::Unknown if stays => Some(RowState::Unknown),
            _ => self.set(row, state, reason).then_some(state),
        }
    }

    /// Sets where a row stands. One that was accepted stays so: a callback can tell it of an earlier attempt while another
    /// one is under way, and it does not matter then what that comes to. One that is left out stays so as well: what stands
    /// in a journal of it is of another batch. Says whether it was set.
    pub(super) fn set(&mut self, row: u32, state: RowState, reason: &str) -> bool {
        let reason = self.place(reason);
        let entry = self.entry_mut(row).filter(|entry| !entry.state.is_final());
        let Some(entry) = entry else { return false };
        let before = std::mem::replace(entry, Entry { state, is_doubtful: false, reason }).state;
        *self.counts.of(before) -= 1;
        *self.counts.of(state) += 1;
        true
    }

    fn entry_mut(&mut self, row: u32) -> Option<&mut Entry> {
        self.rows.get_mut((row as usize).wrapping_sub(1))
    }

    /// Has all rows be left but those that are left out.
    pub(super) fn forget(&mut self) {
        for entry in &mut self.rows {
            if !matches!(entry.state, RowState::Invalid | RowState::Duplicate) {
                *self.counts.of(entry.state) -= 1;
                self.counts.left += 1;
                *entry = Entry::default();
            }
        }
    }

    fn place(&mut self, reason: &str) -> u16 {
        if let Some(place) = self.places.get(reason) {
            return *place;
        }
        // The service has some dozens of codes; should it be more than this, they are counted together.
        match u16::try_from(self.reasons.len()) {
            Ok(place) if place < MOST_REASONS => {
                self.reasons.push(reason.to_owned());
                self.places.insert(reason.to_owned(), place);
                place
            }
            _ => MOST_REASONS - 1,
        }
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many rows stand where for which reason.
    pub(super) fn reasons(&self) -> BTreeMap<(RowState, String), u64> {
        let mut counts: HashMap<(RowState, u16), u64> = HashMap::new();
        for entry in self.rows.iter().filter(|entry| entry.reason > 0) {
            *counts.entry((entry.state, entry.reason)).or_default() += 1;
        }
        let named = |((state, reason), count): ((RowState, u16), u64)| {
            let reason = self.reasons.get(usize::from(reason)).cloned().unwrap_or_default();
            ((state, reason), count)
        };
        counts.into_iter().map(named).collect()
    }
}

const MOST_REASONS: u16 = 4096;
