//! The control API: what the console's page and tests in any language ask of a sandbox, and have it do. The document
//! `openapi/sandbox.yaml` describes it.

mod act;
mod history;
#[cfg(feature = "smpp")]
mod smpp;
mod view;

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::demo;
use super::fault::{CallbackFault, Fault};
use super::model::{Refusal, Speed};
use super::rest;
use super::shared::Shared;
use super::state::State;
use super::webhook::SampleEvent;
use crate::Credentials;
use crate::api::types::ErrorCode;
use crate::callback::Signer;
use crate::http_server::{Request, Response};
use crate::test_recipients::{RecipientBehavior, TEST_RECIPIENTS, TestRecipient};

pub(crate) use act::apply_seed;

/// The control API of one sandbox.
pub(crate) struct Control {
    shared: Arc<Shared>,
    #[cfg(feature = "smpp")]
    smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
}

/// An answer, or why not.
type Outcome = Result<Value, Refusal>;

impl Control {
    pub(crate) fn new(
        shared: Arc<Shared>,
        #[cfg(feature = "smpp")] smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
    ) -> Self {
        Self {
            shared,
            #[cfg(feature = "smpp")]
            smsc,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        match self.route(request) {
            Ok(value) => rest::json(200, &value),
            Err(refusal) => rest::json(refusal.status, &json!({"error": refusal.sentence()})),
        }
    }

    fn route(&self, request: &Request) -> Outcome {
        let decoded = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let segments: Vec<String> = request.path.split('/').skip(2).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let shared = &self.shared;
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["health"]) => Ok(json!({"status": "ok"})),
            ("GET", ["state"]) => Ok(self.state()),
            ("GET", ["changes"]) => self.changes(request),
            ("GET", ["messages"]) => Ok(history::messages(shared, request)),
            ("GET", ["messages", "latest"]) => history::latest(shared, request),
            ("GET", ["messages", id]) => shared.read(|state| view::message_with_callbacks(state, id)),
            ("DELETE", ["messages"]) => Ok(act::clear_messages(shared)),
            ("POST", ["messages", id, "events"]) => act::message_event(shared, id, request),
            ("GET", ["requests"]) => Ok(history::requests(shared, request)),
            ("GET", ["callbacks"]) => Ok(history::callbacks(shared, request)),
            ("POST", ["callbacks"]) => act::report(shared, request),
            ("POST", ["callbacks", id, "redeliveries"]) => act::redeliver(shared, id, request),
            ("POST", ["callback-urls"]) => act::add_callback_url(shared, request),
            ("GET", ["templates"]) => Ok(shared.read(|state| {
                let templates: Value = state.model.templates().iter().map(view::template).collect();
                json!({"templates": templates})
            })),
            ("POST", ["templates", "restore"]) => Ok(act::restore_templates(shared)),
            ("PUT", ["templates", id, "status"]) => act::review(shared, id, request),
            ("POST", ["seed"]) => act::seed(shared, request),
            ("PUT", ["behaviors", of]) => act::set_behavior(shared, of, request),
            ("DELETE", ["behaviors", of]) => act::end_behavior(shared, of),
            ("POST", ["clock"]) => act::advance(shared, request),
            ("DELETE", ["clock"]) => Ok(act::rewind(shared)),
            ("POST", ["faults"]) => act::faults(self, request),
            ("DELETE", ["faults"]) => act::end_faults(self),
            ("POST", ["reset"]) => act::reset(self),
            ("POST", ["call"]) => act::call(shared, request),
            (_, path) if KNOWN.contains(&path.first().copied().unwrap_or_default()) => {
                Err(Refusal::new(ErrorCode::InvalidParameter, "this path does not take this method")
                    .with_status(405))
            }
            _ => Err(not_found("the control API has no such path: openapi/sandbox.yaml has all")),
        }
    }

    /// Waits for news, within limits: of time, and of how many wait.
    fn changes(&self, request: &Request) -> Outcome {
        let seen = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
        room_to_wait(&self.shared)?;
        let version = self.shared.wait_for_change(seen, LONGEST_WAIT);
        let stops = || Refusal::new(ErrorCode::Internal, "the sandbox stops").with_status(503);
        version.map(|version| json!({"version": version})).ok_or_else(stops)
    }

    fn state(&self) -> Value {
        let version = self.shared.version();
        let (now, offset) = (view::millis(self.shared.time()), self.shared.offset());
        let mut state = self.shared.read(state);
        state["version"] = json!(version);
        state["now"] = json!(now);
        state["clock_offset_seconds"] = json!(offset.as_secs_f64());
        #[cfg(feature = "smpp")]
        {
            state["smpp"] = smpp::state(self);
        }
        state
    }
}

