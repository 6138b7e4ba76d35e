//! The service as its document describes it: wire types, the limits of what is sent, and the operations.
//!
//! All of it is generated from `openapi/otp.yaml`, apart from what stands in this file. Nothing here checks input, and
//! nothing sends: [`Client`](crate::Client) does both, and [`Api`](crate::Api) sends what the facade does not cover.

// The generated code says each value's meaning on its own line, says `default` the same way everywhere, and has a
// constructor for each request and each answer, whether or not it has required fields.
#![allow(clippy::match_same_arms, clippy::default_trait_access, clippy::new_without_default)]

mod bounds;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::Visitor;
use serde_json::{Map, Value};

pub use bounds::Bounds;

/// Puts in a generated file, or its reviewed snapshot.
macro_rules! generated {
    ($name:literal) => {
        #[cfg(feature = "codegen")]
        include!(concat!(env!("OUT_DIR"), "/", $name));
        #[cfg(not(feature = "codegen"))]
        include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/generated/", $name));
    };
}
pub(crate) use generated;

/// The shapes that travel: one type for each schema of the document.
pub mod types {
    super::generated!("types.rs");
}

/// What the document allows in requests. Nothing that is received is bound by it.
pub mod limits {
    super::generated!("limits.rs");
}

/// What is known of each operation before it is called.
pub mod operations {
    super::generated!("operations.rs");
}

/// What is known of an operation before it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its `operationId`.
    pub id: &'static str,
    /// Its HTTP method.
    pub method: http::Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Whether doing it twice is the same as doing it once (`x-repeatable` in the document).
    pub repeatable: bool,
}

/// Members of an object whose names the document does not say: fields that this version does not know, or what
/// somebody attached. Its `Debug` form shows names, never values.
#[derive(Clone, Default, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct Extra(Map<String, Value>);

impl Deref for Extra {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Makes a value of a text without owning the text first: most values of an enumeration are known.
struct TextVisitor<T>(PhantomData<T>);

impl<T> Default for TextVisitor<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: for<'a> From<&'a str>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(text.into())
    }
}
