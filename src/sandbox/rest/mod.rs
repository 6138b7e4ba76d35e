//! The API over HTTP: which operation a request is for, the faults that are in store for it, and its record.

mod body;
mod operations;

use std::time::{Instant, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::fault::{FAULT_HEADER, Fault};
use super::model::Refusal;
use super::requests::{RecordedRequest, masked};
use super::shared::{Activity, Shared};
use super::state::State;
use crate::api::types::{ErrorBody, ErrorCode, MessageId};
use crate::api::{self, Operation};
use crate::http_server::{Request, Response, ResponseFault, reason};
use operations::{HANDLERS, Handler};

/// What came of a request to an operation.
pub(crate) struct Outcome {
    response: Response,
    /// The message that it sent or verified.
    message: Option<MessageId>,
}

/// A request to an operation.
pub(crate) struct Call<'a> {
    request: &'a Request,
    /// The parameter in the path, decoded; empty if there is none.
    parameter: String,
    now: SystemTime,
}

/// The answer to what could not be read as a request.
pub(crate) fn unreadable(status: u16) -> Response {
    json(status, &ErrorBody::new(ErrorCode::InvalidParameter, reason(status)))
}

/// Answers a request to the API, with the fault that is in store for it, and remembers both.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    let began = Instant::now();
    // One lock for both, so that faults go to requests in the order in which these are acted on.
    let (response, record) = shared.update(|state, now| {
        let route = route(request);
        let operation = route.as_ref().ok().map(|(operation, ..)| operation.id);
        let credentials = credentials(request);
        let mut record = RecordedRequest {
            id: 0,
            at: now,
            method: request.method.clone(),
            path: request.path.clone(),
            operation,
            key: credentials.as_ref().map(|(key, _)| key.clone()),
            body: masked(&request.body),
            status: None,
            error: None,
            reason: None,
            field: None,
            answer: String::new(),
            took: std::time::Duration::ZERO,
            fault: None,
            message: None,
        };
        let response = match asked_fault(request) {
            Err(refusal) => Err(refusal),
            Ok(asked) => {
                // A page's icon, or a path that leads nowhere, uses none up.
                let is_call = operation.is_some();
                record.fault = asked.or_else(|| is_call.then(|| state.faults.take(operation)).flatten());
                let given = credentials.as_ref().map(|(key, secret)| (key.as_str(), secret.as_str()));
                let act = |state: &mut State| act(state, request, route, given, now);
                perform(record.fault, state, act)
            }
        };
        let response = match response {
            Ok(Outcome { response, message }) => {
                record.message = message;
                response
            }
            Err(refusal) => {
                record.error = Some(refusal.code);
                record.reason = Some(refusal.sentence());
                record.field = refusal.field.as_deref().map(str::to_owned);
                refused(&refusal)
            }
        };
        if matches!(response.fault, ResponseFault::Plain | ResponseFault::Slow(_)) {
            record.status = Some(response.status);
            record.answer = masked(&response.body);
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
fn perform(
    fault: Option<Fault>,
    state: &mut State,
    act: impl FnOnce(&mut State) -> Result<Outcome, Refusal>,
) -> Result<Outcome, Refusal> {
    // An answer, whatever it says, given with this fault.
    let given = |outcome: Result<Outcome, Refusal>, fault| {
        let outcome =
            outcome.unwrap_or_else(|refusal| Outcome { response: refused(&refusal), message: None });
        let response = Response { fault, ..outcome.response };
        Ok(Outcome { response, ..outcome })
    };
    let alone = |response| Ok(Outcome { response, message: None });
    match fault {
        None => act(state),
        Some(Fault::LostAnswer) => given(act(state), ResponseFault::Lost),
        Some(Fault::SlowBody { pause }) => given(act(state), ResponseFault::Slow(pause)),
        Some(Fault::Stall) => alone(Response { fault: ResponseFault::Stalled, ..empty() }),
        Some(Fault::Reset) => alone(Response { fault: ResponseFault::Reset, ..empty() }),
        Some(Fault::HtmlError) => alone(Response::plain(500, "text/html", HTML.to_vec())),
        Some(Fault::Error { code }) => Err(Refusal::new(code, "this error was asked for")),
        Some(Fault::RateLimited { retry_after }) => {
            let refusal = Refusal::new(ErrorCode::ResentTooSoon, "too many requests: this was asked for");
            let mut response = refused(&refusal.with_status(429));
            response.headers.push(("Retry-After", retry_after.as_secs().to_string()));
            alone(response)
        }
    }
}

fn act(
    state: &mut State,
    request: &Request,
    route: Result<(&Operation, Handler, String), RouteError>,
    credentials: Option<(&str, &str)>,
    now: SystemTime,
) -> Result<Outcome, Refusal> {
    // Who has no key is not told what there is.
    let verifies = matches!(&route, Ok((operation, ..)) if operation.id == api::operations::VERIFY_OTP.id);
    if !matches!(route, Err(RouteError::NoSuchPath)) {
        state.model.authorize(credentials, verifies)?;
    }
    match route {
        Ok((_, handler, parameter)) => handler(state, &Call { request, parameter, now }),
        Err(RouteError::NoSuchPath) => {
            let rule = format!("there is no such operation: {}", hint(&request.path));
            Err(Refusal::new(ErrorCode::NotFound, rule).with_status(404))
        }
        Err(RouteError::WrongMethod(allowed)) => {
            let allowed = allowed.join(", ");
            let rule = format!("the method here must be {allowed}");
            let refusal = Refusal::new(ErrorCode::InvalidParameter, rule).with_status(405);
            let mut response = refused(&refusal);
            response.headers.push(("Allow", allowed));
            Ok(Outcome { response, message: None })
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

/// Where a path that leads nowhere may have been meant to lead: to the operation whose name begins as its last part
/// does.
fn hint(path: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let alike = |operation: &Operation| {
        let name = operation.path.split('/').nth(2).unwrap_or_default();
        name.bytes().zip(last.bytes()).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
    };
    let operations = HANDLERS.iter().map(|(operation, _)| *operation);
    match operations.rev().max_by_key(|operation| alike(operation)).filter(|nearest| alike(nearest) >= 3) {
        Some(operation) => format!("did you mean {} {}?", operation.method, operation.path),
        None => "all paths begin with /v1; the sandbox's page at / shows how to call".to_owned(),
    }
}

/// The key and the secret of a request, if it has any.
fn credentials(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    let decoded =
        BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(key, secret)| (key.to_owned(), secret.to_owned()))
}

/// The fault that a request itself asks for.
fn asked_fault(request: &Request) -> Result<Option<Fault>, Refusal> {
    if !request.has(FAULT_HEADER) {
        return Ok(None);
    }
    let fault = request.header(FAULT_HEADER).unwrap_or_default().parse();
    fault.map(Some).map_err(|invalid| Refusal::from(invalid).about("X-Sandbox-Fault"))
}

fn refused(refusal: &Refusal) -> Response {
    json(refusal.status, &ErrorBody::new(refusal.code, refusal.sentence()))
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
