//! How a client reaches the service: address, time-outs, proxy, certificates.

use std::fmt;
use std::time::Duration;

use ureq::config::Config;

use super::base_url::BaseUrl;
use super::proxy::Proxy;
use super::timeouts::Timeouts;
use super::tls::{RootCertificates, TlsBackend};
use super::coalescer::{BUFFER, LARGEST_HEAD};
use crate::InvalidInput;

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
            base_url: SERVICE.to_owned(),
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
<<<<<<< HEAD
        if !base.is_https() && !base.is_loopback() && !self.allow_plain_http {
            return refuse("must begin with `https://` beyond loopback, unless `allow_plain_http` is set");
        }
        if base.is_https() && self.backend().is_none() {
=======
        let Ok(uri) = self.base_url.parse::<Uri>() else {
            return refuse("must be a URL, like `https://otp.api.engagelab.cc`");
        };
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return refuse("must begin with `https://`, or `http://` on loopback"),
        };
        let Some(host) = uri.host().filter(|host| !host.is_empty()) else {
            return refuse("must have a host");
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return refuse("must be without user name and password: give them as credentials");
        }
        // A port that does not fit is no port to `http`, and would be ignored.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let port = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        if port.is_some() && uri.port_u16().is_none_or(|port| port == 0) {
            return refuse("must have a port from 1 to 65535");
        }
        if uri.query().is_some() || self.base_url.contains('#') {
            return refuse("must be without query and fragment");
        }
        let loopback = is_loopback(host);
        if !https && !loopback && !self.allow_plain_http {
            return refuse("must begin with `https://` beyond loopback, unless `allow_plain_http` is set");
        }
        if https && self.backend().is_none() {
>>>>>>> main
            return refuse(
                "must not begin with `https://` without one of the features `rustls`, `platform-verifier` and `native-tls`",
            );
        }
        Ok(base)
    }

    pub(super) fn backend(&self) -> Option<TlsBackend> {
        self.backend.or(TlsBackend::compiled_in())
    }

    pub(super) fn config(&self, loopback: bool) -> Result<Config, InvalidInput> {
        self.timeouts.check()?;
        let proxy = self.proxy.resolve(loopback)?;
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
        let builder = builder.tls_config(super::tls_config::config(self)?);
        Ok(builder.build())
    }

<<<<<<< HEAD
=======
    fn check_timeouts(&self) -> Result<(), InvalidInput> {
        let Timeouts { resolve, connect, write, answer, body, total } = self.timeouts;
        for (name, timeout) in [
            ("timeouts.resolve", resolve),
            ("timeouts.connect", connect),
            ("timeouts.write", write),
            ("timeouts.answer", answer),
            ("timeouts.body", body),
            ("timeouts.total", total),
        ] {
            let sensible = !timeout.is_zero() && timeout <= LONGEST;
            InvalidInput::unless(sensible, name, "must be longer than zero, and a day at most")?;
        }
        Ok(())
    }

    fn proxy(&self, base: &BaseUrl) -> Result<Option<ureq::Proxy>, InvalidInput> {
        match &self.proxy {
            Proxy::None => Ok(None),
            Proxy::FromEnvironment if base.loopback => Ok(None),
            Proxy::FromEnvironment => match ureq::Proxy::try_from_env() {
                // Going direct because the proxy's address has a typing error would be a surprise.
                None if environment_names_a_proxy() => Err(InvalidInput::new(
                    "proxy",
                    "must be a URL with http, https, socks4 or socks5 and a host in ALL_PROXY, HTTPS_PROXY and HTTP_PROXY",
                )),
                proxy => Ok(proxy),
            },
            Proxy::Url(url) => ureq::Proxy::new(url).map(Some).map_err(|_| {
                InvalidInput::new("proxy", "must be a URL with http, https, socks4 or socks5 and a host")
            }),
        }
    }

