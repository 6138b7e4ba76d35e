//! TLS under SMPP, by rustls, for a link that one thread reads while another writes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::{ConnectError, ConnectErrorKind};
use crate::InvalidInput;
use crate::sync;

/// Which certificates are trusted, and for which name.
///
/// ```no_run
/// use engagelab_otp::smpp::{Credentials, SmppConfig, SmppTls};
///
/// let pem = std::fs::read("root.pem")?;
/// let tls = SmppTls::with_root_certificates(&pem)?;
/// let config = SmppConfig::new("smpp.example:3550", Credentials::new("acme", "secret")?).tls(tls);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SmppTls {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl SmppTls {
    /// Trusts the root certificates that Mozilla trusts, as compiled into this crate.
    pub fn with_webpki_roots() -> Self {
        Self::with_roots(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// Trusts the certificates in this PEM text, and no others.
    ///
    /// # Errors
    ///
    /// When it holds no certificate, or one that cannot be read.
    pub fn with_root_certificates(pem: &[u8]) -> Result<Self, InvalidInput> {
        let unreadable = |_| InvalidInput::new("root certificates", "must be certificates in PEM");
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(unreadable)?).map_err(|_| {
                InvalidInput::new("root certificates", "must be certificates that can be trusted as roots")
            })?;
        }
        if roots.is_empty() {
            return Err(InvalidInput::new("root certificates", "must be at least one certificate in PEM"));
        }
        Ok(Self::with_roots(roots))
    }

    /// The name that the certificate must bear; by default the host of the address.
    ///
    /// # Errors
    ///
    /// When it is neither a host name nor an IP address.
    pub fn server_name(self, name: &str) -> Result<Self, InvalidInput> {
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| InvalidInput::new("server name", "must be a host name or an IP address"))?;
        Ok(Self { server_name: Some(name), ..self })
    }

    fn with_roots(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider serves the protocol versions it is built with")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { config: Arc::new(config), server_name: None }
    }

    /// Agrees on keys over a fresh connection to `address`, all of it before `deadline`.
    pub(super) fn handshake(
        &self,
        socket: &TcpStream,
        address: &str,
        deadline: Instant,
    ) -> Result<TlsState, ConnectError> {
        let failed = |source| ConnectError::io(ConnectErrorKind::Tls, source);
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_owned())
                .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?,
        };
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| failed(io::Error::other(error)))?;
        connection.set_buffer_limit(None);
        let mut until_deadline = UntilDeadline { socket, deadline };
        while connection.is_handshaking() {
            if let Err(error) = connection.complete_io(&mut until_deadline) {
                let is_certificate = crate::tls::is_certificate(&error);
                let kind = if is_certificate { ConnectErrorKind::Certificate } else { ConnectErrorKind::Tls };
                return Err(ConnectError::io(kind, error));
            }
        }
        socket.set_read_timeout(None).map_err(failed)?;
        Ok(TlsState { records: Mutex::new(Records { connection, sealed: VecDeque::new() }) })
    }
}

/// A socket whose reads and writes all end at one time, however many there are.
struct UntilDeadline<'a> {
    socket: &'a TcpStream,
    deadline: Instant,
}

impl UntilDeadline<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for UntilDeadline<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for UntilDeadline<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl fmt::Debug for SmppTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmppTls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

/// The keys of one link. They are locked while octets are sealed or opened, never while a socket is waited for.
#[derive(Debug)]
pub(super) struct TlsState {
    records: Mutex<Records>,
}

#[derive(Debug)]
struct Records {
    connection: ClientConnection,
    /// What has come and is not opened yet: rustls takes no more while it holds what was opened before.
    sealed: VecDeque<u8>,
}

impl TlsState {
    pub(super) fn read(&self, mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        let mut sealed = [0; 16 * 1024];
        loop {
            if let Some(opened) = self.lock().open(buffer)? {
                return Ok(opened);
            }
            let received = socket.read(&mut sealed)?;
            let mut records = self.lock();
            records.sealed.extend(&sealed[..received]);
            if received == 0 {
                records.connection.read_tls(&mut io::empty())?;
            }
        }
    }

    /// Also writes what the protocol itself has to say; the reading thread never writes.
    pub(super) fn write_all(&self, mut socket: &TcpStream, octets: &[u8]) -> io::Result<()> {
        let mut sealed = Vec::with_capacity(octets.len() + octets.len() / 64 + 64);
        let mut records = self.lock();
        records.connection.writer().write_all(octets)?;
        while records.connection.wants_write() {
            records.connection.write_tls(&mut sealed)?;
        }
        drop(records);
        socket.write_all(&sealed)
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        sync::lock(&self.records)
    }
}

impl Records {
    /// Opens what has come, as much as the buffer holds: nothing where more has to come first, and zero octets at the end.
    fn open(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut opened = 0;
        while opened < buffer.len() {
            match self.connection.reader().read(&mut buffer[opened..]) {
                Ok(0) => return Ok(Some(opened)),
                Ok(length) => opened += length,
                // Closed without close_notify is closed all the same.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Some(opened)),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if self.sealed.is_empty() => return Ok(Some(opened).filter(|opened| *opened > 0)),
                Err(_) => {
                    self.connection.read_tls(&mut self.sealed)?;
                    self.connection.process_new_packets().map_err(io::Error::other)?;
                }
            }
        }
        Ok(Some(opened))
    }
}
