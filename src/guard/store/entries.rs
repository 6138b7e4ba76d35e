//! The entries of a counter: a list that takes no room of its own while there is but one, as in most counters.

/// What was charged in a sub-window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) amount: u64,
}

/// Entries in order of time.
#[derive(Debug, Default)]
pub(super) enum Entries {
    #[default]
    None,
    One(Entry),
    Many(Vec<Entry>),
}

impl Entries {
    pub(super) fn as_slice(&self) -> &[Entry] {
        match self {
            Self::None => &[],
            Self::One(entry) => std::slice::from_ref(entry),
            Self::Many(entries) => entries,
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Entry] {
        match self {
            Self::None => &mut [],
            Self::One(entry) => std::slice::from_mut(entry),
            Self::Many(entries) => entries,
        }
    }

    pub(super) fn insert(&mut self, place: usize, new: Entry) {
        match self {
            Self::None => *self = Self::One(new),
            Self::One(entry) => {
                *self = Self::Many(if place == 0 { vec![new, *entry] } else { vec![*entry, new] });
            }
            Self::Many(entries) => entries.insert(place, new),
        }
    }

    /// Removes the first so many.
    pub(super) fn remove_first(&mut self, count: usize) {
        match self {
            _ if count == 0 => {}
            Self::None | Self::One(_) => *self = Self::None,
            Self::Many(entries) => drop(entries.drain(..count)),
        }
    }

    pub(super) fn remove(&mut self, place: usize) {
        match self {
            Self::None | Self::One(_) => *self = Self::None,
            Self::Many(entries) => drop(entries.remove(place)),
        }
    }

    /// For how many there is room outside.
    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::None | Self::One(_) => 0,
            Self::Many(entries) => entries.capacity(),
        }
    }
}
