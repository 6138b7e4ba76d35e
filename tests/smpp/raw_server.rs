//! A server that is told octet by octet what to do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use engagelab_otp::smpp::pdu::{Body, Pdu, Status, Tlvs, split_frame};

use super::loopback::TIMEOUT;

/// Where it listens, and how many connections it has taken.
pub(crate) struct RawServer {
    pub(crate) address: String,
    pub(crate) connections: Arc<AtomicUsize>,
}

/// Runs `serve` for each connection, counted from zero, in a thread of its own.
pub(crate) fn raw_server(
    address: impl ToSocketAddrs,
    serve: impl Fn(usize, Peer) + Send + Sync + 'static,
) -> RawServer {
    let listener = TcpListener::bind(address).expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let (serve, count) = (Arc::new(serve), Arc::clone(&connections));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.expect("accepted");
            socket.set_read_timeout(Some(TIMEOUT)).expect("not zero");
            let (serve, number) = (Arc::clone(&serve), count.fetch_add(1, Ordering::SeqCst));
            thread::spawn(move || serve(number, Peer { socket, received: Vec::new() }));
        }
    });
    RawServer { address, connections }
}

pub(crate) struct Peer {
    pub(crate) socket: TcpStream,
    received: Vec<u8>,
}

impl Peer {
    /// The next PDU, or `None` when the client has closed the link.
    pub(crate) fn next(&mut self) -> Option<Pdu> {
        loop {
            if let Some((frame, rest)) = split_frame(&self.received).expect("a length") {
                let pdu = Pdu::decode(frame).expect("a PDU");
                self.received = rest.to_vec();
                return Some(pdu);
            }
            let mut buffer = vec![0; 256 * 1024];
            match self.socket.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
            }
        }
    }

    pub(crate) fn send(&mut self, status: Status, sequence: u32, body: Body) {
        let mut octets = Vec::new();
        Pdu { status, sequence, body }.encode(&mut octets).expect("within the standard");
        // The client may have gone, and the test is about what it does next.
        let _ = self.socket.write_all(&octets);
    }

    /// Takes the bind, and answers it with this status.
    pub(crate) fn answer_bind(&mut self, status: Status) {
        let bind = self.next().expect("a bind");
        let body = Body::BindTransceiverResp { system_id: "raw".to_owned(), tlvs: Tlvs::new() };
        self.send(status, bind.sequence, body);
    }

    pub(crate) fn accept_submission(&mut self, sequence: u32) {
        let body = Body::SubmitSmResp { message_id: format!("id-{sequence}"), tlvs: Tlvs::new() };
        self.send(Status::OK, sequence, body);
    }
}
