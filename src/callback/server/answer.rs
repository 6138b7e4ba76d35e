//! From a request to its status.

use std::net::SocketAddr;

use super::{ReceivedCallback, Retry, ServerEvent};
use crate::callback::{Batch, CallbackHeaders, Delivery, Inbox, ReceiveError, Receiver};
use crate::http_server::{Body, Request, Response};

pub(super) struct Answering {
    pub(super) receiver: Receiver,
    pub(super) observer: Box<Observer>,
    pub(super) sink: Sink,
}

/// Where events go.
pub(super) enum Sink {
    Handler(Box<Handler>),
    Inbox(Inbox),
}

/// What a server calls for what does not reach the handler.
pub(super) type Observer = dyn Fn(ServerEvent<'_>) + Send + Sync;

type Handler = dyn Fn(&ReceivedCallback<'_>) -> Result<(), Retry> + Send + Sync;

impl Answering {
    pub(super) fn answer(&self, request: &Request, body: &mut Body<'_, '_>) -> Response {
        #[cfg(feature = "metrics")]
        let began = std::time::Instant::now();
        let response = self.judge(request, body);
        #[cfg(feature = "metrics")]
        crate::metrics::served("callback", Some(response.status), began.elapsed());
        response
    }

    fn judge(&self, request: &Request, body: &mut Body<'_, '_>) -> Response {
        if request.method != "POST" {
            let mut response = Response::empty(405);
            response.headers.push(("Allow", "POST".to_owned()));
            return response;
        }
        let Some(headers) = request.header_map() else { return Response::empty(400) };
        let source = request.peer.map(|peer| peer.ip());
        let checked = self.receiver.check(&CallbackHeaders::from_map(&headers).with_source(source));
        if let Some(refusal) = checked.refusal() {
            return self.refuse(refusal);
        }
        let body = match body.read(checked.bytes_to_read()) {
            Ok(body) => body,
            Err(bad) => {
                (self.observer)(ServerEvent::BodyNotRead(bad.status));
                return Response::empty(bad.status);
            }
        };
        match checked.read(&body) {
            Ok(Delivery::Events(batch)) => self.take(batch, &headers, &body, request.peer),
            Ok(Delivery::AddressCheck(check)) => {
                if let (Sink::Inbox(inbox), Some(claim)) = (&self.sink, check.claim())
                    && let Err(error) = inbox.remember(claim)
                {
                    (self.observer)(ServerEvent::NotKept(&error));
                    return Response::empty(503);
                }
                (self.observer)(ServerEvent::AddressCheck(&check));
                Response::empty(200)
            }
            Ok(Delivery::Duplicate) => {
                (self.observer)(ServerEvent::Duplicate);
                Response::empty(200)
            }
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn take(
        &self,
        batch: Batch,
        headers: &http::HeaderMap,
        body: &[u8],
        peer: Option<SocketAddr>,
    ) -> Response {
        match &self.sink {
            Sink::Handler(handler) => {
                let (events, unreadable) = (batch.events(), batch.unreadable());
                if let Err(retry) = handler(&ReceivedCallback { events, unreadable, headers, body, peer }) {
                    return Response::empty(retry.status());
                }
            }
            Sink::Inbox(inbox) => {
                if let Err(error) = inbox.store(batch.claim(), body) {
                    (self.observer)(ServerEvent::NotKept(&error));
                    return Response::empty(503);
                }
            }
        }
        match batch.commit() {
            Ok(()) => Response::empty(200),
            Err(error) => {
                (self.observer)(ServerEvent::NotCommitted(&error));
                Response::empty(503)
            }
        }
    }

    fn refuse(&self, refusal: &ReceiveError) -> Response {
        (self.observer)(ServerEvent::Refused(refusal));
        let mut response = Response::empty(refusal.http_status());
        if let Some(pause) = refusal.retry_after() {
            response.headers.push(("Retry-After", pause.as_secs().to_string()));
        }
        response
    }
}
