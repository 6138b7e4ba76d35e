//! The way to the service: proxy, names, connection, TLS, and the time there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, SystemTime};

use super::{Check, proxy};
use crate::connection::{Connection, Session, is_loopback};
use crate::exit::Exit;
use crate::output::counted;

/// Looks from the inside out, and ends where it goes no further.
pub(super) fn check(session: &Session, connection: &Connection) -> Vec<Check> {
    let base_url = &session.base_url;
    let Some(endpoint) = Endpoint::of(base_url) else {
        return vec![Check::bad(
            "names",
            Exit::Usage,
            format!("{base_url} names no host"),
            "Correct the address.",
        )];
    };
    let variable = proxy::variable().filter(|_| !session.is_sandbox && !is_loopback(&endpoint.host));
    let is_bypassed = variable.is_some() && proxy::is_bypassed(base_url);
    let mut checks = vec![match variable {
        Some(name) if is_bypassed => {
            Check::good("proxy", format!("none: NO_PROXY excepts this host from {name}"))
        }
        Some(name) => Check::good("proxy", format!("{name} names one: names and TLS are its business")),
        None => Check::good("proxy", "none"),
    }];
    if variable.is_some() && !is_bypassed {
        checks.push(Check::skipped("names", "looked up by the proxy"));
        checks.push(Check::skipped("connection", "made by the proxy"));
        checks.push(Check::skipped(CLOCK, "not compared through a proxy"));
        return checks;
    }
    let addresses = match (endpoint.host.as_str(), endpoint.port).to_socket_addrs() {
        Ok(addresses) => addresses.collect::<Vec<_>>(),
        Err(error) => {
            let finding = format!("{} is not found: {error}", endpoint.host);
            let advice = "Check the address, and this machine's DNS.";
            checks.push(Check::bad("names", Exit::NotSent, finding, advice));
            return checks;
        }
    };
    let listed = addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
    checks.push(Check::good("names", format!("{} is {listed}", endpoint.host)));
    match endpoint.exchange(&addresses, session, connection) {
        Ok(exchange) => {
            checks.push(Check::good("connection", exchange.connection));
            checks.push(clock(exchange.date));
        }
        Err(check) => checks.push(check),
    }
    checks
}

struct Endpoint {
    host: String,
    port: u16,
    https: bool,
}

/// What one exchange has shown.
struct Exchange {
    connection: String,
    date: Option<SystemTime>,
}

impl Endpoint {
    fn of(url: &str) -> Option<Self> {
        let uri: http::Uri = url.parse().ok()?;
        let https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        Some(Self { host: uri.host()?.trim_matches(['[', ']']).to_owned(), port, https })
    }

    fn exchange(
        &self,
        addresses: &[SocketAddr],
        session: &Session,
        connection: &Connection,
    ) -> Result<Exchange, Check> {
        let mut last = None;
        let stream = addresses.iter().find_map(|address| {
            TcpStream::connect_timeout(address, TIMEOUT).map_err(|error| last = Some(error)).ok()
        });
        let Some(stream) = stream else {
            let cause = last.map(|error| format!(": {error}")).unwrap_or_default();
            let finding = format!("no connection to port {}{cause}", self.port);
            let advice = "Check the address and the firewall; for a sandbox, whether it is running.";
            return Err(Check::bad("connection", Exit::NotSent, finding, advice));
        };
        let limited =
            stream.set_read_timeout(Some(TIMEOUT)).and_then(|()| stream.set_write_timeout(Some(TIMEOUT)));
        limited.map_err(|error| Check::bad("connection", Exit::NotSent, error.to_string(), "Try again."))?;
        if self.https {
            return self.secure(stream, session, connection);
        }
        let date = self.date(&stream);
        Ok(Exchange { connection: format!("{}:{}, without TLS", self.host, self.port), date })
    }

