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
//! Some recipients have a behaviour of their own, as the vendor describes: see [`TEST_RECIPIENTS`]. Messages to anybody
//! else are delivered after a second.
//!
//! Templates: `sandbox-otp-tpl` (6 digits, 5 minutes, by SMS, call or e-mail), `sandbox-otp-tpl-wa` (by WhatsApp
//! alone) and `sandbox-custom-tpl` (expects the parameter `code`). Names and secrets stand in [`demo`].
//!
//! # Callbacks, and time
//!
//! With [`SandboxBuilder::callback_url`] it posts what happens to messages, signed with [`demo::CALLBACK_USER`] and
//! [`demo::CALLBACK_SECRET`]. A test need not wait for any of it: it stops the clock and lets time pass by itself.
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
//! # Why a request was refused
//!
//! [`Sandbox::requests`] has every request with what came of it, refused ones above all: also those that never reached
//! the API, since HTTP does not allow them, they were too large or broke off, or named a host that the sandbox does not
//! know. Submissions over SMPP are there too, with what the SMPP side refused before. Codes are masked, and addresses
//! but in bodies.
//!
//! ```
//! use engagelab_otp::sandbox::Sandbox;
//! use engagelab_otp::{Client, TemplateRef};
//!
//! let sandbox = Sandbox::start()?;
//! let client = Client::for_sandbox(&sandbox)?;
//! assert!(client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("no-such-template")?).is_err());
//! let refused = &sandbox.requests()[0];
//! assert_eq!(refused.reason.as_deref(), Some("no template has this id"));
//! assert_eq!(refused.field.as_deref(), Some("template.id"));
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

mod builder;
mod clock;
mod console;
mod control;
pub mod demo;
mod fault;
mod guard;
mod json;
mod masking;
mod model;
mod requests;
mod rest;
mod router;
mod shared;
#[cfg(feature = "smpp")]
mod smpp;
mod state;
mod testing;
mod webhook;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::Value;

pub use builder::SandboxBuilder;
pub use fault::{CallbackFault, FAULT_HEADER, Fault};
pub use model::{KeyState, Message, Speed, TimelineEntry};
pub use requests::RecordedRequest;
pub use shared::Activity;
use shared::Shared;
#[cfg(feature = "smpp")]
pub use smpp::SmppFault;
pub use testing::{On, Times, UnmetExpectation};
pub use webhook::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse, Redelivery, SampleEvent};

