//! The API over HTTP: which operation a request is for, the faults that are in store for it, and its record.

mod body;
mod operations;

use std::time::{Instant, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::fault::{FAULT_HEADER, Fault};
use super::masking;
use super::model::Refusal;
use super::requests::RecordedRequest;
use super::shared::{Activity, Shared};
use super::state::State;
use crate::api::types::{ErrorBody, ErrorCode, MessageId};
use crate::api::{self, Operation};
use crate::http_server::{BadRequest, Request, Response, ResponseFault};
use operations::{HANDLERS, Handler};

/// What came of a request to an operation.
pub(crate) struct Outcome {
    response: Response,
    /// The message that it sent or verified, the first of several that follow one another.
    message: Option<MessageId>,
    message_count: usize,
    /// Why it was refused, if it was.
    refusal: Option<Refusal>,
    /// What was done in place of acting on it, where no error says so.
    unacted: Option<Fault>,
}

impl Outcome {
    fn done(response: Response, message: Option<MessageId>) -> Self {
        Self { response, message, message_count: 1, refusal: None, unacted: None }
    }

    /// The same of so many messages, of which its own is the first.
    fn of_several(self, message_count: usize) -> Self {
        Self { message_count, ..self }
    }
}

impl From<Refusal> for Outcome {
    fn from(mut refusal: Refusal) -> Self {
        // A part of it may be a name that whoever calls has chosen, such as that of a parameter.
        refusal.field = refusal.field.map(|field| masking::field(&field).into());
        let body = ErrorBody::new(refusal.code, refusal.sentence());
        let response = json(refusal.status, &body);
        Self { refusal: Some(refusal), ..Self::done(response, None) }
    }
}

/// The key and the secret of a request, or what its header must be.
type Credentials<'a> = Result<(&'a str, &'a str), &'static str>;

/// A request to an operation.
pub(crate) struct Call<'a> {
    request: &'a Request,
    /// The parameter in the path, decoded; empty if there is none.
    parameter: String,
    now: SystemTime,
}

/// Answers a request that could not be read, and remembers it with as much as could be.
pub(crate) fn unreadable(shared: &Shared, bad: &BadRequest, request: &Request) -> Response {
    refuse(shared, request, Refusal::parameter(bad.part, bad.rule).with_status(bad.status))
}

/// Answers a request that is turned away before anything else is looked at, and remembers it.
pub(crate) fn refuse(shared: &Shared, request: &Request, refusal: Refusal) -> Response {
    recorded(shared, request, |_, _, _, _| refusal.into())
}

/// Answers a request to the API, with the fault that is in store for it, and remembers both.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    recorded(shared, request, |state, record, given, now| {
        let route = route(request);
        let asked = match asked_fault(request) {
            Ok(asked) => asked,
            Err(refusal) => return refusal.into(),
        };
        // A page's icon, or a path that leads nowhere, uses none up.
        let in_store = record.operation.and_then(|operation| asked.is_none().then_some(operation));
        record.fault = asked.or_else(|| in_store.and_then(|operation| state.faults.take(Some(operation))));
        perform(record.fault, state, |state| {
            act(state, request, route, given, now).unwrap_or_else(Outcome::from)
        })
    })
}

