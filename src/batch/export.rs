//! An input, and beside each of its rows what became of it.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use super::error::{BatchError, BatchErrorKind};
use super::input::{Exported, InputOptions, RawRows};
use super::journal::{self, Record};
use super::table::{RowState, Table};

/// Writes the rows of an input, each with its `state`, `message_id` and `reason`, in the input's format. Codes are left out.
///
/// # Errors
///
/// If a file cannot be read, the journal is of another input, or `out` cannot be written.
pub fn export(
    input: impl AsRef<Path>,
    options: &InputOptions,
    journal: impl AsRef<Path>,
    out: impl Write,
) -> Result<(), BatchError> {
    let (input, journal) = (input.as_ref(), journal.as_ref());
    let found = Found::read(journal)?;
    let mut rows = RawRows::open(input, options)?;
    if rows.digest()? != found.input {
        return Err(BatchError::new(
            BatchErrorKind::OtherBatch("input: it was changed, or is another file"),
            journal,
        ));
    }
    let result = |row| {
        let (state, id) = (found.table.state(row), found.ids.get(row));
        Exported { state, message_id: id, reason: found.table.reason(row) }
    };
    rows.write(result, out)
}

struct Found {
    input: String,
    table: Table,
    ids: Ids,
}

impl Found {
    fn read(path: &Path) -> Result<Self, BatchError> {
        let mut input = String::new();
        let state = std::cell::RefCell::new((Table::new(0), Ids::default()));
        journal::read(
            path,
            |head| {
                input.clone_from(&head.input);
                state.borrow_mut().0 = Table::new(head.rows);
            },
            |record| {
                let (table, ids) = &mut *state.borrow_mut();
                record.enter(table);
                if let Record::Result(row, RowState::Accepted, id) | Record::Resolved(row, _, id) = record {
                    ids.set(*row, id);
                }
            },
        )?;
        let (table, ids) = state.into_inner();
        Ok(Self { input, table, ids })
    }
}

/// The ids of messages, most of which are decimal numbers.
#[derive(Default)]
struct Ids {
    numbers: Vec<u64>,
    others: HashMap<u32, String>,
}

impl Ids {
    fn set(&mut self, row: u32, id: &str) {
        let place = row as usize;
        match id.parse::<u64>() {
            Ok(number) if number > 0 && number.to_string() == id => {
                if self.numbers.len() <= place {
                    self.numbers.resize(place + 1, 0);
                }
                self.numbers[place] = number;
                self.others.remove(&row);
            }
            _ => drop(self.others.insert(row, id.to_owned())),
        }
    }

    fn get(&self, row: u32) -> Option<String> {
        let number = self.numbers.get(row as usize).filter(|number| **number > 0);
        self.others.get(&row).cloned().or_else(|| number.map(u64::to_string))
    }
}
