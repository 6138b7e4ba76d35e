//! `engagelab-otp callback listen`

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use clap::Args;
use engagelab_otp::callback::{Batch, CallbackRequest, Delivery, Receiver};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use tiny_http::{Method, Request, Response, Server};

use super::event;
use super::forward::Target;
use super::keys::Keys;
use crate::failure::{Failure, chain};
use crate::output::{Output, say};
use crate::settings::Source;

/// Receive callbacks, and print their events as they come.
///
/// Prints one line for each event; as JSON one object on each line: {"kind": "status", "name": "delivered",
/// "message_id": "…", "channel": "sms", "time": 1791763207, "error_code": null, "cost": {"amount": "0.0423",
/// "currency": "USD"}}. Addresses and texts are left out. What is not genuine is refused and reported on standard
/// error. Address checks are answered. Stop it with Ctrl-C.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to listen, without TLS; with port 0, a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8036")]
    listen: SocketAddr,
    /// Hand genuine callbacks on, with their headers and body as they came; its answer is the answer
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// End after so many callbacks with events
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let keys = Keys::find(&arguments.source)?;
    let receiver = keys.receiver()?.build()?;
    let target = arguments.forward_to.as_deref().map(Target::new).transpose()?;
    let server = Server::http(arguments.listen)
        .map_err(|error| Failure::usage(format!("cannot listen on {}: {error}", arguments.listen)))?;
    say(&format!("Listening on http://{}", server.server_addr()));
    say(&format!("Checks {}.", keys.checks()));
    let server = Arc::new(server);
    let listener = Arc::new(Listener { receiver, target, output: arguments.output.clone() });
    let (sender, answered) = mpsc::channel();
    for _ in 0..WORKERS {
        let (sender, server, listener) = (sender.clone(), server.clone(), listener.clone());
        // A peer that stalls in its body holds up one worker, and the others go on. Those that still wait when it is
        // over end with the process.
        thread::spawn(move || {
            while let Ok(request) = server.recv() {
                if sender.send(listener.answer(request)).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    count(&answered, arguments.count)
}

/// Counts what was answered, until there was enough of it.
fn count(
    answered: &mpsc::Receiver<Result<bool, Failure>>,
    mut remaining: Option<u64>,
) -> Result<(), Failure> {
    while remaining != Some(0) {
        let had_events = answered.recv().map_err(|_| Failure::usage("cannot listen any longer"))??;
        if had_events {
            remaining = remaining.map(|count| count - 1);
        }
    }
    Ok(())
}

struct Listener {
    receiver: Receiver,
    target: Option<Target>,
    output: Output,
}

impl Listener {
    /// Answers one request; whether there were events in it.
    fn answer(&self, mut request: Request) -> Result<bool, Failure> {
        let (status, had_events) = match request.method() {
            Method::Post => self.take(&mut request)?,
            _ => (405, false),
        };
        // A connection that broke meanwhile is the sender's business: it comes again.
        let _ = request.respond(Response::empty(status));
        Ok(had_events)
    }

    fn take(&self, request: &mut Request) -> Result<(u16, bool), Failure> {
        let mut body = Vec::new();
        // A little more than the receiver's own limit, so that it sees what is too large.
        let read = request.as_reader().take((1 << 20) + 1).read_to_end(&mut body);
        let (Some(headers), Ok(_)) = (headers(request), read) else { return Ok((400, false)) };
        let source = request.remote_addr().map(SocketAddr::ip);
        let incoming = CallbackRequest::from_headers(&headers, &body).with_source(source);
        match self.receiver.receive(&incoming) {
            Ok(Delivery::Events(batch)) => {
                self.print(&batch)?;
                Ok((self.hand_on(batch, &headers, &body), true))
            }
            Ok(Delivery::AddressCheck(check)) => {
                say(&match check.would_refuse() {
                    Some(refusal) => {
                        format!("Address check answered. With events it would be refused: {refusal}")
                    }
                    None => "Address check answered.".to_owned(),
                });
                Ok((200, false))
            }
            Ok(Delivery::Duplicate) => {
                say("A callback that was taken before came again.");
                Ok((200, false))
            }
            Err(refusal) => {
                say(&format!("Refused with {}: {}", refusal.http_status(), chain(&refusal)));
                Ok((refusal.http_status(), false))
            }
        }
    }

    fn print(&self, batch: &Batch) -> Result<(), Failure> {
        for event in batch.events() {
            self.output.print_line(&event::text(event), &event::json(event))?;
        }
        for row in batch.unreadable() {
            let (position, reason) = (row.position(), row.reason());
            let json = json!({ "kind": "unreadable", "position": position, "reason": reason.to_string() });
            self.output.print_line(&format!("row {position} cannot be read: {reason}"), &json)?;
        }
        Ok(())
    }

    /// The status to answer with. Unless all went well, the callback is let come again.
    fn hand_on(&self, batch: Batch, headers: &HeaderMap, body: &[u8]) -> u16 {
        if let Some(target) = &self.target {
            match target.post(headers, body) {
                Ok(200) => {}
                Ok(status) => {
                    say(&format!("Forwarded, and answered with {status}."));
                    return status;
                }
                Err(reason) => {
                    say(&format!("Not forwarded: {reason}"));
                    return 502;
                }
            }
        }
        if batch.commit().is_ok() { 200 } else { 503 }
    }
}

fn headers(request: &Request) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for header in request.headers() {
        let name = HeaderName::from_bytes(header.field.as_str().as_str().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_str(header.value.as_str()).ok()?);
    }
    Some(headers)
}

/// How many callbacks are taken at the same time.
const WORKERS: usize = 8;
