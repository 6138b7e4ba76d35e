//! What a journal says, also of a batch that runs at this moment.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::BatchError;
use super::journal;
use super::table::{Counts, RowState, Table};

/// What a journal says. It holds no recipient, since the journal holds none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JournalReport {
    /// SHA-256 of the input, in hexadecimal digits.
    pub input: String,
    /// `http` or `smpp`.
    pub transport: String,
    /// What the rows are sent as.
    pub kind: String,
    /// The template of rows that name none.
    pub template: Option<String>,
    /// Where the rows stand. Rows that are being sent at this moment count as unknown; bad rows and duplicates, of which
    /// the journal says nothing, as left.
    pub counts: Counts,
    /// How many rows stand where for which reason.
    pub reasons: BTreeMap<(RowState, String), u64>,
    /// How many octets at the end are no whole record, as a crash leaves them.
    pub torn: u64,
}

impl JournalReport {
    /// Reads a journal, without locking or changing it.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is no journal of a batch.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, BatchError> {
        let mut table = Table::new(0);
        let mut found = None;
        // One closure after the other has the table.
        let cell = std::cell::RefCell::new(&mut table);
        let recovery = journal::read(
            path.as_ref(),
            |head| {
                **cell.borrow_mut() = Table::new(head.rows);
                found = Some(head.clone());
            },
            |record| record.enter(&mut cell.borrow_mut()),
        )?;
        let found =
            found.ok_or_else(|| BatchError::new(super::error::BatchErrorKind::NotAJournal, path.as_ref()))?;
        Ok(Self {
            input: found.input,
            transport: found.transport,
            kind: found.kind,
            template: found.template,
            counts: table.counts(),
            reasons: table.reasons(),
            torn: recovery.torn,
        })
    }
}
