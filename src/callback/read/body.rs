//! From a body to rows.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::{DeserializeSeed as _, IgnoredAny};
use serde_json::error::Category;

use super::lenient;
use super::row::{Object, Sink};
use super::scan::{self, Flaw};
use crate::callback::error::ReceiveError;
use crate::callback::event::{Event, Fields, ReadRow, Span, UnreadableReason, UnreadableRow};

/// The most levels of arrays and objects inside of one another, counted from a row.
const MAX_NESTING: usize = 32;

/// How much of a body is read.
#[derive(Clone, Debug)]
pub(in crate::callback) struct Limits {
    pub(in crate::callback) bytes: usize,
    /// A row of three bytes becomes an event of a few hundred, so that bytes alone are no limit.
    pub(in crate::callback) rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, rows: 10_000 }
    }
}

/// What a body held.
pub(in crate::callback) struct Content {
    pub(in crate::callback) events: Vec<Event>,
    pub(in crate::callback) unreadable: Vec<UnreadableRow>,
    pub(in crate::callback) announced: Option<u64>,
    pub(in crate::callback) rows: usize,
}

/// Whether the body carries nothing at all: it is empty, or an object without members.
pub(in crate::callback) fn is_address_check(body: &[u8]) -> bool {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii();
    let inside = body.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    body.is_empty() || inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

/// Reads a body of at most `limits.bytes`.
pub(in crate::callback) fn read(body: &[u8], limits: &Limits) -> Result<Content, ReceiveError> {
    let text = text(body);
    let mut shared = String::with_capacity(body.len() + body.len() / 16);
    shared.push_str(&text);
    let mut reader = Reader {
        body,
        is_text: matches!(text, Cow::Borrowed(_)),
        sink: Sink { source: &text, shared: &mut shared, strict: true },
        max_rows: limits.rows,
        read: Vec::new(),
        unreadable: Vec::new(),
        at: if body.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 },
    };
    let envelope = reader.envelope()?;
    let (read, unreadable) = (reader.read, reader.unreadable);
    let rows = read.len() + unreadable.len();
    // A batch without rows that says so is fine. One that promises rows, or says nothing known, is not: taking it would
    // lose what it was meant to carry.
    let empty_is_fine = envelope.announced.map_or(envelope.says_rows, |total| total == 0);
    if rows == 0 && !empty_is_fine {
        return Err(ReceiveError::NotABatch);
    }
    let shared = Arc::new(shared);
    let events = read.into_iter().map(|row| Event::new(Arc::clone(&shared), row)).collect();
    Ok(Content { events, unreadable, announced: envelope.announced, rows })
}

/// The body as text of the same length. An octet that is not UTF-8 becomes a question mark; the row that has it is not
/// read from here.
fn text(body: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// What stands around the rows.
#[derive(Default)]
struct Envelope {
    announced: Option<u64>,
    /// Whether `rows` stood there, if only as `null`.
    says_rows: bool,
}

struct Reader<'s> {
    body: &'s [u8],
    /// Whether all of the body is UTF-8.
    is_text: bool,
    sink: Sink<'s>,
    max_rows: usize,
    read: Vec<ReadRow>,
    unreadable: Vec<UnreadableRow>,
    at: usize,
}

