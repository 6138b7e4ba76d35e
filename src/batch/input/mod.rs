//! The input: a file of recipients, as CSV or JSON Lines, checked as a whole before anything is sent.

mod csv_rows;
mod duplicates;
mod json_lines;
mod options;
mod quotes;
mod raw;
mod row;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use options::{Duplicates, Format, InputOptions, Kind};
pub(super) use raw::{Exported, RawRows};
#[cfg(feature = "smpp")]
pub(super) use row::message;
pub use row::{Problem, Row};
pub(super) use source::hexadecimal;

use super::error::{BatchError, BatchErrorKind};
use super::table::{RowState, Table};
use row::Fields;
use source::Source;

/// An input that was checked.
///
/// Of each row it keeps a few octets; the rows themselves are read again when they are sent.
pub struct Input {
    source: Source,
    options: InputOptions,
    digest: String,
    table: Table,
    problems: Vec<Problem>,
    skips_invalid: bool,
}

impl Input {
    /// Reads the whole file, and checks each row as it would be checked before it is sent.
    ///
    /// CSV has a header with the names of its columns: `to`, and as wanted `template`, `language`, `code` and `param.NAME`.
    /// JSON Lines has an object with these members on each line; variables can also stand in an object `params`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no such file. Rows that are bad are no error here: they are
    /// [problems](Self::problems).
    pub fn check(path: impl AsRef<Path>, options: InputOptions) -> Result<Self, BatchError> {
        let mut source = Source::open(path.as_ref())?;
        let mut hashes = duplicates::Hashes::new(&options);
        let mut problems = Problems::default();
        let (mut rows, mut invalid, mut has_codes) = (0_u32, Vec::new(), false);
        let digest = {
            let mut reader = Reader::new(&mut source, &options)?;
            while let Some(read) = reader.next()? {
                rows = rows.checked_add(1).ok_or_else(|| reader.error(BatchErrorKind::TooManyRows))?;
                let row = read.and_then(|fields| {
                    has_codes |= fields.has_code();
                    Row::checked(fields, &options, rows)
                });
                match row {
                    Ok(row) => hashes.add(&row),
                    Err(problem) => {
                        invalid.push(rows);
                        problems.add(problem.of_row(rows));
                    }
                }
            }
            reader.finish()
        };
        source.check_unchanged()?;
        if rows == 0 {
            return Err(source.error(BatchErrorKind::Empty));
        }
        if has_codes && source.is_open_to_others() {
            return Err(source.error(BatchErrorKind::OpenToOthers));
        }
        let mut table = Table::new(rows);
        for row in invalid {
            table.set(row, RowState::Invalid, "");
        }
        let mut input = Self { source, options, digest, table, problems: Vec::new(), skips_invalid: false };
        let (table, refuses) = (&mut input.table, input.options.duplicates == Duplicates::Refuse);
        hashes.duplicates(&mut input.source, &input.options, |row, earlier| {
            table.set(row.0, RowState::Duplicate, "");
            if refuses {
                problems.add(Problem::duplicate(row, earlier));
            }
        })?;
        input.problems = problems.sorted();
        Ok(input)
    }

    /// What is wrong with the first rows that are bad, twenty at most.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many rows are bad. Duplicates count as bad unless they are to be skipped or sent.
    pub fn invalid(&self) -> u64 {
        let counts = self.table.counts();
        let refused = self.options.duplicates == Duplicates::Refuse;
        counts.invalid + if refused { counts.duplicates } else { 0 }
    }

    /// Leaves out the rows that are bad, and sends the others.
    #[must_use]
    pub fn skip_invalid(self) -> Self {
        Self { skips_invalid: true, ..self }
    }

    pub(super) const fn skips_invalid(&self) -> bool {
        self.skips_invalid
    }

    pub(super) fn error(&self, kind: BatchErrorKind) -> BatchError {
        self.source.error(kind)
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.table.counts().rows
    }

    /// How many rows are the same as an earlier one, and are not sent.
    pub fn duplicates(&self) -> u64 {
        self.table.counts().duplicates
    }

    /// How many rows would be sent if the bad ones were left out.
    pub fn good(&self) -> u64 {
        self.table.counts().left
    }

