//! What this crate measures, told to the facade crate [`metrics`](https://docs.rs/metrics). The names are those of
//! OpenTelemetry's conventions where these have one.
//!
//! It keeps no numbers and serves none: a program installs the recorder of its choice, before it makes clients and
//! receivers, and calls [`describe`]. Without a recorder next to nothing is done.
//!
//! | metric | kind | labels | what |
//! |---|---|---|---|
//! | `http.client.request.duration` | histogram, seconds | `operation`, `outcome`, `error.type` | each attempt of a call; its count is the number of attempts |
//! | `engagelab.client.call.duration` | histogram, seconds | `operation`, `outcome`, `error.type` | whole calls, with their repeats and pauses |
//! | `engagelab.guard.decisions` | counter | `operation`, `verdict`, `limit`, `prefix` | decisions of guards: `admitted`, `denied`, `recorded` or `unavailable`; the dial prefix where limits name it, else `other` |
//! | `engagelab.callback.requests` | counter | `result` | callbacks: `events`, `address_check`, `duplicate`, or why they were refused |
//! | `http.server.request.duration` | histogram, seconds | `operation`, `http.response.status_code` | until a callback is answered, or until the sandbox has an answer |
//! | `engagelab.smpp.submissions` | counter | `outcome`, `error.type` | SMPP submissions |
//! | `engagelab.smpp.submit.duration` | histogram, seconds | | the round trip of a submission that was answered |
//! | `engagelab.smpp.enquire.duration` | histogram, seconds | | the round trip of an `enquire_link` |
//! | `engagelab.smpp.throttles` | counter | | submissions that were answered with a request to slow down |
//! | `engagelab.smpp.window.used` | gauge | | submissions that wait for their answer, over all links |
//! | `engagelab.smpp.window.size` | gauge | | how many may wait, over all links that are bound |
//!
//! `operation` is an `operationId` of the document, `outcome` is `success` or an [`Outcome`], and `error.type` the kind of
//! the error, the name of the service's code, or the name of an SMPP status; it is left out where there was none. Each
//! label has a small set of values, so that no metric has more than 1,000 series. **No recipient, no id and no text ever
//! is one.**

use std::time::Duration;

use ::metrics::{Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};
use serde::Serialize;

use crate::api::{Operation, operations};
use crate::{ApiError, Attempt, Error, ErrorCode, ErrorKind, Outcome};

/// Tells the recorder that is installed what each metric is, and its unit.
pub fn describe() {
    describe_histogram!(ATTEMPTS, Unit::Seconds, "How long each attempt of a call took.");
    describe_histogram!(CALLS, Unit::Seconds, "How long calls took, with their repeats and pauses.");
    describe_histogram!(SERVED, Unit::Seconds, "How long requests took until they were answered.");
    describe_counter!(GUARD, Unit::Count, "Decisions of guards, by verdict, limit and dial prefix.");
    describe_counter!(CALLBACKS, Unit::Count, "Callbacks, by what became of them.");
    describe_counter!(SUBMISSIONS, Unit::Count, "SMPP submissions, by what became of them.");
    describe_histogram!(SUBMIT, Unit::Seconds, "How long answers to SMPP submissions took.");
    describe_histogram!(ENQUIRE, Unit::Seconds, "How long answers to enquire_link took.");
    describe_counter!(THROTTLES, Unit::Count, "Requests of the service to slow down.");
    describe_gauge!(WINDOW_USED, Unit::Count, "SMPP submissions that wait for their answer.");
    describe_gauge!(WINDOW_SIZE, Unit::Count, "SMPP submissions that may wait for their answer.");
}

const ATTEMPTS: &str = "http.client.request.duration";
const CALLS: &str = "engagelab.client.call.duration";
const SERVED: &str = "http.server.request.duration";
const GUARD: &str = "engagelab.guard.decisions";
const CALLBACKS: &str = "engagelab.callback.requests";
const SUBMISSIONS: &str = "engagelab.smpp.submissions";
const SUBMIT: &str = "engagelab.smpp.submit.duration";
const ENQUIRE: &str = "engagelab.smpp.enquire.duration";
const THROTTLES: &str = "engagelab.smpp.throttles";
const WINDOW_USED: &str = "engagelab.smpp.window.used";
const WINDOW_SIZE: &str = "engagelab.smpp.window.size";

/// One decision of a guard.
#[cfg(feature = "guard")]
pub(crate) fn guard_decision(decided: &crate::guard::Decided<'_>, named_prefix: Option<&str>) {
    use crate::guard::Verdict;

    let verdict = match decided.verdict {
        Verdict::Admitted => "admitted",
        Verdict::Denied(_) => "denied",
        Verdict::Recorded(_) => "recorded",
        Verdict::Unavailable { .. } => "unavailable",
    };
    let limit = decided.verdict.limit().map_or("", crate::guard::LimitKind::as_str);
    // Only prefixes that the limits name, so that an attack on many prefixes does not make as many series.
    let prefix = named_prefix.unwrap_or("other").to_owned();
    let operation = decided.operation.as_str();
    counter!(GUARD, "operation" => operation, "verdict" => verdict, "limit" => limit, "prefix" => prefix)
        .increment(1);
}

/// What one client measures. The handles of what happens in every call are asked for once.
pub(crate) struct CallMetrics {
    successes: Vec<Success>,
}

struct Success {
    operation: &'static str,
    attempt: Histogram,
    call: Histogram,
}

