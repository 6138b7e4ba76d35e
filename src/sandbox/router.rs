//! Where requests come in: the API's, perhaps to go wrong on purpose, and the console's.

use std::sync::Arc;
use std::time::Duration;

use super::console::{self, Console};
use super::fault::{FAULT_HEADER, Fault};
use super::service::{json, refuse};
use super::shared::Shared;
use crate::api::types::{ErrorBody, ErrorCode};
use crate::http_server::{Request, Response, ResponseFault, reason};

pub(super) struct Router {
    pub(super) shared: Arc<Shared>,
    pub(super) console: Console,
    #[cfg(feature = "smpp")]
    pub(super) smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
}

impl Router {
    pub(super) fn answer(&self, request: &Request) -> Response {
        if console::is_console(&request.path) {
            return self.console.answer(self, request);
        }
        api(&self.shared, request)
    }
}

/// The answer to what could not be read as a request.
pub(super) fn unreadable(status: u16) -> Response {
    json(status, &ErrorBody::new(ErrorCode::InvalidParameter, reason(status)))
}

/// Answers a request to the API, with the fault that is in store for it.
pub(super) fn api(shared: &Shared, request: &Request) -> Response {
    let asked = if request.has(FAULT_HEADER) {
        match request.header(FAULT_HEADER).unwrap_or_default().parse::<Fault>() {
            Ok(fault) => Some(fault),
            Err(invalid) => {
                let (status, refusal) = refuse(ErrorCode::InvalidParameter, invalid.rule());
                return json(status, &ErrorBody::new(refusal.0, refusal.1));
            }
        }
    } else {
        None
    };
    // One lock for both, so that faults go to requests in the order in which these are acted on.
    shared.update(|service, now| match asked.or_else(|| service.faults.take()) {
        None => service.answer(request, now),
        Some(Fault::LostAnswer) => with(service.answer(request, now), ResponseFault::Lost),
        Some(Fault::SlowBody { pause }) => with(service.answer(request, now), ResponseFault::Slow(pause)),
        Some(Fault::Stall) => with(empty(), ResponseFault::Stalled),
        Some(Fault::Reset) => with(empty(), ResponseFault::Reset),
        Some(Fault::RateLimited { retry_after }) => rate_limited(retry_after),
        Some(Fault::HtmlError) => Response::plain(500, "text/html", HTML.to_vec()),
    })
}

fn with(response: Response, manner: ResponseFault) -> Response {
    Response { manner, ..response }
}

fn empty() -> Response {
    Response::plain(200, "text/plain", Vec::new())
}

fn rate_limited(retry_after: Duration) -> Response {
    let body = ErrorBody::new(ErrorCode::ResentTooSoon, "too many requests, as asked for");
    let mut response = json(429, &body);
    response.headers.push(("Retry-After", retry_after.as_secs().to_string()));
    response
}

const HTML: &[u8] = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n";
