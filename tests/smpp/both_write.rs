//! Both ends write more than sockets hold, and the server reads nothing until it is done.

use std::io::Read;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use engagelab_otp::smpp::pdu::{Body, HEADER_LENGTH, Header, ShortMessage, Status, Tlvs};
use engagelab_otp::smpp::{Coding, Message, SmppConfig, Ticket};

use super::loopback::{TIMEOUT, connect, credentials, message, with_param};
use super::raw_server::{Peer, raw_server};

const DELIVERIES: u32 = 400;
const SUBMISSIONS: usize = 400;

#[test]
fn two_ends_that_both_write_at_length_do_not_wait_for_each_other() {
    let server = raw_server("127.0.0.1:0", |_, mut peer| {
        peer.answer_bind(Status::OK);
        // A few of the lone caller, so that callers read.
        for _ in 0..5 {
            let submission = peer.next().expect("a submission");
            peer.accept_submission(submission.sequence);
        }
        let mut tlvs = Tlvs::new();
        tlvs.push(Tlvs::MESSAGE_PAYLOAD, "x".repeat(60_000).as_bytes()).expect("fits");
        let message = ShortMessage { tlvs, ..ShortMessage::default() };
        for sequence in 1..=DELIVERIES {
            peer.send(Status::OK, sequence, Body::DeliverSm(message.clone()));
        }
        while let Some(pdu) = peer.next() {
            match pdu.body {
                Body::SubmitSm(_) => peer.accept_submission(pdu.sequence),
                Body::Unbind => peer.send(Status::OK, pdu.sequence, Body::UnbindResp),
                _ => {}
            }
        }
    });
    let config = SmppConfig::new(&server.address, credentials()).window(1_000);
    // A busy machine takes its time, and a write that waits is no failure here.
    let (client, events) = connect(&config.enquire_timeout(TIMEOUT * 3));
    for _ in 0..5 {
        client.submit(&message()).expect("accepted");
    }
    for result in client.submit_all(std::iter::repeat_n(large(), SUBMISSIONS)) {
        result.expect("accepted");
    }
    assert_eq!(client.links()[0].binds, 1, "over one link");
    client.shutdown();
    assert_eq!(
        events.count(),
        DELIVERIES as usize + SUBMISSIONS + 5,
        "each delivery, and no report for each message"
    );
}

fn large() -> Message {
    with_param("large", &"x".repeat(60_000)).coding(Coding::ServiceDefault)
}

/// Reads a submission for nothing but its number: so many of them take long to read otherwise.
fn skip_submission(peer: &mut Peer) -> u32 {
    let mut header = [0; HEADER_LENGTH];
    peer.socket.read_exact(&mut header).expect("a submission");
    let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
    let mut body = vec![0; length - HEADER_LENGTH];
    peer.socket.read_exact(&mut body).expect("the whole of it");
    Header::read(&header).expect("whole").sequence
}

/// More than sockets hold.
const AT_A_TIME: usize = 200;

#[test]
fn what_is_left_when_a_caller_has_written_enough_for_others_is_written_by_the_writing_thread() {
    const TIMES: usize = 6;
    let (begun, next) = channel();
    let (go_on, goes_on) = channel();
    let ends = Arc::new(Mutex::new((begun, goes_on)));
    // Reads each time as far as the beginning of the next, and answers nothing until it has all.
    let server = raw_server("127.0.0.1:0", move |_, mut peer| {
        peer.answer_bind(Status::OK);
        let (begun, goes_on) = &*ends.lock().expect("one link");
        let mut sequences = Vec::new();
        for _ in 0..TIMES * AT_A_TIME {
            let sequence = skip_submission(&mut peer);
            if sequences.len() % AT_A_TIME == 0 && sequences.len() / AT_A_TIME < TIMES - 1 {
                begun.send(()).expect("the test waits");
                goes_on.recv().expect("the test lives");
            }
            sequences.push(sequence);
        }
        for sequence in sequences {
            peer.accept_submission(sequence);
        }
        while let Some(pdu) = peer.next() {
            if pdu.body == Body::Unbind {
                peer.send(Status::OK, pdu.sequence, Body::UnbindResp);
            }
        }
    });
    // No probe has anybody write meanwhile.
    let config = SmppConfig::new(&server.address, credentials())
        .window(10_000)
        .response_timeout(TIMEOUT)
        .enquire_interval(TIMEOUT * 3)
        .enquire_timeout(TIMEOUT * 3)
        .reconnect(None);
    let (client, events) = connect(&config);
    drop(events);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let all = client.submit_all(std::iter::repeat_n(large(), AT_A_TIME));
            all.filter_map(Result::ok).count()
        });
        let mut tickets: Vec<Ticket> = Vec::new();
        for _ in 1..TIMES {
            // What came before is on its way and more than fits: nobody can write this yet.
            next.recv_timeout(TIMEOUT).expect("it is written");
            tickets.extend((0..AT_A_TIME).map(|_| client.enqueue(&large()).expect("room")));
            go_on.send(()).expect("the server lives");
        }
        assert_eq!(
            tickets.into_iter().filter_map(|ticket| ticket.wait().ok()).count(),
            (TIMES - 1) * AT_A_TIME
        );
        assert_eq!(writing.join().expect("it counts"), AT_A_TIME);
    });
}