impl Reader<'_> {
    fn envelope(&mut self) -> Result<Envelope, ReceiveError> {
        let mut envelope = Envelope::default();
        if self.next()? != b'{' {
            return Err(self.no_object());
        }
        self.at += 1;
        let mut first = true;
        while self.goes_on(b'}', &mut first)? {
            let start = self.at;
            if self.next()? != b'"' {
                return Err(ReceiveError::NotJson);
            }
            self.at = scan::string_end(self.body, start)?;
            let name = name(&self.body[start..self.at]);
            if self.next()? != b':' {
                return Err(ReceiveError::NotJson);
            }
            self.at += 1;
            self.next()?;
            self.member(&name, &mut envelope)?;
        }
        // Some senders close a text with NUL.
        let rest = &self.body[self.at..];
        if rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            Ok(envelope)
        } else {
            Err(ReceiveError::NotJson)
        }
    }

    fn member(&mut self, name: &str, envelope: &mut Envelope) -> Result<(), ReceiveError> {
        let start = self.at;
        if name == "rows" {
            if std::mem::replace(&mut envelope.says_rows, true) {
                return Err(ReceiveError::NotABatch);
            }
            if self.body[start] == b'[' {
                return self.rows();
            }
        }
        self.at = scan::value_end(self.body, start)?;
        let value = &self.body[start..self.at];
        match name {
            "rows" if value != b"null" => Err(ReceiveError::NotABatch),
            "total" => {
                envelope.announced = number(value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn rows(&mut self) -> Result<(), ReceiveError> {
        self.at += 1;
        let mut first = true;
        while self.goes_on(b']', &mut first)? {
            let position = self.read.len() + self.unreadable.len();
            if position == self.max_rows {
                return Err(ReceiveError::TooManyRows { limit: self.max_rows });
            }
            self.row(position)?;
        }
        Ok(())
    }

    fn row(&mut self, position: usize) -> Result<(), ReceiveError> {
        let start = self.at;
        let source = self.sink.source;
        let appended = self.sink.shared.len();
        let mut fields = Fields::default();
        let mut json = serde_json::Deserializer::from_str(&source[start..]);
        let read = Object { sink: &mut self.sink, into: &mut fields }.deserialize(&mut json);
        self.at = if read.is_ok() {
            // Reading on would begin behind the row.
            start + json.into_iter::<IgnoredAny>().byte_offset()
        } else {
            self.sink.shared.truncate(appended);
            scan::value_end(self.body, start)?
        };
        let bytes = &self.body[start..self.at];
        let strict = read.map(|()| (fields, Vec::new()));
        let read = if !self.is_text && std::str::from_utf8(bytes).is_err() {
            Err(UnreadableReason::NotJson)
        } else if scan::nested_deeper_than(bytes, MAX_NESTING) {
            Err(UnreadableReason::TooDeep)
        } else {
            strict.or_else(|_| lenient::read_row(&source[start..self.at], &mut self.sink))
        };
        match read {
            Ok((fields, unreadable)) => {
                if self.read.is_empty() {
                    // About as many as there will be, if all are of this size.
                    let rows = (self.body.len() - start) / bytes.len().max(1);
                    self.read.reserve(rows.min(self.max_rows));
                }
                let (json, unreadable) = (Span::new(start..self.at), unreadable.into());
                self.read.push(ReadRow { position, json, fields, unreadable });
            }
            Err(reason) => self.unreadable.push(UnreadableRow::new(position, reason, bytes)),
        }
        Ok(())
    }

    /// The next octet that is no space; it is not passed over.
    fn next(&mut self) -> Result<u8, ReceiveError> {
        self.at = scan::skip_space(self.body, self.at);
        self.body.get(self.at).copied().ok_or(ReceiveError::BodyIncomplete)
    }

    /// Whether one more element begins here; otherwise the end is passed over.
    fn goes_on(&mut self, end: u8, first: &mut bool) -> Result<bool, ReceiveError> {
        let next = self.next()?;
        let begins = std::mem::take(first);
        if next == end {
            self.at += 1;
            return Ok(false);
        }
        if !begins {
            if next != b',' {
                return Err(ReceiveError::NotJson);
            }
            self.at += 1;
            self.next()?;
        }
        Ok(true)
    }

    /// Why a body that does not begin with an object is refused.
    fn no_object(&self) -> ReceiveError {
        match serde_json::from_slice::<IgnoredAny>(&self.body[self.at..]).map_err(|error| error.classify()) {
            Ok(_) => ReceiveError::NotABatch,
            Err(Category::Eof) => ReceiveError::BodyIncomplete,
            Err(_) => ReceiveError::NotJson,
        }
    }
}

impl From<Flaw> for ReceiveError {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Cut => Self::BodyIncomplete,
            Flaw::Malformed => Self::NotJson,
        }
    }
}

/// The name of a member. One that is no text names nothing that is known.
fn name(quoted: &[u8]) -> Cow<'_, str> {
    if quoted.contains(&b'\\') {
        return serde_json::from_slice(quoted).map(Cow::Owned).unwrap_or_default();
    }
    std::str::from_utf8(&quoted[1..quoted.len() - 1]).map(Cow::Borrowed).unwrap_or_default()
}

/// A count, also if it came as text.
fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.trim_matches('"').parse().ok()
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_check_carries_nothing() {
        for body in ["", " \r\n", "{}", " { \t} \n", "\u{feff}", "\u{feff}{}"] {
            assert!(is_address_check(body.as_bytes()), "{body:?}");
        }
        for body in ["{", "}", "[]", "null", "{}{}", r#"{"total":0}"#, "{{}}"] {
            assert!(!is_address_check(body.as_bytes()), "{body:?}");
        }
    }
}
