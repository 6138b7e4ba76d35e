//! Makes connections: resolves the name, connects, perhaps through a proxy, and negotiates TLS.
//!
//! ureq resolves the name before it looks into its pool, and with a time-out set it starts a thread for
//! that: for every call, even on a connection that stands already. Here ureq is given a placeholder, and the name is
//! resolved when a connection is really made. So a kept-alive call costs neither thread nor resolution, every new
//! connection sees fresh addresses, and resolution is bounded in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::resolver::Resolver as _;
use ureq::unversioned::transport::time::Duration as Left;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, SocksConnector, TcpConnector, Transport,
};

use super::coalescer::WriteCoalescer;
use super::deadlines::{ProxyDeadline, RoundedTimeouts};
use super::failure::ConnectError;
use super::records::{RecordBoundary, RecordReader};
use super::resolver::{PLACEHOLDER, SystemResolver};
use super::timeouts::Timeouts;
use super::{deadline_after, progress};
use crate::ErrorKind;

/// Makes connections, step by step, and says of each failure which step it was. Clones share TLS sessions.
#[derive(Clone, Debug)]
pub(super) struct StepConnector(Arc<Steps>);

#[derive(Debug)]
struct Steps {
    resolver: SystemResolver,
    connect_timeout: Duration,
    socks: SocksConnector,
    proxy: ConnectProxyConnector,
    tcp: TcpConnector,
    #[cfg(feature = "rustls")]
    rustls: ureq::unversioned::transport::RustlsConnector,
    #[cfg(feature = "native-tls")]
    native_tls: ureq::unversioned::transport::NativeTlsConnector,
}

impl StepConnector {
    pub(super) fn new(timeouts: &Timeouts) -> Self {
        Self(Arc::new(Steps {
            resolver: SystemResolver::new(timeouts.resolve),
            connect_timeout: timeouts.connect,
            socks: SocksConnector::default(),
            proxy: ConnectProxyConnector::default(),
            tcp: TcpConnector::default(),
            #[cfg(feature = "rustls")]
            rustls: ureq::unversioned::transport::RustlsConnector::default(),
            #[cfg(feature = "native-tls")]
            native_tls: ureq::unversioned::transport::NativeTlsConnector::default(),
        }))
    }

    fn connect_to(&self, details: &ConnectionDetails) -> Result<WriteCoalescer, ConnectError> {
        let steps = &*self.0;
        let proxy_deadline = ProxyDeadline::default();
        let details = &self.resolved(details, &proxy_deadline)?;
        let kind = if details.config.proxy().is_some() { ErrorKind::Proxy } else { ErrorKind::Connect };
        let failed = |error| ConnectError::new(kind, error);

        let socks = steps.socks.connect(details, None::<()>).map_err(failed)?;
        let tunnel = steps.proxy.connect(details, socks).map_err(failed)?;
        proxy_deadline.lift();
        let tcp = steps.tcp.connect(details, tunnel).map_err(failed)?;
        let mut tcp = tcp.ok_or_else(|| failed(ureq::Error::ConnectionFailed))?;
        // A proxy may have sent more than its own response, and that would be read as the service's.
        if !tcp.buffers().input().is_empty() {
            return Err(failed(ureq::Error::ConnectionFailed));
        }
        let chained = RoundedTimeouts::new(Box::new(tcp));
        if !details.needs_tls() {
            return Ok(WriteCoalescer::new(Box::new(chained), None, details.config));
        }

        let boundary = RecordBoundary::default();
        let chained = RecordReader::new(Box::new(chained), boundary.clone());
        let failed = ConnectError::of_handshake;
        #[cfg(feature = "rustls")]
        let chained = steps.rustls.connect(details, Some(chained)).map_err(failed)?.ok_or_else(no_tls)?;
        #[cfg(feature = "native-tls")]
        let chained = steps.native_tls.connect(details, Some(chained)).map_err(failed)?.ok_or_else(no_tls)?;
        if !chained.is_tls() {
            return Err(failed(ureq::Error::TlsRequired));
        }
        Ok(WriteCoalescer::new(Box::new(chained), Some(boundary), details.config))
    }

    /// The same details, with real addresses where the placeholder stood, and with `proxy_deadline` for a proxy.
    fn resolved<'a>(
        &'a self,
        details: &'a ConnectionDetails<'_>,
        proxy_deadline: &ProxyDeadline,
    ) -> Result<ConnectionDetails<'a>, ConnectError> {
        let steps = &*self.0;
        let began = Instant::now();
        let mut addresses = details.addrs.clone();
        if addresses.contains(&PLACEHOLDER) {
            let found = steps.resolver.resolve(details.uri, details.config, details.timeout);
            addresses = found.map_err(|error| ConnectError::new(ErrorKind::Resolve, error))?;
        }
        let timeout = shorten(details.timeout, began.elapsed(), steps.connect_timeout);
        // A proxy's response is awaited octet by octet, each with the whole time-out: together they must not take
        // longer.
        let connector = self.clone();
        let (proxy_deadline, deadline) =
            (proxy_deadline.clone(), deadline_after(Instant::now(), *timeout.after));
        let connect_to_proxy = move |details: &ConnectionDetails<'_>| {
            let connection = connector.connect_to(details).map_err(ConnectError::into_ureq)?;
            // The layers above ask this one about the socket, and have left out what could be left out.
            Ok(proxy_deadline.clone().bound(deadline, Box::new(connection.always_probed())))
        };
        Ok(ConnectionDetails {
            uri: details.uri,
            addrs: addresses,
            // Connectors for proxies ask for the proxy's addresses themselves.
            resolver: &steps.resolver,
            config: details.config,
            // Only the time-outs ever differ from the agent's configuration. Saying so lets the TLS connector
            // use its cached configuration, in which the sessions to resume are kept.
            request_level: false,
            now: (details.current_time)(),
            timeout,
            current_time: details.current_time.clone(),
            run_connector: Arc::new(connect_to_proxy),
            register_shutdown: details.register_shutdown.clone(),
        })
    }
}

impl Connector<()> for StepConnector {
    type Out = WriteCoalescer;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let connection = self.connect_to(details).map_err(ConnectError::into_ureq)?;
        progress::connected();
        Ok(Some(connection))
    }
}

fn shorten(mut timeout: NextTimeout, spent: Duration, limit: Duration) -> NextTimeout {
    if let Left::Exact(left) = timeout.after {
        timeout.after = Left::Exact(left.saturating_sub(spent).min(limit));
    }
    timeout
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn no_tls() -> ConnectError {
    ConnectError::new(ErrorKind::Tls, ureq::Error::ConnectionFailed)
}
