//! From the body to rows. Rows are told apart before any of them is read, so that one that cannot be read
//! does not take the others with it.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::error::ReceiveError;
use super::event::{Event, UnreadableReason, UnreadableRow};

/// The most levels of arrays and objects inside of one another, counted from a row.
pub(crate) const MAX_NESTING: usize = 32;

/// How much of a body is read.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    /// A row of three bytes becomes an event of more than a kilobyte, so that bytes alone are no limit.
    pub(super) rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, rows: 10_000 }
    }
}

/// What a body held.
pub(super) struct Content {
    pub(super) events: Vec<Event>,
    pub(super) unreadable: Vec<UnreadableRow>,
    pub(super) announced: Option<u64>,
    pub(super) rows: usize,
}

/// Whether the body carries nothing at all: it is empty, or an object without members.
pub(super) fn is_address_check(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let inside = body.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    body.is_empty() || inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

pub(super) fn read(body: &[u8], limits: &Limits) -> Result<Content, ReceiveError> {
    let text = std::str::from_utf8(body).map_err(|_| ReceiveError::NotJson)?;
    let mut source = serde_json::Deserializer::from_str(text);
    let envelope = Envelope::deserialize(&mut source).and_then(|envelope| source.end().map(|()| envelope));
    let envelope = envelope.map_err(|error| match error.classify() {
        Category::Data => ReceiveError::NotABatch,
        Category::Eof => ReceiveError::BodyIncomplete,
        Category::Io | Category::Syntax => ReceiveError::NotJson,
    })?;
    if envelope.too_deep {
        return Err(ReceiveError::TooDeep { limit: MAX_NESTING });
    }
    let announced = envelope.total.and_then(|total| total.get().trim_matches('"').parse().ok());
    let rows = match envelope.rows {
        Some(rows) => rows,
        // A batch without rows that says so is fine. One that promises rows, or says nothing known, is not:
        // taking it would lose what it was meant to carry.
        None if envelope.says_rows || announced == Some(0) => Rows::default(),
        None => return Err(ReceiveError::NotABatch),
    };
    if rows.of.is_empty() && announced.is_some_and(|total| total > 0) {
        return Err(ReceiveError::NotABatch);
    }
    if rows.count > limits.rows {
        return Err(ReceiveError::TooManyRows { limit: limits.rows });
    }
    let mut content = Content {
        events: Vec::with_capacity(rows.of.len()),
        unreadable: Vec::new(),
        announced,
        rows: rows.of.len(),
    };
    for (position, row) in rows.of.into_iter().enumerate() {
        let read = if nested_deeper_than(row.get(), MAX_NESTING) {
            Err(UnreadableReason::TooDeep)
        } else {
            Event::read(position, row)
        };
        match read {
            Ok(event) => content.events.push(event),
            Err(reason) => content.unreadable.push(UnreadableRow::new(position, reason, row)),
        }
    }
    Ok(content)
}

/// The members of the body's object.
#[derive(Default)]
struct Envelope<'a> {
    total: Option<&'a RawValue>,
    rows: Option<Rows<'a>>,
    /// Whether `rows` stood there, if only as `null`.
    says_rows: bool,
    too_deep: bool,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "rows" if envelope.says_rows => return Err(A::Error::duplicate_field("rows")),
                "rows" => {
                    envelope.rows = members.next_value_seed(RowsSeed)?;
                    envelope.says_rows = true;
                }
                "total" => envelope.total = Some(members.next_value()?),
                _ => {
                    let value: &RawValue = members.next_value()?;
                    envelope.too_deep |= nested_deeper_than(value.get(), MAX_NESTING);
                }
            }
        }
        Ok(envelope)
    }
}

#[derive(Default)]
struct Rows<'a> {
    of: Vec<&'a RawValue>,
    /// All of them, also those beyond what is kept.
    count: usize,
}

struct RowsSeed;

impl<'de> DeserializeSeed<'de> for RowsSeed {
    type Value = Option<Rows<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed {
    type Value = Option<Rows<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows, or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut found = Rows::default();
        while let Some(row) = rows.next_element()? {
            found.of.push(row);
            found.count += 1;
        }
        Ok(Some(found))
    }
}

/// Whether JSON that is known to be well formed has more than `most` levels.
fn nested_deeper_than(json: &str, most: usize) -> bool {
    // Nothing is deeper than it has opening brackets. Counting them takes a fraction of the time that
    // following them takes, and settles it for every row that the service is known to send.
    if json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count() <= most {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_are_no_levels() {
        let quoted = format!(r#"{{"a":"{}","b":"\"{}"}}"#, "[".repeat(100), "{".repeat(100));
        assert!(!nested_deeper_than(&quoted, 1));
        let side_by_side = format!("[{}]", ["[]"; 100].join(","));
        assert!(!nested_deeper_than(&side_by_side, 2));
        assert!(nested_deeper_than(&side_by_side, 1));
    }

    #[test]
    fn an_address_check_carries_nothing() {
        for body in ["", " \r\n", "{}", " { \t} \n"] {
            assert!(is_address_check(body.as_bytes()), "{body:?}");
        }
        for body in ["{", "}", "[]", "null", "{}{}", r#"{"total":0}"#, "{{}}", "\u{feff}"] {
            assert!(!is_address_check(body.as_bytes()), "{body:?}");
        }
    }
}
