//! How a client reaches the service: address, time-outs, proxy, certificates.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use http::Uri;
use ureq::config::Config;

use super::wire::{BUFFER, LARGEST_HEAD};
use crate::InvalidInput;

/// How long each part of a call may take. All are finite, and there is no way to make them infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Looking up the host's name. 5 s unless set.
    pub resolve: Duration,
    /// Connecting, the TLS handshake and the way through a proxy included. 5 s unless set.
    pub connect: Duration,
    /// Each write. 10 s unless set.
    pub write: Duration,
    /// Waiting for the answer to begin. 20 s unless set.
    pub answer: Duration,
    /// Reading the rest of the answer. 10 s unless set.
    pub body: Duration,
    /// The whole call: all attempts and the pauses between them. 30 s unless set.
    pub total: Duration,
}

impl Timeouts {
    /// The defaults, with another limit for the whole call.
    #[must_use]
    pub fn within(total: Duration) -> Self {
        Self { total, ..Self::default() }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            write: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            body: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// Whether requests go through a proxy. `Debug` does not show its address, which may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// As the environment says: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, and the same in lower
    /// case. Loopback addresses never go through a proxy of the environment.
    #[default]
    FromEnvironment,
    /// None, whatever the environment says.
    None,
    /// This one: `http://`, `https://`, `socks4://` or `socks5://`, with user name and password if it needs
    /// them.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FromEnvironment => "FromEnvironment",
            Self::None => "None",
            Self::Url(_) => "Url(…)",
        })
    }
}

/// Which root certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootCertificates {
    /// Mozilla's with rustls, the operating system's with native-tls.
    #[default]
    Default,
    /// The operating system's. With rustls this needs the feature `platform-verifier`.
    System,
    /// These alone, in PEM form.
    Only(Vec<u8>),
}

/// Which library speaks TLS, where both are compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsBackend {
    /// rustls.
    #[cfg(feature = "rustls")]
    Rustls,
    /// The operating system's.
    #[cfg(feature = "native-tls")]
    NativeTls,
}

/// Everything that a transport is built from.
#[derive(Clone, Debug)]
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
    pub(crate) idle: Duration,
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
            idle: Duration::from_secs(55),
            max_idle_connections: 16,
        }
    }
}

/// A base URL that was checked.
pub(super) struct BaseUrl {
    pub(super) text: String,
    pub(super) loopback: bool,
}

impl TransportOptions {
    pub(super) fn base_url(&self) -> Result<BaseUrl, InvalidInput> {
        let refuse = |rule| Err(InvalidInput::new("base_url", rule));
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
            return refuse(
                "`https` needs one of the features `rustls`, `platform-verifier` and `native-tls`",
            );
        }
        Ok(BaseUrl { text: self.base_url.trim_end_matches('/').to_owned(), loopback })
    }

    fn backend(&self) -> Option<TlsBackend> {
        #[cfg(feature = "rustls")]
        let compiled = Some(TlsBackend::Rustls);
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        let compiled = Some(TlsBackend::NativeTls);
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        let compiled = None;
        self.backend.or(compiled)
    }

    pub(super) fn config(&self, base: &BaseUrl) -> Result<Config, InvalidInput> {
        self.check_timeouts()?;
        let builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would turn a POST into a GET, and might carry the key elsewhere.
            .max_redirects(0)
            .timeout_global(Some(self.timeouts.total))
            // The look-up happens while connecting; the dialler keeps the two apart.
            .timeout_connect(Some(self.timeouts.resolve + self.timeouts.connect))
            .timeout_per_write(Some(self.timeouts.write))
            .timeout_recv_response(Some(self.timeouts.answer))
            .timeout_recv_body(Some(self.timeouts.body))
            .proxy(self.proxy(base)?)
            .user_agent(self.user_agent()?)
            .max_idle_age(self.idle)
            .max_idle_connections(self.max_idle_connections)
            .max_idle_connections_per_host(self.max_idle_connections)
            .max_response_header_size(LARGEST_HEAD)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = builder.tls_config(tls::config(self)?);
        Ok(builder.build())
    }

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

    fn user_agent(&self) -> Result<String, InvalidInput> {
        const OWN: &str = concat!("engagelab-otp-rust/", env!("CARGO_PKG_VERSION"));
        let Some(suffix) = &self.user_agent_suffix else { return Ok(OWN.to_owned()) };
        let fits = suffix.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let rule = "must be 1 to 200 visible ASCII characters";
        InvalidInput::unless((1..=200).contains(&suffix.len()) && fits, "user_agent_suffix", rule)?;
        Ok(format!("{OWN} {suffix}"))
    }
}

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

/// Where the service is.
pub(crate) const SERVICE: &str = "https://otp.api.engagelab.cc";

const LONGEST: Duration = Duration::from_secs(24 * 3600);
