//! Configures a client.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::http::authorization::Authorization;
use crate::http::call::{Executor, Hooks};
use crate::http::transport::{
    ConnectionUse, Proxy, RootCertificates, Timeouts, TlsBackend, Transport, TransportOptions,
};
use crate::{Attempt, AttemptStart, Client, Credentials, Error, InvalidInput, RetryPolicy};

/// Configures a [`Client`]. Every setting has a default that is safe to keep.
///
/// ```
/// use engagelab_otp::{Client, Credentials, RetryPolicy, Timeouts};
/// use std::time::Duration;
///
/// let client = Client::builder(Credentials::new("key", "secret")?)
///     .timeouts(Timeouts::new().total(Duration::from_secs(10)))
///     .retry(RetryPolicy::new().max_attempts(2))
///     .user_agent_suffix("shop/1.4")
///     .build()?;
/// # Ok::<(), engagelab_otp::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    credentials: Credentials,
    transport: TransportOptions,
    retry: RetryPolicy,
    clock: Arc<dyn Clock>,
    hooks: Hooks,
    connection: ConnectionUse,
}

impl ClientBuilder {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            transport: TransportOptions::default(),
            retry: RetryPolicy::default(),
            clock: Arc::new(SystemClock),
            hooks: Hooks::default(),
            connection: ConnectionUse::Pooled,
        }
    }

    /// Another address than `https://otp.api.engagelab.cc`. Plain `http` is for loopback, unless
    /// [`allow_plain_http`](Self::allow_plain_http) is called too.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.transport.base_url = url.into();
        self
    }

    /// The address in `ENGAGELAB_OTP_BASE_URL`, if that is set.
    ///
    /// # Errors
    ///
    /// If the variable is not UTF-8.
    pub fn base_url_from_env(self) -> Result<Self, InvalidInput> {
        const NAME: &str = "ENGAGELAB_OTP_BASE_URL";
        match env::var(NAME) {
            Ok(url) if !url.is_empty() => Ok(self.base_url(url)),
            Ok(_) | Err(env::VarError::NotPresent) => Ok(self),
            Err(env::VarError::NotUnicode(_)) => Err(InvalidInput::new(NAME, "must be UTF-8")),
        }
    }

    /// Allows plain `http` to other hosts: the secret and all codes travel readable for everyone on the way.
    pub fn allow_plain_http(mut self) -> Self {
        self.transport.allow_plain_http = true;
        self
    }

    /// How long each part of a call, and the whole, may take.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.transport.timeouts = timeouts;
        self
    }

    /// Whether to go through a proxy. Unless set, the environment says.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.transport.proxy = proxy;
        self
    }

    /// Which root certificates are trusted.
    pub fn roots(mut self, roots: RootCertificates) -> Self {
        self.transport.roots = roots;
        self
    }

    /// Trusts these root certificates besides, in PEM form. Can be called several times.
    pub fn extra_roots(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.transport.extra_roots.extend_from_slice(pem.as_ref());
        self.transport.extra_roots.push(b'\n');
        self
    }

    /// Which library speaks TLS, where both are compiled in. rustls unless set.
    pub fn tls_backend(mut self, backend: TlsBackend) -> Self {
        self.transport.backend = Some(backend);
        self
    }

    /// Names your program behind this crate in the user agent.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.transport.user_agent_suffix = Some(suffix.into());
        self
    }

    /// The largest body of a response that is read, in bytes. 4 MiB unless set.
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.transport.max_response_bytes = bytes;
        self
    }

    /// How long an idle connection is kept. 55 s unless set: a little less than servers usually keep theirs.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.transport.idle_timeout = idle;
        self
    }

    /// How many idle connections are kept. 16 unless set.
    pub fn max_idle_connections(mut self, connections: usize) -> Self {
        self.transport.max_idle_connections = connections;
        self
    }

    /// The safe mode: gives each attempt a connection of its own, and closes it afterwards.
    ///
    /// HTTP does not say which request a response belongs to, only which comes first. If a server or a proxy sends
    /// more than it was asked for, and sends it just after the connection was looked at for the last time, the next
    /// call takes that for its own response. What this client believes of such a foreign response:
    ///
    /// | | connections used again (default) | one connection per call |
    /// |---|---|---|
    /// | a verification's success | never: it names message and code | never |
    /// | a verification's error, such as `ExpiredOrUsed` | yes: errors name nothing. It can only deny | never |
    /// | a receipt | yes: the login is then bound to another message | never |
    /// | template management, any other error | yes | never |
    ///
    /// It takes a server that breaks HTTP on this client's own connection, and then only within the time in which
    /// octets travel, to fall into that. Against it stands that each call resolves the name, connects and negotiates
    /// TLS: two more round trips to the service, and on loopback a seventh of the calls per second over plain HTTP and
    /// a twelfth over TLS (`http-soak`, in `benches/`, with and without `--safe`). So the default is to use connections
    /// again. Choose this mode where a receipt decides whose login a code is for and calls are few, as most are that a
    /// person waits for.
    ///
    /// It has another use: a request never meets a connection that the server is just closing, which leaves the
    /// outcome of a send unknown.
    pub fn one_connection_per_call(mut self) -> Self {
        self.connection = ConnectionUse::Own;
        self
    }

    /// How often a call is repeated where that is safe, and after which pauses.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Calls `hook` before every attempt, on the thread that makes the call. With [`on_attempt`](Self::on_attempt), it
    /// makes a span of an attempt:
    ///
    /// ```
    /// use std::cell::RefCell;
    ///
    /// use engagelab_otp::{Client, Credentials};
    /// use tracing::field::Empty;
    /// use tracing::span::EnteredSpan;
    ///
    /// thread_local! {
    ///     static ATTEMPT: RefCell<Option<EnteredSpan>> = const { RefCell::new(None) };
    /// }
    ///
    /// let client = Client::builder(Credentials::new("key", "secret")?)
    ///     .on_start(|start| {
    ///         let operation = start.operation;
    ///         let span = tracing::info_span!("otp", operation, attempt = start.number, outcome = Empty);
    ///         ATTEMPT.set(Some(span.entered()));
    ///     })
    ///     .on_attempt(|attempt| {
    ///         // Taken out and dropped: here the span ends.
    ///         if let Some(span) = ATTEMPT.take() {
    ///             span.record("outcome", attempt.failure.map_or("done", |failure| failure.outcome.as_str()));
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), engagelab_otp::Error>(())
    /// ```
    pub fn on_start(mut self, hook: impl Fn(&AttemptStart) + Send + Sync + 'static) -> Self {
        self.hooks.start = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` after every attempt, on the thread that makes the call. The same goes to the `log` crate.
    pub fn on_attempt(mut self, hook: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        self.hooks.end = Some(Arc::new(hook));
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If a setting breaks a rule; the error names both.
    pub fn build(self) -> Result<Client, Error> {
        let executor = Executor {
            transport: Transport::new(&self.transport)?,
            authorization: Authorization::new(&self.credentials)?,
            retry: self.retry,
            clock: self.clock,
            hooks: self.hooks,
            connection: self.connection,
            #[cfg(feature = "metrics")]
            metrics: crate::metrics::CallMetrics::new(),
        };
        Ok(Client::new(executor, self.transport.timeouts.total))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
