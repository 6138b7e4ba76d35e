//! A TLS server with a certificate of its own, in front of a plain one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, Stream};

/// A certificate that signs itself.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    /// A server that shows it.
    pub(crate) config: Arc<ServerConfig>,
}

pub(crate) fn certificate(name: &str) -> Certificate {
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a good certificate");
    Certificate { pem: own.cert.pem(), config: Arc::new(config) }
}

/// Takes one request from each connection, answers it and closes.
pub(crate) struct TlsServer {
    address: SocketAddr,
    /// The certificate, in PEM form.
    pub(crate) certificate: String,
    handshakes: Mutex<Receiver<Option<HandshakeKind>>>,
}

impl TlsServer {
    /// With a certificate for `name`.
    pub(crate) fn start(name: &str, answer: String) -> Self {
        let Certificate { pem, config } = certificate(name);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let (sender, handshakes) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                // The test may be over, and nobody wants to know.
                if sender.send(serve(stream, config.clone(), &answer)).is_err() {
                    return;
                }
            }
        });
        Self { address, certificate: pem, handshakes: Mutex::new(handshakes) }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// How the handshake of the next connection went; none if it failed.
    pub(crate) fn handshake(&self) -> Option<HandshakeKind> {
        self.handshakes.lock().expect("not poisoned").recv().expect("a connection")
    }
}

fn serve(mut socket: TcpStream, config: Arc<ServerConfig>, answer: &str) -> Option<HandshakeKind> {
    let mut connection = ServerConnection::new(config).expect("a connection");
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(amount) if amount > 0 => request.extend_from_slice(&piece[..amount]),
            _ => return None,
        }
    }
    stream.write_all(answer.as_bytes()).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()?;
    connection.handshake_kind()
}
