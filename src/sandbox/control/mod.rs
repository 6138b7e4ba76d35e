//! The control API: what the console's page and tests in any language ask of a sandbox, and have it do. The document
//! `openapi/sandbox.yaml` describes it.

mod act;
mod asked;
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

use asked::Asked;

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
            Err(refusal) => {
                rest::json(refusal.status, &json!({"error": refusal.sentence(), "field": refusal.field}))
            }
        }
    }

    fn route(&self, request: &Request) -> Outcome {
        let segments: Vec<&str> = request.path.split('/').skip(2).collect();
        // HEAD is GET whose answer has no body.
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        let mut allowed = Vec::new();
        for route in ROUTES {
            let Some(of) = route.matches(&segments)? else { continue };
            if route.method == method {
                return (route.answer)(self, &Asked::read(request, of, route.parameters)?);
            }
            allowed.push(route.method);
        }
        if allowed.is_empty() {
            return Err(not_found("the control API has no such path: openapi/sandbox.yaml has all"));
        }
        let rule = format!("must be {} here", allowed.join(" or "));
        Err(Refusal::parameter("the method", rule).with_status(405))
    }

    /// Waits for news, within limits: of time, and of how many wait.
    fn changes(&self, asked: &Asked<'_>) -> Outcome {
        let seen = asked.parameter("since", |_| true, "must be a version, as an answer says it")?;
        let waiter = self.shared.waiter();
        let version = self.shared.wait_for_change(seen.unwrap_or(u64::MAX), LONGEST_WAIT, Some(&waiter));
        version.map(|version| json!({"version": version})).ok_or_else(stops)
    }

    fn state(&self) -> Value {
        let version = self.shared.version();
        let (now, offset) = (view::millis(self.shared.time()), self.shared.offset());
        let mut state = self.shared.read(state);
        state["version"] = json!(version);
        state["watchers"] = json!(self.shared.watchers());
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
    // The published secrets protect nothing. One that somebody brought is theirs alone.
    let is_demo = |known: &Credentials| demo::KEYS.contains(&(known.key(), known.secret()));
    let key = |known: &Credentials| {
        let secret = is_demo(known).then(|| known.secret());
        json!({"key": known.key(), "secret": secret, "is_demo": secret.is_some()})
    };
    let queued = |(operation, fault): &(Option<String>, Fault)| json!({"operation": operation, "fault": fault.to_string()});
    json!({
        "keys": state.model.keys().iter().map(key).collect::<Value>(),
        "templates": state.model.templates().iter().map(|t| &t.definition.template_id).collect::<Vec<_>>(),
        "recipients": TEST_RECIPIENTS.iter().map(recipient).collect::<Value>(),
        "behaviors": state.model.behaviors().map(|(of, it)| (of.clone(), json!(it.to_string())))
            .collect::<serde_json::Map<_, _>>(),
        "behavior_forms": RecipientBehavior::FORMS,
        "is_fast": state.model.speed() == Speed::Fast,
        "run": state.model.messages().first_id(),
        "messages": state.model.messages().len(),
        "requests": state.requests.iter().len(),
        "languages": crate::api::limits::LANGUAGE_VALUES,
        "events": SampleEvent::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "callbacks": {
            "urls": state.outbox.urls().collect::<Vec<_>>(),
            "signed_as": signed_as(state),
            "lost_rows": state.outbox.lost_rows(),
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

fn not_found(what: &'static str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, what).with_status(404)
}

fn dismissed() -> Refusal {
    Refusal::new(ErrorCode::Internal, "too many wait: this place was given to somebody else").with_status(503)
}

fn stops() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the sandbox stops").with_status(503)
}

/// An operation of the control API.
struct Route {
    method: &'static str,
    /// Below `/sandbox/`, with at most one parameter in braces.
    path: &'static str,
    /// The parameters of its query.
    parameters: &'static [&'static str],
    answer: fn(&Control, &Asked<'_>) -> Outcome,
}

impl Route {
    /// The parameter in the path, decoded, if the path is this one.
    fn matches(&self, segments: &[&str]) -> Result<Option<String>, Refusal> {
        let mut of = "";
        let described: Vec<&str> = self.path.split('/').collect();
        let fits = |(described, found): (&&str, &&'_ str)| described.starts_with('{') || described == found;
        if described.len() != segments.len() || !described.iter().zip(segments).all(fits) {
            return Ok(None);
        }
        for (described, found) in described.iter().zip(segments) {
            if described.starts_with('{') {
                of = found;
            }
        }
        let decoded = percent_decode_str(of).decode_utf8();
        decoded.map(|of| Some(of.into())).map_err(|_| Refusal::parameter("the path", "must be UTF-8"))
    }
}

/// All operations, as the document has them. Of two that match, the first counts.
const ROUTES: &[Route] = &[
    route("GET", "health", &[], |_, _| Ok(json!({"status": "ok"}))),
    route("GET", "state", &[], |control, _| Ok(control.state())),
    route("GET", "changes", &["since"], Control::changes),
    route(
        "GET",
        "messages",
        &["q", "to", "template", "channel", "status", "since", "until", "before", "limit"],
        |control, asked| history::messages(&control.shared, asked),
    ),
    route("DELETE", "messages", &[], |control, _| Ok(act::clear_messages(&control.shared))),
    route("GET", "messages/latest", &["to", "template", "after", "wait"], |control, asked| {
        history::latest(&control.shared, asked)
    }),
    route("GET", "messages/{id}", &[], |control, asked| {
        control.shared.read(|state| view::message_with_callbacks(state, &asked.of))
    }),
    route("POST", "messages/{id}/events", &[], |control, asked| act::message_event(&control.shared, asked)),
    route("GET", "requests", &["refused", "before", "limit"], |control, asked| {
        history::requests(&control.shared, asked)
    }),
    route("GET", "callbacks", &["before", "limit"], |control, asked| {
        history::callbacks(&control.shared, asked)
    }),
    route("POST", "callbacks", &[], |control, asked| act::report(&control.shared, asked)),
    route("POST", "callbacks/{number}/redeliveries", &[], |control, asked| {
        act::redeliver(&control.shared, asked)
    }),
    route("POST", "callback-urls", &[], |control, asked| act::add_callback_url(&control.shared, asked)),
    route("DELETE", "callback-urls", &["url"], |control, asked| {
        act::remove_callback_urls(&control.shared, asked)
    }),
    route("GET", "templates", &[], |control, _| {
        let templates = |state: &State| state.model.templates().iter().map(view::template).collect::<Value>();
        Ok(json!({"templates": control.shared.read(templates)}))
    }),
    route("POST", "templates/restore", &[], |control, asked| act::restore_templates(&control.shared, asked)),
    route("PUT", "templates/{id}/status", &[], |control, asked| act::review(&control.shared, asked)),
    route("POST", "seed", &[], |control, asked| act::seed(&control.shared, asked)),
    route("PUT", "behaviors/{of}", &[], |control, asked| act::set_behavior(&control.shared, asked)),
    route("DELETE", "behaviors/{of}", &[], |control, asked| act::end_behavior(&control.shared, asked)),
    route("POST", "clock", &[], |control, asked| act::advance(&control.shared, asked)),
    route("DELETE", "clock", &[], |control, _| Ok(act::rewind(&control.shared))),
    route("POST", "faults", &[], act::faults),
    route("DELETE", "faults", &[], |control, _| act::end_faults(control)),
    route("POST", "reset", &[], act::reset),
    route("POST", "call", &[], |control, asked| act::call(&control.shared, asked)),
];

const fn route(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    answer: fn(&Control, &Asked<'_>) -> Outcome,
) -> Route {
    Route { method, path, parameters, answer }
}

/// The longest that a watcher waits for news before it has to ask again.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_has_every_operation_with_its_parameters_and_no_other() {
        let document: Value = yaml_serde::from_str(include_str!("../../../openapi/sandbox.yaml"))
            .expect("the document is YAML");
        let name = |parameter: &Value| {
            let shared = parameter["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
            let parameter = shared.map_or(parameter, |target| document.pointer(target).expect("it is there"));
            (parameter["in"] == "query").then(|| parameter["name"].as_str().expect("a name").to_owned())
        };
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in ["get", "put", "post", "delete"] {
                let Some(operation) = item.get(method) else { continue };
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let names: BTreeSet<String> = parameters.filter_map(name).collect();
                described.insert((method.to_uppercase(), path.clone(), names));
            }
        }
        let known = |route: &Route| {
            let names = route.parameters.iter().map(|name| (*name).to_owned()).collect();
            (route.method.to_owned(), format!("/sandbox/{}", route.path), names)
        };
        assert_eq!(ROUTES.iter().map(known).collect::<BTreeSet<_>>(), described);
    }
}
