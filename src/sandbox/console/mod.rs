//! The console: one page, and the JSON that it lives on.
//!
//! It shows everything and asks for no password, so [`guard`] turns away all but its own page.

mod actions;
mod guard;
mod page;
#[cfg(feature = "smpp")]
mod smpp;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::fault::{CallbackFault, Fault};
use super::model::Message;
use super::rest::json as json_response;
use super::shared::Shared;
use super::state::State;
use super::webhook::SampleEvent;
use crate::Credentials;
use crate::http_server::{Request, Response};
use crate::test_recipients::{TEST_RECIPIENTS, TestRecipient};

/// The console: what it shows, and the headers that every one of its answers carries.
pub(crate) struct Console {
    shared: Arc<Shared>,
    #[cfg(feature = "smpp")]
    smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
    policy: String,
    /// How many requests wait for something to change.
    waiting: AtomicUsize,
}

/// Whether a path is the console's; all others are the API's.
pub(crate) fn is_console(path: &str) -> bool {
    path == "/" || path == "/console" || path.starts_with("/console/")
}

impl Console {
    pub(crate) fn new(
        shared: Arc<Shared>,
        #[cfg(feature = "smpp")] smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
    ) -> Self {
        Self {
            shared,
            #[cfg(feature = "smpp")]
            smsc,
            policy: page::policy(),
            waiting: AtomicUsize::new(0),
        }
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        let mut response = match guard::check(request) {
            Err(refused) => error(refused.status, refused.reason),
            Ok(()) => route(self, request),
        };
        let headers = [
            ("Content-Security-Policy", self.policy.as_str()),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ];
        response.headers.extend(headers.map(|(name, value)| (name, value.to_owned())));
        response
    }
}

fn route(console: &Console, request: &Request) -> Response {
    let view = request.path.strip_prefix("/console/").unwrap_or_default();
    let outcome = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => {
            return Response::plain(200, "text/html; charset=utf-8", page::PAGE.as_bytes().to_vec());
        }
        ("GET", _) => read(console, view, request),
        ("POST", _) if !view.is_empty() => actions::update(console, view, request),
        _ => Err((405, "the console takes GET, and POST below /console/".to_owned())),
    };
    match outcome {
        Ok(value) => json_response(200, &value),
        Err((status, reason)) => error(status, &reason),
    }
}

fn read(console: &Console, view: &str, request: &Request) -> actions::Outcome {
    let shared = &console.shared;
    let number = |name, otherwise: usize| {
        request.parameter(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(otherwise)
    };
    let most = number("limit", 50).min(MOST_LINES);
    match view {
        "state" => {
            let version = shared.version();
            let now = view::millis(shared.time());
            let mut state = shared.read(state);
            state["version"] = json!(version);
            state["now"] = json!(now);
            #[cfg(feature = "smpp")]
            {
                state["smpp"] = smpp::state(console);
            }
            Ok(state)
        }
        "changes" => {
            let seen = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
            // Connections that wait here are not closed to make room for others, so there have to be fewer of them.
            let place = console.waiting.fetch_add(1, Ordering::Relaxed);
            let version =
                if place < MOST_WAITING { shared.wait_for_change(seen, LONGEST_WAIT) } else { None };
            console.waiting.fetch_sub(1, Ordering::Relaxed);
            if place >= MOST_WAITING {
                return Err((503, "too many pages wait for changes".to_owned()));
            }
            version.map(|version| json!({"version": version})).ok_or((503, "the sandbox stops".to_owned()))
        }
        "messages" => {
            let wanted = request.parameter("q").unwrap_or_default().to_lowercase();
            let before = request.parameter("before");
            Ok(shared.read(|state| messages(state, before.as_deref(), &wanted, most)))
        }
        "message" => {
            let id = request.parameter("id").unwrap_or_default();
            shared.read(|state| message(state, &id)).ok_or((404, "no message has this id".to_owned()))
        }
        "callbacks" => Ok(shared
            .read(|state| state.outbox.callbacks().rev().take(most).map(view::callback).collect::<Value>())),
        "templates" => {
            Ok(shared.read(|state| state.model.templates().iter().map(view::template).collect::<Value>()))
        }
        _ => Err((404, "the console shows no such thing".to_owned())),
    }
}

fn state(state: &State) -> Value {
    let recipient = |recipient: &TestRecipient| json!([recipient.address, recipient.explanation]);
    let fault = |name: String, explanation: &str| json!({"name": name, "explanation": explanation});
    json!({
        "keys": state.model.keys().iter().map(Credentials::key).collect::<Vec<_>>(),
        "templates": state.model.templates().iter().map(|t| &t.definition.template_id).collect::<Vec<_>>(),
        "recipients": TEST_RECIPIENTS.iter().map(recipient).collect::<Vec<_>>(),
        "messages": state.model.messages().iter().len(),
        "events": SampleEvent::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "callbacks": {
            "urls": state.outbox.urls(),
            "fault": state.outbox.fault().map(|fault| fault.to_string()),
            "faults": CallbackFault::ALL.map(|it| fault(it.to_string(), it.explanation())),
        },
        "api": {
            "fault": state.faults.standing().map(|fault| fault.to_string()),
            "in_store": state.faults.queued().len(),
            "faults": Fault::ALL.map(|it| fault(it.to_string(), it.explanation())),
        },
    })
}

fn messages(state: &State, before: Option<&str>, wanted: &str, most: usize) -> Value {
    let matches = |message: &&Message| {
        let texts = [&message.id.0, &message.to, &message.template];
        wanted.is_empty()
            || texts.iter().any(|text| text.to_lowercase().contains(wanted))
            || message.status().is_some_and(|status| status.as_str().contains(wanted))
    };
    let all = state.model.messages();
    let found: Value = match before {
        Some(id) => all.before(id).rev().filter(matches).take(most).map(view::summary).collect(),
        None => all.iter().rev().filter(matches).take(most).map(view::summary).collect(),
    };
    json!({"total": all.iter().len(), "messages": found})
}

fn message(state: &State, id: &str) -> Option<Value> {
    let message = state.model.messages().get(id)?;
    let mut shown = view::message(message);
    let about = state.outbox.callbacks().filter(|callback| callback.messages.contains(&message.id));
    shown["callbacks"] = about.map(view::callback).collect();
    Some(shown)
}

fn error(status: u16, reason: &str) -> Response {
    json_response(status, &json!({"error": reason}))
}

/// The longest that a watcher waits for news before it has to ask again.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// The most requests that wait for something to change.
const MOST_WAITING: usize = 128;

/// The most lines of a list.
const MOST_LINES: usize = 500;
