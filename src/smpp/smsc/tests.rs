//! Clients that do not read, with less patience than the server has otherwise.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::{Receipt, Smsc};
use crate::smpp::Credentials;
use crate::smpp::pdu::{Bind, Body, Pdu, Status};

/// Longer than anything here takes; a test that waits so long has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn a_client_that_does_not_read_is_cut_off_and_its_reports_go_to_another() {
    let credentials = Credentials::new("acme", "secret").expect("short");
    let mut builder = Smsc::builder(credentials);
    builder.write_timeout = Duration::from_millis(100);
    let smsc = builder.start("127.0.0.1:0").expect("a free port");
    let mut idle = bound(&smsc);
    assert!(smsc.wait_for(TIMEOUT, |record| record.sessions == 1));
    thread::scope(|scope| {
        let (done, is_done) = channel();
        let smsc = &smsc;
        scope.spawn(move || {
            // More than the sockets hold.
            for number in 0..50_000 {
                smsc.report(Receipt::delivered(&number.to_string(), &"1".repeat(20)));
            }
            done.send(()).expect("the test waits");
        });
        let reported = is_done.recv_timeout(TIMEOUT);
        if reported.is_err() {
            smsc.cut_links();
        }
        reported.expect("nobody waits for a client that does not read");
    });
    assert!(smsc.wait_for(TIMEOUT, |record| record.sessions == 0 && record.ended_links == 1));
    let mut other = bound(&smsc);
    other.read_exact(&mut [0; 4096]).expect("the reports");
    // What was sent before it was cut off ends somewhere.
    let _ = idle.read_to_end(&mut Vec::new());
}

fn bound(smsc: &Smsc) -> TcpStream {
    let mut socket = TcpStream::connect(smsc.address()).expect("the server listens");
    socket.set_read_timeout(Some(TIMEOUT)).expect("not zero");
    let bind = Bind { system_id: "acme".to_owned(), password: "secret".to_owned(), ..Bind::default() };
    let mut octets = Vec::new();
    Pdu { status: Status::OK, sequence: 1, body: Body::BindTransceiver(bind) }
        .encode(&mut octets)
        .expect("short");
    socket.write_all(&octets).expect("the server reads");
    socket
}