    #[cfg(feature = "rustls")]
    fn secure(
        &self,
        mut stream: TcpStream,
        session: &Session,
        connection: &Connection,
    ) -> Result<Exchange, Check> {
        let roots = match connection.roots.read() {
            Ok(roots) => roots,
            Err(failure) => return Err(Check::failed("connection", failure)),
        };
        let named_by =
            if roots.is_some() { "the certificates that were named" } else { "Mozilla's certificates" };
        let Some(mut tls) = tls::session(&self.host, roots.as_deref()) else {
            let advice = "Give root certificates in PEM form, and an address with a host's name.";
            return Err(Check::bad("connection", Exit::Usage, "TLS cannot be set up", advice));
        };
        if let Err(error) = tls.complete_io(&mut stream) {
            // Why that is, and what to do, is said as by every other command: a read fails in the same way.
            drop((tls, stream));
            return Err(match session.call(engagelab_otp::Client::list_templates) {
                Err(failure) => Check::failed("connection", failure),
                Ok(_) => Check::bad("connection", Exit::NotSent, format!("no TLS: {error}"), "Try again."),
            });
        }
        let version = tls.protocol_version().map(|version| format!("{version:?}")).unwrap_or_default();
        let chain = counted(tls.peer_certificates().map_or(0, <[_]>::len) as u64, "certificate");
        let date = self.date(rustls::Stream::new(&mut tls, &mut stream));
        let connection =
            format!("{}:{}, {version}, a chain of {chain}, trusted by {named_by}", self.host, self.port);
        Ok(Exchange { connection, date })
    }

    #[cfg(not(feature = "rustls"))]
    fn secure(&self, _: TcpStream, _: &Session, _: &Connection) -> Result<Exchange, Check> {
        Ok(Exchange {
            connection: format!("{}:{}; TLS is the operating system's", self.host, self.port),
            date: None,
        })
    }

    /// The time of day there, as the answer to a request without credentials tells it.
    fn date(&self, mut stream: impl Read + Write) -> Option<SystemTime> {
        let request = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host);
        stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).ok()?;
        let mut head = Vec::new();
        // The rest is the body's, and may end in disorder.
        let _ = stream.take(LARGEST_HEAD).read_to_end(&mut head);
        let text = String::from_utf8_lossy(&head);
        let value = text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("date")).map(|(_, value)| value)
        })?;
        httpdate::parse_http_date(value.trim()).ok()
    }
}

/// Callbacks are refused when their time is too far from this machine's.
fn clock(date: Option<SystemTime>) -> Check {
    let Some(date) = date else { return Check::skipped(CLOCK, "the service does not tell its time") };
    let now = SystemTime::now();
    let apart = now.duration_since(date).or_else(|_| date.duration_since(now)).unwrap_or_default();
    if apart <= TOLERATED {
        return Check::good(CLOCK, format!("within {} s of the service's", apart.as_secs()));
    }
    let finding = format!("{} s from the service's", apart.as_secs());
    Check::bad(
        CLOCK,
        Exit::Usage,
        finding,
        "Set the clock, or have NTP do it: genuine callbacks would be refused.",
    )
}

#[cfg(feature = "rustls")]
mod tls {
    use std::sync::Arc;

    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    /// A session with this host that trusts these certificates alone, or Mozilla's.
    pub(super) fn session(host: &str, pem: Option<&[u8]>) -> Option<ClientConnection> {
        let mut roots = RootCertStore::empty();
        match pem {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    roots.add(certificate.ok()?).ok()?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).ok()?;
        ClientConnection::new(Arc::new(config), name).ok()
    }
}

/// The name of the check that tells nothing about the way there.
pub(super) const CLOCK: &str = "clock";

const TIMEOUT: Duration = Duration::from_secs(10);

/// Half of what a receiver tolerates unless told otherwise.
const TOLERATED: Duration = Duration::from_secs(150);

const LARGEST_HEAD: u64 = 16 * 1024;
