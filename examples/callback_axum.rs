//! Receives callbacks in axum: the headers are checked before the body is read, and what blocks has threads of its own.
//!
//! ```text
//! cargo run --example callback_axum --features axum,sandbox
//! ```
//!
//! posts the sandbox's callbacks to itself. To listen, set `CALLBACK_USER` and `CALLBACK_SECRET` to what the vendor's
//! console holds, and name an address and a folder after `--`: `127.0.0.1:8080 callbacks`. The proxy in front does TLS,
//! and puts an end to clients that are slow with their headers, which `axum::serve` does not.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use std::{env, fs, process};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use engagelab_otp::callback::{
    CallbackHeaders, CheckedHeaders, Delivery, Detail, Inbox, MemoryStore, ReceiveError, Receiver,
};
use engagelab_otp::sandbox::{Sandbox, demo};
use engagelab_otp::{Client, Code, TemplateRef};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::{task, time};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let Some(address) = arguments.next() else { return sandbox() };
    let folder = arguments.next().unwrap_or_else(|| "callbacks".to_owned());
    let inbox = Inbox::open(folder)?;
    let app = app(&env::var("CALLBACK_USER")?, &env::var("CALLBACK_SECRET")?, &inbox)?;
    let runtime = Runtime::new()?;
    println!("listening on {}", serve(&runtime, &address, app, &inbox)?);
    // Here, so that a handler that fails ends the program: callbacks are not to be taken when nobody handles them.
    inbox.run(|callback| {
        println!("{callback:?}");
        Ok::<(), Infallible>(())
    })?;
    Err("the server ended".into())
}

/// Serves in the background; the inbox is stopped when that ends.
fn serve(runtime: &Runtime, address: &str, app: Router, inbox: &Inbox) -> Result<SocketAddr, Failure> {
    let listener = runtime.block_on(TcpListener::bind(address))?;
    let address = listener.local_addr()?;
    let inbox = inbox.clone();
    runtime.spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            eprintln!("the server failed: {error}");
        }
        inbox.stop();
    });
    Ok(address)
}

#[derive(Clone)]
struct Shop {
    receiver: Receiver,
    inbox: Inbox,
}

/// A router that takes callbacks into the inbox. Signatures that the inbox has seen are not good for another body.
fn app(user: &str, secret: &str, inbox: &Inbox) -> Result<Router, Failure> {
    let store = MemoryStore::default();
    for claim in inbox.claims()? {
        store.restore(&claim)?;
    }
    let receiver = Receiver::builder().secret(user, secret)?.replay_store(store).build()?;
    Ok(Router::new().route("/callback", post(callback)).with_state(Shop { receiver, inbox: inbox.clone() }))
}

async fn callback(State(shop): State<Shop>, headers: HeaderMap, body: Body) -> Response {
    let checked = shop.receiver.check(&CallbackHeaders::from_map(&headers));
    if let Some(refusal) = checked.refusal() {
        return refused(refusal);
    }
    let body = match time::timeout(BODY_TIMEOUT, read(body, checked.bytes_to_read())).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::BAD_REQUEST.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    // The inbox waits for the disk, which must not hold up the runtime.
    match task::spawn_blocking(move || take(checked, &body, &shop.inbox)).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// At most so many octets: the rest need not be read.
async fn read(mut body: Body, limit: usize) -> Result<Vec<u8>, axum::Error> {
    let mut octets = Vec::new();
    while octets.len() < limit
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            let rest = limit - octets.len();
            octets.extend_from_slice(&data[..data.len().min(rest)]);
        }
    }
    Ok(octets)
}

/// Each callback is on disk when it is answered with 200. Whatever else it is answered with, it comes again.
fn take(checked: CheckedHeaders, body: &[u8], inbox: &Inbox) -> Response {
    let kept = match checked.read(body) {
        Ok(Delivery::Events(batch)) => inbox.store(batch.claim(), body).is_ok() && batch.commit().is_ok(),
        Ok(Delivery::AddressCheck(check)) => check.claim().is_none_or(|claim| inbox.remember(claim).is_ok()),
        Ok(Delivery::Duplicate) => true,
        Err(refusal) => return refused(&refusal),
    };
    if kept { StatusCode::OK.into_response() } else { StatusCode::SERVICE_UNAVAILABLE.into_response() }
}

fn refused(refusal: &ReceiveError) -> Response {
    eprintln!("refused: {refusal}");
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    match refusal.retry_after() {
        Some(pause) => (status, [(header::RETRY_AFTER, pause.as_secs().to_string())]).into_response(),
        None => status.into_response(),
    }
}

/// The sandbox sends a code and posts what becomes of it, until the code is verified.
fn sandbox() -> Result<(), Failure> {
    let folder = env::temp_dir().join(format!("callback-axum-{}", process::id()));
    let inbox = Inbox::open(&folder)?;
    let app = app(demo::CALLBACK_USER, demo::CALLBACK_SECRET, &inbox)?;
    let runtime = Runtime::new()?;
    let url = format!("http://{}/callback", serve(&runtime, "127.0.0.1:0", app, &inbox)?);

    let sandbox = Sandbox::builder().callback_url(url)?.start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let receipt = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
    let code = sandbox.code(&receipt.message_id).ok_or("the message has no code")?;
    println!("verified by the client: {:?}", client.verify_otp(&receipt.message_id, &Code::new(code)?)?);

    let mut is_verified = false;
    while !is_verified {
        let callback = inbox.next(PATIENCE)?.ok_or("the sandbox's callbacks did not come")?;
        for event in callback.events() {
            let Detail::Status(report) = event.detail() else { continue };
            let Some(status) = report.message_status() else { continue };
            println!("message {}: {status}", event.message_id().ok_or("a status without a message")?);
            is_verified |= status.as_str() == "verified";
        }
        callback.handled()?;
    }
    drop((sandbox, runtime, inbox));
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// The service itself gives up after 3 seconds.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

const PATIENCE: Duration = Duration::from_secs(20);
