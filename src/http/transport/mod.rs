//! One HTTP exchange: a request goes out, a response comes back, or it is known how far the request got.
//!
//! This folder is the only place that names ureq. It does not retry, and does not read what responses mean.
//!
//! From ureq down to the socket: [`coalescer`], the TLS library, [`records`], [`deadlines`], TCP.

mod base_url;
mod coalescer;
mod connector;
mod deadlines;
mod failure;
mod head;
mod options;
mod progress;
mod proxy;
mod records;
mod resolver;
mod timeouts;
mod tls;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls_config;
mod trace_guard;
#[cfg(feature = "sandbox")]
mod webhook;

use std::time::{Duration, Instant};

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, Uri, Version};
use ureq::{Agent, Body, SendBody};

use crate::InvalidInput;

use base_url::BaseUrl;
use connector::StepConnector;
pub(crate) use failure::ExchangeError;
pub(crate) use options::TransportOptions;
pub use proxy::Proxy;
use resolver::PlaceholderResolver;
pub use timeouts::Timeouts;
pub use tls::{RootCertificates, TlsBackend};
use trace_guard::TraceGuard;
#[cfg(feature = "sandbox")]
pub(crate) use webhook::WebhookClient;

/// The connections to one base URL.
pub(crate) struct Transport {
    pooled: Agent,
    /// Keeps no connection.
    unpooled: Agent,
    base: BaseUrl,
    max_response_bytes: u64,
    total: Duration,
}

/// Which connection a request may go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionUse {
    /// An idle one, if there is one.
    Pooled,
    /// A new one, that carries nothing else before or after.
    Own,
}

/// A request, as it goes out.
#[derive(Clone, Copy)]
pub(crate) struct RawRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) authorization: &'a HeaderValue,
    pub(crate) connection: ConnectionUse,
}

/// A response. Its body may still be one that could not be read.
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Vec<u8>, ExchangeError>,
    /// Whether the connection had carried other responses before, one of which may be this.
    pub(crate) reused: bool,
}

impl Transport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self, InvalidInput> {
        let base = options.base_url()?;
        let target = base.join("/")?;
        let connector = StepConnector::new(&options.timeouts);
        let agent = |config| Agent::with_parts(config, connector.clone(), PlaceholderResolver);
        let unpooled = TransportOptions { max_idle_connections: 0, ..options.clone() };
        Ok(Self {
            pooled: agent(options.config(&target)?),
            unpooled: agent(unpooled.config(&target)?),
            base,
            max_response_bytes: options.max_response_bytes,
            total: options.timeouts.total,
        })
    }

    /// The address of `path`.
    pub(crate) fn join(&self, path: &str) -> Result<Uri, InvalidInput> {
        self.base.join(path)
    }

    /// Sends a request and reads its response, within `left`.
    pub(crate) fn exchange(
        &self,
        request: &RawRequest<'_>,
        left: Duration,
    ) -> Result<RawResponse, ExchangeError> {
        let _guard = TraceGuard::new();
        let _exchange = progress::begin();
        let response = self.send(request, left)?;
        Ok(self.read(response))
    }

    fn send(&self, raw: &RawRequest<'_>, left: Duration) -> Result<Response<Body>, ExchangeError> {
        let mut request = Request::builder()
            .method(raw.method.clone())
            .uri(raw.uri.clone())
            .header(header::AUTHORIZATION, raw.authorization.clone())
            .header(header::ACCEPT, JSON);
        for (name, value) in raw.headers {
            request = request.header(name, value);
        }
        if raw.connection == ConnectionUse::Own {
            request = request.header(header::CONNECTION, CLOSE);
        }
        let result = match raw.body {
            Some(mut body) => {
                let length = body.len();
                request
                    .header(header::CONTENT_TYPE, JSON)
                    .header(header::CONTENT_LENGTH, length)
                    .body(SendBody::from_reader(&mut body))
                    .map_err(ureq::Error::from)
                    .and_then(|request| self.run(request, raw.connection, left))
            }
            None => request
                .body(SendBody::none())
                .map_err(ureq::Error::from)
                .and_then(|request| self.run(request, raw.connection, left)),
        };
        // All of a request that fits a buffer is written at once. Nothing written, hence nothing sent.
        result.map_err(|error| ExchangeError::of(error, progress::current().written))
    }

    fn run(
        &self,
        request: Request<SendBody<'_>>,
        connection: ConnectionUse,
        left: Duration,
    ) -> Result<Response<Body>, ureq::Error> {
        let agent = match connection {
            ConnectionUse::Pooled => &self.pooled,
            ConnectionUse::Own => &self.unpooled,
        };
        if left == self.total {
            return agent.run(request);
        }
        let request = agent.configure_request(request).timeout_global(Some(left)).build();
        agent.run(request)
    }

    fn read(&self, response: Response<Body>) -> RawResponse {
        let (mut parts, mut body) = response.into_parts();
        head::restore_names(&mut parts.headers);
        // ureq takes a response that just fits for one that is too large.
        let limit = self.max_response_bytes.saturating_add(1);
        // Chunks of a version that has none: nobody knows where this body ends, or what it says (RFC 9112, 6.1).
        let chunked = parts.headers.contains_key(header::TRANSFER_ENCODING);
        let body = match body.with_config().limit(limit).read_to_vec() {
            Ok(_) if chunked && parts.version < Version::HTTP_11 => Err(ExchangeError::misframed_body()),
            Ok(body) if body.len() as u64 > self.max_response_bytes => Err(ExchangeError::oversized_body()),
            Ok(body) => Ok(body),
            Err(error) => Err(ExchangeError::of_body(error)),
        };
        let reused = !progress::current().connected;
        RawResponse { status: parts.status.as_u16(), headers: parts.headers, body, reused }
    }
}

/// A moment later by `duration`, or as late as the clock can say.
pub(crate) fn deadline_after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 3600))
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
