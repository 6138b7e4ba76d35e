//! What generated code finds around it in the library, as far as it needs it to compile.

#![allow(dead_code, deprecated, unused_imports, unused_variables)]

use std::marker::PhantomData;

#[derive(Clone, Copy)]
pub struct Bounds;

impl Bounds {
    pub const fn new(_: Option<i64>, _: Option<i64>) -> Self {
        Self
    }
}

#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct Extra(serde_json::Map<String, serde_json::Value>);

impl std::ops::Deref for Extra {
    type Target = serde_json::Map<String, serde_json::Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

pub struct Operation {
    pub id: &'static str,
    pub method: http::Method,
    pub path: &'static str,
    pub repeatable: bool,
}

pub struct TextVisitor<T>(PhantomData<T>);

impl<T> Default for TextVisitor<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: for<'a> From<&'a str>> serde::de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(text.into())
    }
}

pub struct Error;

#[derive(Default)]
pub struct Parameters<'a> {
    pub path: &'a [&'a str],
    pub query: &'a [(&'static str, Option<String>)],
    pub headers: &'a [(&'static str, Option<String>)],
}

#[macro_export]
macro_rules! stand_in {
    () => {
        use $crate::Parameters;

        #[derive(Clone)]
        pub struct Api;

        impl Api {
            fn run<B: serde::Serialize + ?Sized, T: serde::de::DeserializeOwned>(
                &self,
                _: &Operation,
                _: &Parameters<'_>,
                _: Option<&B>,
            ) -> Result<T, $crate::Error> {
                Err($crate::Error)
            }
        }
    };
}

