//! The service as its document describes it: wire types, and one blocking function per operation.
//!
//! All of it is generated from `openapi/otp.yaml`, apart from what stands in this file. Nothing here checks
//! input: [`Client`](crate::Client) does, and is what programs should use. Come here, by
//! [`Client::api`](crate::Client::api), for what the facade does not cover.

// The generated code says each value's meaning on its own line, and says `default` the same way everywhere.
#![allow(clippy::match_same_arms, clippy::default_trait_access)]

mod bounds;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::{DeserializeOwned, Visitor};
use serde_json::{Map, Value};

pub use bounds::Bounds;

use crate::http::call::{Call, Executor};
use crate::http::response::Response;
use crate::http::transport::ConnectionUse;
use crate::{Error, ErrorKind, InvalidInput, Outcome};

pub use crate::http::Operation;

#[cfg(feature = "codegen")]
include!(concat!(env!("OUT_DIR"), "/api.rs"));
#[cfg(not(feature = "codegen"))]
include!("generated.rs");

/// The operations, each as one blocking function on wire types.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) executor: Arc<Executor>,
    pub(crate) budget: Duration,
}

impl Api {
    /// Below every generated function.
    pub(crate) fn run<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        segments: &[&str],
        body: Option<&B>,
    ) -> Result<T, Error> {
        self.respond(operation, segments, body, ConnectionUse::Pooled).map(|response| response.body)
    }

    pub(crate) fn respond<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        segments: &[&str],
        body: Option<&B>,
        connection: ConnectionUse,
    ) -> Result<Response<T>, Error> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|_| {
            // Texts and numbers always serialise; this is for types that other documents may bring.
            InvalidInput::new("body", "must be writable as JSON")
        })?;
        let call = Call::new(operation, segments, body, self.budget, connection)?;
        let mut decoded = None;
        let head = self.executor.call(&call, &mut |bytes| {
            decoded = Some(serde_json::from_slice(bytes)?);
            Ok(())
        })?;
        let body = decoded.ok_or_else(|| Error::new(ErrorKind::EmptyResponse, Outcome::Unknown))?;
        Ok(Response { body, head })
    }
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
