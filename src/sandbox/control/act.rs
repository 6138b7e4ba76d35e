//! What a sandbox can be told to do.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Control, Outcome, not_found};
use crate::InvalidInput;
use crate::api::types::{self, ErrorCode, MessageStatus, TemplateStatus};
use crate::http::transport::WebhookClient;
use crate::http_server::{Request, ResponseFault};
use crate::sandbox::fault::{CallbackFault, FAULT_HEADER, Fault};
use crate::sandbox::model::{Refusal, TimelineEntry};
use crate::sandbox::rest;
use crate::sandbox::shared::Shared;
use crate::sandbox::webhook::{self, Redelivery, SampleEvent, status_row};
use crate::test_recipients::RecipientBehavior;

/// The answer to what was done.
fn done() -> Value {
    json!({})
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::new(ErrorCode::InvalidParameter, error.to_string()))
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: f64,
}

pub(super) fn advance(shared: &Shared, request: &Request) -> Outcome {
    let Advance { advance_seconds } = read(request)?;
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
struct Review {
    status: TemplateStatus,
}

pub(super) fn review(shared: &Shared, id: &str, request: &Request) -> Outcome {
    let Review { status } = read(request)?;
    let reviewed = shared.update(|state, _| state.model.review_template(id, status));
    reviewed.map(|()| done()).map_err(|refusal| refusal.with_status(404))
}

pub(super) fn restore_templates(shared: &Shared) -> Value {
    shared.update(|state, now| state.model.restore_templates(now));
    done()
}

/// What a sandbox can be filled with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    templates: Vec<types::TemplateDefinition>,
    /// What becomes of messages, by recipient or template.
    #[serde(default)]
    behaviors: BTreeMap<String, String>,
}

pub(super) fn seed(shared: &Shared, request: &Request) -> Outcome {
    let seed: Value = read(request)?;
    apply_seed(shared, &seed)
}

/// Fills a sandbox. A template whose id exists already replaces that one.
pub(crate) fn apply_seed(shared: &Shared, seed: &Value) -> Outcome {
    let seed = Seed::deserialize(seed)
        .map_err(|error| Refusal::new(ErrorCode::InvalidParameter, error.to_string()))?;
    let behaviors = seed.behaviors.into_iter().map(|(of, text)| Ok((of, text.parse::<RecipientBehavior>()?)));
    let behaviors = behaviors.collect::<Result<Vec<_>, InvalidInput>>()?;
    shared.update(|state, now| {
        for definition in seed.templates {
            state.model.put_template(definition, now)?;
        }
        for (of, behavior) in behaviors {
            state.model.set_behavior(&of, Some(behavior))?;
        }
        Ok(done())
    })
}

#[derive(Deserialize)]
struct Behavior {
    behavior: String,
}

pub(super) fn set_behavior(shared: &Shared, of: &str, request: &Request) -> Outcome {
    let Behavior { behavior } = read(request)?;
    let behavior = behavior.parse()?;
    shared.update(|state, _| state.model.set_behavior(of, Some(behavior)))?;
    Ok(done())
}