impl CallMetrics {
    pub(crate) fn new() -> Self {
        let success = |operation: &Operation| Success {
            operation: operation.id,
            attempt: histogram!(ATTEMPTS, "operation" => operation.id, "outcome" => SUCCESS),
            call: histogram!(CALLS, "operation" => operation.id, "outcome" => SUCCESS),
        };
        Self { successes: operations::ALL.iter().map(success).collect() }
    }

    /// One attempt of a call.
    pub(crate) fn attempt(&self, attempt: &Attempt) {
        match attempt.failure {
            None => {
                if let Some(success) = self.success(attempt.operation) {
                    success.attempt.record(attempt.duration.as_secs_f64());
                }
            }
            Some(failure) => {
                let kind = error_type(failure.kind, failure.code);
                failed(ATTEMPTS, attempt.operation, failure.outcome, kind)
                    .record(attempt.duration.as_secs_f64());
            }
        }
    }

    /// A whole call.
    pub(crate) fn call(&self, operation: &'static str, took: Duration, error: Option<&Error>) {
        match error {
            None => {
                if let Some(success) = self.success(operation) {
                    success.call.record(took.as_secs_f64());
                }
            }
            Some(error) => {
                let kind = error_type(error.kind(), error.api().map(ApiError::code));
                failed(CALLS, operation, error.outcome(), kind).record(took.as_secs_f64());
            }
        }
    }

    fn success(&self, operation: &str) -> Option<&Success> {
        self.successes.iter().find(|success| success.operation == operation)
    }
}

fn failed(metric: &'static str, operation: &'static str, outcome: Outcome, kind: String) -> Histogram {
    histogram!(metric, "operation" => operation, "outcome" => name(outcome), "error.type" => kind)
}

fn error_type(kind: ErrorKind, code: Option<ErrorCode>) -> String {
    code.map_or_else(|| name(kind), |code| code.name().to_owned())
}

/// The name of a variant, as it stands in JSON.
fn name(variant: impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "other".to_owned(),
    }
}

/// Counts a callback once, by what became of it last.
#[cfg(feature = "callback")]
#[derive(Debug)]
pub(crate) struct CallbackCount(pub(crate) &'static str);

#[cfg(feature = "callback")]
impl Drop for CallbackCount {
    fn drop(&mut self) {
        counter!(CALLBACKS, "result" => self.0).increment(1);
    }
}

/// A request that was answered, or left without an answer on purpose.
#[cfg(feature = "callback")]
pub(crate) fn served(operation: &'static str, status: Option<u16>, took: Duration) {
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    histogram!(SERVED, "operation" => operation, "http.response.status_code" => status)
        .record(took.as_secs_f64());
}

#[cfg(feature = "smpp")]
pub(crate) use link::LinkMetrics;

#[cfg(feature = "smpp")]
mod link {
    use std::fmt;
    use std::time::Duration;

    use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

    use super::{ENQUIRE, SUBMISSIONS, SUBMIT, SUCCESS, THROTTLES, WINDOW_SIZE, WINDOW_USED, name};
    use crate::Outcome;
    use crate::smpp::pdu::Status;

    /// What one SMPP link measures. What it added to the sums over all links goes with it.
    pub(crate) struct LinkMetrics {
        accepted: Counter,
        submit: Histogram,
        enquire: Histogram,
        throttles: Counter,
        window_used: Gauge,
        window_size: Gauge,
        used: usize,
        size: usize,
    }

    impl LinkMetrics {
        pub(crate) fn new() -> Self {
            Self {
                accepted: counter!(SUBMISSIONS, "outcome" => SUCCESS),
                submit: histogram!(SUBMIT),
                enquire: histogram!(ENQUIRE),
                throttles: counter!(THROTTLES),
                window_used: gauge!(WINDOW_USED),
                window_size: gauge!(WINDOW_SIZE),
                used: 0,
                size: 0,
            }
        }

        /// How many submissions wait, and may wait.
        pub(crate) fn window(&mut self, used: usize, size: usize) {
            change(&self.window_used, &mut self.used, used);
            change(&self.window_size, &mut self.size, size);
        }

        /// How many submissions may wait.
        pub(crate) const fn size(&self) -> usize {
            self.size
        }

        /// An answer. One that is late was counted as unknown before.
        pub(crate) fn answered(&self, took: Duration, is_in_time: bool, answer: Result<(), Status>) {
            self.submit.record(took.as_secs_f64());
            if answer.is_err_and(Status::asks_to_slow_down) {
                self.throttles.increment(1);
            }
            match answer {
                _ if !is_in_time => {}
                Ok(()) => self.accepted.increment(1),
                Err(status) => {
                    let status = status.name().unwrap_or("other");
                    counter!(SUBMISSIONS, "outcome" => name(Outcome::Rejected), "error.type" => status)
                        .increment(1);
                }
            }
        }

        /// A submission without an answer.
        pub(crate) fn unanswered(outcome: Outcome, why: &'static str) {
            counter!(SUBMISSIONS, "outcome" => name(outcome), "error.type" => why).increment(1);
        }

        pub(crate) fn enquired(&self, took: Duration) {
            self.enquire.record(took.as_secs_f64());
        }
    }

    fn change(gauge: &Gauge, before: &mut usize, now: usize) {
        let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if now > *before {
            gauge.increment(float(now - *before));
        } else if now < *before {
            gauge.decrement(float(*before - now));
        }
        *before = now;
    }

    impl Drop for LinkMetrics {
        fn drop(&mut self) {
            self.window(0, 0);
        }
    }

    impl fmt::Debug for LinkMetrics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("LinkMetrics").finish_non_exhaustive()
        }
    }
}

const SUCCESS: &str = "success";
