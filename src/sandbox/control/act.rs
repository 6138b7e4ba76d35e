//! What a sandbox can be told to do.

use std::str::FromStr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::uri::PathAndQuery;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::Asked;
use super::history::{STATUS_RULE, is_status};
use super::{Control, Outcome, not_found};
use crate::InvalidInput;
use crate::api::types::{ErrorCode, MessageStatus, TemplateStatus};
use crate::http::transport::WebhookClient;
use crate::http_server::{Request, ResponseFault};
use crate::sandbox::fault::{CallbackFault, FAULT_HEADER, Fault};
use crate::sandbox::model::{Refusal, Seed, TimelineEntry};
use crate::sandbox::rest;
use crate::sandbox::shared::Shared;
use crate::sandbox::webhook::{self, Redelivery, SampleEvent, status_row};

/// The answer to what was done.
fn done() -> Value {
    json!({})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

pub(super) fn advance(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let Advance { advance_seconds } = asked.body()?;
    if !(0.0..=MOST_SECONDS).contains(&advance_seconds) {
        return Err(Refusal::parameter("advance_seconds", "must be 0 to 31536000, a year"));
    }
    shared.advance(Duration::from_secs_f64(advance_seconds));
    Ok(done())
}

pub(super) fn rewind(shared: &Shared) -> Value {
    shared.rewind();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    status: TemplateStatus,
}

pub(super) fn review(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let Review { status } = asked.body()?;
    if matches!(status, TemplateStatus::Other(_)) {
        return Err(Refusal::parameter("status", "must be 1 (in review), 2 (approved) or 3 (rejected)"));
    }
    let reviewed = shared.update(|state, _| state.model.review_template(&asked.of, status));
    reviewed.map(|()| done()).map_err(|refusal| refusal.with_status(404))
}

pub(super) fn restore_templates(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    asked.nothing()?;
    shared.update(|state, now| state.model.restore_templates(now));
    Ok(done())
}

pub(super) fn seed(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let seed = Seed::read(&asked.body()?)?;
    shared.update(|state, now| state.model.sow(seed, now))?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behavior {
    behavior: String,
}

pub(super) fn set_behavior(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let Behavior { behavior } = asked.body()?;
    let behavior = behavior.parse()?;
    shared.update(|state, _| state.model.set_behavior(&asked.of, Some(behavior)))?;
    Ok(done())
}

pub(super) fn end_behavior(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    shared.update(|state, _| state.model.set_behavior(&asked.of, None))?;
    Ok(done())
}

pub(super) fn clear_messages(shared: &Shared) -> Value {
    shared.update(|state, _| {
        state.model.clear_messages();
        state.outbox.clear();
        state.requests.clear();
    });
    done()
}

pub(super) fn reset(control: &Control, asked: &Asked<'_>) -> Outcome {
    asked.nothing()?;
    control.shared.rewind();
    control.shared.update(super::super::state::State::reset);
    #[cfg(feature = "smpp")]
    if control.smsc.upgrade().is_some() {
        super::smpp::set_faults(control, "")?;
    }
    Ok(done())
}

/// What is to happen to a message now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageEvent {
    event: String,
    error: Option<i64>,
}

pub(super) fn message_event(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let MessageEvent { event, error } = asked.body()?;
    let id = asked.of.as_str();
    if error.is_some() && event != "fail" {
        return Err(Refusal::parameter("error", "must be left out, but for the event fail"));
    }
    let error = error.map_or(Ok(ErrorCode::Unreachable), error_code)?;
    shared
        .update(|state, now| match event.as_str() {
            "deliver" => state.model.end_delivery(id, None, now),
            "fail" => state.model.end_delivery(id, Some(error), now),
            "expire" => state.model.expire_now(id, now),
            "verify" => state.model.verify_right(id, now),
            _ => Err(Refusal::parameter("event", "must be deliver, fail, expire or verify")),
        })
        .map_err(|refusal| match refusal.code {
            ErrorCode::NotFound => refusal.with_status(404),
            _ => refusal,
        })?;
    Ok(done())
}

/// An error's number; the same numbers as in a fault.
fn error_code(number: i64) -> Result<ErrorCode, Refusal> {
    let fault: Result<Fault, _> = format!("error={number}").parse();
    match fault {
        Ok(Fault::Error { code }) => Ok(code),
        _ => Err(Refusal::parameter("error", "must be the number of an error, such as 5012")),
    }
}

/// A request to the API, made by the console in the name of a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    key: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Value,
    fault: Option<String>,
}

