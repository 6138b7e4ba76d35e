//! Sockets: the one file of SMPP that opens, reads, writes and closes them.
//!
//! A link can be read by one thread while others write to it and another shuts it down. It knows nothing of PDUs.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ConnectError, ConnectErrorKind, SmppConfig};

/// One connection, plain or under TLS.
#[derive(Debug)]
pub(crate) struct Link {
    socket: TcpStream,
    #[cfg(feature = "rustls")]
    tls: Option<super::tls::TlsState>,
}

impl Link {
    /// Connects to the first address of the host that answers.
    pub(crate) fn connect(config: &SmppConfig) -> Result<Self, ConnectError> {
        let addresses = config
            .address
            .to_socket_addrs()
            .map_err(|source| ConnectError::io(ConnectErrorKind::Resolve, source))?;
        let mut refused = ConnectError::new(ConnectErrorKind::Resolve);
        for address in addresses {
            match TcpStream::connect_timeout(&address, config.connect_timeout) {
                Ok(socket) => return Self::open(socket, config),
                Err(source) => refused = ConnectError::io(ConnectErrorKind::Connect, source),
            }
        }
        Err(refused)
    }

    fn open(socket: TcpStream, config: &SmppConfig) -> Result<Self, ConnectError> {
        let prepare = || -> io::Result<()> {
            socket.set_nodelay(true)?;
            socket.set_write_timeout(Some(config.enquire_timeout))
        };
        prepare().map_err(|source| ConnectError::io(ConnectErrorKind::Connect, source))?;
        #[cfg(feature = "rustls")]
        if let Some(tls) = &config.tls {
            let tls = tls.handshake(&socket, &config.address, config.connect_timeout)?;
            return Ok(Self { socket, tls: Some(tls) });
        }
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

    pub(crate) fn accept(&self) -> io::Result<Link> {
        let (socket, _) = self.socket.accept()?;
        socket.set_nodelay(true)?;
        Ok(Link::plain(socket))
    }

    /// Wakes the thread that waits in [`accept`](Self::accept), by connecting to it.
    pub(crate) fn wake(address: SocketAddr) {
        // It fails where nobody listens any more, which is what is asked for.
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    }
}
