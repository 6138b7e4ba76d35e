//! The service on loopback: stateful, offline, without an account.
//!
//! Programs and their tests talk to it as they would to the service. It keeps templates, messages and codes,
//! treats some recipients specially, as the vendor's own sandbox is described to, and posts callbacks. It never
//! delivers anything to anybody.
//!
//! ```
//! use engagelab_otp::sandbox::Sandbox;
//! use engagelab_otp::{Client, Code, TemplateRef};
//!
//! let sandbox = Sandbox::start()?;
//! let client = Client::for_sandbox(&sandbox)?;
//!
//! let receipt = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
//! let code = sandbox.code(&receipt.message_id).ok_or("no code")?;
//! assert!(client.verify_otp(&receipt.message_id, &Code::new(code)?)?.is_verified());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | recipient | what becomes of a send |
//! |---|---|
//! | `+10000000000` | delivered after 2 s |
//! | `+10000000010` | delivered at once |
//! | `sandbox@example.com` | delivered, by e-mail |
//! | `+10000000005` | delivered, and the code is `123456` |
//! | `+10000000001`, `+10000000011`, `+10000000012`, `+10000000099` | refused with 5011, 5013, 5019, 3004 |
//! | `+10000000002`, `+10000000018` | taken over, and not delivered: 5012, 5018 |
//! | `+10000000003` | taken over, and nothing is ever reported |
//! | `+10000000004` | WhatsApp fails, then SMS is delivered |
//! | `+10000000014` | WhatsApp, SMS and voice fail, one after the other |
//! | `+10000000024` | delivered, by WhatsApp |
//! | anyone else | delivered after a second; [`Sandbox::code`] tells the code |
//!
//! Templates: `sandbox-otp-tpl` (6 digits, 5 minutes, by SMS, call or e-mail), `sandbox-otp-tpl-wa` (by WhatsApp
//! alone) and `sandbox-custom-tpl` (expects the parameter `code`). Keys: `sandbox_demo` with `sandbox_secret`, and
//! both with `engagelab_` before them.
//!
//! # Callbacks, and time
//!
//! With [`SandboxBuilder::callback_url`] it posts what happens to messages, signed with the user name
//! `sandbox_demo` and the secret `sandbox_webhook_secret`. A test need not wait for any of it: it stops the clock
//! and lets time pass by itself.
//!
//! ```
//! use std::time::Duration;
//! use engagelab_otp::api::types::MessageStatus;
//! use engagelab_otp::sandbox::Sandbox;
//! use engagelab_otp::{Client, TemplateRef};
//!
//! let sandbox = Sandbox::builder().manual_clock().start()?;
//! let client = Client::for_sandbox(&sandbox)?;
//! let receipt = client.send_otp(&"+10000000002".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
//! let status = || sandbox.message(&receipt.message_id)?.status().cloned();
//!
//! assert_eq!(status(), Some(MessageStatus::Sent));
//! sandbox.advance(Duration::from_secs(1));
//! assert_eq!(status(), Some(MessageStatus::DeliveredFailed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Faults
//!
//! It goes wrong on demand, so that programs can show how they take it: requests by [`SandboxBuilder::fault`],
//! [`Sandbox::inject`] or a request's header `X-Sandbox-Fault` (see [`Fault`]), callbacks by
//! [`SandboxBuilder::callback_fault`] (see [`CallbackFault`]).
//!
//! # The console
//!
//! The sandbox's address, opened in a browser, shows what it is doing. The console answers to the names of
//! this machine alone and to requests of its own page, so that a page from elsewhere cannot drive it.

mod account;
mod builder;
mod callback;
mod console;
mod events;
mod fault;
mod lifecycle;
mod message;
mod outbox;
mod recipients;
mod router;
mod rules;
mod schedule;
mod service;
mod shared;
#[cfg(feature = "smpp")]
mod smpp;
mod templates;
mod text;
mod tick;
mod webhook;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::Value;

pub use builder::SandboxBuilder;
pub use callback::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse};
pub use events::SampleEvent;
pub use fault::{CallbackFault, FAULT_HEADER, Fault};
pub use message::{Message, TimelineEntry};
pub use outbox::Redelivery;
pub use recipients::RECIPIENTS;
use shared::Shared;
#[cfg(feature = "smpp")]
pub use smpp::SmppFault;
pub use tick::Speed;

use crate::api::types::{ErrorCode, MessageId, TemplateStatus};
use crate::http_server::Server;

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    server: Server,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    #[cfg(feature = "smpp")]
    smsc: Option<Arc<crate::smpp::smsc::Smsc>>,
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// Everything.
    #[default]
    Active,
    /// Nothing: it has expired or is disabled (error 2002).
    Disabled,
    /// Everything but verify (error 2004).
    SendOnly,
    /// Nothing but verify (error 2004).
    VerifyOnly,
}

