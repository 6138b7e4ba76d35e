//! Why an exchange failed, and whether the request may have left.

use ureq::Timeout;

use crate::error::Source;
use crate::{ErrorKind, Outcome};

use super::connector::ConnectError;

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
            _ => (ErrorKind::TruncatedResponse, ""),
        };
        Self { kind, outcome: Outcome::Unknown, detail, source: Some(Box::new(error)) }
    }

    pub(super) fn oversized_body() -> Self {
        Self { kind: ErrorKind::OversizedResponse, outcome: Outcome::Unknown, detail: "", source: None }
    }
}

pub(super) fn phase_name(phase: Timeout) -> &'static str {
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
