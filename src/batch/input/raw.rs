//! The rows of an input as they stand there, for what is exported.

use std::io::{self, Write};
use std::path::Path;

use csv::ByteRecord;
use serde_json::{Map, Value, json};

use super::source::Source;
use super::{InputOptions, OwnReader, Reader};
use crate::batch::error::{BatchError, BatchErrorKind};
use crate::batch::table::RowState;

/// The rows of an input, good or bad.
pub(in crate::batch) struct RawRows {
    source: Source,
    options: InputOptions,
}

/// What stands beside a row.
pub(in crate::batch) struct Exported<'a> {
    pub(in crate::batch) state: RowState,
    pub(in crate::batch) message_id: Option<String>,
    pub(in crate::batch) reason: &'a str,
}

impl RawRows {
    pub(in crate::batch) fn open(path: &Path, options: &InputOptions) -> Result<Self, BatchError> {
        Ok(Self { source: Source::open(path)?, options: options.clone() })
    }

    /// SHA-256 of the whole file, in hexadecimal digits.
    pub(in crate::batch) fn digest(&mut self) -> Result<String, BatchError> {
        let mut reader = Reader::new(&mut self.source, &self.options)?;
        while reader.next()?.is_some() {}
        Ok(reader.finish())
    }

    /// Writes each row, and what is found for its number. Codes are left out.
    pub(in crate::batch) fn write<'a>(
        &mut self,
        found: impl Fn(u32) -> Exported<'a>,
        out: impl Write,
    ) -> Result<(), BatchError> {
        let path = self.source.path().to_owned();
        let failed = |error| BatchError::io(BatchErrorKind::Output, Path::new("the output"), error);
        let reader = OwnReader::new(&mut self.source, &self.options)?;
        let mut number = 0;
        match reader {
            OwnReader::Csv(mut rows) => {
                let mut out = csv::WriterBuilder::new().flexible(true).from_writer(out);
                let mut write = |record: &ByteRecord| {
                    out.write_byte_record(record).map_err(|error| match error.into_kind() {
                        csv::ErrorKind::Io(error) => failed(error),
                        _ => BatchError::new(BatchErrorKind::Output, Path::new("the output")),
                    })
                };
                let (columns, _) = rows.raw();
                let kept: Vec<bool> = columns.iter().map(|name| !is_code(name)).collect();
                let names = columns.iter().map(String::as_bytes);
                let mut header: ByteRecord =
                    names.zip(&kept).filter_map(|(name, kept)| kept.then_some(name)).collect();
                for name in ["state", "message_id", "reason"] {
                    header.push_field(name.as_bytes());
                }
                write(&header)?;
                while rows.next(&path)?.is_some() {
                    number += 1;
                    let Exported { state, message_id, reason } = found(number);
                    let (_, record) = rows.raw();
                    let mut written = ByteRecord::new();
                    for (index, field) in record.iter().enumerate() {
                        if kept.get(index).copied().unwrap_or_default() {
                            written.push_field(field);
                        }
                    }
                    for text in [state.as_str(), message_id.as_deref().unwrap_or_default(), reason] {
                        written.push_field(text.as_bytes());
                    }
                    write(&written)?;
                }
                out.flush().map_err(failed)
            }
            OwnReader::JsonLines(mut rows) => {
                let mut out = io::BufWriter::new(out);
                while rows.next(&path)?.is_some() {
                    number += 1;
                    let Exported { state, message_id, reason } = found(number);
                    let mut row: Map<String, Value> = serde_json::from_slice(rows.raw()).unwrap_or_default();
                    row.retain(|name, _| !is_code(name));
                    if let Some(params) = row.get_mut("params").and_then(Value::as_object_mut) {
                        params.retain(|name, _| !name.eq_ignore_ascii_case("code"));
                    }
                    row.insert("state".to_owned(), json!(state));
                    row.insert("message_id".to_owned(), json!(message_id));
                    row.insert("reason".to_owned(), json!(Some(reason).filter(|reason| !reason.is_empty())));
                    writeln!(out, "{}", Value::Object(row)).map_err(failed)?;
                }
                out.flush().map_err(failed)
            }
        }
    }
}

fn is_code(name: &str) -> bool {
    name == "code" || name.eq_ignore_ascii_case("param.code")
}
