//! How a sandbox is to be.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use serde_json::Value;

use super::Sandbox;
use super::clock::{Forward, Stopped};
use super::control::Control;
use super::demo;
use super::fault::{CallbackFault, Fault, FaultQueue};
use super::guard::{self, Guard, Token};
use super::model::{Model, Seed, Speed};
use super::router::Router;
use super::shared::{Activity, Observer, Shared};
#[cfg(feature = "smpp")]
use super::smpp::{self, SmppFault};
use super::state::State;
use super::webhook::{self, CallbackPlan, Outbox, Redelivery};
use crate::api::types::TemplateStatus;
use crate::callback::Signer;
use crate::clock::{Clock, SystemClock};
use crate::http::transport::WebhookClient;
use crate::http_server::{BadRequest, Request, Server};
use crate::{Credentials, InvalidInput};

/// Configures a [`Sandbox`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct SandboxBuilder {
    address: SocketAddr,
    hosts: Vec<String>,
    token: Option<Token>,
    keys: Vec<Credentials>,
    review: TemplateStatus,
    history: usize,
    clock: Arc<dyn Clock>,
    signing_clock: Arc<dyn Clock>,
    observer: Option<Box<Observer>>,
    speed: Speed,
    seeds: Vec<Seed>,
    fault: Option<Fault>,
    callbacks: CallbackPlan,
    webhooks: Vec<WebhookClient>,
    #[cfg(feature = "smpp")]
    smpp_address: Option<SocketAddr>,
    #[cfg(feature = "smpp")]
    smpp_fault: Option<SmppFault>,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            hosts: Vec::new(),
            token: None,
            keys: demo::KEYS
                .iter()
                .filter_map(|(key, secret)| Credentials::new(*key, *secret).ok())
                .collect(),
            review: TemplateStatus::Approved,
            history: 50_000,
            clock: Arc::new(Forward::new(SystemClock)),
            signing_clock: Arc::new(SystemClock),
            observer: None,
            speed: Speed::default(),
            seeds: Vec::new(),
            fault: None,
            callbacks: CallbackPlan {
                urls: Vec::new(),
                signer: Signer::new(demo::CALLBACK_USER, demo::CALLBACK_SECRET).ok(),
                authorization: None,
                redelivery: Redelivery::default(),
                most_rows: 20,
                fault: None,
            },
            webhooks: Vec::new(),
            #[cfg(feature = "smpp")]
            smpp_address: None,
            #[cfg(feature = "smpp")]
            smpp_fault: None,
        }
    }
}

impl SandboxBuilder {
    /// Listens there. A free port of loopback unless set.
    ///
    /// Beyond loopback, the control API and with it the page are off unless a [`token`](Self::token) is set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Can be reached by this name as well, whatever the port. Addresses, `localhost`, names without a dot and those that
    /// end in `.localhost` or `.internal` need no word.
    ///
    /// # Errors
    ///
    /// If it is no name: a URL, or one with `*`.
    pub fn allow_host(mut self, name: &str) -> Result<Self, InvalidInput> {
        self.hosts.push(guard::allowed_host(name)?);
        Ok(self)
    }

