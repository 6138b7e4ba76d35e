//! `engagelab-otp callback listen`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use clap::Args;
use engagelab_otp::callback::{Event, Inbox, ReceivedCallback, Retry, Server, ServerEvent, UnreadableRow};
use http::HeaderMap;
use serde_json::json;

use super::event;
use super::forward::Target;
use super::keys::Keys;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::metrics::Metrics;
use crate::output::{Output, cannot_write, counted, say};
use crate::settings::Source;
use crate::signals::EndSignals;
use crate::standard_output;
use crate::value;

/// Receive callbacks, and print their events as they come.
///
/// Prints one line for each event; as JSON one object on each line: {"kind": "status", "name": "delivered",
/// "message_id": "…", "channel": "sms", "time": 1791763207, "error_code": null, "cost": {"amount": "0.0423",
/// "currency": "USD"}}. Addresses and texts are left out; a row that cannot be read is there as it came, as
/// {"kind": "unreadable", "position": 0, "reason": "…", "raw": "…"}. What is not genuine is refused and reported on
/// standard error. Address checks are answered. Stop it with Ctrl-C: what has come is still printed and answered.
///
/// A callback is answered with 200 once its events are printed and forwarded; with --inbox, once it is on disk. When
/// nobody reads the events any more, it is not answered with 200, and the command ends.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp callback listen
  engagelab-otp callback listen --listen 0.0.0.0:8036 -o json >> events.jsonl
  engagelab-otp callback listen --forward-to http://127.0.0.1:3000/callbacks")]
pub(crate) struct Arguments {
    /// Where to listen, without TLS; with port 0, a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8036", value_parser = value::address)]
    listen: SocketAddr,
    /// Keep callbacks in this folder until they are printed, also over a restart
    #[arg(long, value_name = "FOLDER", conflicts_with = "forward_to")]
    inbox: Option<PathBuf>,
    /// Hand genuine callbacks on to this URL, with headers and body as they came, and answer as it does
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// End after so many callbacks with events
    #[arg(long, value_name = "NUMBER", value_parser = value::count)]
    count: Option<usize>,
    #[command(flatten)]
    metrics: Metrics,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let keys = Keys::find(&arguments.source)?;
    let receiver = keys.receiver()?.build()?;
    // A callback would be refused only to say that its events cannot be printed.
    standard_output::check().map_err(|error| cannot_write(&error))?;
    let target = arguments.forward_to.as_deref().map(Target::new).transpose()?;
    let mut signals = EndSignals::catch()
        .map_err(|error| Failure::usage(format!("signals cannot be watched for: {error}")))?;
    arguments.metrics.serve()?;
    let consumer = Arc::new(Consumer { target, output: arguments.output.clone(), printing: Mutex::new(()) });
    let builder = Server::builder(receiver).observer(|event| report(&event));
    let (ends, ended) = mpsc::channel();
    let cannot_listen = |error| Failure::usage(format!("cannot listen on {}: {error}", arguments.listen));
    let server = if let Some(folder) = &arguments.inbox {
        let inbox = Inbox::open(folder).map_err(|error| Failure::usage(chain(&error)))?;
        let server = builder.start_with_inbox(arguments.listen, &inbox).map_err(cannot_listen)?;
        let ends = ends.clone();
        let consumer = consumer.clone();
        thread::spawn(move || while ends.send(consumer.take_next(&inbox)).is_ok() {});
        server
    } else {
        let (ends, consumer) = (ends.clone(), consumer.clone());
        let handler = move |callback: &ReceivedCallback<'_>| consumer.receive(callback, &ends);
        builder.start(arguments.listen, handler).map_err(cannot_listen)?
    };
    say(&format!("Listening on http://{}", server.address()));
    say(&format!("Checks {}.", keys.checks()));
    let server = Arc::new(server);
    thread::spawn({
        let ends = ends.clone();
        move || {
            if signals.wait() {
                let _ = ends.send(Taken::Asked);
            }
        }
    });
    thread::spawn({
        let server = server.clone();
        move || {
            if let Err(error) = server.wait() {
                let _ =
                    ends.send(Taken::Failed(Failure::usage(format!("cannot listen any longer: {error}"))));
            }
        }
    });
    let outcome = count(&ended, arguments.count);
    // The last one still gets its answer.
    server.shut_down(Duration::from_secs(3));
    // A callback of an inbox that is being printed is not to come again.
    let _last = consumer.printing.lock();
    outcome
}

