//! Why an exchange failed, and whether the request may have left.

use std::fmt;

use ureq::Timeout;

use crate::error::Source;
use crate::{ErrorKind, Outcome};

/// Why there is no response, or no whole one.
pub(crate) struct ExchangeError {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) detail: &'static str,
    pub(crate) source: Option<Source>,
}

impl ExchangeError {
    /// What an error says. Everything that fails while connecting comes wrapped in a [`ConnectError`], so it is known
    /// that no request left; of the rest, `written` says so.
    pub(super) fn of(error: ureq::Error, written: bool) -> Self {
        let error = match error {
            ureq::Error::Other(other) => match other.downcast::<ConnectError>() {
                Ok(connect) => {
                    let (kind, detail, source) = connect.into_parts();
                    return Self { kind, outcome: Outcome::NotSent, detail, source: Some(source) };
                }
                Err(other) => ureq::Error::Other(other),
            },
            error => error,
        };
        let (kind, detail) = match &error {
            ureq::Error::Timeout(phase) => (ErrorKind::Timeout, phase_name(*phase)),
            ureq::Error::Io(_) => (ErrorKind::ConnectionLost, "before the answer was complete"),
            ureq::Error::LargeResponseHeader(..) => (ErrorKind::OversizedResponse, LARGE_HEAD),
            ureq::Error::Protocol(error) if error.to_string().contains("too many headers") => {
                (ErrorKind::OversizedResponse, "its head has too many fields")
            }
            _ => (ErrorKind::Protocol, ""),
        };
        let outcome = if written { Outcome::Unknown } else { Outcome::NotSent };
        Self { kind, outcome, detail, source: Some(Box::new(error)) }
    }

    pub(super) fn of_body(error: ureq::Error) -> Self {
        let (kind, detail) = match &error {
            ureq::Error::BodyExceedsLimit(_) => return Self::oversized_body(),
            ureq::Error::Timeout(_) => (ErrorKind::Timeout, "while reading the answer"),
            ureq::Error::Protocol(_) => (ErrorKind::Protocol, "in the answer's body"),
            _ => (ErrorKind::TruncatedResponse, ""),
        };
        Self { kind, outcome: Outcome::Unknown, detail, source: Some(Box::new(error)) }
    }

    /// A body whose end cannot be told.
    pub(super) fn misframed_body() -> Self {
        let detail = "its head says two things of where its body ends";
        Self { kind: ErrorKind::Protocol, outcome: Outcome::Unknown, detail, source: None }
    }

    pub(super) fn oversized_body() -> Self {
        Self { kind: ErrorKind::OversizedResponse, outcome: Outcome::Unknown, detail: "", source: None }
    }
}

/// A failure while connecting: no request has left.
#[derive(Debug)]
pub(super) struct ConnectError {
    kind: ErrorKind,
    detail: &'static str,
    source: Source,
}

impl ConnectError {
    pub(super) fn new(kind: ErrorKind, error: ureq::Error) -> Self {
        match error {
            // Connecting to the proxy went through here already, and knows better, but not that it was the proxy.
            ureq::Error::Other(other) => match other.downcast::<Self>() {
                Ok(inner) if inner.kind == ErrorKind::Timeout => *inner,
                Ok(inner) => Self { kind, ..*inner },
                Err(source) => Self { kind, detail: "", source },
            },
            ureq::Error::Timeout(phase) => {
                let detail =
                    if kind == ErrorKind::Tls { "during the TLS handshake" } else { phase_name(phase) };
                Self { kind: ErrorKind::Timeout, detail, source: Box::new(ureq::Error::Timeout(phase)) }
            }
            error => Self { kind, detail: "", source: Box::new(error) },
        }
    }

    /// The same of a TLS handshake.
    pub(super) fn of_handshake(error: ureq::Error) -> Self {
        let kind = if is_certificate(&error) { ErrorKind::Certificate } else { ErrorKind::Tls };
        Self::new(kind, error)
    }

    pub(super) fn into_ureq(self) -> ureq::Error {
        ureq::Error::Other(Box::new(self))
    }

    pub(super) fn into_parts(self) -> (ErrorKind, &'static str, Source) {
        (self.kind, self.detail, self.source)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())
    }
}

impl std::error::Error for ConnectError {}

/// Whether it is the certificate that is refused.
fn is_certificate(error: &ureq::Error) -> bool {
    match error {
        #[cfg(feature = "rustls")]
        ureq::Error::Io(error) => crate::tls::is_certificate(error),
        // The operating system's library says it in words alone.
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(error) => error.to_string().contains("certificate"),
        _ => false,
    }
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

const LARGE_HEAD: &str = "its head is larger than 12 KiB";
