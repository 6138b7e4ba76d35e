//! How a client reaches the service: address, time-outs, proxy, certificates.

use std::fmt;
use std::time::Duration;

use http::Uri;
use ureq::config::Config;

use super::base_url::BaseUrl;
use super::coalescer::{BUFFER, LARGEST_HEAD};
use super::proxy::Proxy;
use super::timeouts::Timeouts;
use super::tls::{RootCertificates, TlsBackend};
use crate::InvalidInput;
use crate::api::operations::BASE_URL;

/// Everything that a transport is built from.
#[derive(Clone)]
pub(crate) struct TransportOptions {
    pub(crate) base_url: String,
    pub(crate) allow_plain_http: bool,
    pub(crate) timeouts: Timeouts,
    pub(crate) proxy: Proxy,
    pub(crate) roots: RootCertificates,
    pub(crate) extra_roots: Vec<u8>,
    pub(crate) backend: Option<TlsBackend>,
    pub(crate) user_agent_suffix: Option<String>,
    pub(crate) max_response_bytes: u64,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_idle_connections: usize,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            base_url: BASE_URL.to_owned(),
            allow_plain_http: false,
            timeouts: Timeouts::default(),
            proxy: Proxy::default(),
            roots: RootCertificates::default(),
            extra_roots: Vec::new(),
            backend: None,
            user_agent_suffix: None,
            max_response_bytes: 4 * 1024 * 1024,
            // Servers commonly keep idle connections for 60 s (load balancers) to 75 s (nginx). Being first to
            // close avoids the race in which a request meets a closing connection.
            idle_timeout: Duration::from_secs(55),
            max_idle_connections: 16,
        }
    }
}

/// What stands in a base URL that is none is not known, and may be a password.
impl fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base_url = BaseUrl::parse(&self.base_url).map_or("…", |_| self.base_url.as_str());
        f.debug_struct("TransportOptions")
            .field("base_url", &base_url)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("timeouts", &self.timeouts)
            .field("proxy", &self.proxy)
            .field("roots", &self.roots)
            .field("extra_roots", &format_args!("{} bytes", self.extra_roots.len()))
            .field("backend", &self.backend)
            .field("user_agent_suffix", &self.user_agent_suffix)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_idle_connections", &self.max_idle_connections)
            .finish()
    }
}

impl TransportOptions {
    pub(super) fn base_url(&self) -> Result<BaseUrl, InvalidInput> {
        let base = BaseUrl::parse(&self.base_url)?;
        let refuse = |rule| Err(InvalidInput::new("base_url", rule));
        if !base.is_https() && !base.is_loopback() && !self.allow_plain_http {
            return refuse("must begin with `https://` beyond loopback, unless `allow_plain_http` is set");
        }
        if base.is_https() && self.backend().is_none() {
            return refuse(
                "must not begin with `https://` without one of the features `rustls`, `platform-verifier` and `native-tls`",
            );
        }
        Ok(base)
    }

    pub(super) fn backend(&self) -> Option<TlsBackend> {
        self.backend.or(TlsBackend::compiled_in())
    }

    /// For requests to this address.
    pub(super) fn config(&self, target: &Uri) -> Result<Config, InvalidInput> {
        self.timeouts.check()?;
        let proxy = self.proxy.resolve(target)?;
        // Under TLS in TLS, what the outer library holds back cannot be seen from here.
        let nested_tls = proxy.as_ref().is_some_and(|proxy| proxy.protocol() == ureq::ProxyProtocol::Https);
        let max_idle_connections = if nested_tls { 0 } else { self.max_idle_connections };
        let builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would turn a POST into a GET, and might carry the key elsewhere.
            .max_redirects(0)
            .timeout_global(Some(self.timeouts.total))
            // The name is resolved while connecting; the connector keeps the two apart.
            .timeout_connect(Some(self.timeouts.resolve + self.timeouts.connect))
            .timeout_per_write(Some(self.timeouts.write))
            .timeout_recv_response(Some(self.timeouts.response))
            .timeout_recv_body(Some(self.timeouts.body))
            .proxy(proxy)
            .user_agent(self.user_agent()?)
            .max_idle_age(self.idle_timeout)
            .max_idle_connections(max_idle_connections)
            .max_idle_connections_per_host(max_idle_connections)
            .max_response_header_size(LARGEST_HEAD)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder =
            builder.tls_config(super::tls_config::config(self.backend(), &self.roots, &self.extra_roots)?);
        Ok(builder.build())
    }

    fn user_agent(&self) -> Result<String, InvalidInput> {
        const OWN: &str = concat!("engagelab-otp-rust/", env!("CARGO_PKG_VERSION"));
        let Some(suffix) = &self.user_agent_suffix else { return Ok(OWN.to_owned()) };
        let fits = suffix.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let rule = "must be 1 to 200 visible ASCII characters";
        InvalidInput::unless((1..=200).contains(&suffix.len()) && fits, "user_agent_suffix", rule)?;
        Ok(format!("{OWN} {suffix}"))
    }
}