pub(super) fn end_behavior(shared: &Shared, of: &str) -> Outcome {
    shared.update(|state, _| state.model.set_behavior(of, None))?;
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

// Only SMPP's faults can be refused.
#[cfg_attr(not(feature = "smpp"), allow(clippy::unnecessary_wraps))]
pub(super) fn reset(control: &Control) -> Outcome {
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
struct MessageEvent {
    event: String,
    error: Option<i64>,
}

pub(super) fn message_event(shared: &Shared, id: &str, request: &Request) -> Outcome {
    let MessageEvent { event, error } = read(request)?;
    let code = || ErrorCode::from(error.unwrap_or(ErrorCode::Unreachable.value()));
    shared
        .update(|state, now| match event.as_str() {
            "deliver" => state.model.end_delivery(id, None, now),
            "fail" => state.model.end_delivery(id, Some(code()), now),
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

/// A request to the API, made by the console in the name of a key.
#[derive(Deserialize)]
struct Call {
    key: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Value,
    fault: Option<String>,
}

pub(super) fn call(shared: &Shared, request: &Request) -> Outcome {
    let call: Call = read(request)?;
    if !call.path.starts_with("/v1/") {
        return Err(Refusal::parameter("path", "must begin with /v1/"));
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
    let request = Request { method: call.method, path: call.path, headers, body, ..Request::default() };
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
struct Report {
    event: Option<String>,
    message: Option<String>,
    status: Option<MessageStatus>,
    row: Option<Value>,
}

pub(super) fn report(shared: &Shared, request: &Request) -> Outcome {
    let report: Report = read(request)?;
    let event: Option<SampleEvent> = report.event.map(|event| event.parse()).transpose()?;
    shared.update(|state, now| {
        if !state.outbox.is_wanted() {
            let rule = "no callback address is set: set one on the page, or start the sandbox with one";
            return Err(Refusal::new(ErrorCode::RuleBroken, rule).with_status(409));
        }
        let (message, row) = match (event, report.row, report.message, report.status) {
            (Some(event), ..) => (None, event.row(now)),
            (None, Some(row), ..) => (None, row),
            (None, None, Some(id), Some(status)) => {
                let message = state.model.messages().get(&id);
                let message = message.ok_or_else(|| not_found("no message has this id"))?;
                let channel = message.last_channel().clone();
                let entry = TimelineEntry { at: now, status, channel, error: None, is_forced: true };
                (Some(message.id.clone()), status_row(message, &entry))
            }
            _ => {
                let rule = "name an event, a message and a status, or a row";
                return Err(Refusal::new(ErrorCode::InvalidParameter, rule));
            }
        };
        state.outbox.gather(message, row);
        Ok(done())
    })
}

#[derive(Deserialize)]
struct Repeat {
    #[serde(default)]
    as_it_was: bool,
}

pub(super) fn redeliver(shared: &Shared, id: &str, request: &Request) -> Outcome {
    let Repeat { as_it_was } = read(request)?;
    let how = if as_it_was { Redelivery::AsItWas } else { Redelivery::SignedAnew };
    let known = id.parse().is_ok_and(|id| shared.update(|state, _| state.outbox.redeliver(id, how)));
    if known { Ok(done()) } else { Err(not_found("no callback has this number")) }
}

#[derive(Deserialize)]
struct CallbackUrl {
    url: String,
}

/// Sets an address for callbacks, which is checked at once.
pub(super) fn add_callback_url(shared: &std::sync::Arc<Shared>, request: &Request) -> Outcome {
    let CallbackUrl { url } = read(request)?;
    let client = WebhookClient::new(&url, webhook::TIMEOUT)?;
    let target = shared.update(|state, now| {
        if state.outbox.urls().len() >= MOST_URLS {
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

/// Faults to come. What is not named stays as it is; an empty name ends it.
#[derive(Deserialize)]
struct Faults {
    /// For requests; with `times`, for so many, else for all.
    api: Option<String>,
    times: Option<usize>,
    /// The operation that `times` counts requests to; without it, requests to any.
    operation: Option<String>,
    callbacks: Option<String>,
    smpp: Option<String>,
}

pub(super) fn faults(control: &Control, request: &Request) -> Outcome {
    let wanted: Faults = read(request)?;
    let api = Change::<Fault>::read(wanted.api.as_deref())?;
    let callbacks = Change::<CallbackFault>::read(wanted.callbacks.as_deref())?;
    let known = |id: &String| crate::api::operations::ALL.iter().any(|operation| operation.id == id);
    if wanted.operation.as_ref().is_some_and(|id| !known(id)) {
        return Err(Refusal::parameter("operation", "must be an operationId of the API's document"));
    }
    if let Some(name) = &wanted.smpp {
        #[cfg(feature = "smpp")]
        super::smpp::set_faults(control, name)?;
        #[cfg(not(feature = "smpp"))]
        return Err(Refusal::parameter("smpp", format!("{name} cannot be set: SMPP is not compiled in")));
    }
    control.shared.update(|state, _| {
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
    });
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
    fn read(name: Option<&str>) -> Result<Self, InvalidInput> {
        match name {
            None => Ok(Self::None),
            Some("") => Ok(Self::End),
            Some(name) => name.parse().map(Self::To),
        }
    }
}

/// A year.
const MOST_SECONDS: f64 = 31_536_000.0;

/// The most addresses for callbacks: each has a thread.
const MOST_URLS: usize = 16;
