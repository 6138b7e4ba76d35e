//! What a server received, as far as it matters here.

use std::fmt;
use std::net::IpAddr;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::header::{SIGNATURE_HEADER, SignatureHeaderError};

/// A request as the server received it: its raw body, and those of its headers that count.
///
/// The body must be the bytes as they came, before anything has parsed them.
#[derive(Clone, Copy)]
pub struct CallbackRequest<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) signature: Result<Option<&'a str>, SignatureHeaderError>,
    pub(crate) authorization: Option<&'a [u8]>,
    pub(crate) source: Option<IpAddr>,
}

impl<'a> CallbackRequest<'a> {
    /// A request with this body, and without headers.
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { body, signature: Ok(None), authorization: None, source: None }
    }

    /// A request with this body, and the headers that count taken from `headers`.
    #[must_use]
    pub fn from_headers(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        let mut signatures = headers.get_all(SIGNATURE_HEADER).iter();
        let signature = match (signatures.next(), signatures.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| SignatureHeaderError::NotAscii),
            (Some(_), Some(_)) => Err(SignatureHeaderError::Repeated("the header")),
        };
        let mut authorizations = headers.get_all(AUTHORIZATION).iter();
        let authorization = match (authorizations.next(), authorizations.next()) {
            (Some(value), None) => Some(value.as_bytes()),
            // Of two values nobody can say which one counts; an empty one is never right.
            (Some(_), Some(_)) => Some(&b""[..]),
            (None, _) => None,
        };
        Self { body, signature, authorization, source: None }
    }

    /// Sets the value of the header `X-CALLBACK-ID`.
    #[must_use]
    pub const fn with_signature(mut self, header: Option<&'a str>) -> Self {
        self.signature = Ok(header);
        self
    }

    /// Sets the value of the header `Authorization`.
    #[must_use]
    pub fn with_authorization(mut self, header: Option<&'a str>) -> Self {
        self.authorization = header.map(str::as_bytes);
        self
    }

    /// Sets the address that the request came from. Behind a proxy this is not the peer of the connection,
    /// and a header that names it is worth as much as the proxy that wrote it.
    #[must_use]
    pub const fn with_source(mut self, source: Option<IpAddr>) -> Self {
        self.source = source;
        self
    }
}

/// Shows sizes alone.
impl fmt::Debug for CallbackRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackRequest")
            .field("body_bytes", &self.body.len())
            .field("signed", &!matches!(self.signature, Ok(None)))
            .field("authorized", &self.authorization.is_some())
            .finish_non_exhaustive()
    }
}