pub(super) fn call(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let call: Call = asked.body_with_null(&["body", "fault"])?;
    let target: PathAndQuery = call.path.parse().map_err(|_| Refusal::parameter("path", "must be a path"))?;
    if !call.path.starts_with("/v1/") {
        return Err(Refusal::parameter("path", "must begin with /v1/"));
    }
    if call.method.parse::<http::Method>().is_err() {
        return Err(Refusal::parameter("method", "must be a method of HTTP, such as POST"));
    }
    let secret = shared.read(|state| {
        let known = state.model.keys().iter().find(|known| known.key() == call.key);
        known.map(|known| known.secret().to_owned())
    });
    // A key that is not known is tried all the same: to see what comes of it.
    let pair = format!("{}:{}", call.key, secret.unwrap_or_default());
    let mut headers = vec![
        ("authorization".to_owned(), format!("Basic {}", BASE64_STANDARD.encode(pair))),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    headers.extend(call.fault.map(|fault| (FAULT_HEADER.to_owned(), fault)));
    let body = if call.body.is_null() { Vec::new() } else { call.body.to_string().into_bytes() };
    let (path, query) = (target.path().to_owned(), target.query().unwrap_or_default().to_owned());
    let request = Request { method: call.method, path, query, headers, body, ..Request::default() };
    let began = Instant::now();
    let response = rest::answer(shared, &request);
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let unanswered = match response.fault {
        ResponseFault::Plain | ResponseFault::Slow(_) => None,
        ResponseFault::Lost => Some("acted on, and the connection closed without an answer"),
        ResponseFault::Stalled => Some("not acted on, and nothing said"),
        ResponseFault::Reset => Some("not acted on, and the connection reset"),
    };
    if let Some(fault) = unanswered {
        return Ok(json!({"unanswered": fault, "micros": micros}));
    }
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(json!({"status": response.status, "body": body, "micros": micros}))
}

/// What to report: an event, a status of a message, or a row as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    event: Option<String>,
    message: Option<String>,
    status: Option<MessageStatus>,
    row: Option<Value>,
}

