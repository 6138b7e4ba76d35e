//! How a batch is run.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::journal;

/// How a batch is run. None of it has to be the same when a batch is resumed, but for the journal's place.
#[derive(Clone, Debug)]
pub struct BatchOptions {
    pub(super) journal: Option<PathBuf>,
    pub(super) workers: usize,
    pub(super) rate: Option<f64>,
    pub(super) durability: Durability,
    pub(super) retry_rejected: bool,
    pub(super) resend_unknown: bool,
    pub(super) patience: Duration,
    pub(super) callbacks: Option<Duration>,
}

/// What the journal survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, by a crash or a signal.
    Process,
    /// The end of the machine: an intent is on disk before its request leaves. One `fdatasync` serves many workers.
    #[default]
    Power,
}

impl From<Durability> for journal::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Process => Self::Process,
            Durability::Power => Self::Power,
        }
    }
}

impl BatchOptions {
    /// The journal beside the input, 16 workers, no rate, [`Durability::Power`].
    pub const fn new() -> Self {
        Self {
            journal: None,
            workers: 16,
            rate: None,
            durability: Durability::Power,
            retry_rejected: false,
            resend_unknown: false,
            patience: Duration::from_secs(600),
            callbacks: None,
        }
    }

    /// Where the journal is. Unless given, it is beside the input, under its name and `.journal`.
    #[must_use]
    pub fn journal(self, path: impl Into<PathBuf>) -> Self {
        Self { journal: Some(path.into()), ..self }
    }

    /// How many requests are under way at a time, and so how many rows a crash can leave unknown; 16 by default.
    #[must_use]
    pub fn workers(self, workers: NonZeroUsize) -> Self {
        Self { workers: workers.get(), ..self }
    }

    /// How many requests are sent in a second, by all workers together.
    #[must_use]
    pub fn rate(self, per_second: NonZeroUsize) -> Self {
        Self { rate: Some(f64::from(u32::try_from(per_second.get()).unwrap_or(u32::MAX))), ..self }
    }

    /// What the journal survives; [`Durability::Power`] by default.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Sends rows once more that an earlier run was refused.
    #[must_use]
    pub fn retry_rejected(self) -> Self {
        Self { retry_rejected: true, ..self }
    }

    /// Sends rows once more of which it is unknown whether an earlier run sent them. Some recipients may get a second
    /// message.
    #[must_use]
    pub fn resend_unknown(self) -> Self {
        Self { resend_unknown: true, ..self }
    }

    /// How long a run goes on while the service takes nothing, because it cannot be reached or asks to slow down; ten
    /// minutes by default.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Resolves unknown rows by callbacks, which are given to the batch's [`Resolver`](super::Resolver), and waits for them
    /// for so long after the last row. For each row that was accepted, up to 18 octets more are kept in memory.
    #[must_use]
    pub fn resolve_by_callbacks(self, wait: Duration) -> Self {
        Self { callbacks: Some(wait), ..self }
    }
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self::new()
    }
}
