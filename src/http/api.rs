//! The generated functions, and what they all call.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{Operation, generated, operations, types};
use crate::error::Error;
use crate::http::call::{Call, Executor};
use crate::http::parameters::Parameters;
use crate::http::response::Response;
use crate::http::transport::ConnectionUse;
use crate::{ErrorKind, InvalidInput, Outcome};

/// The operations of the document, each as one blocking function on wire types. They do not check their input;
/// [`Client`](crate::Client) does.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) executor: Arc<Executor>,
    pub(crate) budget: Duration,
}

generated!("functions.rs");

impl Api {
    /// Below every generated function.
    pub(crate) fn run<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        parameters: &Parameters<'_>,
        body: Option<&B>,
    ) -> Result<T, Error> {
        self.respond(operation, parameters, body, ConnectionUse::Pooled).map(|response| response.body)
    }

    pub(crate) fn respond<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        parameters: &Parameters<'_>,
        body: Option<&B>,
        connection: ConnectionUse,
    ) -> Result<Response<T>, Error> {
        let (path, headers) = (parameters.path_and_query(operation)?, parameters.header_map()?);
        let body = body.map(serde_json::to_vec).transpose().map_err(|_| {
            // Texts and numbers always serialise; this is for types that other documents may bring.
            InvalidInput::new("body", "must be a request that can be written as JSON")
        })?;
        let mut decoded = None;
        let call = Call { operation, path, headers, body, budget: self.budget, connection };
        let head = self.executor.call(&call, &mut |bytes| {
            decoded = Some(serde_json::from_slice(bytes)?);
            Ok(())
        })?;
        let body = decoded.ok_or_else(|| Error::new(ErrorKind::EmptyResponse, Outcome::Unknown))?;
        Ok(Response { body, head })
    }
}
