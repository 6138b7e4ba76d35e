//! Where requests come in: the API's, perhaps to go wrong on purpose, and the console's.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
#[cfg(feature = "smpp")]
use serde_json::json as value;

use super::console::{self, Console};
use super::fault::{FAULT_HEADER, Fault};
use super::http::{Manner, Request, Response};
use super::service::{json, refuse};
use super::shared::Shared;
#[cfg(feature = "smpp")]
use super::smpp::SmppFault;
use crate::api::Extra;
use crate::api::types::{ErrorBody, ErrorCode};
#[cfg(feature = "smpp")]
use crate::smpp::smsc::Misbehaviour;

pub(super) struct Front {
    pub(super) shared: Arc<Shared>,
    pub(super) console: Console,
    #[cfg(feature = "smpp")]
    pub(super) smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
}

impl Front {
    pub(super) fn answer(&self, request: &Request) -> Response {
        if console::is_console(&request.path) {
            return self.console.answer(self, request);
        }
        api(&self.shared, request)
    }

    /// How the SMPP side stands, for the console.
    pub(super) fn smpp_state(&self) -> Value {
        #[cfg(feature = "smpp")]
        if let Some(smsc) = self.smsc.upgrade() {
            let now = smsc.misbehaviour();
            let fault = SmppFault::ALL.into_iter().find(|fault| fault.misbehaviour() == now);
            let behaves = now == Misbehaviour::default();
            return value!({
                "address": smsc.address().to_string(),
                "fault": fault.map(SmppFault::as_str).or((!behaves).then_some("something of its own")),
                "faults": SmppFault::ALL.map(SmppFault::as_str),
            });
        }
        Value::Null
    }

    /// Has SMPP links go wrong as named, or no more if the name is empty.
    pub(super) fn misbehave(&self, fault: Option<&str>) -> Result<(), (u16, String)> {
        if fault.is_none() {
            return Ok(());
        }
        #[cfg(feature = "smpp")]
        if let Some(smsc) = self.smsc.upgrade() {
            let name = fault.filter(|name| !name.is_empty());
            let fault = name.map(str::parse::<SmppFault>).transpose();
            let fault = fault.map_err(|invalid| (400, invalid.rule().to_owned()))?;
            smsc.misbehave(fault.map(SmppFault::misbehaviour).unwrap_or_default());
            return Ok(());
        }
        Err((409, "the sandbox does not listen for SMPP".to_owned()))
    }
}

/// Answers a request to the API, with the fault that is in store for it.
pub(super) fn api(shared: &Shared, request: &Request) -> Response {
    let asked = if request.has(FAULT_HEADER) {
        match request.header(FAULT_HEADER).unwrap_or_default().parse::<Fault>() {
            Ok(fault) => Some(fault),
            Err(invalid) => {
                let (status, refusal) = refuse(ErrorCode::InvalidParameter, invalid.rule());
                let body = ErrorBody { code: refusal.0, message: refusal.1, extra: Extra::default() };
                return json(status, &body);
            }
        }
    } else {
        None
    };
    // One lock for both, so that faults go to requests in the order in which these are acted on.
    shared.act(|service, now| match asked.or_else(|| service.faults.take()) {
        None => service.answer(request, now),
        Some(Fault::LostAnswer) => with(service.answer(request, now), Manner::Lost),
        Some(Fault::SlowBody { pause }) => with(service.answer(request, now), Manner::Slow(pause)),
        Some(Fault::Stall) => with(empty(), Manner::Stalled),
        Some(Fault::Reset) => with(empty(), Manner::Reset),
        Some(Fault::RateLimited { retry_after }) => rate_limited(retry_after),
        Some(Fault::HtmlError) => Response::plain(500, "text/html", HTML.to_vec()),
    })
}

fn with(response: Response, manner: Manner) -> Response {
    Response { manner, ..response }
}

fn empty() -> Response {
    Response::plain(200, "text/plain", Vec::new())
}

fn rate_limited(retry_after: Duration) -> Response {
    let body = ErrorBody {
        code: ErrorCode::ResentTooSoon,
        message: "too many requests, as asked for".to_owned(),
        extra: Extra::default(),
    };
    let mut response = json(429, &body);
    response.headers.push(("Retry-After", retry_after.as_secs().to_string()));
    response
}

const HTML: &[u8] = b"<html><body><h1>500 Internal Server Error</h1></body></html>\n";
