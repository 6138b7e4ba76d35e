//! Bodies of requests, as JSON. Why one cannot be read is said in plain words, and never with its values.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::masking;
use super::model::Refusal;
use crate::api::types::ErrorCode;
use crate::http_server::Request;

/// Reads the body of a request.
pub(crate) fn read(request: &Request) -> Result<Value, Refusal> {
    let is_plain = |encoding: &str| encoding.trim().eq_ignore_ascii_case("identity");
    if request.has("content-encoding") && !request.header("content-encoding").is_some_and(is_plain) {
        let rule = "must be left out: a body is read as it comes, and nothing is decompressed";
        return Err(Refusal::parameter("Content-Encoding", rule).with_status(415));
    }
    let refuse = |rule: String| Err(Refusal::new(ErrorCode::InvalidJson, rule).about("body"));
    match request.body.as_slice() {
        [] => refuse("must be given: an object in JSON".to_owned()),
        [0xEF, 0xBB, 0xBF, ..] => refuse(
            "must begin with the JSON itself, and begins with a byte order mark (BOM): write UTF-8 without one".to_owned(),
        ),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => refuse("must be UTF-8, and begins as UTF-16 does".to_owned()),
        body => serde_json::from_slice(body).or_else(|error| refuse(format!("must be JSON: {error}"))),
    }
}

/// Reads the body of a request in which each member is named once: which of two counts is for nobody to guess.
pub(crate) fn read_strictly(request: &Request) -> Result<Value, Refusal> {
    let value = read(request)?;
    let mut json = serde_json::Deserializer::from_slice(&request.body);
    let doubled: Result<Single, _> = serde_path_to_error::deserialize(&mut json);
    let Err(error) = doubled else { return Ok(value) };
    let (parent, said) = (error.path().to_string(), error.inner().to_string());
    // Behind the name stands where it is.
    let name = said.rsplit_once(END_OF_NAME).map_or("body", |(name, _)| name);
    let field = if parent == "." { name.to_owned() } else { format!("{parent}.{name}") };
    Err(Refusal::parameter(masking::field(&field), "must be given once"))
}

/// Refuses what is no object, and says what it is.
pub(crate) fn check_object(value: &Value) -> Result<(), Refusal> {
    let kind = match value {
        Value::Object(_) => return Ok(()),
        Value::Array(_) => "an array",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "null",
    };
    Err(Refusal::parameter("body", format!("must be an object, and is {kind}")))
}

/// A value in which each object has each of its members once.
struct Single;

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SingleVisitor)
    }
}

struct SingleVisitor;

impl<'de> Visitor<'de> for SingleVisitor {
    type Value = Single;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_str<E>(self, _: &str) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_unit<E>(self) -> Result<Single, E> {
        Ok(Single)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Single, A::Error> {
        while items.next_element::<Single>()?.is_some() {}
        Ok(Single)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Single, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("{name}{END_OF_NAME}")));
            }
            members.next_value::<Single>()?;
            names.insert(name);
        }
        Ok(Single)
    }
}

/// What stands behind the name of a member in an error.
const END_OF_NAME: char = '\0';

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> (String, String) {
        let request = Request { body: body.to_vec(), ..Request::default() };
        let refusal = read_strictly(&request).expect_err("refused");
        (refusal.field.clone().unwrap_or_default().into_owned(), refusal.sentence())
    }

    #[test]
    fn a_member_that_is_there_twice_is_named_with_its_place() {
        for (body, field) in [
            (r#"{"a": 1, "a": 2}"#, "a"),
            (r#"{"a": 1, "\u0061": null}"#, "a"),
            (r#"{"a": {"b": 1, "b": 1}}"#, "a.b"),
            (r#"{"a": [{}, {"b": "x", "c": 2.5, "b": true}]}"#, "a[1].b"),
        ] {
            assert_eq!(refused(body.as_bytes()), (field.to_owned(), format!("{field} must be given once")));
        }
        let fine = Request {
            body: br#"{"a": {"b": 1}, "b": [{"a": -1}, {"a": null}]}"#.to_vec(),
            ..Request::default()
        };
        assert!(read_strictly(&fine).is_ok());
    }

    #[test]
    fn what_stands_before_the_json_is_named() {
        assert!(refused(b"\xEF\xBB\xBF{}").1.contains("byte order mark"));
        assert!(refused(b"\xFF\xFE{\0}\0").1.contains("UTF-16"));
        assert!(refused(b"").1.starts_with("body must be given"));
        assert!(refused(b"{]").1.starts_with("body must be JSON: "));
    }
}
