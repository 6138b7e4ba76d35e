//! What SMPP's errors mean for whoever ran the command.

use engagelab_otp::Outcome;
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::{ConnectError, ConnectErrorKind, SubmitError, SubmitErrorKind};

use crate::exit::Exit;
use crate::explain::{LOST_SEND, snake_case};
use crate::failure::{Failure, chain};

/// No session came about, so that nothing was sent.
pub(crate) fn not_connected(error: &ConnectError) -> Failure {
    let text = chain(error);
    let exit = match error.kind() {
        ConnectErrorKind::Config(invalid) => return Failure::from(invalid),
        ConnectErrorKind::BindRefused(status) if status.asks_to_slow_down() => Exit::RateLimited,
        ConnectErrorKind::BindRefused(_) | ConnectErrorKind::ClosedDuringBind => Exit::Rejected,
        ConnectErrorKind::Tls if text.contains("certificate") => Exit::Usage,
        _ => Exit::NotSent,
    };
    let advice = match exit {
        Exit::NotSent => "Nothing was sent; it is safe to run this again.",
        Exit::RateLimited => "Nothing was sent. Wait a while, then run it again.",
        _ => "Nothing was sent; the same again will fail again.",
    };
    with_status(
        Failure::new(exit, &text),
        match error.kind() {
            ConnectErrorKind::BindRefused(status) => Some(status),
            _ => None,
        },
    )
    .with_advice(advice)
    .with("kind", kind(&format!("{:?}", error.kind())))
}

/// The message was not accepted, or nobody knows whether it was.
pub(super) fn not_accepted(error: &SubmitError) -> Failure {
    let slow_down = error.status().is_some_and(Status::asks_to_slow_down);
    let failure = match (error.kind(), error.outcome()) {
        (SubmitErrorKind::InvalidMessage(input), _) => return Failure::from(input),
        (_, Outcome::NotSent) => {
            Failure::new(Exit::NotSent, error).with_advice("Nothing was sent; it is safe to run this again.")
        }
        (_, Outcome::Rejected) if slow_down => Failure::new(Exit::RateLimited, error)
            .with_advice("Nothing was done. Wait a while, then run it again."),
        (_, Outcome::Rejected) => Failure::new(Exit::Rejected, error)
            .with_advice("Nothing was sent; the same message will be refused again."),
        (_, Outcome::Unknown) => Failure::new(Exit::Unknown, error).with_advice(LOST_SEND),
    };
    with_status(failure, error.status()).with("kind", kind(&format!("{:?}", error.kind())))
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
