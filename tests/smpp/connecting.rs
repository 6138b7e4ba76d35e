//! How long connecting takes, and when it is tried again.

use std::io::{Read, Write};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use engagelab_otp::smpp::pdu::{Body, Pdu, Status, Tlvs};
use engagelab_otp::smpp::{ConnectErrorKind, LinkPhase, Reconnect, SmppClient, SmppConfig, SmppTls};

use super::loopback::{TIMEOUT, config, connect, credentials, server, until};
use super::raw_server::{Peer, raw_server};

const LIMIT: Duration = Duration::from_millis(400);
/// What a busy machine may add.
const AT_MOST: Duration = Duration::from_secs(4);

/// Sends octets one by one, each a while after the other.
fn dribble(peer: &mut Peer, octets: &[u8]) {
    // Nothing is ever sent over it: waiting for that is how time passes.
    let (_held, never) = channel::<()>();
    for octet in octets {
        assert_eq!(never.recv_timeout(LIMIT / 4), Err(RecvTimeoutError::Timeout));
        if peer.socket.write_all(&[*octet]).is_err() {
            return;
        }
    }
}

fn soon(wait: Duration) -> Reconnect {
    Reconnect { initial_backoff: wait, max_backoff: wait, refused_bind_backoff: wait }
}

#[test]
fn a_tls_handshake_that_dribbles_ends_at_its_limit() {
    let server = raw_server("127.0.0.1:0", |_, mut peer| {
        // The head of a record of 8 KiB that never becomes whole.
        dribble(&mut peer, &[&[0x16, 3, 3, 0x20, 0][..], &[0; 100]].concat());
    });
    let config = SmppConfig::new(&server.address, credentials())
        .connect_timeout(LIMIT)
        .tls(SmppTls::with_webpki_roots());
    let started = Instant::now();
    assert_eq!(SmppClient::connect(&config).expect_err("never whole").kind(), ConnectErrorKind::Tls);
    assert!(started.elapsed() < AT_MOST, "{:?}", started.elapsed());
}

#[test]
fn an_answer_to_the_bind_that_dribbles_ends_at_its_limit() {
    let server = raw_server("127.0.0.1:0", |_, mut peer| {
        peer.next().expect("a bind");
        dribble(&mut peer, &[&[0, 0, 1, 0, 0x80, 0, 0, 9][..], &[0; 100]].concat());
    });
    let config = SmppConfig::new(&server.address, credentials()).bind_timeout(LIMIT);
    let started = Instant::now();
    assert_eq!(
        SmppClient::connect(&config).expect_err("never whole").kind(),
        ConnectErrorKind::BindUnanswered
    );
    assert!(started.elapsed() < AT_MOST, "{:?}", started.elapsed());
}

#[test]
fn shutting_down_does_not_wait_for_an_attempt_to_connect() {
    let smsc = server();
    let address = smsc.address();
    let (client, events) = connect(&config(&smsc).bind_timeout(TIMEOUT * 3));
    drop(smsc);
    let (trying, tries) = channel();
    let trying = std::sync::Mutex::new(trying);
    let _silent = raw_server(address, move |_, mut peer| {
        peer.next().expect("a bind");
        trying.lock().expect("not poisoned").send(()).expect("the test waits");
        // Until the client hangs up.
        let _ = peer.socket.read(&mut [0]);
    });
    tries.recv_timeout(TIMEOUT).expect("it connects again");
    let started = Instant::now();
    client.shutdown();
    assert!(started.elapsed() < AT_MOST, "{:?}", started.elapsed());
    assert_eq!(events.count(), 0);
}

#[test]
fn a_refused_login_ends_the_link_for_good() {
    for status in [Status::INVALID_PASSWORD, Status::INVALID_SYSTEM_ID, Status::BIND_FAILED] {
        let server = raw_server("127.0.0.1:0", move |number, mut peer| {
            peer.answer_bind(if number == 0 { Status::OK } else { status });
        });
        let config =
            SmppConfig::new(&server.address, credentials()).reconnect(Some(soon(Duration::from_millis(2))));
        let (client, mut events) = connect(&config);
        assert_eq!(events.next_timeout(TIMEOUT), None, "they end with the link");
        assert_eq!(server.connections.load(Ordering::SeqCst), 2);
        let link = &client.links()[0];
        assert_eq!((link.phase, link.binds, link.failed_attempts), (LinkPhase::Stopped, 1, 1));
    }
}

#[test]
fn three_closes_in_a_row_during_the_bind_end_the_link_and_fewer_do_not() {
    let server = raw_server("127.0.0.1:0", move |number, mut peer| {
        if matches!(number, 0 | 3) {
            peer.answer_bind(Status::OK);
        } else {
            peer.next();
        }
    });
    let config =
        SmppConfig::new(&server.address, credentials()).reconnect(Some(soon(Duration::from_millis(2))));
    let (client, mut events) = connect(&config);
    assert_eq!(events.next_timeout(TIMEOUT), None);
    assert_eq!(client.links()[0].phase, LinkPhase::Stopped);
    assert_eq!(server.connections.load(Ordering::SeqCst), 7, "bound, two closed, bound, three closed");
    assert_eq!((client.links()[0].binds, client.links()[0].failed_attempts), (2, 5));
}

#[test]
fn a_server_that_accepts_the_bind_and_unbinds_at_once_does_not_refuse_the_login() {
    let server = raw_server("127.0.0.1:0", |number, mut peer| {
        let bind = peer.next().expect("a bind");
        let accepted = Body::BindTransceiverResp { system_id: "raw".to_owned(), tlvs: Tlvs::new() };
        let mut octets = Vec::new();
        for (sequence, body) in
            [(bind.sequence, accepted), (1, Body::Unbind)].into_iter().take(1 + usize::from(number < 4))
        {
            Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("short");
        }
        peer.socket.write_all(&octets).expect("the client reads");
        assert_eq!(peer.next().map(|pdu| pdu.body), Some(Body::UnbindResp));
    });
    let config =
        SmppConfig::new(&server.address, credentials()).reconnect(Some(soon(Duration::from_millis(2))));
    let (client, _events) = connect(&config);
    until(|| client.links()[0].binds == 5);
    assert_eq!((client.links()[0].phase, client.links()[0].failed_attempts), (LinkPhase::Bound, 0));
}

#[test]
fn a_server_that_accepts_the_bind_and_hangs_up_is_left_alone_longer_each_time() {
    let server = raw_server("127.0.0.1:0", |_, mut peer| peer.answer_bind(Status::OK));
    let reconnect = Reconnect { initial_backoff: Duration::from_millis(20), ..Reconnect::default() };
    let config = SmppConfig::new(&server.address, credentials()).reconnect(Some(reconnect));
    let (client, mut events) = connect(&config);
    // Waits of at least 10, 20, 40, 80, 160 ms.
    assert_eq!(events.next_timeout(Duration::from_millis(300)), None);
    let binds = client.links()[0].binds;
    assert!((2..=6).contains(&binds), "{binds}");
}