use crate::Credentials;
use crate::api::types::{ErrorCode, MessageId, TemplateStatus};
use crate::http_server::Server;
pub use crate::test_recipients::{RecipientBehavior, TEST_RECIPIENTS, TestRecipient};

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    server: Server,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    #[cfg(feature = "smpp")]
    smsc: Option<Arc<crate::smpp::smsc::Smsc>>,
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

    /// The base URL for clients, and the console's address for browsers; where it listens on every address, that of
    /// loopback.
    pub fn url(&self) -> String {
        let mut address = self.address();
        if address.ip().is_unspecified() {
            let loopback = match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            address.set_ip(loopback);
        }
        format!("http://{address}")
    }

    /// The SMPP side: where it listens, what it received, and switches by which it misbehaves. None unless
    /// [`SandboxBuilder::smpp_listen`] was called.
    #[cfg(feature = "smpp")]
    pub fn smsc(&self) -> Option<&crate::smpp::smsc::Smsc> {
        self.smsc.as_deref()
    }

    /// A key that it knows, with the secret.
    pub fn credentials(&self) -> Credentials {
        // A builder always has a key.
        self.shared.read(|state| state.model.keys()[0].clone())
    }

    /// All keys that it knows, with their secrets.
    pub fn keys(&self) -> Vec<Credentials> {
        self.shared.read(|state| state.model.keys().to_vec())
    }

    /// The ids of the templates that there are now.
    pub fn template_ids(&self) -> Vec<String> {
        let id = |template: &model::Template| template.definition.template_id.0.clone();
        self.shared.read(|state| state.model.templates().iter().map(id).collect())
    }

    /// The code of a message, if it carries one.
    pub fn code(&self, message: &MessageId) -> Option<String> {
        self.message(message)?.code
    }

    /// A message, with what happened to it so far.
    pub fn message(&self, id: &MessageId) -> Option<Message> {
        self.shared.read(|state| state.model.messages().get(id).cloned())
    }

    /// All messages that it remembers, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.read(|state| state.model.messages().iter().cloned().collect())
    }

    /// All requests to the API and submissions over SMPP that it remembers, oldest first, with what came of each: those that
    /// were refused too, and those that could not even be read.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.read(|state| state.requests.iter().cloned().collect())
    }

    /// All callbacks that it remembers, oldest first, with every attempt to deliver them.
    pub fn callbacks(&self) -> Vec<Callback> {
        self.shared.read(|state| state.outbox.callbacks().cloned().collect())
    }

    /// The time there.
    pub fn now(&self) -> SystemTime {
        self.shared.time()
    }

    /// Lets time pass. What falls due happens before this returns, but for posting callbacks, which only
    /// begins: see [`wait_idle`](Self::wait_idle).
    pub fn advance(&self, time: Duration) {
        self.shared.advance(time);
    }

    /// Waits until no callback is to be posted or under way; false if that takes longer than `timeout`.
    pub fn wait_idle(&self, timeout: Duration) -> bool {
        self.wait_for(timeout, |sandbox| sandbox.shared.read(|state| state.outbox.is_idle()))
    }

    /// Waits until `wanted` is true; false if that takes longer than `timeout`. It is asked whenever something
    /// has happened.
    pub fn wait_for(&self, timeout: Duration, wanted: impl Fn(&Self) -> bool) -> bool {
        self.shared.wait_for(timeout, None, || wanted(self))
    }

    /// Accepts no more, and lets what is under way be answered: whoever waits for news is told that it stops, and slow
    /// answers are given at once. False if that takes longer than `timeout`. What is still open ends when it is dropped.
    pub fn shut_down(&self, timeout: Duration) -> bool {
        self.shared.stop();
        self.server.finish(timeout)
    }

    /// Changes what its keys may do.
    pub fn set_key_state(&self, key_state: KeyState) {
        self.shared.update(|state, _| state.model.set_key_state(key_state));
    }

    /// Ends the review of a template, which a callback reports; false if there is no such template.
    pub fn set_template_status(&self, id: &str, status: TemplateStatus) -> bool {
        self.shared.update(|state, _| state.model.review_template(id, status)).is_ok()
    }

    /// Answers the next request to the API with this error, after those for which something is in store already.
    pub fn fail_next(&self, code: ErrorCode) {
        self.inject(Fault::Error { code }, 1);
    }

    /// Has the next so many requests to the API go wrong, after those that are to already. At most 10,000 are
    /// in store at a time.
    pub fn inject(&self, fault: Fault, times: usize) {
        self.shared.update(|state, _| state.faults.queue(None, fault, times));
    }

    /// Has the next so many requests to one operation go wrong, whatever comes in between.
    pub fn inject_for(&self, operation: &crate::api::Operation, fault: Fault, times: usize) {
        self.shared.update(|state, _| state.faults.queue(Some(operation.id), fault, times));
    }

    /// Has every request to the API go wrong, or none; what [`inject`](Self::inject) holds in store comes first.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.shared.update(|state, _| state.faults.set_standing(fault));
    }

    /// Has every callback go wrong, or none.
    pub fn set_callback_fault(&self, fault: Option<CallbackFault>) {
        self.shared.update(|state, _| state.outbox.set_fault(fault));
    }

    /// Reports an event that has nothing to do with a message.
    pub fn emit(&self, event: SampleEvent) {
        self.shared.update(|state, now| state.outbox.gather(None, event.row(now)));
    }

    /// Reports whatever this row says.
    pub fn emit_row(&self, row: Value) {
        self.shared.update(|state, _| state.outbox.gather(None, row));
    }

    /// Posts a callback once more; false if it is not remembered, or its address was removed.
    pub fn redeliver(&self, callback: u64, how: Redelivery) -> bool {
        self.shared.update(|state, _| state.outbox.redeliver(callback, how))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shut_down(LAST_ANSWERS);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to end.
            drop(thread.join());
        }
    }
}

/// How long answers that are under way are waited for when a sandbox is dropped.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).finish_non_exhaustive()
    }
}
