//! Receives callbacks on a synchronous server, answers within milliseconds, and leaves the work to a queue.
//!
//! Watch it without an account: `cargo run --example callback_receiver -- --demo` posts callbacks to itself.
//! To listen, set `CALLBACK_USER` and `CALLBACK_SECRET` to what the vendor's console holds, and name an address:
//! `cargo run --example callback_receiver -- 127.0.0.1:8080`. TLS is left to the proxy in front.

use std::collections::HashMap;
use std::error::Error;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::time::SystemTime;
use std::{env, thread};

use engagelab_otp::Channel;
use engagelab_otp::api::types::{MessageId, MessageStatus};
use engagelab_otp::callback::{CallbackRequest, Delivery, Event, Receiver, Signer};
use engagelab_otp::lifecycle::{CodeCheck, Lifecycle};
use http::{HeaderMap, HeaderName, HeaderValue};
use tiny_http::{Method, Request, Response, Server};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let argument = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    if argument == "--demo" {
        return demo();
    }
    let (user, secret) = (env::var("CALLBACK_USER")?, env::var("CALLBACK_SECRET")?);
    let receiver = Receiver::builder().secret(&user, &secret)?.build()?;
    let server = Server::http(argument)?;
    println!("listening on {}", server.server_addr());
    let (sender, queue) = sync_channel(1000);
    let worker = thread::spawn(move || work(&queue));
    for request in server.incoming_requests() {
        answer(&receiver, &sender, request);
    }
    drop(sender);
    worker.join().map_err(|_| "the worker failed")?;
    Ok(())
}

/// Answers one request. A connection that breaks meanwhile is the service's business: it comes again.
fn answer(receiver: &Receiver, queue: &SyncSender<Vec<Event>>, mut request: Request) {
    let status = if *request.method() == Method::Post { take(receiver, queue, &mut request) } else { 405 };
    let _ = request.respond(Response::empty(status));
}

fn take(receiver: &Receiver, queue: &SyncSender<Vec<Event>>, request: &mut Request) -> u16 {
    // A little more than the receiver's own limit, so that it sees what is too large.
    let mut body = Vec::new();
    let read = request.as_reader().take((1 << 20) + 1).read_to_end(&mut body);
    let (Some(headers), Ok(_)) = (headers(request), read) else { return 400 };
    let source = request.remote_addr().map(SocketAddr::ip);
    let incoming = CallbackRequest::from_headers(&headers, &body).with_source(source);
    match receiver.receive(&incoming) {
        Ok(Delivery::AddressCheck(_) | Delivery::Duplicate) => 200,
        Ok(Delivery::Events(mut batch)) => {
            for row in batch.unreadable() {
                eprintln!("row {} put aside: {}", row.position(), row.reason());
            }
            // A queue that outlives the process belongs here. When it is full, the batch is dropped with the
            // commit undone, and the service delivers it again.
            if queue.try_send(batch.take_events()).is_err() || batch.commit().is_err() { 503 } else { 200 }
        }
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            refusal.http_status()
        }
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

/// What takes its time happens here.
fn work(queue: &Queue<Vec<Event>>) {
    let mut messages: HashMap<MessageId, Lifecycle> = HashMap::new();
    for event in queue.iter().flatten() {
        let Some(observation) = event.observation() else {
            println!("event: {event:?}");
            continue;
        };
        let id = observation.message_id();
        let message = messages.entry(id.clone()).or_insert_with(|| {
            // The strategy and the kind of code are known to whoever sent the message.
            let message = Lifecycle::new(id.clone()).with_code_check(CodeCheck::ByService);
            "whatsapp|sms".parse().map_or(message.clone(), |strategy| message.with_strategy(strategy))
        });
        message.observe(&observation);
        let status = message.status().map_or("nothing", MessageStatus::as_str);
        let channel = message.channel().map_or("no channel", Channel::as_str);
        let costs: Vec<String> = message.costs().iter().map(ToString::to_string).collect();
        println!("message {id}: {status} on {channel}, {:?}, cost {costs:?}", message.finality());
    }
}

/// The service's part and the receiver's, in one process.
fn demo() -> Result<(), Failure> {
    let receiver = Receiver::builder().secret("demo", "a secret for the demo")?.build()?;
    let server = Server::http("127.0.0.1:0")?;
    let url = format!("http://{}/callback", server.server_addr());
    let (sender, queue) = sync_channel(1000);
    let worker = thread::spawn(move || work(&queue));
    let listener = thread::spawn(move || -> Result<(), Failure> {
        for _ in 0..POSTS.len() {
            answer(&receiver, &sender, server.recv()?);
        }
        Ok(())
    });

    let signer = Signer::new("demo", "a secret for the demo")?;
    let now = SystemTime::now();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    for (what, nonce, body) in POSTS {
        let post = agent.post(&url).header("Content-Type", "application/json");
        let post =
            if nonce.is_empty() { post } else { post.header("X-CALLBACK-ID", signer.header(now, nonce)?) };
        println!("{what}: {}", post.send(body)?.status().as_u16());
    }
    listener.join().map_err(|_| "the server failed")??;
    worker.join().map_err(|_| "the worker failed")?;
    Ok(())
}

/// What happens, the nonce (none: unsigned), and the body.
const POSTS: [(&str, &str, &str); 7] = [
    ("the console tries the address", "", "{}"),
    ("WhatsApp fails", "n1", WHATSAPP_FAILED),
    ("SMS delivers", "n2", SMS_DELIVERED),
    ("the same again", "n2", SMS_DELIVERED),
    ("somebody puts another body under a captured header", "n2", VERIFIED),
    ("somebody who knows no secret", "", VERIFIED),
    ("the user types the code", "n3", VERIFIED),
];
const WHATSAPP_FAILED: &str = r#"{"total":1,"rows":[{"message_id":"1725407449772531712","channel":"whatsapp",
    "itime":1791763205,"status":{"message_status":"delivered_failed","error_code":5018}}]}"#;
const SMS_DELIVERED: &str = r#"{"total":1,"rows":[{"message_id":"1725407449772531712","channel":"sms",
    "itime":1791763207,"status":{"message_status":"delivered","billing":{"cost":0.0423,"currency":"USD"}}}]}"#;
const VERIFIED: &str = r#"{"total":1,"rows":[{"message_id":"1725407449772531712","channel":"sms",
    "itime":1791763230,"status":{"message_status":"verified"}}]}"#;
