//! The service on loopback: stateful, offline, without an account.
//!
//! Programs and their tests talk to it as they would to the service. It keeps templates, messages and codes, and
//! treats some recipients specially, as the vendor's own sandbox is described to. It never delivers anything.
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
//! | `+10000000000`, `+10000000010`, `sandbox@example.com` | delivered |
//! | `+10000000005` | delivered, and the code is `123456` |
//! | `+10000000001`, `+10000000011`, `+10000000012`, `+10000000099` | refused with 5011, 5013, 5019, 3004 |
//! | `+10000000002`, `+10000000018`, `+10000000003` | taken over, and not delivered |
//! | `+10000000004`, `+10000000014`, `+10000000024` | taken over, with WhatsApp tried first |
//! | anyone else | delivered; [`Sandbox::code`] tells the code |
//!
//! Templates: `sandbox-otp-tpl` (6 digits, 5 minutes, by SMS, call or e-mail), `sandbox-otp-tpl-wa` (by WhatsApp
//! alone) and `sandbox-custom-tpl` (expects the parameter `code`). Keys: `sandbox_demo` with `sandbox_secret`, and
//! both with `engagelab_` before them.

mod account;
mod http;
mod recipients;
mod rules;
mod service;
mod templates;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use account::Message;
use http::Server;
use service::Service;

use crate::api::types::{ErrorCode, MessageId, TemplateStatus};
use crate::clock::{Clock, SystemClock};

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    service: Mutex<Service>,
    clock: Arc<dyn Clock>,
    advanced: Mutex<Duration>,
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

    /// The base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// A key that it knows, and the secret.
    pub fn credentials(&self) -> (String, String) {
        self.shared.service().keys.first().cloned().unwrap_or_default()
    }

    /// The code of a message, if it carries one.
    pub fn code(&self, message: &MessageId) -> Option<String> {
        self.message(message)?.code
    }

    /// A message.
    pub fn message(&self, id: &MessageId) -> Option<Message> {
        self.shared.service().account.message(id).cloned()
    }

    /// All messages that it remembers, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.service().account.messages().cloned().collect()
    }

    /// Lets time pass: codes grow old.
    pub fn advance(&self, time: Duration) {
        let mut advanced = self.shared.advanced();
        *advanced = advanced.saturating_add(time);
    }

    /// Changes what its keys may do.
    pub fn set_key_state(&self, state: KeyState) {
        self.shared.service().key_state = state;
    }

    /// Ends the review of a template; false if there is no such template.
    pub fn set_template_status(&self, id: &str, status: TemplateStatus) -> bool {
        self.shared.service().account.set_template_status(id, status)
    }

    /// Answers the next authorized request with this error, whatever it is.
    pub fn fail_next(&self, code: ErrorCode) {
        self.shared.service().next_error = Some(code);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Shared {
    fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advanced(&self) -> MutexGuard<'_, Duration> {
        self.advanced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        self.clock.time_of_day() + *self.advanced()
    }
}

/// Configures a [`Sandbox`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct SandboxBuilder {
    address: SocketAddr,
    keys: Vec<(String, String)>,
    review: TemplateStatus,
    history: usize,
    clock: Arc<dyn Clock>,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        let key = |key: &str, secret: &str| (key.to_owned(), secret.to_owned());
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: vec![
                key("sandbox_demo", "sandbox_secret"),
                key("engagelab_sandbox_demo", "engagelab_sandbox_secret"),
            ],
            review: TemplateStatus::Approved,
            history: 100_000,
            clock: Arc::new(SystemClock),
        }
    }
}

impl SandboxBuilder {
    /// Listens there. A free port of loopback unless set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Knows this key alone.
    pub fn credentials(mut self, key: impl Into<String>, secret: impl Into<String>) -> Self {
        self.keys = vec![(key.into(), secret.into())];
        self
    }

    /// Gives new templates this status. Approved unless set.
    pub fn new_templates_are(mut self, status: TemplateStatus) -> Self {
        self.review = status;
        self
    }

    /// Remembers so many messages, and forgets the oldest beyond. 100,000 unless set.
    pub fn history(mut self, messages: usize) -> Self {
        self.history = messages;
        self
    }

    /// Takes the time from there.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If it cannot listen at the address.
    pub fn start(self) -> io::Result<Sandbox> {
        let account = templates::account(self.clock.time_of_day());
        let service = Service {
            account,
            keys: self.keys,
            key_state: KeyState::default(),
            review: self.review,
            history: self.history,
            next_error: None,
            random: fastrand::Rng::new(),
        };
        let shared = Arc::new(Shared {
            service: Mutex::new(service),
            clock: self.clock,
            advanced: Mutex::new(Duration::ZERO),
        });
        let handler = {
            let shared = shared.clone();
            move |request: &http::Request| {
                let now = shared.now();
                shared.service().answer(request, now)
            }
        };
        Ok(Sandbox { server: Server::start(self.address, Box::new(handler))?, shared })
    }
}
