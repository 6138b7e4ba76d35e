//! What the console can be told to do.

use std::str::FromStr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Console;
use crate::InvalidInput;
use crate::api::types::{MessageStatus, TemplateStatus};
use crate::http_server::{Request, ResponseFault};
use crate::sandbox::fault::{CallbackFault, FAULT_HEADER, Fault};
use crate::sandbox::model::TimelineEntry;
use crate::sandbox::rest;
use crate::sandbox::shared::Shared;
use crate::sandbox::webhook::{Redelivery, SampleEvent, status_row};

/// An answer, or the status and the reason of a refusal.
pub(super) type Outcome = Result<Value, (u16, String)>;

pub(super) fn update(console: &Console, action: &str, request: &Request) -> Outcome {
    let shared = &console.shared;
    match action {
        "call" => call(shared, &read(request)?),
        "fire" => emit(shared, read(request)?),
        "repeat" => repeat(shared, &read(request)?),
        "faults" => faults(console, &read(request)?),
        "advance" => {
            let Advance { seconds } = read(request)?;
            // No more than a year at a time, and no less than none.
            shared.advance(Duration::from_secs(seconds.min(365 * 24 * 3600)));
            Ok(json!({}))
        }
        "template" => {
            let Review { id, status } = read(request)?;
            let reviewed = shared.update(|state, _| state.model.review_template(&id, status));
            reviewed.map(|()| json!({})).map_err(|refusal| (404, refusal.sentence()))
        }
        _ => Err((404, "the console cannot do that".to_owned())),
    }
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

#[derive(Deserialize)]
struct Review {
    id: String,
    status: TemplateStatus,
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

fn call(shared: &Shared, call: &Call) -> Outcome {
    if !call.path.starts_with("/v1/") {
        return Err((400, "the console calls the API alone".to_owned()));
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
    headers.extend(call.fault.clone().map(|fault| (FAULT_HEADER.to_owned(), fault)));
    let body = if call.body.is_null() { Vec::new() } else { call.body.to_string().into_bytes() };
    let request =
        Request { method: call.method.clone(), path: call.path.clone(), headers, body, ..Request::default() };
    let began = Instant::now();
    let response = rest::answer(shared, &request);
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let unanswered = match response.manner {
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
struct Fire {
    event: Option<String>,
    message: Option<String>,
    status: Option<MessageStatus>,
    row: Option<Value>,
}

fn emit(shared: &Shared, fire: Fire) -> Outcome {
    let event: Option<SampleEvent> = match fire.event.map(|event| event.parse()) {
        Some(Ok(event)) => Some(event),
        Some(Err(_)) => return Err((400, "there is no such event".to_owned())),
        None => None,
    };
    shared.update(|state, now| {
        if !state.outbox.is_wanted() {
            return Err((409, "no callback address is set: start the sandbox with one".to_owned()));
        }
        let (message, row) = match (event, fire.row, fire.message, fire.status) {
            (Some(event), ..) => (None, event.row(now)),
            (None, Some(row), ..) => (None, row),
            (None, None, Some(id), Some(status)) => {
                let Some(message) = state.model.messages().get(&id) else {
                    return Err((404, "no message has this id".to_owned()));
                };
                let channel = message.channel.clone();
                let entry = TimelineEntry { at: now, status, channel, error: None };
                (Some(message.id.clone()), status_row(message, &entry))
            }
            _ => return Err((400, "name an event, a message and a status, or a row".to_owned())),
        };
        state.outbox.gather(message, row);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
struct Repeat {
    callback: u64,
    #[serde(default)]
    as_it_was: bool,
}

fn repeat(shared: &Shared, repeat: &Repeat) -> Outcome {
    let how = if repeat.as_it_was { Redelivery::AsItWas } else { Redelivery::SignedAnew };
    if shared.update(|state, _| state.outbox.redeliver(repeat.callback, how)) {
        Ok(json!({}))
    } else {
        Err((404, "no callback has this number".to_owned()))
    }
}

/// Faults to come. What is not named stays as it is; an empty name ends it.
#[derive(Deserialize)]
struct Faults {
    /// For requests; with `times`, for so many, else for all.
    api: Option<String>,
    times: Option<usize>,
    callbacks: Option<String>,
    smpp: Option<String>,
}

fn faults(console: &Console, wanted: &Faults) -> Outcome {
    let api = Change::<Fault>::read(wanted.api.as_deref())?;
    let callbacks = Change::<CallbackFault>::read(wanted.callbacks.as_deref())?;
    if let Some(name) = &wanted.smpp {
        #[cfg(feature = "smpp")]
        super::smpp::set_faults(console, name)?;
        #[cfg(not(feature = "smpp"))]
        return Err((409, format!("no SMPP to set to {name:?}: it is not compiled in")));
    }
    console.shared.update(|state, _| {
        match (api, wanted.times) {
            (Change::None, _) => {}
            (Change::End, _) => state.faults.clear(),
            (Change::To(fault), Some(times)) => state.faults.queue(None, fault, times),
            (Change::To(fault), None) => state.faults.set_standing(Some(fault)),
        }
        match callbacks {
            Change::None => {}
            Change::End => state.outbox.set_fault(None),
            Change::To(fault) => state.outbox.set_fault(Some(fault)),
        }
    });
    Ok(json!({}))
}

/// What is to become of a fault.
enum Change<T> {
    None,
    End,
    To(T),
}

impl<T: FromStr<Err = InvalidInput>> Change<T> {
    fn read(name: Option<&str>) -> Result<Self, (u16, String)> {
        match name {
            None => Ok(Self::None),
            Some("") => Ok(Self::End),
            Some(name) => {
                name.parse().map(Self::To).map_err(|invalid: InvalidInput| (400, invalid.rule().to_owned()))
            }
        }
    }
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, (u16, String)> {
    serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))
}
