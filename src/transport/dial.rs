//! Makes connections: resolves the name, connects, perhaps through a proxy, and shakes hands for TLS.
//!
//! ureq resolves the name before it looks into its pool, and with a time-out set it starts a thread for
//! that: for every call, even on a connection that stands already. Here the resolver answers at once with a
//! placeholder, and the name is resolved when a connection is really made. So a kept-alive call costs neither
//! thread nor look-up, every new connection sees fresh addresses, and look-ups are bounded in time.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, vec};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as Left;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, TcpConnector, Transport,
};

use super::phase_name;
use super::wire::{Gathering, Steady};
use crate::ErrorKind;
use crate::error::Source;

/// Makes connections, step by step, and says of each failure which step it was.
#[derive(Debug)]
pub(super) struct Dialer {
    resolve: Duration,
    socks: SocksConnector,
    proxy: ConnectProxyConnector,
    tcp: TcpConnector,
    #[cfg(feature = "rustls")]
    rustls: ureq::unversioned::transport::RustlsConnector,
    #[cfg(feature = "native-tls")]
    native_tls: ureq::unversioned::transport::NativeTlsConnector,
}

impl Dialer {
    pub(super) fn new(resolve: Duration) -> Self {
        Self {
            resolve,
            socks: SocksConnector::default(),
            proxy: ConnectProxyConnector::default(),
            tcp: TcpConnector::default(),
            #[cfg(feature = "rustls")]
            rustls: ureq::unversioned::transport::RustlsConnector::default(),
            #[cfg(feature = "native-tls")]
            native_tls: ureq::unversioned::transport::NativeTlsConnector::default(),
        }
    }

    fn dial(&self, details: &ConnectionDetails) -> Result<Gathering, DialError> {
        let details = &self.resolved(details)?;
        let proxied = details.config.proxy().is_some_and(|proxy| !proxy.is_no_proxy(details.uri));
        let reach = if proxied { ErrorKind::Proxy } else { ErrorKind::Connect };

        let socks = self.socks.connect(details, None::<()>).map_err(|error| DialError::new(reach, error))?;
        let tunnel = self.proxy.connect(details, socks).map_err(|error| DialError::new(reach, error))?;
        let tcp = self.tcp.connect(details, tunnel).map_err(|error| DialError::new(reach, error))?;
        let tcp = tcp.ok_or_else(|| DialError::new(reach, ureq::Error::ConnectionFailed))?;
        let chained = Steady::new(Box::new(tcp));

        let tls = |error| DialError::new(ErrorKind::Tls, error);
        #[cfg(feature = "rustls")]
        let chained = self.rustls.connect(details, Some(chained)).map_err(tls)?.ok_or_else(no_tls)?;
        #[cfg(feature = "native-tls")]
        let chained = self.native_tls.connect(details, Some(chained)).map_err(tls)?.ok_or_else(no_tls)?;
        if details.needs_tls() && !chained.is_tls() {
            return Err(tls(ureq::Error::TlsRequired));
        }
        Ok(Gathering::new(Box::new(chained), details.config))
    }

    /// The same details, with real addresses where the placeholder stood.
    fn resolved<'a>(&self, details: &ConnectionDetails<'a>) -> Result<ConnectionDetails<'a>, DialError> {
        let mut timeout = details.timeout;
        let mut addresses = details.addrs.clone();
        if addresses.contains(&PLACEHOLDER) {
            let began = Instant::now();
            addresses = details.resolver.empty();
            for address in look_up(details.uri, self.resolve.min(*timeout.after))?.take(MOST_ADDRESSES) {
                addresses.push(address);
            }
            timeout = shorten(timeout, began.elapsed());
        }
        Ok(ConnectionDetails {
            uri: details.uri,
            addrs: addresses,
            resolver: details.resolver,
            config: details.config,
            // Only the time-outs ever differ from the agent's configuration. Saying so lets the TLS connector
            // use its cached configuration, in which the sessions to resume are kept.
            request_level: false,
            now: (details.current_time)(),
            timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        })
    }
}

impl Connector<()> for Dialer {
    type Out = Gathering;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.dial(details).map(Some).map_err(|error| ureq::Error::Other(Box::new(error)))
    }
}

/// A failure while dialling: no request has left.
#[derive(Debug)]
pub(super) struct DialError {
    kind: ErrorKind,
    detail: &'static str,
    source: Source,
}

impl DialError {
    fn new(kind: ErrorKind, error: ureq::Error) -> Self {
        match error {
            // Dialling the proxy went through here already, and knows better, but not that it was the proxy.
            ureq::Error::Other(other) => match other.downcast::<Self>() {
                Ok(inner) if inner.kind == ErrorKind::Timeout => *inner,
                Ok(inner) => Self { kind, ..*inner },
                Err(source) => Self { kind, detail: "", source },
            },
            ureq::Error::Timeout(phase) => {
                let detail =
                    if kind == ErrorKind::Tls { "during the TLS handshake" } else { phase_name(phase) };
                Self { kind: ErrorKind::Timeout, detail, source: Box::new(ureq::Error::Timeout(phase)) }
            }
            error => Self { kind, detail: "", source: Box::new(error) },
        }
    }

    pub(super) fn into_parts(self) -> (ErrorKind, &'static str, Source) {
        (self.kind, self.detail, self.source)
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())
    }
}

impl std::error::Error for DialError {}

/// Answers every question for a name with a placeholder; literal addresses with themselves.
#[derive(Debug)]
pub(super) struct Placeholder;

impl Resolver for Placeholder {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        addresses.push(match (host.parse::<IpAddr>(), port(uri)) {
            (Ok(ip), Some(port)) => SocketAddr::new(ip, port),
            _ => PLACEHOLDER,
        });
        Ok(addresses)
    }
}

/// Resolves the host of `uri` in a thread, which is left behind if it takes too long.
fn look_up(uri: &Uri, patience: Duration) -> Result<vec::IntoIter<SocketAddr>, DialError> {
    let failed =
        |source: io::Error| DialError { kind: ErrorKind::Resolve, detail: "", source: Box::new(source) };
    let (Some(host), Some(port)) = (uri.host(), port(uri)) else {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "the URL has no host or no port")));
    };
    let name = format!("{host}:{port}");
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("resolve".to_owned())
        // The receiver may have stopped waiting; then nobody wants the answer.
        .spawn(move || drop(sender.send(name.to_socket_addrs())))
        .map_err(failed)?;
    let addresses = match receiver.recv_timeout(patience) {
        Ok(addresses) => addresses.map_err(failed)?,
        Err(RecvTimeoutError::Timeout) => {
            return Err(DialError::new(ErrorKind::Resolve, ureq::Error::Timeout(ureq::Timeout::Resolve)));
        }
        Err(RecvTimeoutError::Disconnected) => {
            return Err(failed(io::Error::other("the thread that resolves names ended early")));
        }
    };
    if addresses.len() == 0 {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")));
    }
    Ok(addresses)
}

fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or_else(|| match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        Some(scheme) if scheme.starts_with("socks") => Some(1080),
        _ => None,
    })
}

fn shorten(mut timeout: NextTimeout, spent: Duration) -> NextTimeout {
    if let Left::Exact(left) = timeout.after {
        timeout.after = Left::Exact(left.saturating_sub(spent));
    }
    timeout
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn no_tls() -> DialError {
    DialError::new(ErrorKind::Tls, ureq::Error::ConnectionFailed)
}

/// Stands for "not looked up yet". No server listens there.
const PLACEHOLDER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// As many as ureq's list of addresses holds.
const MOST_ADDRESSES: usize = 16;
