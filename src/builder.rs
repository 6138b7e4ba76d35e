//! Configures a client.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Attempt;
use crate::clock::{Clock, SystemClock};
use crate::http::call::{Executor, Hook};
use crate::http::transport::{Proxy, RootCertificates, Timeouts, TlsBackend, Transport, TransportOptions};
use crate::{Client, Credentials, Error, InvalidInput, RetryPolicy};

/// Configures a [`Client`]. Every setting has a default that is safe to keep.
///
/// ```
/// use engagelab_otp::{Client, Credentials, RetryPolicy, Timeouts};
/// use std::time::Duration;
///
/// let client = Client::builder(Credentials::new("key", "secret")?)
///     .timeouts(Timeouts::within(Duration::from_secs(10)))
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
    hook: Option<Hook>,
}

impl ClientBuilder {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            transport: TransportOptions::default(),
            retry: RetryPolicy::default(),
            clock: Arc::new(SystemClock),
            hook: None,
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

    /// The largest answer that is read, in octets. 4 MiB unless set.
    pub fn max_response_bytes(mut self, octets: u64) -> Self {
        self.transport.max_response_bytes = octets;
        self
    }

    /// How long an idle connection is kept. 55 s unless set: a little less than servers usually keep theirs.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.transport.idle = idle;
        self
    }

    /// How many idle connections are kept. 16 unless set.
    pub fn max_idle_connections(mut self, most: usize) -> Self {
        self.transport.max_idle_connections = most;
        self
    }

    /// How often and how patiently a call is repeated where that is safe.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Calls `hook` after every attempt, on the thread that makes the call. The same goes to the `log` crate.
    pub fn on_attempt(mut self, hook: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
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
        let transport = Transport::new(&self.transport, &self.credentials)?;
        let secrets = [self.credentials.secret().to_owned(), encoded(&self.credentials)];
        let budget = self.transport.timeouts.total;
        let executor = Executor { transport, retry: self.retry, clock: self.clock, hook: self.hook, secrets };
        Ok(Client::new(executor, budget))
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

/// The credentials as they travel, without the scheme's name.
fn encoded(credentials: &Credentials) -> String {
    credentials.authorization().split_off("Basic ".len())
}