/// What is told of while it listens.
enum Taken {
    Callback,
    Failed(Failure),
    /// A signal asked to end.
    Asked,
}

/// Counts what was taken, until there was enough of it or it cannot go on.
fn count(taken: &mpsc::Receiver<Taken>, mut remaining: Option<usize>) -> Result<(), Failure> {
    while remaining != Some(0) {
        match taken.recv() {
            Ok(Taken::Callback) => remaining = remaining.map(|count| count - 1),
            Ok(Taken::Failed(failure)) => return Err(failure),
            Ok(Taken::Asked) => {
                let Some(count) = remaining else { return Ok(()) };
                let missing = counted(count as u64, "callback");
                return Err(Failure::new(Exit::NotSent, format!("stopped {missing} before the end"))
                    .with("kind", "stopped"));
            }
            Err(_) => return Err(Failure::usage("cannot listen any longer")),
        }
    }
    Ok(())
}

/// Prints events and hands them on.
struct Consumer {
    target: Option<Target>,
    output: Output,
    /// Held while a callback of an inbox is printed.
    printing: Mutex<()>,
}

impl Consumer {
    /// Takes a callback before it is answered.
    fn receive(&self, callback: &ReceivedCallback<'_>, ends: &Sender<Taken>) -> Result<(), Retry> {
        let outcome = match self.print(callback.events(), callback.unreadable()) {
            Ok(()) => self.hand_on(callback.expose_headers(), callback.expose_body()),
            // Nobody reads any more: the events are not taken, and this is over.
            Err(failure) => {
                let _ = ends.send(Taken::Failed(failure));
                return Err(Retry::new());
            }
        };
        let _ = ends.send(Taken::Callback);
        outcome
    }

    /// Takes the next callback of an inbox.
    fn take_next(&self, inbox: &Inbox) -> Taken {
        let failed = |error| Failure::usage(chain(&error));
        let taken = loop {
            match inbox.next(LONGEST_WAIT) {
                Ok(Some(callback)) => {
                    let _printing = self.printing.lock();
                    let printed = self.print(callback.events(), callback.unreadable());
                    break printed.and_then(|()| callback.handled().map_err(failed));
                }
                Ok(None) => {}
                Err(error) => break Err(failed(error)),
            }
        };
        taken.map_or_else(Taken::Failed, |()| Taken::Callback)
    }

    fn print(&self, events: &[Event], unreadable: &[UnreadableRow]) -> Result<(), Failure> {
        for event in events {
            self.output.print_line(&event::text(event), &event::json(event))?;
        }
        for row in unreadable {
            let (position, reason) = (row.position(), row.reason());
            let (kind, raw) = ("unreadable", row.expose_text());
            let json =
                json!({ "kind": kind, "position": position, "reason": reason.to_string(), "raw": raw });
            self.output.print_line(&format!("row {position} cannot be read: {reason}"), &json)?;
        }
        Ok(())
    }

    /// Unless all goes well, the callback is let come again.
    fn hand_on(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Retry> {
        let Some(target) = &self.target else { return Ok(()) };
        match target.post(headers, body) {
            Ok(200) => Ok(()),
            Ok(status) => {
                let retry = Retry::with_status(status);
                say(&format!("Forwarded, and answered with {status}{COMES_AGAIN}"));
                Err(retry)
            }
            Err(reason) => {
                say(&format!("{reason}{COMES_AGAIN}"));
                Err(Retry::with_status(502))
            }
        }
    }
}

/// Says what happened that is no event.
pub(crate) fn report(event: &ServerEvent<'_>) {
    let text = match event {
        ServerEvent::AddressCheck(check) => match check.would_refuse() {
            Some(refusal) => format!("Address check answered. With events it would be refused: {refusal}"),
            None => "Address check answered.".to_owned(),
        },
        ServerEvent::Duplicate => "A callback that was taken before came again.".to_owned(),
        ServerEvent::Refused(refusal) => {
            format!("Refused with {}: {}", refusal.http_status(), chain(*refusal))
        }
        ServerEvent::BodyNotRead(status) => format!("Refused with {status}: the body did not come whole"),
        ServerEvent::NotKept(error) => format!("Refused with 503: {}", chain(*error)),
        ServerEvent::NotCommitted(error) => format!("Refused with 503: {}", chain(*error)),
        _ => return,
    };
    say(&text);
}

/// What a callback does that is not taken.
const COMES_AGAIN: &str = ". It comes again, and its events are printed once more then.";

/// How long the inbox is left alone when nothing comes.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