impl Sandbox {
    /// A sandbox on a free port of loopback.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox, to be configured.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The base URL for clients, and the console's address for browsers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The SMPP side: where it listens, what it received, and switches by which it misbehaves. None unless
    /// [`SandboxBuilder::smpp_listen`] was called.
    #[cfg(feature = "smpp")]
    pub fn smsc(&self) -> Option<&crate::smpp::smsc::Smsc> {
        self.smsc.as_deref()
    }

    /// A key that it knows, and the secret.
    pub fn credentials(&self) -> (String, String) {
        self.shared.read(|service| service.keys.first().cloned().unwrap_or_default())
    }

    /// All keys that it knows, each with its secret.
    pub fn keys(&self) -> Vec<(String, String)> {
        self.shared.read(|service| service.keys.clone())
    }

    /// The ids of the templates that there are now.
    pub fn template_ids(&self) -> Vec<String> {
        let id = |template: &account::Template| template.definition.template_id.0.clone();
        self.shared.read(|service| service.account.templates().map(id).collect())
    }

    /// The code of a message, if it carries one.
    pub fn code(&self, message: &MessageId) -> Option<String> {
        self.message(message)?.code
    }

    /// A message, with what happened to it so far.
    pub fn message(&self, id: &MessageId) -> Option<Message> {
        self.shared.read(|service| service.account.message(id).cloned())
    }

    /// All messages that it remembers, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.read(|service| service.account.messages().cloned().collect())
    }

    /// All callbacks that it remembers, oldest first, with every attempt to deliver them.
    pub fn callbacks(&self) -> Vec<Callback> {
        self.shared.read(|service| service.outbox.callbacks().cloned().collect())
    }

    /// The time there.
    pub fn now(&self) -> SystemTime {
        self.shared.time()
    }

    /// Lets time pass. What falls due happens before this returns, but for posting callbacks, which only
    /// begins: see [`settle`](Self::settle).
    pub fn advance(&self, time: Duration) {
        self.shared.advance(time);
    }

    /// Waits until no callback is to be posted or under way; false if that takes longer than `patience`.
    pub fn wait_idle(&self, patience: Duration) -> bool {
        self.wait_for(patience, |sandbox| sandbox.shared.read(|service| service.outbox.is_idle()))
    }

    /// Waits until `wanted` is true; false if that takes longer than `patience`. It is asked whenever something
    /// has happened.
    pub fn wait_for(&self, patience: Duration, wanted: impl Fn(&Self) -> bool) -> bool {
        self.shared.wait_for(patience, || wanted(self))
    }

    /// Changes what its keys may do.
    pub fn set_key_state(&self, state: KeyState) {
        self.shared.update(|service, _| service.key_state = state);
    }

    /// Ends the review of a template; false if there is no such template.
    pub fn set_template_status(&self, id: &str, status: TemplateStatus) -> bool {
        self.shared.update(|service, _| service.account.set_template_status(id, status))
    }

    /// Answers the next authorized request with this error, whatever it is.
    pub fn fail_next(&self, code: ErrorCode) {
        self.shared.update(|service, _| service.next_error = Some(code));
    }

    /// Has the next so many requests to the API go wrong, after those that are to already. At most 10,000 are
    /// in store at a time.
    pub fn inject(&self, fault: Fault, times: usize) {
        self.shared.update(|service, _| service.faults.add(fault, times));
    }

    /// Has every request to the API go wrong, or none; what [`inject`](Self::inject) holds in store comes first.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.shared.update(|service, _| service.faults.standing = fault);
    }

    /// Has every callback go wrong, or none.
    pub fn set_callback_fault(&self, fault: Option<CallbackFault>) {
        self.shared.update(|service, _| service.outbox.plan.fault = fault);
    }

    /// Reports an event that has nothing to do with a message.
    pub fn emit(&self, event: SampleEvent) {
        self.shared.update(|service, now| service.outbox.gather(None, event.row(now)));
    }

    /// Reports whatever this row says.
    pub fn fire_row(&self, row: Value) {
        self.shared.update(|service, _| service.outbox.gather(None, row));
    }

    /// Posts a callback once more; false if it is not remembered.
    pub fn redeliver(&self, callback: u64, manner: Redelivery) -> bool {
        self.shared.update(|service, _| service.outbox.again(callback, manner))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to end.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).finish_non_exhaustive()
    }
}
