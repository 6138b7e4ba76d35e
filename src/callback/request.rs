//! What a server received, as far as it matters here.

use std::fmt;
use std::net::IpAddr;

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};

use super::header::{SIGNATURE_HEADER, SignatureHeaderError};

/// Those of a request's headers that count, and where it came from.
#[derive(Clone, Copy)]
pub struct CallbackHeaders<'a> {
    pub(super) signature: Result<Option<&'a str>, SignatureHeaderError>,
    pub(super) authorization: Option<&'a [u8]>,
    pub(super) content_length: Option<u64>,
    pub(super) source: Option<IpAddr>,
}

impl<'a> CallbackHeaders<'a> {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self { signature: Ok(None), authorization: None, content_length: None, source: None }
    }

    /// The headers that count, taken from `headers`.
    #[must_use]
    pub fn from_map(headers: &'a HeaderMap) -> Self {
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
        // A body in chunks has no length beforehand, whatever another header says. A length that is no number is for the
        // server to refuse, which has read the body by it.
        let chunked = headers.contains_key(TRANSFER_ENCODING);
        let length = headers.get(CONTENT_LENGTH).filter(|_| !chunked);
        let content_length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
        Self { signature, authorization, content_length, source: None }
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

    /// Sets how many octets the body has, as the header `Content-Length` says. A body of another length is refused, and
    /// with it one that was cut on its way.
    #[must_use]
    pub const fn with_content_length(mut self, length: Option<u64>) -> Self {
        self.content_length = length;
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

impl Default for CallbackHeaders<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows what is there, and not what it says.
impl fmt::Debug for CallbackHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackHeaders")
            .field("signed", &!matches!(self.signature, Ok(None)))
            .field("authorized", &self.authorization.is_some())
            .field("content_length", &self.content_length)
            .finish_non_exhaustive()
    }
}

/// A whole request as the server received it: its raw body, and those of its headers that count.
///
/// The body must be the bytes as they came, before anything has parsed them.
#[derive(Clone, Copy)]
pub struct CallbackRequest<'a> {
    pub(super) headers: CallbackHeaders<'a>,
    pub(super) body: &'a [u8],
}

impl<'a> CallbackRequest<'a> {
    /// A request with this body, and without headers.
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { headers: CallbackHeaders::new(), body }
    }

    /// A request with this body, and the headers that count taken from `headers`.
    #[must_use]
    pub fn from_headers(headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { headers: CallbackHeaders::from_map(headers), body }
    }

    /// Sets the value of the header `X-CALLBACK-ID`.
    #[must_use]
    pub const fn with_signature(mut self, header: Option<&'a str>) -> Self {
        self.headers = self.headers.with_signature(header);
        self
    }

    /// Sets the value of the header `Authorization`.
    #[must_use]
    pub fn with_authorization(mut self, header: Option<&'a str>) -> Self {
        self.headers = self.headers.with_authorization(header);
        self
    }

    /// Sets how many octets the body has, as the header `Content-Length` says.
    #[must_use]
    pub const fn with_content_length(mut self, length: Option<u64>) -> Self {
        self.headers = self.headers.with_content_length(length);
        self
    }

    /// Sets the address that the request came from; see [`CallbackHeaders::with_source`].
    #[must_use]
    pub const fn with_source(mut self, source: Option<IpAddr>) -> Self {
        self.headers = self.headers.with_source(source);
        self
    }
}

/// Shows sizes alone.
impl fmt::Debug for CallbackRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackRequest")
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
