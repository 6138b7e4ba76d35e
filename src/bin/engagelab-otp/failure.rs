//! Why a subcommand did not end well, and the exit code that tells scripts.
//!
//! The codes are a promise: 0 done, 1 not verified, 2 usage, 3 rejected, 4 rate limited, 5 not sent, 6 unknown.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use engagelab_otp::api::operations;
use engagelab_otp::{Error, ErrorCodeClass, ErrorKind, InvalidInput, Outcome};

/// The exit codes other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The code is not the right one, or the callback is not genuine. The answer stands on standard output.
    NotVerified = 1,
    /// The arguments, the profile or the input cannot be used. Nothing was sent.
    Usage = 2,
    /// The service said no.
    Rejected = 3,
    /// The service said not now.
    RateLimited = 4,
    /// Nothing left this machine.
    NotSent = 5,
    /// The service may have acted, or not.
    Unknown = 6,
}

/// What is said on standard error, and the exit code.
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// Empty if everything has been said.
    pub(crate) reason: String,
    /// What to do now; one sentence or more.
    pub(crate) advice: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, reason: impl fmt::Display) -> Self {
        Self { exit, reason: reason.to_string(), advice: None }
    }

    /// The subcommand could not do what the arguments say.
    pub(crate) fn usage(reason: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, reason)
    }

    /// A check came to a no, and has said so where its answer belongs.
    pub(crate) fn not_verified() -> Self {
        Self::new(Exit::NotVerified, "")
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<InvalidInput> for Failure {
    fn from(invalid: InvalidInput) -> Self {
        Self::usage(invalid)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = exit_of(&error);
        let failure = Self::new(exit, chain(&error));
        match exit {
            Exit::RateLimited => failure.with_advice(match error.retry_after() {
                Some(pause) => {
                    format!("Nothing was done. Wait {} seconds, then run it again.", pause.as_secs())
                }
                None => "Nothing was done. Wait a while, then run it again.".to_owned(),
            }),
            Exit::NotSent => failure.with_advice("It is safe to run this again."),
            Exit::Unknown => failure.with_advice(what_may_have_happened(error.operation())),
            Exit::NotVerified | Exit::Usage | Exit::Rejected => failure,
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    let slow_down = error.status() == Some(429)
        || error.api().is_some_and(|api| api.class() == ErrorCodeClass::RateLimited);
    match error.outcome() {
        _ if error.kind() == ErrorKind::InvalidInput => Exit::Usage,
        Outcome::NotSent => Exit::NotSent,
        Outcome::Rejected if slow_down => Exit::RateLimited,
        Outcome::Rejected => Exit::Rejected,
        Outcome::Unknown => Exit::Unknown,
    }
}

/// What a lost answer leaves open, and what not to do about it.
fn what_may_have_happened(operation: Option<&str>) -> String {
    let verify = operations::VERIFY_OTP.id;
    let create = operations::CREATE_TEMPLATE.id;
    let delete = operations::DELETE_TEMPLATE.id;
    let text = match operation {
        Some(id) if id == verify => {
            "The code may have been accepted, and is spent then. Do not take this for a yes, nor for a no. If a \
             second check says `expired_or_used`, nobody can tell any more: send a new code."
        }
        Some(id) if id == create => {
            "The template may exist now. Do not create it again before `template show` says that it does not."
        }
        Some(id) if id == delete => {
            "The template may be gone, or not. `template list` tells; deleting it again does no harm."
        }
        Some(id) if id == operations::LIST_TEMPLATES.id || id == operations::GET_TEMPLATE.id => {
            "This only reads: it is safe to run it again."
        }
        _ => LOST_SEND,
    };
    text.to_owned()
}

/// An error and what caused it, on one line. The library keeps secrets, codes and addresses out of both.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// What an unanswered send leaves open.
pub(crate) const LOST_SEND: &str = "The message may have been delivered and billed, or not. Do not send it again \
    before you know: look for it in the service's console, or wait for its callback.";
