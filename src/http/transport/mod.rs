//! One HTTP exchange: a request goes out, an answer comes back, or it is known how far the request got.
//!
//! This folder is the only place that names ureq. It does not retry, and does not read what answers mean.

mod dial;
mod lookup;
mod options;
mod trace_guard;
#[cfg(feature = "sandbox")]
mod webhook;
mod wire;

use std::cell::Cell;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response};
use ureq::{Agent, Body, SendBody, Timeout};

use crate::error::Source;
use crate::{Credentials, ErrorKind, InvalidInput, Outcome};

use dial::{DialError, Dialer};
use lookup::Placeholder;
pub(crate) use options::TransportOptions;
pub use options::{Proxy, RootCertificates, Timeouts, TlsBackend};
use trace_guard::TraceGuard;
#[cfg(feature = "sandbox")]
pub(crate) use webhook::WebhookClient;

/// The connections to one base URL, with one key.
pub(crate) struct Transport {
    agent: Agent,
    base: String,
    authorization: HeaderValue,
    max_response_bytes: u64,
    total: Duration,
}

/// An answer. Its body may still be one that could not be read.
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Vec<u8>, ExchangeError>,
}

/// Why there is no answer, and whether the request may have left.
pub(crate) struct ExchangeError {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) detail: &'static str,
    pub(crate) source: Option<Source>,
}

impl Transport {
    pub(crate) fn new(options: &TransportOptions, credentials: &Credentials) -> Result<Self, InvalidInput> {
        let base = options.base_url()?;
        let mut authorization = HeaderValue::from_str(&credentials.authorization())
            .map_err(|_| InvalidInput::new("dev_secret", "must fit a header"))?;
        authorization.set_sensitive(true);
        let config = options.config(&base)?;
        let agent = Agent::with_parts(config, Dialer::new(&options.timeouts), Placeholder);
        Ok(Self {
            agent,
            base: base.text,
            authorization,
            max_response_bytes: options.max_response_bytes,
            total: options.timeouts.total,
        })
    }

    /// Sends a request and reads its answer, within `left`.
    pub(crate) fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<&[u8]>,
        left: Duration,
    ) -> Result<RawResponse, ExchangeError> {
        let _hush = TraceGuard::new();
        let started = Cell::new(false);
        let result = self.send(method, path, body, left, &started);
        let response = result.map_err(|error| {
            // The body is started after the connection stands and the headers are written. Not started, hence no
            // complete request left. A request without a body has no such mark.
            unanswered(error, body.is_some() && !started.get())
        })?;
        Ok(self.read(response))
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&[u8]>,
        left: Duration,
        started: &Cell<bool>,
    ) -> Result<Response<Body>, ureq::Error> {
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, JSON);
        match body {
            Some(body) => {
                let mut watched = TrackedBody { body, started };
                let request = request
                    .header(header::CONTENT_TYPE, JSON)
                    .header(header::CONTENT_LENGTH, body.len())
                    .body(SendBody::from_reader(&mut watched))?;
                self.run(request, left)
            }
            None => self.run(request.body(SendBody::none())?, left),
        }
    }

    fn run(&self, request: Request<SendBody<'_>>, left: Duration) -> Result<Response<Body>, ureq::Error> {
        if left == self.total {
            return self.agent.run(request);
        }
        let request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        self.agent.run(request)
    }

    fn read(&self, response: Response<Body>) -> RawResponse {
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(self.max_response_bytes).read_to_vec().map_err(|error| {
            let (kind, detail) = match &error {
                ureq::Error::BodyExceedsLimit(_) => (ErrorKind::OversizedResponse, ""),
                ureq::Error::Timeout(_) => (ErrorKind::Timeout, "while reading the answer"),
                _ => (ErrorKind::TruncatedResponse, ""),
            };
            ExchangeError { kind, outcome: Outcome::Unknown, detail, source: Some(Box::new(error)) }
        });
        RawResponse { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// A request body that notes when it is first asked for.
struct TrackedBody<'a> {
    body: &'a [u8],
    started: &'a Cell<bool>,
}

impl Read for TrackedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.started.set(true);
        self.body.read(buffer)
    }
}

/// What an error says. Everything that fails while dialling comes wrapped in a [`DialError`], so it is known
/// that no request left; of the rest, `not_pulled` says so.
fn unanswered(error: ureq::Error, not_pulled: bool) -> ExchangeError {
    let error = match error {
        ureq::Error::Other(other) => match other.downcast::<DialError>() {
            Ok(dial) => {
                let (kind, detail, source) = dial.into_parts();
                return ExchangeError { kind, outcome: Outcome::NotSent, detail, source: Some(source) };
            }
            Err(other) => ureq::Error::Other(other),
        },
        error => error,
    };
    let (kind, detail) = match &error {
        ureq::Error::Timeout(phase) => (ErrorKind::Timeout, phase_name(*phase)),
        ureq::Error::Io(_) => (ErrorKind::ConnectionLost, "before the answer was complete"),
        _ => (ErrorKind::Protocol, ""),
    };
    let outcome = if not_pulled { Outcome::NotSent } else { Outcome::Unknown };
    ExchangeError { kind, outcome, detail, source: Some(Box::new(error)) }
}

fn phase_name(phase: Timeout) -> &'static str {
    match phase {
        Timeout::Resolve => "while resolving the host's name",
        Timeout::Connect => "while connecting",
        Timeout::SendRequest | Timeout::SendBody | Timeout::PerWrite => "while sending the request",
        Timeout::RecvResponse | Timeout::PerRead => "while waiting for the answer",
        Timeout::RecvBody => "while reading the answer",
        _ => "when the call's time was up",
    }
}

/// A moment later by `duration`, or as late as the clock can say.
pub(crate) fn deadline_after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 3600))
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