    /// The first rows that would be sent.
    ///
    /// # Errors
    ///
    /// If the file cannot be read any more.
    pub fn first(&mut self, count: usize) -> Result<Vec<Row>, BatchError> {
        let mut found = Vec::new();
        let (options, table) = (&self.options, &self.table);
        let mut reader = Reader::new(&mut self.source, options)?;
        let mut number = 0;
        while found.len() < count
            && let Some(read) = reader.next()?
        {
            number += 1;
            if table.state(number) == RowState::Left
                && let Ok(row) = read.and_then(|fields| Row::checked(fields, options, number))
            {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    pub(super) fn options(&self) -> &InputOptions {
        &self.options
    }

    /// SHA-256 of the file, in hexadecimal digits.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Takes the table of rows, and what is needed to read them again.
    pub(super) fn into_parts(self) -> (Rows, Table) {
        let options = Arc::new(self.options);
        (Rows { source: self.source, options, number: 0, reading: None }, self.table)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("path", &self.source.path())
            .field("counts", &self.table.counts())
            .finish_non_exhaustive()
    }
}

/// The rows of an input that was checked, read once more.
pub(super) struct Rows {
    source: Source,
    options: Arc<InputOptions>,
    number: u32,
    reading: Option<OwnReader>,
}

/// A row of an input that was checked, as it was found there once more: what is in it can be read without the others.
pub(super) struct FoundRow {
    number: u32,
    fields: Result<Fields, Problem>,
}

impl FoundRow {
    /// None if it is not as it was when it was checked.
    pub(super) fn read(self, options: &InputOptions) -> Option<Row> {
        Row::of(self.fields.ok()?, options, self.number).ok()
    }
}

impl Rows {
    pub(super) const fn options(&self) -> &Arc<InputOptions> {
        &self.options
    }

    pub(super) fn changed(&self) -> BatchError {
        self.source.error(BatchErrorKind::Changed)
    }

    /// Begins with the first row.
    pub(super) fn rewind(&mut self) {
        self.number = 0;
        self.reading = None;
    }

    /// The next row for which `wanted` holds. Bad ones are passed over.
    pub(super) fn next(
        &mut self,
        mut wanted: impl FnMut(u32) -> bool,
    ) -> Result<Option<FoundRow>, BatchError> {
        if self.reading.is_none() {
            self.source.check_unchanged()?;
            self.reading = Some(OwnReader::new(&mut self.source, &self.options)?);
        }
        let Some(reading) = &mut self.reading else { return Ok(None) };
        while let Some(fields) = reading.next(self.source.path())? {
            self.number += 1;
            if self.number.is_multiple_of(LOOK_EVERY) {
                self.source.check_unchanged()?;
            }
            if wanted(self.number) {
                return Ok(Some(FoundRow { number: self.number, fields }));
            }
        }
        self.source.check_unchanged()?;
        Ok(None)
    }
}

/// Reads a format.
enum OwnReader {
    Csv(csv_rows::CsvRows),
    JsonLines(json_lines::JsonLines),
}

impl OwnReader {
    fn new(source: &mut Source, options: &InputOptions) -> Result<Self, BatchError> {
        let reader = source.reader()?;
        Ok(match options.format {
            Format::Csv => Self::Csv(csv_rows::CsvRows::new(reader, source.path())?),
            Format::JsonLines => Self::JsonLines(json_lines::JsonLines::new(reader)),
        })
    }

    fn next(&mut self, path: &Path) -> Result<Option<Result<Fields, Problem>>, BatchError> {
        match self {
            Self::Csv(rows) => rows.next(path),
            Self::JsonLines(rows) => rows.next(path),
        }
    }
}

/// Reads the rows of a source from its beginning.
struct Reader {
    inner: OwnReader,
    path: PathBuf,
    hash: source::SharedHash,
}

impl Reader {
    fn new(source: &mut Source, options: &InputOptions) -> Result<Self, BatchError> {
        let inner = OwnReader::new(source, options)?;
        Ok(Self { inner, path: source.path().to_owned(), hash: source.hash() })
    }

    fn next(&mut self) -> Result<Option<Result<Fields, Problem>>, BatchError> {
        self.inner.next(&self.path)
    }

    fn error(&self, kind: BatchErrorKind) -> BatchError {
        BatchError::new(kind, &self.path)
    }

    /// SHA-256 of all that was read, in hexadecimal digits.
    fn finish(self) -> String {
        self.hash.finish()
    }
}

/// The first problems.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, problem: Problem) {
        if self.0.len() < SHOWN {
            self.0.push(problem);
        }
    }

    fn sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(Problem::line);
        self.0
    }
}

/// How many problems are kept.
const SHOWN: usize = 20;
/// So often it is looked whether the file was changed.
const LOOK_EVERY: u32 = 256;
