//! The console: one page, and the JSON that it lives on.
//!
//! It shows everything and asks for no password, so [`guard`] turns away all but its own page.

mod actions;
mod guard;
mod page;
#[cfg(feature = "smpp")]
mod smpp;
mod view;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::events::SampleEvent;
use super::fault::{CallbackFault, Fault};
use super::message::Message;
use super::recipients::RECIPIENTS;
use super::router::Router;
use super::service::{Service, json as json_response};
use crate::http_server::{Request, Response};

/// The console's own part of an answer: the headers that every one of them carries.
pub(super) struct Console {
    policy: String,
    /// How many requests wait for something to change.
    waiting: AtomicUsize,
}

/// Whether a path is the console's; all others are the API's.
pub(super) fn is_console(path: &str) -> bool {
    path == "/" || path == "/console" || path.starts_with("/console/")
}

impl Console {
    pub(super) fn new() -> Self {
        Self { policy: page::policy(), waiting: AtomicUsize::new(0) }
    }

    pub(super) fn answer(&self, front: &Router, request: &Request) -> Response {
        let mut response = match guard::check(request) {
            Err(refused) => error(refused.status, refused.reason),
            Ok(()) => route(front, request),
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

fn route(front: &Router, request: &Request) -> Response {
    let view = request.path.strip_prefix("/console/").unwrap_or_default();
    let outcome = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => {
            return Response::plain(200, "text/html; charset=utf-8", page::PAGE.as_bytes().to_vec());
        }
        ("GET", _) => read(front, view, request),
        ("POST", _) if !view.is_empty() => actions::update(front, view, request),
        _ => Err((405, "the console takes GET, and POST below /console/".to_owned())),
    };
    match outcome {
        Ok(value) => json_response(200, &value),
        Err((status, reason)) => error(status, &reason),
    }
}

fn read(front: &Router, view: &str, request: &Request) -> actions::Outcome {
    let shared = &front.shared;
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
                state["smpp"] = smpp::state(front);
            }
            Ok(state)
        }
        "changes" => {
            let seen = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
            // Connections that wait here are not closed to make room for others, so there have to be fewer of them.
            let waiting = &front.console.waiting;
            let place = waiting.fetch_add(1, Ordering::Relaxed);
            let version = if place < MOST_WAITING { shared.wait_for_news(seen, PATIENCE) } else { None };
            waiting.fetch_sub(1, Ordering::Relaxed);
            if place >= MOST_WAITING {
                return Err((503, "too many pages wait for changes".to_owned()));
            }
            version.map(|version| json!({"version": version})).ok_or((503, "the sandbox stops".to_owned()))
        }
        "messages" => {
            let wanted = request.parameter("q").unwrap_or_default().to_lowercase();
            let before = request.parameter("before");
            Ok(shared.read(|service| messages(service, before.as_deref(), &wanted, most)))
        }
        "message" => {
            let id = request.parameter("id").unwrap_or_default();
            shared.read(|service| message(service, &id)).ok_or((404, "no message has this id".to_owned()))
        }
        "callbacks" => Ok(shared.read(|service| {
            service.outbox.callbacks().rev().take(most).map(view::callback).collect::<Value>()
        })),
        "templates" => {
            Ok(shared.read(|service| service.account.templates().map(view::template).collect::<Value>()))
        }
        _ => Err((404, "the console shows no such thing".to_owned())),
    }
}

fn state(service: &Service) -> Value {
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>();
    json!({
        "keys": service.keys.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        "templates": service.account.templates().map(|t| &t.definition.template_id).collect::<Vec<_>>(),
        "recipients": RECIPIENTS,
        "messages": service.account.messages().len(),
        "events": names(&mut SampleEvent::ALL.iter().map(ToString::to_string)),
        "callbacks": {
            "urls": service.outbox.plan.urls,
            "fault": service.outbox.plan.fault.map(|fault| fault.to_string()),
            "faults": names(&mut CallbackFault::ALL.iter().map(ToString::to_string)),
        },
        "api": {
            "fault": service.faults.standing.map(|fault| fault.to_string()),
            "in_store": service.faults.in_store(),
            "faults": names(&mut Fault::ALL.iter().map(ToString::to_string)),
        },
    })
}

fn messages(service: &Service, before: Option<&str>, wanted: &str, most: usize) -> Value {
    let matches = |message: &&Message| {
        let texts = [&message.id.0, &message.to, &message.template];
        wanted.is_empty()
            || texts.iter().any(|text| text.to_lowercase().contains(wanted))
            || message.status().is_some_and(|status| status.as_str().contains(wanted))
    };
    let found: Value = match before {
        Some(id) => {
            service.account.messages_before(id).rev().filter(matches).take(most).map(view::summary).collect()
        }
        None => service.account.messages().rev().filter(matches).take(most).map(view::summary).collect(),
    };
    json!({"total": service.account.messages().len(), "messages": found})
}

fn message(service: &Service, id: &str) -> Option<Value> {
    let message = service.account.message(id)?;
    let mut shown = view::message(message);
    let about = service.outbox.callbacks().filter(|callback| callback.messages.contains(&message.id));
    shown["callbacks"] = about.map(view::callback).collect();
    Some(shown)
}

fn error(status: u16, reason: &str) -> Response {
    json_response(status, &json!({"error": reason}))
}

/// The longest that a watcher waits for news before it has to ask again.
const PATIENCE: Duration = Duration::from_secs(25);

/// The most requests that wait for something to change.
const MOST_WAITING: usize = 128;

/// The most lines of a list.
const MOST_LINES: usize = 500;
