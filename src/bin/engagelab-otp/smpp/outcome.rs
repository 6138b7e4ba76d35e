//! What SMPP's errors mean for whoever ran the command.

use std::error::Error as StdError;

use engagelab_otp::Outcome;
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::{ConnectError, ConnectErrorKind, SubmitError, SubmitErrorKind};

use crate::exit::Exit;
use crate::explain::{LOST_SEND, snake_case};
use crate::failure::Failure;

/// No session came about, so that nothing was sent.
pub(crate) fn not_connected(error: &ConnectError, address: &str, is_sandbox: bool) -> Failure {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let again = "Nothing was sent; it is safe to run this again.";
    let (exit, reason, advice) = match error.kind() {
        ConnectErrorKind::Config(invalid) => return Failure::from(invalid),
        ConnectErrorKind::Resolve => (
            Exit::NotSent,
            format!("the host of {address} has no address{cause}"),
            format!("{again} Check the address, and this machine's DNS."),
        ),
        ConnectErrorKind::Connect if is_sandbox => (
            Exit::NotSent,
            format!("cannot connect to {address} over SMPP{cause}"),
            "Nothing was sent. Is a sandbox running there? `engagelab-otp sandbox` starts one.".to_owned(),
        ),
        ConnectErrorKind::Connect => (
            Exit::NotSent,
            format!("cannot connect to {address} over SMPP{cause}"),
            format!("{again} Check host, port and firewall."),
        ),
        ConnectErrorKind::Certificate => (
            Exit::Usage,
            format!("the certificate of {address} is not trusted{cause}"),
            "Nothing was sent. If you know who issued it, give its root certificate with --ca-cert, smpp.ca_cert or \
             SSL_CERT_FILE."
                .to_owned(),
        ),
        ConnectErrorKind::Tls => (
            Exit::NotSent,
            format!("no TLS with {address}{cause}"),
            format!("{again} Check the port: it may be the one without TLS."),
        ),
        ConnectErrorKind::ClosedDuringBind => (
            Exit::Rejected,
            format!("{address} closed the connection at the login"),
            "Nothing was sent. This is how the service refuses credentials, and addresses that it does not know: check \
             system id and password, and ask whether this machine's address is allowed."
                .to_owned(),
        ),
        ConnectErrorKind::BindRefused(status) if status.asks_to_slow_down() => (
            Exit::RateLimited,
            format!("the service refused the login: {}", words(status)),
            "Nothing was sent. Wait a while, then run it again.".to_owned(),
        ),
        ConnectErrorKind::BindRefused(status) => (
            Exit::Rejected,
            format!("the service refused the login: {}", words(status)),
            format!("Nothing was sent. {}.", capital(status.advice())),
        ),
        ConnectErrorKind::BindUnanswered => (
            Exit::NotSent,
            format!("{address} did not answer the login in time"),
            format!("{again} Check the port: it may be the one with TLS."),
        ),
        ConnectErrorKind::Protocol => (
            Exit::NotSent,
            format!("{address} does not speak SMPP"),
            format!("{again} Check the port: it may be the one with TLS, or another service's."),
        ),
        _ => (Exit::NotSent, format!("{error}{cause}"), again.to_owned()),
    };
    let status = match error.kind() {
        ConnectErrorKind::BindRefused(status) => Some(status),
        _ => None,
    };
    with_status(Failure::new(exit, reason), status)
        .with_advice(advice)
        .with("kind", kind(&format!("{:?}", error.kind())))
}

/// The message was not accepted, or nobody knows whether it was.
pub(super) fn not_accepted(error: &SubmitError) -> Failure {
    let failure = match (error.kind(), error.outcome()) {
        (SubmitErrorKind::InvalidMessage(input), _) => return Failure::from(input),
        (SubmitErrorKind::Rejected(status), _) => refused(status),
        (kind, Outcome::NotSent) => {
            let reason = match kind {
                SubmitErrorKind::NoRoom => "the service took no message in time",
                SubmitErrorKind::LostBeforeSending => "the connection was lost before the message was sent",
                _ => "there is no connection to the service",
            };
            Failure::new(Exit::NotSent, reason).with_advice("Nothing was sent; it is safe to run this again.")
        }
        (kind, _) => {
            let what = match kind {
                SubmitErrorKind::Unanswered => "no answer came in time",
                _ => "the connection was lost before the answer came",
            };
            Failure::new(Exit::Unknown, format!("asked the service to send, and {what}"))
                .with_advice(LOST_SEND)
        }
    };
    with_status(failure, error.status()).with("kind", kind(&format!("{:?}", error.kind())))
}

fn refused(status: Status) -> Failure {
    let reason = format!("the service refused to send: {}", words(status));
    if status.asks_to_slow_down() {
        return Failure::new(Exit::RateLimited, reason)
            .with_advice("Nothing was done. Wait a while, then run it again.");
    }
    let advice = match status {
        Status::SYSTEM_ERROR | Status::UNKNOWN_ERROR => {
            "Nothing was sent. Try again later; if that fails too, tell the service's support.".to_owned()
        }
        _ => format!("{}; the same message will be refused again.", capital(status.advice())),
    };
    Failure::new(Exit::Rejected, reason).with_advice(advice)
}

/// A status as people speak of it, with its name for those who look it up.
fn words(status: Status) -> String {
    let words = match status {
        Status::INVALID_PARAMETER => "a parameter is wrong",
        Status::SYSTEM_ERROR => "it has an internal error",
        Status::SUBMIT_FAILED => "sending failed, often because of the template",
        Status::INVALID_CONTENT => "it cannot read the message's text",
        Status::INVALID_DESTINATION => "the number is wrong",
        Status::THROTTLED => "too many messages in too short a time",
        Status::QUEUE_FULL => "its queue is full",
        Status::INVALID_PASSWORD => "the password is wrong",
        Status::INVALID_SYSTEM_ID => "the system id is wrong",
        Status::BIND_FAILED => "the login failed",
        Status::ALREADY_BOUND => "there is a session already",
        _ => return status.to_string(),
    };
    match status.name() {
        Some(name) => format!("{words} ({name}, {:#04x})", status.0),
        None => words.to_owned(),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn with_status(failure: Failure, status: Option<Status>) -> Failure {
    match status {
        Some(status) => failure.with("code", status.0).with("class", status.name()),
        None => failure,
    }
}

/// A variant's name without what it holds.
fn kind(variant: &str) -> String {
    snake_case(variant.split(['(', ' ', '{']).next().unwrap_or(variant))
}
