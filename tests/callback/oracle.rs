//! A second reader of bodies, to compare the receiver's own with: `serde_json` splits the body into rows, and the types
//! that are generated from the document read each of them, with owned texts. It refuses a body that is not JSON to the
//! letter.

use std::cell::RefCell;
use std::fmt;

use engagelab_otp::api::types::CallbackRow;
use engagelab_otp::callback::{Batch, Detail, Event};
use serde::Deserialize;
use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use serde_json::value::RawValue;

/// The row with the paths of the fields that do not fit; `None` where it cannot be read.
pub(crate) type Row = Option<(CallbackRow, Vec<String>)>;

/// The rows of a body, each as it is written and as it is read; `None` if the body is refused.
pub(crate) fn read(body: &[u8]) -> Option<Vec<(&str, Row)>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut envelope = fields(text)?;
    let mut json = serde_json::Deserializer::from_str(text);
    serde::de::IgnoredAny::deserialize(&mut json).ok()?;
    json.end().ok()?;
    let (_, rows) = envelope.remove(envelope.iter().position(|(name, _)| name == "rows")?);
    let rows: Option<Vec<&RawValue>> = serde_json::from_str(rows.get()).ok()?;
    Some(rows?.into_iter().map(|row| (row.get(), read_row(row.get()))).collect())
}

fn read_row(json: &str) -> Row {
    if !json.starts_with('{') || depth(json) > 32 {
        return None;
    }
    // The generated types would take an array for their fields in order.
    let strict = serde_json::from_str(json).ok().filter(|_| !json.contains('['));
    strict.map(|row| (row, Vec::new())).or_else(|| read_leniently(json))
}

fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether the receiver's reader says of a body what this one does, where this one reads it.
pub(crate) fn assert_equal(body: &[u8], batch: &Batch) {
    let Some(rows) = read(body) else { return };
    assert_eq!(batch.rows(), rows.len());
    let (mut events, mut unreadable) = (batch.events().iter(), batch.unreadable().iter());
    for (position, (json, row)) in rows.iter().enumerate() {
        if let Some((row, left_out)) = row {
            let event = events.next().expect("this one reads the row");
            assert_eq!((event.position(), event.expose_json()), (position, *json));
            assert_same(event, row, left_out);
        } else {
            let row = unreadable.next().unwrap_or_else(|| panic!("this one does not read {json}"));
            assert_eq!((row.position(), row.expose_bytes()), (position, json.as_bytes()));
        }
    }
}

fn assert_same(event: &Event, row: &CallbackRow, left_out: &[String]) {
    let json = event.expose_json();
    let status = row.status.as_ref();
    let data = status.and_then(|status| status.status_data.as_ref());
    let id = |id: &engagelab_otp::MessageId| id.0.clone();
    let message_id = row.message_id.as_ref().or_else(|| data?.message_id.as_ref()).map(id);
    assert_eq!(event.message_id(), message_id.as_deref(), "{json}");
    assert_eq!(event.expose_to(), row.to.as_ref().map(|to| to.expose().as_str()), "{json}");
    assert_eq!(event.server(), row.server.as_deref(), "{json}");
    let business_id = row.business_id.as_ref().or_else(|| data?.business_id.as_ref());
    assert_eq!(event.business_id(), business_id.map(String::as_str), "{json}");
    assert_eq!(event.seconds(), row.itime, "{json}");
    let named = |channel: &&engagelab_otp::Channel| !channel.as_str().trim().is_empty();
    let current = data.and_then(|data| data.current_send_channel.as_ref()).filter(named);
    let channel = current.or(row.channel.as_ref().filter(named)).map(|channel| channel.as_str().trim());
    assert_eq!(event.channel().as_ref().map(engagelab_otp::Channel::as_str), channel, "{json}");
    if let Some(attached) = &row.custom_args {
        let written = event.expose_custom_args().expect("attached");
        // A text that is none can stand where another value of the same name takes its place.
        if let Ok(ours) = serde_json::from_str::<Value>(written) {
            assert_eq!(ours, serde_json::to_value(attached).expect("JSON"), "{json}");
        }
    }

    let report = event.status();
    assert_eq!(report.is_some(), status.is_some(), "{json}");
    if let (Some(report), Some(status)) = (report, status) {
        let name = status.message_status.as_ref().map(|status| match status.as_str() {
            "sent_fail" => "sent_failed".into(),
            name => name.into(),
        });
        assert_eq!(report.message_status(), name, "{json}");
        assert_eq!(report.error_code(), status.error_code, "{json}");
        let detail = status.error_detail.as_ref().and_then(|detail| detail.message.as_ref());
        assert_eq!(report.expose_error_message(), detail.map(|text| text.expose().as_str()), "{json}");
        assert_eq!(report.msg_time(), data.and_then(|data| data.msg_time), "{json}");
        assert_eq!(report.template_key(), data.and_then(|data| data.template_key.as_deref()), "{json}");
        let billing = status.billing.as_ref();
        let read = billing.and_then(|billing| billing.cost);
        if let Some(cost) = event.cost() {
            let (ours, theirs): (f64, _) =
                (cost.amount().to_string().parse().expect("a number"), read.expect("a cost"));
            assert!((ours - theirs).abs() <= theirs.abs() * 1e-15, "{json}");
            let currency = billing.and_then(|billing| billing.currency.as_deref()).unwrap_or_default();
            assert_eq!(cost.currency(), currency.trim().to_ascii_uppercase(), "{json}");
        } else if read.is_some() {
            assert!(event.unreadable_fields().contains(&"status.billing.cost".to_owned()), "{json}");
        }
    }
    match event.detail() {
        Detail::Notification(part) => assert_eq!(Some(part), row.notification.as_ref(), "{json}"),
        Detail::Response(part) => assert_eq!(Some(part), row.response.as_ref(), "{json}"),
        Detail::System(part) => assert_eq!(Some(part), row.system_event.as_ref(), "{json}"),
        Detail::Status(_) => assert!(status.is_some(), "{json}"),
        _ => assert!(
            status.is_none()
                && row.notification.is_none()
                && row.response.is_none()
                && row.system_event.is_none(),
            "{json}"
        ),
    }

    // What is kept as it is written fits whatever it holds; an amount does not fit if not all of its digits do.
    let comparable = |paths: &[String]| {
        let mut paths: Vec<_> = paths
            .iter()
            .filter(|path| !path.starts_with("custom_args") && *path != "status.billing.cost")
            .cloned()
            .collect();
        paths.sort();
        paths
    };
    assert_eq!(comparable(event.unreadable_fields()), comparable(left_out), "{json}");
}

/// How many fields may be left out before the row is given up. It bounds the time that a row can take.
const MAX_LEFT_OUT: usize = 16;

/// The row, and the paths of the fields that had to be left out. `json` is well formed.
fn read_leniently(json: &str) -> Option<(CallbackRow, Vec<String>)> {
    let mut left_out = Vec::new();
    while left_out.len() <= MAX_LEFT_OUT {
        let culprit = RefCell::new(None);
        let lenient = Lenient { json, path: &Path::Row, left_out: &left_out, culprit: &culprit };
        match CallbackRow::deserialize(lenient) {
            Ok(row) => return Some((row, left_out)),
            Err(_) => left_out.push(culprit.into_inner()?),
        }
    }
    None
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
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
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