/// Answers a request, and remembers both.
fn recorded(
    shared: &Shared,
    request: &Request,
    answer: impl FnOnce(&mut State, &mut RecordedRequest, Credentials<'_>, SystemTime) -> Outcome,
) -> Response {
    let began = Instant::now();
    // One lock for both, so that faults go to requests in the order in which these are acted on.
    let (response, record) = shared.update(|state, now| {
        let operation = route(request).ok().map(|(operation, ..)| operation.id);
        let mut record = RecordedRequest::of(request, operation, now);
        let credentials = credentials(request);
        let given = match &credentials {
            Ok((key, secret)) => Ok((key.as_str(), secret.as_str())),
            Err(rule) => Err(*rule),
        };
        let is_known = |key: &str| state.model.keys().iter().any(|known| known.key() == key);
        record.key = given.ok().filter(|(key, _)| is_known(key)).map(|(key, _)| key.to_owned());
        let Outcome { response, message, message_count, refusal, unacted } =
            answer(state, &mut record, given, now);
        record.reason = unacted.map(|fault| fault.explanation().to_owned());
        if let Some(refusal) = refusal {
            record.refuse(refusal);
        }
        if message.is_some() {
            record.concern(message, message_count);
        }
        if matches!(response.fault, ResponseFault::Plain | ResponseFault::Slow(_)) {
            record.answer(response.status, &response.body);
        }
        record.took = began.elapsed();
        #[cfg(feature = "metrics")]
        crate::metrics::served(record.operation.unwrap_or("none"), record.status, record.took);
        (response, state.requests.add(record).clone())
    });
    shared.observe(Activity::Request(&record));
    response
}

/// Acts on a request, or not, as the fault says.
fn perform(fault: Option<Fault>, state: &mut State, act: impl FnOnce(&mut State) -> Outcome) -> Outcome {
    // An answer, whatever it says, given in another way.
    let given =
        |outcome: Outcome, fault| Outcome { response: Response { fault, ..outcome.response }, ..outcome };
    let unacted = |fault, response| Outcome { unacted: Some(fault), ..Outcome::done(response, None) };
    match fault {
        None => act(state),
        Some(Fault::LostAnswer) => given(act(state), ResponseFault::Lost),
        Some(Fault::SlowBody { pause }) => given(act(state), ResponseFault::Slow(pause)),
        Some(fault @ Fault::Stall) => unacted(fault, Response { fault: ResponseFault::Stalled, ..empty() }),
        Some(fault @ Fault::Reset) => unacted(fault, Response { fault: ResponseFault::Reset, ..empty() }),
        Some(fault @ Fault::HtmlError) => unacted(fault, Response::plain(500, "text/html", HTML.to_vec())),
        Some(Fault::Error { code }) => Refusal::new(code, "this error was asked for").into(),
        Some(Fault::RateLimited { retry_after }) => {
            let refusal = Refusal::new(ErrorCode::ResentTooSoon, "too many requests: this was asked for");
            let mut outcome = Outcome::from(refusal.with_status(429));
            outcome.response.headers.push(("Retry-After", retry_after.as_secs().to_string()));
            outcome
        }
    }
}

fn act(
    state: &mut State,
    request: &Request,
    route: Result<(&Operation, Handler, String), RouteError>,
    given: Credentials<'_>,
    now: SystemTime,
) -> Result<Outcome, Refusal> {
    // Who has no key is not told what there is.
    let verifies = matches!(&route, Ok((operation, ..)) if operation.id == api::operations::VERIFY_OTP.id);
    if !matches!(route, Err(RouteError::NoSuchPath)) {
        state.model.authorize(given, verifies)?;
    }
    match route {
        Ok((_, handler, parameter)) => handler(state, &Call { request, parameter, now }),
        Err(RouteError::NoSuchPath) => {
            let rule = format!("there is no such operation: {}", hint(&request.path));
            Err(Refusal::new(ErrorCode::NotFound, rule).about("the path").with_status(404))
        }
        Err(RouteError::WrongMethod(allowed)) => {
            let allowed = allowed.join(", ");
            let rule = format!("must be {allowed} here");
            let refusal =
                Refusal::new(ErrorCode::InvalidParameter, rule).about("the method").with_status(405);
            let mut outcome = Outcome::from(refusal);
            outcome.response.headers.push(("Allow", allowed));
            Ok(outcome)
        }
    }
}

enum RouteError {
    NoSuchPath,
    WrongMethod(Vec<&'static str>),
}

/// The operation that a request is for, and the parameter in its path.
fn route(request: &Request) -> Result<(&'static Operation, Handler, String), RouteError> {
    let mut allowed = Vec::new();
    for (operation, handler) in HANDLERS {
        let Some(parameter) = matches_path(operation.path, &request.path) else { continue };
        if operation.method.as_str() == request.method {
            return Ok((operation, *handler, parameter));
        }
        allowed.push(operation.method.as_str());
    }
    Err(if allowed.is_empty() { RouteError::NoSuchPath } else { RouteError::WrongMethod(allowed) })
}

/// The decoded parameter if a path is the one described, empty where that has none. A slash in a parameter is written
/// `%2F`.
fn matches_path(described: &str, path: &str) -> Option<String> {
    let Some((before, _)) = described.split_once('{') else {
        return (described == path).then(String::new);
    };
    let segment = path.strip_prefix(before)?;
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    // What is no UTF-8 is no id: it is refused as one that breaks the rule for ids.
    Some(percent_decode_str(segment).decode_utf8().map_or_else(|_| "\0".to_owned(), Into::into))
}

/// Where a path that leads nowhere may have been meant to lead: to the operation whose name begins as a part of it does.
fn hint(path: &str) -> String {
    let alike = |operation: &Operation| {
        let name = operation.path.split('/').nth(2).unwrap_or_default();
        let begins_alike = |part: &str| {
            name.bytes().zip(part.bytes()).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
        };
        path.split('/').map(begins_alike).max().unwrap_or_default()
    };
    let operations = HANDLERS.iter().map(|(operation, _)| *operation);
    match operations.rev().max_by_key(|operation| alike(operation)).filter(|nearest| alike(nearest) >= 3) {
        Some(operation) => format!("did you mean {} {}?", operation.method, operation.path),
        None => "all paths begin with /v1; the sandbox's page at / shows how to call".to_owned(),
    }
}

/// The key and the secret of a request, or what the header must be that lacks them.
fn credentials(request: &Request) -> Result<(String, String), &'static str> {
    let Some(value) = request.header("authorization") else {
        return Err(if request.has("authorization") {
            "must be given once, and is there more often: look whether a proxy or a library adds one of its own"
        } else {
            "must be given: `Basic` and base64 of KEY:SECRET"
        });
    };
    let (scheme, encoded) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err("must be `Basic` and base64 of KEY:SECRET: no other scheme is taken, such as Bearer");
    }
    let decoded =
        BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|octets| String::from_utf8(octets).ok());
    let text = decoded
        .ok_or("must be `Basic` and base64 of KEY:SECRET: what follows `Basic` is not base64 of a text")?;
    let pair = text.split_once(':').map(|(key, secret)| (key.to_owned(), secret.to_owned()));
    pair.ok_or("must be `Basic` and base64 of KEY:SECRET: what it decodes to has no colon")
}

/// The fault that a request itself asks for.
fn asked_fault(request: &Request) -> Result<Option<Fault>, Refusal> {
    let refusal = match request.header(FAULT_HEADER).map(str::parse) {
        Some(Ok(fault)) => return Ok(Some(fault)),
        None if !request.has(FAULT_HEADER) => return Ok(None),
        None => Refusal::parameter("", "must be given once: a request goes wrong in one way"),
        Some(Err(invalid)) => Refusal::from(invalid),
    };
    Err(refusal.about("X-Sandbox-Fault"))
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response {
    // The generated types are texts, numbers and lists: they always serialise.
    let body = serde_json::to_vec(body).unwrap_or_default();
    Response::plain(status, "application/json", body)
}

fn empty() -> Response {
    Response::plain(200, "text/plain", Vec::new())
}

const HTML: &[u8] = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n";