fn state(state: &State) -> Value {
    let recipient = |recipient: &TestRecipient| json!([recipient.address, recipient.explanation]);
    let fault = |name: String, explanation: &str| json!({"name": name, "explanation": explanation});
    let published = [demo::DEV_SECRET, demo::OTHER_DEV_SECRET];
    let is_demo = |known: &Credentials| published.contains(&known.secret());
    let key = |known: &Credentials| json!({"key": known.key(), "secret": known.secret(), "is_demo": is_demo(known)});
    let queued = |(operation, fault): &(Option<String>, Fault)| json!({"operation": operation, "fault": fault.to_string()});
    json!({
        "keys": state.model.keys().iter().map(key).collect::<Value>(),
        "templates": state.model.templates().iter().map(|t| &t.definition.template_id).collect::<Vec<_>>(),
        "recipients": TEST_RECIPIENTS.iter().map(recipient).collect::<Value>(),
        "behaviors": state.model.behaviors().map(|(of, it)| (of.clone(), json!(it.to_string())))
            .collect::<serde_json::Map<_, _>>(),
        "behavior_forms": RecipientBehavior::FORMS,
        "is_fast": state.model.speed() == Speed::Fast,
        "messages": state.model.messages().len(),
        "requests": state.requests.iter().len(),
        "languages": crate::api::limits::LANGUAGE_VALUES,
        "events": SampleEvent::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "callbacks": {
            "urls": state.outbox.urls(),
            "signed_as": signed_as(state),
            "fault": state.outbox.fault().map(|fault| fault.to_string()),
            "faults": CallbackFault::ALL.map(|it| fault(it.to_string(), it.explanation())),
        },
        "api": {
            "fault": state.faults.standing().map(|fault| fault.to_string()),
            "queued": state.faults.queued().take(50).map(queued).collect::<Value>(),
            "queued_count": state.faults.queued().len(),
            "faults": Fault::ALL.map(|it| fault(it.to_string(), it.explanation())),
            "errors": errors(),
            "operations": crate::api::operations::ALL.iter().map(|it| it.id).collect::<Vec<_>>(),
        },
    })
}

/// The name and the secret that callbacks are signed with, if they are the published ones.
fn signed_as(state: &State) -> Option<Value> {
    let published = Signer::new(demo::CALLBACK_USER, demo::CALLBACK_SECRET).ok()?;
    let shown = || json!({"user": demo::CALLBACK_USER, "secret": demo::CALLBACK_SECRET});
    state.outbox.is_signed_by(&published).then(shown)
}

/// The errors that the document knows.
fn errors() -> Value {
    let known = (1_000..10_000).map(ErrorCode::from).filter(|code| !matches!(code, ErrorCode::Other(_)));
    known.map(|code| json!({"code": code.value(), "name": code.name()})).collect()
}

/// Refuses to let more wait than leaves connections for all else.
fn room_to_wait(shared: &Shared) -> Result<(), Refusal> {
    if shared.watchers() < MOST_WATCHERS {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::Internal, "too many wait for news: ask again later").with_status(503))
}

fn not_found(what: &'static str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, what).with_status(404)
}

/// What paths begin with, for a wrong method to be told from a wrong path.
const KNOWN: &[&str] = &[
    "behaviors",
    "call",
    "callback-urls",
    "callbacks",
    "changes",
    "clock",
    "faults",
    "health",
    "messages",
    "requests",
    "reset",
    "seed",
    "state",
    "templates",
];

/// The longest that a watcher waits for news before it has to ask again.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// The most that wait for news at a time, so that enough connections are left for all else.
const MOST_WATCHERS: usize = 64;
