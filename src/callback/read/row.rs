//! Reads the fields of a row in one pass, as pieces of the body's text. The same code reads rows that fit the document,
//! by `serde_json`'s deserializer, and those that do not quite, by the [lenient](super::lenient) one.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::callback::event::{
    BillingFields, DataFields, DetailFields, Fields, OtherParts, Span, StatusFields,
};
use crate::lifecycle::Decimal;

/// Where the texts of rows go.
pub(super) struct Sink<'s> {
    /// What is read.
    pub(super) source: &'s str,
    /// A copy of it, and behind that the texts that do not stand there as such, for having escapes or being numbers.
    pub(super) shared: &'s mut String,
    /// Whether `serde_json` reads, and not the lenient deserializer.
    pub(super) strict: bool,
}

/// Reads an object into `into`.
pub(super) struct Object<'x, 's, T> {
    pub(super) sink: &'x mut Sink<'s>,
    pub(super) into: &'x mut T,
}

/// What an object's members are read into. Of several with one name, the last counts.
pub(super) trait Members {
    /// Reads the value of the member with this name.
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error>;
}

impl Members for Fields {
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "message_id" => self.message_id = sink.text(members)?,
            "to" => self.to = sink.text(members)?,
            "server" => self.server = sink.text(members)?,
            "channel" => self.channel = sink.text(members)?,
            "itime" => self.itime = members.next_value()?,
            "custom_args" => self.custom_args = sink.json_object(members)?,
            "status" => {
                let status = self.status.insert(StatusFields::default());
                if !sink.object(members, status)? {
                    self.status = None;
                }
            }
            "business_id" => self.business_id = sink.text(members)?,
            "notification" => self.others().notification = sink.part(members)?,
            "response" => self.others().response = sink.part(members)?,
            "system_event" => self.others().system = sink.part(members)?,
            _ => ignore(members)?,
        }
        Ok(())
    }
}

impl Fields {
    fn others(&mut self) -> &mut OtherParts {
        self.others.get_or_insert_default()
    }
}

impl Members for StatusFields {
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "message_status" => self.message_status = sink.text(members)?,
            "status_data" => {
                self.data = DataFields::default();
                sink.object(members, &mut self.data)?;
            }
            "billing" => {
                self.billing = BillingFields::default();
                sink.object(members, &mut self.billing)?;
            }
            "error_code" => self.error_code = members.next_value()?,
            "error_detail" => {
                self.error_detail = DetailFields::default();
                sink.object(members, &mut self.error_detail)?;
            }
            _ => ignore(members)?,
        }
        Ok(())
    }
}

impl Members for DataFields {
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "msg_time" => self.msg_time = members.next_value()?,
            "message_id" => self.message_id = sink.text(members)?,
            "current_send_channel" => self.current_send_channel = sink.text(members)?,
            "template_key" => self.template_key = sink.text(members)?,
            "business_id" => self.business_id = sink.text(members)?,
            _ => ignore(members)?,
        }
        Ok(())
    }
}

impl Members for BillingFields {
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "cost" => self.cost = members.next_value::<Option<Cost>>()?.map(|cost| cost.0),
            "currency" => self.currency = sink.text(members)?,
            _ => ignore(members)?,
        }
        Ok(())
    }
}

impl Members for DetailFields {
    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        sink: &mut Sink<'_>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "message" => self.message = sink.text(members)?,
            _ => ignore(members)?,
        }
        Ok(())
    }
}

fn ignore<'de, A: MapAccess<'de>>(members: &mut A) -> Result<(), A::Error> {
    members.next_value::<IgnoredAny>().map(drop)
}

impl Sink<'_> {
    fn text<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Span, A::Error> {
        Ok(match members.next_value::<Option<Text<'de>>>()? {
            None => Span::NONE,
            Some(Text(Cow::Borrowed(text))) => self.place(text),
            Some(Text(Cow::Owned(text))) => self.append(&text),
        })
    }

    fn json_object<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Span, A::Error> {
        let json = members.next_value::<Option<JsonObject<'de>>>()?;
        Ok(json.map_or(Span::NONE, |json| self.place(json.0)))
    }

    /// Reads an object; `false` if there is `null` instead.
    fn object<'de, A: MapAccess<'de>, T: Members>(
        &mut self,
        members: &mut A,
        into: &mut T,
    ) -> Result<bool, A::Error> {
        members.next_value_seed(Nullable(Object { sink: self, into })).map(|found| found.is_some())
    }

    /// Reads a part whose type the document makes. Such types also take an array, for their fields in order, which the
    /// service does not send: what may be one is left to the lenient deserializer, which knows objects alone.
    fn part<'de, A: MapAccess<'de>, T: DeserializeOwned>(
        &mut self,
        members: &mut A,
    ) -> Result<Option<T>, A::Error> {
        if !self.strict {
            return members.next_value();
        }
        match members.next_value::<Option<&RawValue>>()? {
            None => Ok(None),
            Some(json) if json.get().contains('[') => Err(A::Error::custom("this may be an array")),
            Some(json) => serde_json::from_str(json.get()).map(Some).map_err(A::Error::custom),
        }
    }

    /// The place of a text that stands in the source.
    fn place(&mut self, text: &str) -> Span {
        let start = text.as_ptr().addr().wrapping_sub(self.source.as_ptr().addr());
        let end = start.wrapping_add(text.len());
        if start <= end && end <= self.source.len() { Span::new(start..end) } else { self.append(text) }
    }

    fn append(&mut self, text: &str) -> Span {
        let start = self.shared.len();
        self.shared.push_str(text);
        Span::new(start..self.shared.len())
    }
}

impl<'de, T: Members> DeserializeSeed<'de> for Object<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Members> Visitor<'de> for Object<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Text<'de>>()? {
            self.into.member(&name, self.sink, &mut members)?;
        }
        Ok(())
    }
}

/// A value or `null`.
struct Nullable<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Nullable<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// A text, borrowed where it stands in the source as such.
struct Text<'de>(Cow<'de, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// An amount, from the digits that stand there: a binary fraction would be another number.
struct Cost(Decimal);

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let parsed = if raw.starts_with('"') {
            let text: Text<'_> = serde_json::from_str(raw).map_err(D::Error::custom)?;
            text.trim().parse()
        } else {
            raw.parse()
        };
        parsed.map(Self).map_err(D::Error::custom)
    }
}

/// An object that is kept as it is written.
struct JsonObject<'de>(&'de str);

impl<'de> Deserialize<'de> for JsonObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('{') { Ok(Self(raw)) } else { Err(D::Error::custom("not an object")) }
    }
}
