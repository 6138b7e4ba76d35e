//! Receives callbacks, keeps them on disk before they are answered, and handles them afterwards.
//!
//! Watch it without an account: `cargo run --example callback_receiver -- --demo` posts callbacks to itself.
//! To listen, set `CALLBACK_USER` and `CALLBACK_SECRET` to what the vendor's console holds, and name an address and a
//! folder: `cargo run --example callback_receiver -- 127.0.0.1:8080 callbacks`. TLS is left to the proxy in front.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::error::Error;
use std::time::{Duration, SystemTime};
use std::{env, fs, process, thread};

use engagelab_otp::Channel;
use engagelab_otp::api::types::{MessageId, MessageStatus};
use engagelab_otp::callback::{Event, Inbox, InboxCallback, Receiver, Server, ServerEvent, Signer};
use engagelab_otp::lifecycle::{CodeCheck, Lifecycle};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    if address == "--demo" {
        return demo();
    }
    let folder = arguments.next().unwrap_or_else(|| "callbacks".to_owned());
    let (user, secret) = (env::var("CALLBACK_USER")?, env::var("CALLBACK_SECRET")?);
    let receiver = Receiver::builder().secret(&user, &secret)?.build()?;
    let inbox = Inbox::open(folder)?;
    let server = start(receiver, &address, &inbox)?;
    println!("listening on {}", server.address());
    // The server runs for ever; if it does not, neither does this program, and it says why.
    let waiting = thread::spawn({
        let inbox = inbox.clone();
        move || {
            let ended = server.wait();
            inbox.stop();
            ended
        }
    });
    // In this thread, so that a failure ends the program: callbacks are not to be taken when nobody handles them.
    work(&inbox)?;
    waiting.join().map_err(|_| "the server failed")??;
    Ok(())
}

/// Each callback is on disk when it is answered with 200.
fn start(receiver: Receiver, address: &str, inbox: &Inbox) -> Result<Server, Failure> {
    let observer = |event: ServerEvent<'_>| match event {
        ServerEvent::Refused(refusal) => eprintln!("refused: {refusal}"),
        ServerEvent::NotKept(error) => eprintln!("not kept, and answered with 503: {error}"),
        _ => {}
    };
    Ok(Server::builder(receiver).observer(observer).start_with_inbox(address, inbox)?)
}

/// What takes its time happens here. A callback whose handler fails is handed out again, and in the end becomes a dead
/// letter.
fn work(inbox: &Inbox) -> Result<(), Failure> {
    let mut messages = Messages::default();
    inbox.run(|callback| {
        handle(callback, &mut messages);
        Ok::<(), Infallible>(())
    })?;
    Ok(())
}

/// Handles one callback. The same one can come again after a crash; what is done here does not mind.
fn handle(callback: &InboxCallback, messages: &mut Messages) {
    for row in callback.unreadable() {
        eprintln!("row {} cannot be read: {}", row.position(), row.reason());
    }
    for event in callback.events() {
        observe(event, messages);
    }
}

fn observe(event: &Event, messages: &mut Messages) {
    let Some(observation) = event.observation() else {
        println!("event: {event:?}");
        return;
    };
    let id = observation.message_id();
    let message = messages.get(id);
    message.observe(&observation);
    let status = message.status().map_or("nothing", MessageStatus::as_str);
    let channel = message.channel().map_or("no channel", Channel::as_str);
    let costs: Vec<String> = message.costs().iter().map(ToString::to_string).collect();
    println!("message {id}: {status} on {channel}, {:?}, cost {costs:?}", message.finality());
}

/// What is known of the newest messages. A real program has a table for this, which outlives it.
#[derive(Default)]
struct Messages {
    lifecycles: HashMap<MessageId, Lifecycle>,
    /// In the order in which they were heard of.
    ids: VecDeque<MessageId>,
}

impl Messages {
    fn get(&mut self, id: &MessageId) -> &mut Lifecycle {
        if !self.lifecycles.contains_key(id) {
            // Also a final message can be reported on once more, so that none is forgotten before there are too many.
            if self.ids.len() >= MOST_MESSAGES
                && let Some(oldest) = self.ids.pop_front()
            {
                self.lifecycles.remove(&oldest);
            }
            self.ids.push_back(id.clone());
        }
        self.lifecycles.entry(id.clone()).or_insert_with(|| {
            // The strategy and the kind of code are known to whoever sent the message.
            let message = Lifecycle::new(id.clone()).with_code_check(CodeCheck::ByService);
            "whatsapp|sms".parse().map_or(message.clone(), |strategy| message.with_strategy(strategy))
        })
    }
}

const MOST_MESSAGES: usize = 100_000;

/// The service's part and the receiver's, in one process.
fn demo() -> Result<(), Failure> {
    let folder = env::temp_dir().join(format!("callback-receiver-{}", process::id()));
    let receiver = Receiver::builder().secret("demo", "a secret for the demo")?.build()?;
    let inbox = Inbox::open(&folder)?;
    let server = start(receiver, "127.0.0.1:0", &inbox)?;
    let url = format!("http://{}/callback", server.address());

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
    server.shut_down(Duration::from_secs(1));
    // As after a restart: what was answered is on disk.
    drop((server, inbox));
    let inbox = Inbox::open(&folder)?;
    let mut messages = Messages::default();
    while let Some(callback) = inbox.next(Duration::ZERO)? {
        handle(&callback, &mut messages);
        callback.handled()?;
    }
    drop(inbox);
    fs::remove_dir_all(folder)?;
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
