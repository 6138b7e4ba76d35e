//! Sockets: the one file of SMPP that opens, reads, writes and closes them.
//!
//! A link can be read by one thread while others write to it and another shuts it down. It knows nothing of PDUs.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{ConnectError, ConnectErrorKind, SmppConfig};
use crate::sync;

/// One connection, plain or under TLS.
#[derive(Debug)]
pub(crate) struct Link {
    socket: TcpStream,
    #[cfg(feature = "rustls")]
    tls: Option<super::tls::TlsState>,
}

/// Finds the addresses of `host:port`.
pub(crate) type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// Asks the operating system, for as long as it takes.
pub(crate) fn look_up(address: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(address.to_socket_addrs()?.collect())
}

/// An attempt to connect that another thread can end.
#[derive(Debug, Default)]
pub(crate) struct Dial {
    state: Mutex<DialState>,
}

#[derive(Debug, Default)]
struct DialState {
    is_cancelled: bool,
    socket: Option<TcpStream>,
}

impl Dial {
    /// Ends the attempt: what it waits for on the socket fails at once, and what comes later does not begin.
    pub(crate) fn cancel(&self) {
        let mut state = sync::lock(&self.state);
        state.is_cancelled = true;
        if let Some(socket) = state.socket.take() {
            // It fails where the socket is closed already, which is what is asked for.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn watch(&self, socket: &TcpStream) -> io::Result<()> {
        let mut state = sync::lock(&self.state);
        if state.is_cancelled {
            return Err(io::ErrorKind::Interrupted.into());
        }
        state.socket = Some(socket.try_clone()?);
        Ok(())
    }
}

impl Link {
    /// Connects to the first address of the host that answers. The time is for all of it: the name, the connection, TLS.
    pub(crate) fn connect(
        address: &str,
        config: &SmppConfig,
        dial: &Dial,
        look_up: Lookup,
    ) -> Result<Self, ConnectError> {
        let deadline = Instant::now() + config.connect_timeout;
        let addresses =
            look_up(address).map_err(|source| ConnectError::io(ConnectErrorKind::Resolve, source))?;
        let mut refused = ConnectError::new(ConnectErrorKind::Resolve);
        for (tried, candidate) in addresses.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            // One that does not answer leaves time for the next.
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(candidate, share.max(Duration::from_millis(1))) {
                Ok(socket) => return Self::open(socket, address, config, dial, deadline),
                Err(source) => refused = ConnectError::io(ConnectErrorKind::Connect, source),
            }
        }
        Err(refused)
    }

    #[cfg_attr(not(feature = "rustls"), expect(unused_variables, reason = "for TLS"))]
    fn open(
        socket: TcpStream,
        address: &str,
        config: &SmppConfig,
        dial: &Dial,
        deadline: Instant,
    ) -> Result<Self, ConnectError> {
        let failed = |source| ConnectError::io(ConnectErrorKind::Connect, source);
        dial.watch(&socket).map_err(failed)?;
        socket.set_nodelay(true).map_err(failed)?;
        #[cfg(feature = "rustls")]
        if let Some(tls) = &config.tls {
            let tls = tls.handshake(&socket, address, deadline)?;
            socket.set_write_timeout(Some(config.enquire_timeout)).map_err(failed)?;
            return Ok(Self { socket, tls: Some(tls) });
        }
        socket.set_write_timeout(Some(config.enquire_timeout)).map_err(failed)?;
        Ok(Self::plain(socket))
    }

    const fn plain(socket: TcpStream) -> Self {
        Self {
            socket,
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }

    /// Reads what has come, waiting for the first octet. Zero is the end.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.tls {
            return tls.read(&self.socket, buffer);
        }
        (&self.socket).read(buffer)
    }

    /// Writes everything or fails; after a failure an unknown part is written and the link is of no more use.
    /// Only one thread may write at a time.
    pub(crate) fn write_all(&self, octets: &[u8]) -> io::Result<()> {
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.tls {
            return tls.write_all(&self.socket, octets);
        }
        (&self.socket).write_all(octets)
    }

    /// Bounds how long a read waits; `None` waits for ever.
    pub(crate) fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.set_read_timeout(timeout)
    }

    /// Says that nothing more is written, and waits until the other end has closed as well: it then counts no session
    /// any more.
    pub(crate) fn close_in_step(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut rest = [0; 4096];
        let mut closed = || -> io::Result<()> {
            self.socket.shutdown(Shutdown::Write)?;
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                self.socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
                if (&self.socket).read(&mut rest)? == 0 || left.is_zero() {
                    return Ok(());
                }
            }
        };
        // Failed or late, the link is closed either way.
        let _ = closed();
        self.shutdown();
    }

    /// Closes both directions, which wakes whoever reads or writes.
    pub(crate) fn shutdown(&self) {
        // It fails where the link is closed already, which is what is asked for.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// A socket that takes connections.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) fn bind(address: &str) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next link, over which a single write may take no longer than this.
    pub(crate) fn accept(&self, write_timeout: Duration) -> io::Result<Link> {
        let (socket, _) = self.socket.accept()?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(write_timeout))?;
        Ok(Link::plain(socket))
    }

    /// Wakes the thread that waits in [`accept`](Self::accept), by connecting to it.
    pub(crate) fn wake(address: SocketAddr) {
        // It fails where nobody listens any more, which is what is asked for.
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    }
}
