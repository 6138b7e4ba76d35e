//! Reads a row that does not fit the document to the letter.
//!
//! It drives the same code as for other rows with a deserializer of its own, that reads numbers as their digits where a
//! text is wanted (so that ids of any length keep all of them) and texts as numbers where a number is wanted.
//! When a field does not fit even so, the row is read again as if that field were `null`: every field of a row
//! is optional. That costs time, which is why rows that do fit never come here.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{Error, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, IntoDeserializer as _, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::row::{Object, Sink};
use crate::callback::event::{Fields, UnreadableReason};

/// How many fields may be left out before the row is given up. It bounds the time that a row can take.
const MAX_LEFT_OUT: usize = 16;

/// The row's fields, and the paths of those that had to be left out. The brackets of `json` match.
pub(super) fn read_row(json: &str, sink: &mut Sink<'_>) -> Result<(Fields, Vec<String>), UnreadableReason> {
    if !json.starts_with('{') {
        return Err(UnreadableReason::NotAnObject);
    }
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        return Err(UnreadableReason::NotJson);
    }
    sink.strict = false;
    let read = read_leaving_out(json, sink);
    sink.strict = true;
    read
}

fn read_leaving_out(json: &str, sink: &mut Sink<'_>) -> Result<(Fields, Vec<String>), UnreadableReason> {
    let mut left_out = Vec::new();
    let shared = sink.shared.len();
    while left_out.len() <= MAX_LEFT_OUT {
        let culprit = RefCell::new(None);
        let lenient = Lenient { json, path: &Path::Row, left_out: &left_out, culprit: &culprit };
        let mut fields = Fields::default();
        sink.shared.truncate(shared);
        match (Object { sink, into: &mut fields }).deserialize(lenient) {
            Ok(()) => return Ok((fields, left_out)),
            Err(_) => left_out.push(culprit.into_inner().ok_or(UnreadableReason::Garbled)?),
        }
    }
    Err(UnreadableReason::Garbled)
}

/// Where in the row a value stands.
enum Path<'a> {
    Row,
    Field(&'a Path<'a>, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row => Ok(()),
            Self::Field(Self::Row, name) => f.write_str(name),
            Self::Field(path, name) => write!(f, "{path}.{name}"),
        }
    }
}

#[derive(Clone, Copy)]
struct Lenient<'de, 'p> {
    json: &'de str,
    path: &'p Path<'p>,
    left_out: &'p [String],
    /// The innermost field that did not fit.
    culprit: &'p RefCell<Option<String>>,
}

impl Lenient<'_, '_> {
    /// The value as text: a string's content, or the digits of a number, or the word of a boolean.
    fn text(&self) -> Result<String, Error> {
        match self.json.as_bytes().first() {
            Some(b'"') => Ok(unquote(self.json)),
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => Ok(self.json.to_owned()),
            _ => Err(Error::custom("not a text")),
        }
    }

    fn integer(&self) -> Result<i64, Error> {
        let text = self.text()?;
        let text = text.trim();
        #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked, and exact in f64")]
        let of_float = |float: f64| {
            let exact = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
            exact.then_some(float as i64)
        };
        let number = text.parse().ok().or_else(|| text.parse().ok().and_then(of_float));
        number.ok_or_else(|| Error::custom("not a whole number"))
    }

    fn float(&self) -> Result<f64, Error> {
        let number = self.text()?.trim().parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| Error::custom("not a number"))
    }
}

impl<'de> Deserializer<'de> for Lenient<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.json).deserialize_any(visitor).map_err(Error::custom)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.json == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        // By such a name `RawValue` asks for the text, which only its own deserializer can hand out.
        if name.starts_with("$serde_json::") {
            let mut json = serde_json::Deserializer::from_str(self.json);
            return json.deserialize_newtype_struct(name, visitor).map_err(Error::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let fields = fields(self.json).ok_or_else(|| Error::custom("not an object"))?;
        visitor.visit_map(Members { of: self, fields: fields.into_iter(), next: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct enum identifier
    }
}

/// The members of an object, each name once.
struct Members<'de, 'p> {
    of: Lenient<'de, 'p>,
    fields: std::vec::IntoIter<(String, &'de RawValue)>,
    next: Option<(String, &'de RawValue)>,
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.fields.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        let name: StringDeserializer<Error> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (name, value) = self.next.take().ok_or_else(|| Error::custom("a value without a name"))?;
        let path = Path::Field(self.of.path, &name);
        let left_out = !self.of.left_out.is_empty() && self.of.left_out.contains(&path.to_string());
        let json = if left_out { "null" } else { value.get() };
        seed.deserialize(Lenient { json, path: &path, ..self.of }).inspect_err(|_| {
            self.of.culprit.borrow_mut().get_or_insert_with(|| path.to_string());
        })
    }
}

/// The members of an object, in order; of those with the same name the last.
fn fields(json: &str) -> Option<Vec<(String, &RawValue)>> {
    struct Fields;
    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(member) = members.next_entry()? {
                fields.push(member);
            }
            Ok(fields)
        }
    }
    let mut fields = serde_json::Deserializer::from_str(json).deserialize_map(Fields).ok()?;
    let mut seen = std::collections::HashSet::new();
    fields.reverse();
    fields.retain(|(name, _): &(String, _)| seen.insert(name.clone()));
    fields.reverse();
    Some(fields)
}

/// The content of a JSON string. Half a surrogate pair, which users' texts can be cut down to,
/// becomes U+FFFD, once for each byte that it would have had.
fn unquote(json: &str) -> String {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
    }
    serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes).unwrap_or_default()
}