>>>>>>> main
    fn user_agent(&self) -> Result<String, InvalidInput> {
        const OWN: &str = concat!("engagelab-otp-rust/", env!("CARGO_PKG_VERSION"));
        let Some(suffix) = &self.user_agent_suffix else { return Ok(OWN.to_owned()) };
        let fits = suffix.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let rule = "must be 1 to 200 visible ASCII characters";
        InvalidInput::unless((1..=200).contains(&suffix.len()) && fits, "user_agent_suffix", rule)?;
        Ok(format!("{OWN} {suffix}"))
    }
}

<<<<<<< HEAD
=======
fn environment_names_a_proxy() -> bool {
    ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"]
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()])
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    use super::{RootCertificates, TlsBackend, TransportOptions};
    use crate::InvalidInput;

    pub(super) fn config(options: &TransportOptions) -> Result<TlsConfig, InvalidInput> {
        let backend =
            options.backend().ok_or_else(|| InvalidInput::new("tls_backend", "must be compiled in"))?;
        let extra = if options.extra_roots.is_empty() {
            Vec::new()
        } else {
            certificates("extra_roots", &options.extra_roots)?
        };
        let (provider, default) = match backend {
            #[cfg(feature = "rustls")]
            TlsBackend::Rustls => (TlsProvider::Rustls, RootCerts::WebPki),
            #[cfg(feature = "native-tls")]
            TlsBackend::NativeTls => (TlsProvider::NativeTls, RootCerts::PlatformVerifier),
        };
        let roots = match &options.roots {
            RootCertificates::Only(pem) => with(certificates("roots", pem)?, extra),
            RootCertificates::System => {
                let rustls = provider == TlsProvider::Rustls;
                let usable = !rustls || cfg!(feature = "platform-verifier");
                let rule = "must be others than the system's with rustls, unless the feature `platform-verifier` is on";
                InvalidInput::unless(usable, "roots", rule)?;
                if extra.is_empty() { RootCerts::PlatformVerifier } else { with(system()?, extra) }
            }
            RootCertificates::Default if extra.is_empty() => default,
            #[cfg(feature = "native-tls")]
            RootCertificates::Default if backend == TlsBackend::NativeTls => with(system()?, extra),
            RootCertificates::Default => with(mozilla(), extra),
        };
        Ok(TlsConfig::builder().provider(provider).root_certs(roots).build())
    }

    fn with(mut roots: Vec<Certificate<'static>>, extra: Vec<Certificate<'static>>) -> RootCerts {
        roots.extend(extra);
        RootCerts::new_with_certs(&roots)
    }

    fn certificates(field: &'static str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, InvalidInput> {
        let refuse = || InvalidInput::new(field, "must be one or more certificates in PEM form");
        let mut found = Vec::new();
        for item in parse_pem(pem) {
            if let PemItem::Certificate(certificate) = item.map_err(|_| refuse())? {
                found.push(certificate);
            }
        }
        if found.is_empty() { Err(refuse()) } else { Ok(found) }
    }

    fn mozilla() -> Vec<Certificate<'static>> {
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)).collect()
    }

    #[cfg(any(feature = "platform-verifier", feature = "native-tls"))]
    fn system() -> Result<Vec<Certificate<'static>>, InvalidInput> {
        let loaded = rustls_native_certs::load_native_certs();
        let rule = "must be found on this system, which has none that can be read";
        InvalidInput::unless(!loaded.certs.is_empty(), "roots", rule)?;
        Ok(loaded.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect())
    }

    #[cfg(not(any(feature = "platform-verifier", feature = "native-tls")))]
    fn system() -> Result<Vec<Certificate<'static>>, InvalidInput> {
        Err(InvalidInput::new(
            "roots",
            "must be others than the system's, unless the feature `platform-verifier` is on",
        ))
    }
}

>>>>>>> main
/// Where the service is.
pub(crate) const SERVICE: &str = "https://otp.api.engagelab.cc";
