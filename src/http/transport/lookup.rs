//! Looks names up, in bounded time and with bounded threads.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::dial::DialError;
use crate::ErrorKind;
use crate::sync;

/// Answers every question for a name with a placeholder; literal addresses with themselves.
///
/// ureq asks before it looks into its pool, for every call. What it gets here costs nothing, and the real look-up
/// happens when a connection is really made.
#[derive(Debug)]
pub(super) struct Placeholder;

impl Resolver for Placeholder {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(literal(uri).unwrap_or(PLACEHOLDER));
        Ok(addresses)
    }
}

/// Looks names up for real: each in a thread, so that the executor can stop waiting. Callers that want the same name
/// at the same time share one thread; one that hangs holds up nobody but those who want that name.
#[derive(Clone)]
pub(super) struct LookUp {
    timeout: Duration,
    under_way: Arc<Mutex<HashMap<String, Arc<PendingLookup>>>>,
}

/// What a look-up came to; an error in a form that several waiters can have.
type Found = Result<Vec<SocketAddr>, (io::ErrorKind, String)>;

/// A look-up that is under way.
#[derive(Default)]
struct PendingLookup {
    result: Mutex<Option<Found>>,
    landing: Condvar,
}

impl LookUp {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, under_way: Arc::default() }
    }

    pub(super) fn addresses(&self, uri: &Uri, most: Duration) -> Result<Vec<SocketAddr>, DialError> {
        if let Some(address) = literal(uri) {
            return Ok(vec![address]);
        }
        let failed = |source: io::Error| DialError::new(ErrorKind::Resolve, source.into());
        let (Some(host), Some(port)) = (uri.host(), port(uri)) else {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the URL has no host or no port",
            )));
        };
        let flight = self.join_or_begin(&format!("{host}:{port}")).map_err(failed)?;
        let late = || DialError::new(ErrorKind::Resolve, ureq::Error::Timeout(ureq::Timeout::Resolve));
        match flight.wait(self.timeout.min(most)).ok_or_else(late)? {
            Ok(addresses) if addresses.is_empty() => {
                Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")))
            }
            Ok(addresses) => Ok(addresses),
            Err((kind, text)) => Err(failed(io::Error::new(kind, text))),
        }
    }

    fn join_or_begin(&self, name: &str) -> io::Result<Arc<PendingLookup>> {
        let mut under_way = sync::lock(&self.under_way);
        if let Some(flight) = under_way.get(name) {
            return Ok(flight.clone());
        }
        let flight = Arc::new(PendingLookup::default());
        let (landing, name_of_thread, registry) = (flight.clone(), name.to_owned(), self.under_way.clone());
        thread::Builder::new().name("resolve".to_owned()).spawn(move || {
            let found = name_of_thread.to_socket_addrs().map(|found| found.take(MOST_ADDRESSES).collect());
            sync::lock(&registry).remove(&name_of_thread);
            *sync::lock(&landing.result) = Some(found.map_err(|error| (error.kind(), error.to_string())));
            landing.landing.notify_all();
        })?;
        under_way.insert(name.to_owned(), flight.clone());
        Ok(flight)
    }
}

impl PendingLookup {
    /// The result, or none if it does not come in time.
    fn wait(&self, timeout: Duration) -> Option<Found> {
        let deadline = super::deadline_after(Instant::now(), timeout);
        let mut result = sync::lock(&self.result);
        loop {
            if let Some(result) = &*result {
                return Some(result.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            result = sync::wait(&self.landing, result, Some(left));
        }
    }
}

impl Resolver for LookUp {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        let found =
            self.addresses(uri, *timeout.after).map_err(|error| ureq::Error::Other(Box::new(error)))?;
        for address in found {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

impl fmt::Debug for LookUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookUp").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn literal(uri: &Uri) -> Option<SocketAddr> {
    let ip = uri.host()?.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
    Some(SocketAddr::new(ip, port(uri)?))
}

fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or_else(|| match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        Some(scheme) if scheme.starts_with("socks") => Some(1080),
        _ => None,
    })
}

/// Stands for "not looked up yet". No server listens there.
pub(super) const PLACEHOLDER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// As many as ureq's list of addresses holds.
const MOST_ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_want_the_same_name_share_a_lookup_and_stop_waiting_in_time() {
        let lookup = LookUp::new(Duration::from_millis(20));
        // A look-up that never lands.
        let stuck = Arc::new(PendingLookup::default());
        sync::lock(&lookup.under_way).insert("example.test:443".to_owned(), stuck);
        let uri = Uri::from_static("https://example.test");
        for _ in 0..3 {
            let (kind, ..) = lookup.addresses(&uri, Duration::MAX).expect_err("it hangs").into_parts();
            assert_eq!(kind, ErrorKind::Timeout);
        }
        assert_eq!(sync::lock(&lookup.under_way).len(), 1);
    }

    #[test]
    fn what_landed_is_no_longer_under_way() {
        let lookup = LookUp::new(Duration::from_secs(20));
        let found =
            lookup.addresses(&Uri::from_static("http://localhost:7"), Duration::MAX).expect("it exists");
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
        assert!(sync::lock(&lookup.under_way).is_empty());
    }
}