pub(super) fn report(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let Report { event, message, status, row } = asked.body()?;
    let event: Option<SampleEvent> = event.map(|event| event.parse()).transpose()?;
    if status.as_ref().is_some_and(|status| !is_status(status)) {
        return Err(Refusal::parameter("status", STATUS_RULE));
    }
    shared.update(|state, now| {
        if !state.outbox.is_wanted() {
            let rule = "no callback address is set: set one on the page, or start the sandbox with one";
            return Err(Refusal::new(ErrorCode::RuleBroken, rule).with_status(409));
        }
        let (message, row) = match (event, message, status, row) {
            (Some(event), None, None, None) => (None, event.row(now)),
            (None, None, None, Some(row)) => (None, row),
            (None, Some(id), Some(status), None) => {
                let message = state.model.messages().get(&id);
                let message = message.ok_or_else(|| not_found("no message has this id"))?;
                let channel = message.last_channel().clone();
                let entry = TimelineEntry { at: now, status, channel, error: None, is_forced: true };
                (Some(message.id.clone()), status_row(message, &entry))
            }
            _ => {
                let rule = "must be an event, or a message and a status, or a row, and nothing besides";
                return Err(Refusal::parameter("body", rule));
            }
        };
        state.outbox.gather(message, row);
        Ok(done())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    #[serde(default)]
    as_it_was: bool,
}

pub(super) fn redeliver(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let Repeat { as_it_was } = asked.body()?;
    let how = if as_it_was { Redelivery::AsItWas } else { Redelivery::SignedAnew };
    let known = asked.of.parse().is_ok_and(|id| shared.update(|state, _| state.outbox.redeliver(id, how)));
    if known { Ok(done()) } else { Err(not_found("no callback has this number, or its address was removed")) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackUrl {
    url: String,
}

/// Sets an address for callbacks, which is checked at once.
pub(super) fn add_callback_url(shared: &std::sync::Arc<Shared>, asked: &Asked<'_>) -> Outcome {
    let CallbackUrl { url } = asked.body()?;
    let client =
        WebhookClient::new(&url, webhook::TIMEOUT).map_err(|invalid| Refusal::from(invalid).about("url"))?;
    let target = shared.update(|state, now| {
        let is_known = state.outbox.urls().any(|known| known == url);
        if !is_known && state.outbox.urls().len() >= MOST_URLS {
            return Err(Refusal::parameter("url", format!("must be one of at most {MOST_URLS}")));
        }
        Ok(state.outbox.add_url(&url, now))
    })?;
    if let Some(target) = target {
        let started = webhook::start(shared, target, client);
        started.map_err(|error| Refusal::new(ErrorCode::Internal, error.to_string()))?;
    }
    Ok(done())
}

/// Removes an address for callbacks, or all of them if none is named.
pub(super) fn remove_callback_urls(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let url = asked.text("url");
    let was_there = shared.update(|state, _| state.outbox.remove_urls(url));
    // The workers of those that are gone end.
    shared.wake_workers();
    if url.is_some() && !was_there {
        return Err(not_found("callbacks do not go to this address"));
    }
    Ok(done())
}

/// Faults to come. What is not named stays as it is; an empty name ends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    /// For requests; with `times`, for so many, else for all.
    api: Option<String>,
    times: Option<usize>,
    /// The operation that `times` counts requests to; without it, requests to any.
    operation: Option<String>,
    callbacks: Option<String>,
    smpp: Option<String>,
}

pub(super) fn faults(control: &Control, asked: &Asked<'_>) -> Outcome {
    let wanted: Faults = asked.body()?;
    if wanted.api.is_none() && wanted.callbacks.is_none() && wanted.smpp.is_none() {
        return Err(Refusal::parameter("body", "must be an object with api, callbacks or smpp"));
    }
    let api = Change::<Fault>::read("api", wanted.api.as_deref())?;
    let callbacks = Change::<CallbackFault>::read("callbacks", wanted.callbacks.as_deref())?;
    let known = |id: &String| crate::api::operations::ALL.iter().any(|operation| operation.id == id);
    if wanted.operation.as_ref().is_some_and(|id| !known(id)) {
        return Err(Refusal::parameter("operation", "must be an operationId of the API's document"));
    }
    match (&api, wanted.times, &wanted.operation) {
        (Change::To(_), None, Some(_)) => {
            return Err(Refusal::parameter(
                "times",
                "must be given with operation: it says for how many requests",
            ));
        }
        (Change::None | Change::End, Some(_), _) => {
            return Err(Refusal::parameter("times", "must be left out without a fault in api"));
        }
        (Change::None | Change::End, _, Some(_)) => {
            return Err(Refusal::parameter("operation", "must be left out without a fault in api"));
        }
        _ => {}
    }
    #[cfg(not(feature = "smpp"))]
    if let Some(name) = &wanted.smpp {
        return Err(Refusal::parameter("smpp", format!("{name} cannot be set: SMPP is not compiled in")));
    }
    #[cfg(feature = "smpp")]
    let smpp = wanted.smpp.as_deref().map(|name| super::smpp::read_faults(control, name)).transpose()?;
    control.shared.update(|state, _| {
        let room = state.faults.room();
        if wanted.times.is_some_and(|times| !(1..=room).contains(&times)) {
            return Err(Refusal::parameter(
                "times",
                format!("must be 1 to {room}: so many can still be queued"),
            ));
        }
        match (api, wanted.times) {
            (Change::None, _) => {}
            (Change::End, _) => state.faults.clear(),
            (Change::To(fault), Some(times)) => state.faults.queue(wanted.operation.as_deref(), fault, times),
            (Change::To(fault), None) => state.faults.set_standing(Some(fault)),
        }
        match callbacks {
            Change::None => {}
            Change::End => state.outbox.set_fault(None),
            Change::To(fault) => state.outbox.set_fault(Some(fault)),
        }
        Ok(())
    })?;
    #[cfg(feature = "smpp")]
    if let Some((smsc, faults)) = smpp {
        smsc.set_faults(faults);
    }
    Ok(done())
}

// Only SMPP's faults can be refused.
#[cfg_attr(not(feature = "smpp"), allow(clippy::unnecessary_wraps))]
pub(super) fn end_faults(control: &Control) -> Outcome {
    control.shared.update(|state, _| {
        state.faults.clear();
        state.outbox.set_fault(None);
    });
    #[cfg(feature = "smpp")]
    if control.smsc.upgrade().is_some() {
        super::smpp::set_faults(control, "")?;
    }
    Ok(done())
}

/// What is to become of a fault.
enum Change<T> {
    None,
    End,
    To(T),
}

impl<T: FromStr<Err = InvalidInput>> Change<T> {
    fn read(field: &'static str, name: Option<&str>) -> Result<Self, Refusal> {
        match name {
            None => Ok(Self::None),
            Some("") => Ok(Self::End),
            Some(name) => name.parse().map(Self::To).map_err(|invalid| Refusal::from(invalid).about(field)),
        }
    }
}

/// A year.
const MOST_SECONDS: f64 = 31_536_000.0;

/// The most addresses for callbacks: each has a thread.
const MOST_URLS: usize = 16;
