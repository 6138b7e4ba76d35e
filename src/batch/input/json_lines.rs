//! Rows of JSON Lines: one object on each line.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::csv_rows::NOT_UTF_8;
use super::row::{Fields, NAMES, PARAM, Problem, is_known};
use super::source::{Limited, RowSize, failed};
use crate::batch::error::BatchError;

pub(super) struct JsonLines {
    reader: BufReader<Limited>,
    row_size: RowSize,
    line: u64,
    octets: Vec<u8>,
}

impl JsonLines {
    pub(super) fn new(reader: Limited) -> Self {
        let row_size = reader.row_size();
        Self { reader: BufReader::with_capacity(1 << 16, reader), row_size, line: 0, octets: Vec::new() }
    }

    pub(super) fn next(&mut self, path: &Path) -> Result<Option<Result<Fields, Problem>>, BatchError> {
        loop {
            self.octets.clear();
            self.line += 1;
            let read = self.reader.read_until(b'\n', &mut self.octets);
            if read.map_err(|error| failed(error, path, self.line))? == 0 {
                return Ok(None);
            }
            self.row_size.begin();
            let octets = self.octets.strip_prefix(BOM).filter(|_| self.line == 1).unwrap_or(&self.octets);
            if octets.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some(fields(octets, self.line)));
        }
    }

    /// The line that was read last.
    pub(super) fn raw(&self) -> &[u8] {
        self.octets.strip_prefix(BOM).unwrap_or(&self.octets)
    }
}

fn fields(octets: &[u8], line: u64) -> Result<Fields, Problem> {
    let text = std::str::from_utf8(octets).map_err(|_| Problem::new(line, "row", NOT_UTF_8))?;
    // What serde says of it may repeat parts of the line.
    let members: Members =
        serde_json::from_str(text).map_err(|_| Problem::new(line, "row", "must be a JSON object"))?;
    let mut fields = Fields::on_line(line);
    let mut seen: Vec<String> = Vec::new();
    let mut add = |name: String, value: Value| {
        if !is_known(&name) {
            let rule = format!("must have no members but {}, params and {PARAM}NAME", NAMES.join(", "));
            return Err(Problem::new(line, "row", rule));
        }
        let Value::String(value) = value else {
            return Err(Problem::new(line, name, "must be text in quotes"));
        };
        if seen.contains(&name) {
            return Err(Problem::new(line, name, "must be given once"));
        }
        fields.set(&name, value);
        seen.push(name);
        Ok(())
    };
    for (name, value) in members.0 {
        match (name.as_str(), value) {
            ("params", Value::Object(params)) => {
                for (variable, value) in params {
                    add(format!("{PARAM}{variable}"), value)?;
                }
            }
            ("params", _) => return Err(Problem::new(line, "params", "must be an object")),
            (_, Value::Null) => {}
            (_, value) => add(name, value)?,
        }
    }
    Ok(fields)
}

/// The members of an object, also those that stand there twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";
