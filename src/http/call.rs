//! One call: attempts, pauses between them, and what is known at the end.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::api::Operation;
use crate::api::types::ErrorCode;
use crate::clock::Clock;
use crate::error::Error;
use crate::http::attempt::{Attempt, AttemptFailure};
use crate::http::redact::Redactor;
use crate::http::response::{self, Decode};
use crate::http::retry::{Failed, RetryPolicy};
use crate::http::transport::{Transport, deadline_after};
use crate::{ErrorKind, InvalidInput, Outcome};

/// Makes calls. Shared by all clones of a client.
pub(crate) struct Executor {
    pub(crate) transport: Transport,
    pub(crate) retry: RetryPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hook: Option<Hook>,
    /// What must never be shown, whatever was sent: the secret, and the header made of it.
    pub(crate) secrets: [String; 2],
}

pub(crate) type Hook = Arc<dyn Fn(&Attempt) + Send + Sync>;

/// What an operation sends, written out.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) path: Cow<'static, str>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) budget: Duration,
}

impl Executor {
    pub(crate) fn call(&self, call: &Call<'_>, decode: Decode<'_>) -> Result<(), Error> {
        // One reading of the clock for both, so that the first attempt has the whole budget, to the nanosecond: the
        // transport then needs no configuration of its own for it.
        let mut began = self.clock.now();
        let deadline = deadline_after(began, call.budget);
        let mut may_have_acted = false;
        let mut number = 1;
        loop {
            let left = deadline.saturating_duration_since(began);
            let mut result = self.attempt(call, left, decode);
            if may_have_acted && is_gone(call, &result) {
                result = decode(DONE).map_err(|_| Error::new(ErrorKind::UnexpectedJson, Outcome::Unknown));
            }
            let ended = self.clock.now();
            let mut attempt = Attempt {
                operation: call.operation.id,
                number,
                duration: ended.saturating_duration_since(began),
                status: None,
                failure: None,
                retry_in: None,
            };
            let Err(error) = result else {
                self.watch(&attempt);
                return Ok(());
            };
            attempt.status = error.status();
            attempt.failure = Some(AttemptFailure {
                kind: error.kind(),
                outcome: error.outcome(),
                code: error.api().map(crate::ApiError::code),
            });
            let failed = Failed {
                attempt: number,
                outcome: error.outcome(),
                status: error.status(),
                retry_after: error.retry_after(),
                repeatable: call.operation.repeatable,
            };
            let left = deadline.saturating_duration_since(ended);
            attempt.retry_in = self.retry.pause(&failed, left, fastrand::f64());
            self.watch(&attempt);
            may_have_acted |= error.outcome() == Outcome::Unknown;
            let Some(pause) = attempt.retry_in else {
                let outcome = if may_have_acted { Outcome::Unknown } else { error.outcome() };
                return Err(error.of_call(call.operation.id, number, outcome));
            };
            self.clock.sleep(pause);
            began = self.clock.now();
            number += 1;
        }
    }

    fn attempt(&self, call: &Call<'_>, left: Duration, decode: Decode<'_>) -> Result<(), Error> {
        if left.is_zero() {
            let detail = "the call's time was up before it began";
            return Err(Error::new(ErrorKind::Timeout, Outcome::NotSent).with_detail(detail));
        }
        let body = call.body.as_deref();
        let reply = self.transport.exchange(&call.operation.method, &call.path, body, left)?;
        let sensitive = || Redactor::of(body, &self.secrets.each_ref().map(String::as_str));
        response::read(reply, self.clock.time_of_day(), sensitive, decode)
    }

    fn watch(&self, attempt: &Attempt) {
        if attempt.failure.is_some() {
            log::warn!(target: "engagelab_otp", "{attempt}");
        } else {
            log::debug!(target: "engagelab_otp", "{attempt}");
        }
        if let Some(hook) = &self.hook {
            hook(attempt);
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("retry", &self.retry).finish_non_exhaustive()
    }
}

/// Whether this is a delete whose object is no longer there.
fn is_gone(call: &Call<'_>, result: &Result<(), Error>) -> bool {
    let code = result.as_ref().err().and_then(Error::api).map(crate::ApiError::code);
    call.operation.method == http::Method::DELETE && code == Some(ErrorCode::NotFound)
}

/// The operation's path with its parameters filled in, each encoded as one segment.
pub(crate) fn path(operation: &Operation, segments: &[&str]) -> Result<Cow<'static, str>, InvalidInput> {
    if segments.is_empty() {
        return Ok(Cow::Borrowed(operation.path));
    }
    let mut filled = String::with_capacity(operation.path.len() + 32);
    let mut rest = operation.path;
    for segment in segments {
        let Some((before, after)) = rest.split_once('{') else { break };
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let rule = "must not be empty, `.` or `..`: the path would lead elsewhere";
        InvalidInput::unless(!matches!(*segment, "" | "." | ".."), name, rule)?;
        filled.push_str(before);
        filled.extend(utf8_percent_encode(segment, ENCODED));
        rest = after;
    }
    filled.push_str(rest);
    Ok(Cow::Owned(filled))
}

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the service answers to a delete that it has done.
const DONE: &[u8] = br#"{"code":0,"message":"success"}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::operations::{GET_TEMPLATE, LIST_TEMPLATES};

    #[test]
    fn a_path_parameter_is_one_segment() {
        assert_eq!(path(&LIST_TEMPLATES, &[]).as_deref(), Ok("/v1/template-configs"));
        assert_eq!(path(&GET_TEMPLATE, &["login"]).as_deref(), Ok("/v1/template-configs/login"));
        assert_eq!(
            path(&GET_TEMPLATE, &["a/b?c#d e%é"]).as_deref(),
            Ok("/v1/template-configs/a%2Fb%3Fc%23d%20e%25%C3%A9")
        );
    }

    #[test]
    fn a_segment_that_would_lead_elsewhere_is_refused() {
        for segment in ["", ".", ".."] {
            let refused = path(&GET_TEMPLATE, &[segment]).expect_err("refused");
            assert_eq!(refused.field(), "templateId");
        }
    }
}
