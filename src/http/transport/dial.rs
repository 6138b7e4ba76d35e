//! Makes connections: resolves the name, connects, perhaps through a proxy, and shakes hands for TLS.
//!
//! ureq resolves the name before it looks into its pool, and with a time-out set it starts a thread for
//! that: for every call, even on a connection that stands already. Here the resolver answers at once with a
//! placeholder, and the name is resolved when a connection is really made. So a kept-alive call costs neither
//! thread nor look-up, every new connection sees fresh addresses, and look-ups are bounded in time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::resolver::Resolver as _;
use ureq::unversioned::transport::time::Duration as Left;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, TcpConnector, Transport,
};

use super::lookup::{LookUp, PLACEHOLDER};
use super::wire::{ProxyDeadline, RoundedTimeouts, WriteCoalescer};
use super::{Timeouts, deadline_after, phase_name};
use crate::ErrorKind;
use crate::error::Source;

/// Makes connections, step by step, and says of each failure which step it was.
#[derive(Debug)]
pub(super) struct Dialer {
    lookup: LookUp,
    connect: Duration,
    socks: SocksConnector,
    proxy: ConnectProxyConnector,
    tcp: TcpConnector,
    #[cfg(feature = "rustls")]
    rustls: ureq::unversioned::transport::RustlsConnector,
    #[cfg(feature = "native-tls")]
    native_tls: ureq::unversioned::transport::NativeTlsConnector,
}

impl Dialer {
    pub(super) fn new(timeouts: &Timeouts) -> Self {
        Self {
            lookup: LookUp::new(timeouts.resolve),
            connect: timeouts.connect,
            socks: SocksConnector::default(),
            proxy: ConnectProxyConnector::default(),
            tcp: TcpConnector::default(),
            #[cfg(feature = "rustls")]
            rustls: ureq::unversioned::transport::RustlsConnector::default(),
            #[cfg(feature = "native-tls")]
            native_tls: ureq::unversioned::transport::NativeTlsConnector::default(),
        }
    }

    fn dial(&self, details: &ConnectionDetails) -> Result<WriteCoalescer, DialError> {
        let deadline_switch = ProxyDeadline::default();
        let details = &self.resolved(details, &deadline_switch)?;
        let proxied = details.config.proxy().is_some_and(|proxy| !proxy.is_no_proxy(details.uri));
        let reach = if proxied { ErrorKind::Proxy } else { ErrorKind::Connect };

        let socks = self.socks.connect(details, None::<()>).map_err(|error| DialError::new(reach, error))?;
        let tunnel = self.proxy.connect(details, socks).map_err(|error| DialError::new(reach, error))?;
        deadline_switch.is_over();
        let tcp = self.tcp.connect(details, tunnel).map_err(|error| DialError::new(reach, error))?;
        let tcp = tcp.ok_or_else(|| DialError::new(reach, ureq::Error::ConnectionFailed))?;
        let chained = RoundedTimeouts::new(Box::new(tcp));

        let tls = |error| DialError::new(ErrorKind::Tls, error);
        #[cfg(feature = "rustls")]
        let chained = self.rustls.connect(details, Some(chained)).map_err(tls)?.ok_or_else(no_tls)?;
        #[cfg(feature = "native-tls")]
        let chained = self.native_tls.connect(details, Some(chained)).map_err(tls)?.ok_or_else(no_tls)?;
        if details.needs_tls() && !chained.is_tls() {
            return Err(tls(ureq::Error::TlsRequired));
        }
        Ok(WriteCoalescer::new(Box::new(chained), details.config))
    }

    /// The same details, with real addresses where the placeholder stood, and with `deadline_switch` for a proxy.
    fn resolved<'a>(
        &'a self,
        details: &'a ConnectionDetails<'_>,
        deadline_switch: &ProxyDeadline,
    ) -> Result<ConnectionDetails<'a>, DialError> {
        let began = Instant::now();
        let mut addresses = details.addrs.clone();
        if addresses.contains(&PLACEHOLDER) {
            let found = self.lookup.resolve(details.uri, details.config, details.timeout);
            addresses = found.map_err(|error| DialError::new(ErrorKind::Resolve, error))?;
        }
        let timeout = shorten(details.timeout, began.elapsed(), self.connect);
        // A proxy's answer is awaited octet by octet, each with the whole time-out: together they must not take longer.
        let run_connector = details.run_connector.clone();
        let (deadline_switch, deadline) =
            (deadline_switch.clone(), deadline_after(Instant::now(), *timeout.after));
        let hurried = move |details: &ConnectionDetails<'_>| {
            run_connector(details).map(|proxy| deadline_switch.clone().until(deadline, proxy))
        };
        Ok(ConnectionDetails {
            uri: details.uri,
            addrs: addresses,
            // Connectors for proxies ask for the proxy's addresses themselves.
            resolver: &self.lookup,
            config: details.config,
            // Only the time-outs ever differ from the agent's configuration. Saying so lets the TLS connector
            // use its cached configuration, in which the sessions to resume are kept.
            request_level: false,
            now: (details.current_time)(),
            timeout,
            current_time: details.current_time.clone(),
            run_connector: Arc::new(hurried),
            register_shutdown: details.register_shutdown.clone(),
        })
    }
}

impl Connector<()> for Dialer {
    type Out = WriteCoalescer;

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
    pub(super) fn new(kind: ErrorKind, error: ureq::Error) -> Self {
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

fn shorten(mut timeout: NextTimeout, spent: Duration, most: Duration) -> NextTimeout {
    if let Left::Exact(left) = timeout.after {
        timeout.after = Left::Exact(left.saturating_sub(spent).min(most));
    }
    timeout
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn no_tls() -> DialError {
    DialError::new(ErrorKind::Tls, ureq::Error::ConnectionFailed)
}
