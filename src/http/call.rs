//! One call: attempts, pauses between them, and what is known at the end.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api::Operation;
use crate::clock::Clock;
use crate::error::Error;
use crate::http::attempt::{Attempt, AttemptFailure, AttemptStart};
use crate::http::authorization::Authorization;
use crate::http::classify::{self, Decode};
use crate::http::redact::Redactor;
use crate::http::response::ResponseHead;
use crate::http::retry::{Failed, RetryPolicy};
use crate::http::transport::{ConnectionUse, RawRequest, Transport, deadline_after};
use crate::{ApiError, ErrorKind, Outcome};

/// Makes calls. Shared by all clones of a client.
pub(crate) struct Executor {
    pub(crate) transport: Transport,
    pub(crate) authorization: Authorization,
    pub(crate) retry: RetryPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hooks: Hooks,
    /// Which connections calls may use that do not ask for one of their own.
    pub(crate) connection: ConnectionUse,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: crate::metrics::CallMetrics,
}

/// Called before and after each attempt.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) start: Option<Hook<AttemptStart>>,
    pub(crate) end: Option<Hook<Attempt>>,
}

type Hook<T> = Arc<dyn Fn(&T) + Send + Sync>;

/// What an operation sends, written out.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) path: Cow<'static, str>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) budget: Duration,
    pub(crate) connection: ConnectionUse,
}

impl Executor {
    pub(crate) fn call(&self, call: &Call<'_>, decode: Decode<'_>) -> Result<ResponseHead, Error> {
        // One reading of the clock for both, so that the first attempt has the whole budget, to the nanosecond: the
        // transport then needs no configuration of its own for it.
        let mut began = self.clock.now();
        #[cfg(feature = "metrics")]
        let call_began = began;
        let deadline = deadline_after(began, call.budget);
        let uri = self.transport.join(&call.path)?;
        let mut may_have_acted = false;
        let mut number = 1;
        loop {
            if let Some(hook) = &self.hooks.start {
                hook(&AttemptStart { operation: call.operation.id, number });
            }
            let left = deadline.saturating_duration_since(began);
            let result = self.attempt(call, &uri, left, decode);
            let ended = self.clock.now();
            let mut attempt = Attempt {
                operation: call.operation.id,
                number,
                duration: ended.saturating_duration_since(began),
                status: None,
                failure: None,
                retry_in: None,
            };
            let error = match result {
                Ok(head) => {
                    self.report(&attempt);
                    #[cfg(feature = "metrics")]
                    self.metrics.call(call.operation.id, ended.saturating_duration_since(call_began), None);
                    return Ok(head);
                }
                Err(error) => error,
            };
            attempt.status = error.status();
            attempt.failure = Some(AttemptFailure {
                kind: error.kind(),
                outcome: error.outcome(),
                code: error.api().map(ApiError::code),
            });
            let failed = Failed {
                attempt: number,
                outcome: error.outcome(),
                throttled: error.is_throttled(),
                retry_after: error.retry_after(),
                repeatable: call.operation.repeatable,
            };
            let left = deadline.saturating_duration_since(ended);
            attempt.retry_in = self.retry.pause(&failed, left, fastrand::f64());
            self.report(&attempt);
            let Some(pause) = attempt.retry_in else {
                let error = error.of_call(call.operation.id, number, may_have_acted);
                #[cfg(feature = "metrics")]
                self.metrics.call(
                    call.operation.id,
                    ended.saturating_duration_since(call_began),
                    Some(&error),
                );
                return Err(error);
            };
            may_have_acted |= error.outcome() == Outcome::Unknown;
            self.clock.sleep(pause);
            began = self.clock.now();
            number += 1;
        }
    }

    fn attempt(
        &self,
        call: &Call<'_>,
        uri: &http::Uri,
        left: Duration,
        decode: Decode<'_>,
    ) -> Result<ResponseHead, Error> {
        if left.is_zero() {
            let detail = "the call's time was up before it began";
            return Err(Error::new(ErrorKind::Timeout, Outcome::NotSent).with_detail(detail));
        }
        let authorized = self.authorization.current();
        let own = [self.connection, call.connection].contains(&ConnectionUse::Own);
        let request = RawRequest {
            method: &call.operation.method,
            uri,
            headers: &call.headers,
            body: call.body.as_deref(),
            authorization: &authorized.header,
            connection: if own { ConnectionUse::Own } else { ConnectionUse::Pooled },
        };
        let response = self.transport.exchange(&request, left)?;
        let redactor = || Redactor::of(request.body, &authorized.secrets.each_ref().map(String::as_str));
        classify::read(response, self.clock.time_of_day(), redactor, decode)
    }

    fn report(&self, attempt: &Attempt) {
        #[cfg(feature = "metrics")]
        self.metrics.attempt(attempt);
        if attempt.failure.is_some() {
            log::warn!(target: "engagelab_otp", "{attempt}");
        } else {
            log::debug!(target: "engagelab_otp", "{attempt}");
        }
        if let Some(hook) = &self.hooks.end {
            hook(attempt);
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("retry", &self.retry).finish_non_exhaustive()
    }
}
