//! Both ends write more than sockets hold, and the server reads nothing until it is done.

use engagelab_otp::smpp::pdu::{Body, ShortMessage, Status, Tlvs};
use engagelab_otp::smpp::{Coding, SmppConfig};

use super::loopback::{TIMEOUT, connect, credentials, message, with_param};
use super::raw_server::raw_server;

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
    // A busy machine takes its time, and a write that waits is no failure here.
    let config = SmppConfig::new(&server.address, credentials())
        .window(1_000)
        .response_timeout(TIMEOUT * 3)
        .enquire_timeout(TIMEOUT * 3);
    let (client, events) = connect(&config);
    for _ in 0..5 {
        client.submit(&message()).expect("accepted");
    }
    let large = with_param("large", &"x".repeat(60_000)).coding(Coding::ServiceDefault);
    for result in client.submit_all(std::iter::repeat_n(large, SUBMISSIONS)) {
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
