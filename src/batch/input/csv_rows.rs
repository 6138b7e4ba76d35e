//! Rows of CSV, as RFC 4180 has it: a header, quotes where needed, lines ended as anybody likes.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::quotes::{OpenQuote, Quotes};
use super::row::{Fields, NAMES, PARAM, Problem, is_known};
use super::source::{Limited, RowSize, failed};
use crate::batch::error::{BatchError, BatchErrorKind};

pub(super) struct CsvRows {
    reader: csv::Reader<Quotes<Limited>>,
    columns: Vec<String>,
    record: ByteRecord,
    row_size: RowSize,
    open_quote: OpenQuote,
}

impl CsvRows {
    /// Reads the header.
    pub(super) fn new(reader: Limited, path: &Path) -> Result<Self, BatchError> {
        let row_size = reader.row_size();
        let reader = Quotes::new(reader);
        let open_quote = reader.open();
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // Else the line feed behind a carriage return counts to the next row.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(reader);
        let mut record = ByteRecord::new();
        let found = reader.read_byte_record(&mut record).map_err(|error| broken(error, path, 1))?;
        if !found {
            return Err(BatchError::new(BatchErrorKind::Empty, path));
        }
        row_size.begin();
        without_return(&mut record);
        let columns = columns(&record).map_err(|rule| BatchError::new(BatchErrorKind::Header(rule), path))?;
        Ok(Self { reader, columns, record, row_size, open_quote })
    }

    pub(super) fn next(&mut self, path: &Path) -> Result<Option<Result<Fields, Problem>>, BatchError> {
        loop {
            let begins = self.reader.position().line();
            let found = self
                .reader
                .read_byte_record(&mut self.record)
                .map_err(|error| broken(error, path, begins))?;
            // The field that it opens holds whatever rows stand behind it: they would be sent to nobody.
            if let Some(line) = self.open_quote.line() {
                return Err(BatchError::new(BatchErrorKind::QuoteNotClosed(line), path));
            }
            if !found {
                return Ok(None);
            }
            self.row_size.begin();
            without_return(&mut self.record);
            // A line without anything on it is no row.
            if self.record.len() > 1 || !self.record.as_slice().is_empty() {
                return Ok(Some(self.fields(self.line())));
            }
        }
    }

    /// The line on which the record begins that was read last: the library counts from where it has stopped.
    fn line(&self) -> u64 {
        let inside =
            self.record.iter().flat_map(|field| field.split(|octet| *octet == b'\n').skip(1)).count() as u64;
        let behind = u64::from(!self.reader.is_done());
        self.reader.position().line().saturating_sub(inside + behind)
    }

    /// The header and the fields of the row that was read last, as they stand there.
    pub(super) fn raw(&self) -> (&[String], &ByteRecord) {
        (&self.columns, &self.record)
    }

    fn fields(&self, line: u64) -> Result<Fields, Problem> {
        if self.record.len() != self.columns.len() {
            let (wanted, found) = (self.columns.len(), self.record.len());
            let rule = format!("must have {wanted} columns, as the header, and has {found}");
            return Err(Problem::new(line, "row", rule));
        }
        let mut fields = Fields::on_line(line);
        for (name, value) in self.columns.iter().zip(&self.record) {
            let value = std::str::from_utf8(value).map_err(|_| Problem::new(line, name, NOT_UTF_8))?;
            fields.set(name, value.to_owned());
        }
        Ok(fields)
    }
}

/// The names of the columns, or the rule that they break.
fn columns(header: &ByteRecord) -> Result<Vec<String>, String> {
    let mut columns: Vec<String> = Vec::new();
    for name in header {
        let name = std::str::from_utf8(name).map_err(|_| format!("line 1: the header {NOT_UTF_8}"))?.trim();
        if !is_known(name) {
            let separator = [';', '\t', '|'].into_iter().find(|separator| name.contains(*separator));
            return Err(match separator {
                Some(_) => "line 1: columns must be parted by commas".to_owned(),
                // A first row in place of a header may hold a code or an address.
                None => format!(
                    "line 1: the columns must be {}, or {PARAM}NAME, and column {} is none of them",
                    NAMES.join(", "),
                    columns.len() + 1
                ),
            });
        }
        if columns.iter().any(|known| known == name) {
            return Err(format!("line 1: each column must stand there once, and {name} stands there twice"));
        }
        columns.push(name.to_owned());
    }
    if columns.iter().any(|name| name == "to") {
        Ok(columns)
    } else {
        Err("line 1: there must be a column `to`".to_owned())
    }
}

/// Takes the carriage return off the end of a line.
fn without_return(record: &mut ByteRecord) {
    let Some(last) = record.len().checked_sub(1).and_then(|last| record.get(last)) else { return };
    if let Some(plain) = last.strip_suffix(b"\r").map(<[u8]>::to_vec) {
        record.truncate(record.len() - 1);
        record.push_field(&plain);
    }
}

fn broken(error: csv::Error, path: &Path, line: u64) -> BatchError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => failed(error, path, line),
        // Neither lengths nor encodings are looked at where octets are read.
        _ => BatchError::new(BatchErrorKind::Unreadable, path),
    }
}

pub(super) const NOT_UTF_8: &str = "must be UTF-8";
