//! A success, with the head that it came with.

use std::fmt;
use std::ops::Deref;

use http::header::{HeaderMap, HeaderName};

/// What the service answered, and the header fields that came with it. It reads like the answer itself.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::TemplateRef;
///
/// let receipt = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
/// println!("{}, request {}", receipt.message_id, receipt.request_id().unwrap_or("without an id"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Response<T> {
    body: T,
    pub(crate) head: ResponseHead,
}

/// What is known of a response besides its body.
#[derive(Clone, Default)]
pub(crate) struct ResponseHead {
    pub(crate) headers: HeaderMap,
    /// Whether it came over a connection that had carried others before.
    pub(crate) reused_connection: bool,
}

impl<T> Response<T> {
    pub(crate) fn new(body: T, head: ResponseHead) -> Self {
        Self { body, head }
    }

    /// The answer alone.
    pub fn into_inner(self) -> T {
        self.body
    }

    /// All header fields of the response. Nothing is cut from them: keep them out of logs.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The id that the service, or a gateway before it, gave to the request: what its support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.head.headers)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

/// Shows the names of the header fields, and no values.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.head.headers.keys().collect();
        f.debug_struct("Response").field("body", &self.body).field("headers", &names).finish()
    }
}

/// The first of the usual fields that holds a plain value.
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
