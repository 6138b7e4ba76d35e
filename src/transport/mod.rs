//! One HTTP exchange: a request goes out, an answer comes back, or it is known how far the request got.
//!
//! This folder is the only place that names ureq. It does not retry, and does not read what answers mean.

mod dial;
mod hush;
mod look_up;
mod options;
#[cfg(feature = "sandbox")]
mod post;
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
use hush::Hush;
use look_up::Placeholder;
pub(crate) use options::TransportOptions;
pub use options::{Proxy, Roots, Timeouts, TlsBackend};
#[cfg(feature = "sandbox")]
pub(crate) use post::Poster;

/// The connections to one base URL, with one key.
pub(crate) struct Transport {
    agent: Agent,
    base: String,
    authorization: HeaderValue,
    answer_limit: u64,
    total: Duration,
}

/// An answer. Its body may still be one that could not be read.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Result<Vec<u8>, Unanswered>,
}

/// Why there is no answer, and whether the request may have left.
pub(crate) struct Unanswered {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) detail: &'static str,
    pub(crate) source: Option<Source>,
}

impl Transport {
    pub(crate) fn new(options: &TransportOptions, credentials: &Credentials) -> Result<Self, InvalidInput> {
        let base = options.base_url()?;
        let mut authorization = HeaderValue::from_str(&credentials.authorization())
            .map_err(|_| InvalidInput::new("dev_secret", "the credentials fit a header"))?;
        authorization.set_sensitive(true);
        let config = options.config(&base)?;
        let agent = Agent::with_parts(config, Dialer::new(&options.timeouts), Placeholder);
        Ok(Self {
            agent,
            base: base.text,
            authorization,
            answer_limit: options.answer_limit,
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
    ) -> Result<Reply, Unanswered> {
        let _hush = Hush::new();
        let pulled = Cell::new(false);
        let result = self.send(method, path, body, left, &pulled);
        let response = result.map_err(|error| {
            // The body is pulled after the connection stands and the headers are written. Not pulled, hence no
            // complete request left. A request without a body has no such mark.
            unanswered(error, body.is_some() && !pulled.get())
        })?;
        Ok(self.read(response))
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&[u8]>,
        left: Duration,
        pulled: &Cell<bool>,
    ) -> Result<Response<Body>, ureq::Error> {
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::ACCEPT, JSON);
        match body {
            Some(body) => {
                let mut watched = Watched { body, pulled };
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

    fn read(&self, response: Response<Body>) -> Reply {
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(self.answer_limit).read_to_vec().map_err(|error| {
            let (kind, detail) = match &error {
                ureq::Error::BodyExceedsLimit(_) => (ErrorKind::OversizedAnswer, ""),
                ureq::Error::Timeout(_) => (ErrorKind::Timeout, "while reading the answer"),
                _ => (ErrorKind::TruncatedAnswer, ""),
            };
            Unanswered { kind, outcome: Outcome::Unknown, detail, source: Some(Box::new(error)) }
        });
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// A request body that notes when it is first asked for.
struct Watched<'a> {
    body: &'a [u8],
    pulled: &'a Cell<bool>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pulled.set(true);
        self.body.read(buffer)
    }
}

/// What an error says. Everything that fails while dialling comes wrapped in a [`DialError`], so it is known
/// that no request left; of the rest, `not_pulled` says so.
fn unanswered(error: ureq::Error, not_pulled: bool) -> Unanswered {
    let error = match error {
        ureq::Error::Other(other) => match other.downcast::<DialError>() {
            Ok(dial) => {
                let (kind, detail, source) = dial.into_parts();
                return Unanswered { kind, outcome: Outcome::NotSent, detail, source: Some(source) };
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
    Unanswered { kind, outcome, detail, source: Some(Box::new(error)) }
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
pub(crate) fn later(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 3600))
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