    /// Wants this token of whoever uses the control API or the page, and has them work beyond loopback too.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token(token.into()));
        self
    }

    /// Knows this key alone. The control API and the page show its name, and not its secret.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.keys = vec![credentials];
        self
    }

    /// Gives new templates this status. Approved unless set.
    pub fn new_templates_are(mut self, status: TemplateStatus) -> Self {
        self.review = status;
        self
    }

    /// Remembers so many messages, and forgets the oldest beyond. 50,000 unless set.
    ///
    /// However many, their texts take at most 64 MiB. Of callbacks it remembers 5,000, and their bodies take at
    /// most 64 MiB too.
    pub fn history(mut self, messages: usize) -> Self {
        self.history = messages;
        self
    }

    /// Takes the time from there, also for the signatures of callbacks.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self.signing_clock = self.clock.clone();
        self
    }

    /// Stops the clock: time passes by [`Sandbox::advance`] alone. Callbacks are signed with the machine's time all
    /// the same, so that receivers find them fresh.
    pub fn manual_clock(mut self) -> Self {
        self.clock = Arc::new(Stopped::at(&SystemClock));
        self
    }

    /// Lets things happen as fast as this. [`Speed::Real`] unless set.
    pub fn speed(mut self, speed: Speed) -> Self {
        self.speed = speed;
        self
    }

    /// Tells of every request to the API and of every attempt to deliver a callback, as they happen.
    pub fn observer(mut self, observer: impl Fn(Activity<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Has these templates and behaviours from the start: see [`Sandbox::seed`]. Can be called several times.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or something in it breaks a rule; the error names the place.
    pub fn seed(mut self, seed: &Value) -> Result<Self, InvalidInput> {
        self.seeds.push(Seed::read(seed)?);
        Ok(self)
    }

    /// Has every request to the API go wrong, until [`Sandbox::set_fault`] says otherwise.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Posts callbacks to this address: `http` or `https`. Can be called several times.
    ///
    /// When it starts, the sandbox checks the address as the service does, with a callback that has no rows.
    /// What came of that is the first of [`Sandbox::callbacks`]; it goes on either way.
    ///
    /// # Errors
    ///
    /// If the address is no URL, has another scheme, or holds a user or password, which would be shown with it: see
    /// [`callback_authorization`](Self::callback_authorization).
    pub fn callback_url(mut self, url: impl Into<String>) -> Result<Self, InvalidInput> {
        let url = url.into();
        if !self.callbacks.urls.contains(&url) {
            self.webhooks.push(WebhookClient::new(&url, webhook::TIMEOUT)?);
            self.callbacks.urls.push(url);
        }
        Ok(self)
    }

    /// Signs callbacks with this user name and secret. [`demo::CALLBACK_USER`] and
    /// [`demo::CALLBACK_SECRET`] unless set.
    ///
    /// # Errors
    ///
    /// As for [`Signer::new`].
    pub fn callback_secret(mut self, user: &str, secret: &str) -> Result<Self, InvalidInput> {
        self.callbacks.signer = Some(Signer::new(user, secret)?);
        Ok(self)
    }

    /// Signs no callbacks.
    pub fn unsigned_callbacks(mut self) -> Self {
        self.callbacks.signer = None;
        self
    }

    /// Sends this value as `Authorization` with every callback. None unless set.
    ///
    /// # Errors
    ///
    /// If it cannot stand in a header.
    pub fn callback_authorization(mut self, value: impl Into<String>) -> Result<Self, InvalidInput> {
        let value = value.into();
        let fits = http::HeaderValue::from_str(&value).is_ok() && !value.is_empty();
        InvalidInput::unless(fits, "callback_authorization", "must fit a header")?;
        self.callbacks.authorization = Some(value);
        Ok(self)
    }

    /// Signs repeated callbacks so. [`Redelivery::SignedAnew`] unless set.
    pub fn redelivery(mut self, redelivery: Redelivery) -> Self {
        self.callbacks.redelivery = redelivery;
        self
    }

    /// Puts at most so many rows into one callback. Rows that fall due together travel together. 20 unless
    /// set.
    pub fn callback_rows(mut self, most: usize) -> Self {
        self.callbacks.most_rows = most;
        self
    }

    /// Has every callback go wrong, until [`Sandbox::set_callback_fault`] says otherwise.
    pub fn callback_fault(mut self, fault: CallbackFault) -> Self {
        self.callbacks.fault = Some(fault);
        self
    }

    /// Listens for SMPP there. It does not unless this is called.
    ///
    /// The name to bind with is [`demo::SMPP_SYSTEM_ID`], the password [`demo::SMPP_PASSWORD`]. Messages that are submitted are messages
    /// like any others: they show in the history, their codes can be verified, callbacks report them. When
    /// their delivery is at its end, a delivery report says so as well.
    #[cfg(feature = "smpp")]
    pub fn smpp_listen(mut self, address: SocketAddr) -> Self {
        self.smpp_address = Some(address);
        self
    }

    /// Has SMPP links go wrong, until [`Smsc::set_faults`](crate::smpp::smsc::Smsc::set_faults) says otherwise.
    #[cfg(feature = "smpp")]
    pub fn smpp_fault(mut self, fault: SmppFault) -> Self {
        self.smpp_fault = Some(fault);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If it cannot listen at the address, or a seed does not fit in.
    pub fn start(self) -> io::Result<Sandbox> {
        let now = self.clock.time_of_day();
        let mut outbox = Outbox::new(self.callbacks);
        outbox.check_addresses(now);
        let mut model = Model::new(self.keys, self.review, self.speed, self.history, now);
        for seed in self.seeds {
            let sown = model.sow(seed, now).map_err(|refusal| io::Error::other(refusal.sentence()));
            sown?;
        }
        let state = State::new(model, outbox, FaultQueue::new(self.fault));
        let shared = Arc::new(Shared::new(state, self.clock, self.signing_clock, self.observer));
        #[cfg(feature = "smpp")]
        let (smsc, reporting) = self
            .smpp_address
            .map(|address| smpp::start(address, &shared).map_err(at(address)))
            .transpose()?
            .unzip();
        #[cfg(feature = "smpp")]
        if let (Some(smsc), Some(fault)) = (&smsc, self.smpp_fault) {
            smsc.set_faults(fault.faults());
        }
        let control = Control::new(
            shared.clone(),
            #[cfg(feature = "smpp")]
            smsc.as_ref().map(Arc::downgrade).unwrap_or_default(),
        );
        let router = Router::new(control, Guard::new(self.hosts, self.token));
        let refusal = {
            let shared = shared.clone();
            move |bad: &BadRequest, request: &Request| super::rest::unreadable(&shared, bad, request)
        };
        let server =
            Server::start(self.address, Arc::new(refusal), Box::new(move |request| router.answer(request)))
                .inspect_err(|_| shared.stop())
                .map_err(at(self.address))?;
        let mut sandbox = Sandbox {
            server,
            shared: shared.clone(),
            threads: Vec::new(),
            #[cfg(feature = "smpp")]
            smsc,
        };
        #[cfg(feature = "smpp")]
        sandbox.threads.extend(reporting);
        // From here on a failure drops the sandbox, which stops what has been started.
        for (target, client) in self.webhooks.into_iter().enumerate() {
            webhook::start(&shared, target, client)?;
        }
        let run = move || shared.run_schedule();
        sandbox.threads.push(thread::Builder::new().name("sandbox-schedule".to_owned()).spawn(run)?);
        Ok(sandbox)
    }
}

/// Says in an error which address it is about.
fn at(address: SocketAddr) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot listen at {address}: {error}"))
}
