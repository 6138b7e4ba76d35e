//! A success, with the head that it came with.

use http::header::{HeaderMap, HeaderName};

/// What the service answered, decoded.
pub(crate) struct Response<T> {
    pub(crate) body: T,
    pub(crate) head: ResponseHead,
}

/// What is known of a response besides its body.
pub(crate) struct ResponseHead {
    pub(crate) headers: HeaderMap,
    /// Whether it came over a connection that had carried others before.
    pub(crate) reused_connection: bool,
}

/// The id that a request was given on its way: the first of the usual fields that holds a plain value.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let plain = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    REQUEST_ID.iter().find_map(|name| headers.get(name)?.to_str().ok().filter(plain))
}

/// The service documents none. These are what gateways and frameworks commonly send.
const REQUEST_ID: [HeaderName; 5] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("x-trace-id"),
    HeaderName::from_static("x-amzn-requestid"),
];
