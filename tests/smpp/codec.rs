//! The codec by itself: what it writes and what it makes of what others write.

use engagelab_otp::smpp::pdu::{
    Address, Bind, Body, Command, HEADER_LENGTH, Pdu, ShortMessage, Status, Tlvs, split_frame,
};

use super::oracle::random_pdu;

fn encoded(pdu: &Pdu) -> Vec<u8> {
    let mut octets = Vec::new();
    pdu.encode(&mut octets).expect("a PDU within the standard");
    octets
}

fn submit(message: ShortMessage) -> Pdu {
    Pdu { status: Status::OK, sequence: 1, body: Body::SubmitSm(message) }
}

#[test]
fn a_bind_is_written_octet_by_octet_as_the_standard_draws_it() {
    let bind = Bind {
        system_id: "acme".to_owned(),
        password: "pw".to_owned(),
        interface_version: Bind::VERSION_3_4,
        ..Bind::default()
    };
    let octets = encoded(&Pdu { status: Status::OK, sequence: 1, body: Body::BindTransceiver(bind) });
    let expected =
        [&[0, 0, 0, 29, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1][..], b"acme\0pw\0\0", &[0x34, 0, 0, 0]].concat();
    assert_eq!(octets, expected);
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..20_000 {
        let pdu = random_pdu(&mut random);
        assert_eq!(Pdu::decode(&encoded(&pdu)), Ok(pdu));
    }
}

#[test]
fn every_truncation_of_every_pdu_is_an_error_or_a_shorter_reading_and_never_a_panic() {
    let mut random = fastrand::Rng::with_seed(12);
    for _ in 0..500 {
        let octets = encoded(&random_pdu(&mut random));
        for length in 0..octets.len() {
            let cut = &octets[..length];
            assert_eq!(split_frame(cut), Ok(None), "a part is not a frame");
            match Pdu::decode(cut) {
                Ok(_) => assert!(length >= HEADER_LENGTH),
                Err(error) => assert!(!error.field().is_empty() && !error.rule().is_empty()),
            }
        }
    }
}

#[test]
fn impossible_lengths_are_errors_and_possible_ones_wait_for_their_octets() {
    for length in [0_u32, 4, 15, 131_073, 1 << 31, u32::MAX] {
        let mut octets = length.to_be_bytes().to_vec();
        octets.resize(64, 0);
        assert_eq!(split_frame(&octets).expect_err("no such length").field(), "command_length");
    }
    let mut larger_than_sent = encoded(&Pdu { status: Status::OK, sequence: 1, body: Body::EnquireLink });
    larger_than_sent[3] = 40;
    assert_eq!(split_frame(&larger_than_sent), Ok(None));
}

#[test]
fn a_bad_body_does_not_move_the_start_of_the_next_pdu() {
    let mut stream = vec![0, 0, 0, 17, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, b'M'];
    stream.extend(encoded(&Pdu { status: Status::OK, sequence: 2, body: Body::Unbind }));
    let (bad, rest) = split_frame(&stream).expect("a length").expect("a frame");
    assert_eq!(Pdu::decode(bad).expect_err("no zero closes it").field(), "service_type");
    let (good, rest) = split_frame(rest).expect("a length").expect("a frame");
    assert_eq!(Pdu::decode(good).expect("a PDU").body, Body::Unbind);
    assert!(rest.is_empty());
}

#[test]
fn unknown_commands_statuses_and_parameters_survive() {
    let mut tlvs = Tlvs::new();
    tlvs.push(0x1404, b"vendor").expect("short");
    let body = Body::SubmitSmResp { message_id: "7".to_owned(), tlvs: tlvs.clone() };
    let pdu = Pdu { status: Status::OK, sequence: 3, body };
    assert_eq!(Pdu::decode(&encoded(&pdu)), Ok(pdu));

    let other = Body::Other { command: Command(0x0001_0203), octets: vec![1, 2, 3] };
    let pdu = Pdu { status: Status(0x0000_0401), sequence: 4, body: other };
    assert_eq!(Pdu::decode(&encoded(&pdu)), Ok(pdu));
    assert_eq!(Status(0x401).to_string(), "status 0x00000401");
}

#[test]
fn a_parameter_longer_than_the_pdu_ends_the_list_and_stays_in_the_octets() {
    let octets = [0, 0x1E, 0, 2, b'4', b'2', 4, 0x27, 0, 9, 2];
    let tlvs = Tlvs::from_octets(&octets);
    assert_eq!(tlvs.iter().collect::<Vec<_>>(), [(Tlvs::RECEIPTED_MESSAGE_ID, &b"42"[..])]);
    assert_eq!(tlvs.octets(), octets);
}

#[test]
fn answers_are_read_without_their_body() {
    for (command, body) in [
        (0x04_u8, Body::SubmitSmResp { message_id: String::new(), tlvs: Tlvs::new() }),
        (0x09, Body::BindTransceiverResp { system_id: String::new(), tlvs: Tlvs::new() }),
        (0x05, Body::DeliverSmResp),
    ] {
        let octets = [0, 0, 0, 16, 0x80, 0, 0, command, 0, 0, 0, 8, 0, 0, 0, 1];
        let pdu = Pdu { status: Status::SYSTEM_ERROR, sequence: 1, body };
        assert_eq!(Pdu::decode(&octets), Ok(pdu));
    }
}

#[test]
fn a_field_that_breaks_the_standard_is_not_written_and_named() {
    let too_long = |message: ShortMessage| {
        let mut out = vec![1, 2, 3];
        let error = submit(message).encode(&mut out).expect_err("breaks a rule");
        assert_eq!(out, [1, 2, 3], "nothing is written");
        error.field().to_owned()
    };
    let message = ShortMessage::default;
    assert_eq!(too_long(ShortMessage { service_type: "SIXSIX".into(), ..message() }), "service_type");
    let number = Address { number: "1".repeat(21), ..Address::default() };
    assert_eq!(too_long(ShortMessage { destination: number.clone(), ..message() }), "destination_addr");
    assert_eq!(too_long(ShortMessage { source: number, ..message() }), "source_addr");
    assert_eq!(too_long(ShortMessage { validity_period: "1".into(), ..message() }), "validity_period");
    assert_eq!(too_long(ShortMessage { short_message: vec![0; 255], ..message() }), "short_message");
    assert_eq!(too_long(ShortMessage { service_type: "a\0b".into(), ..message() }), "service_type");
    assert_eq!(too_long(ShortMessage { service_type: "é".into(), ..message() }), "service_type");

    let mut both = ShortMessage { short_message: vec![1], ..message() };
    both.tlvs.push(Tlvs::MESSAGE_PAYLOAD, b"2").expect("short");
    assert_eq!(too_long(both), "short_message");
    let error = Tlvs::new().push(Tlvs::MESSAGE_PAYLOAD, &vec![0; 65_536]).expect_err("too long");
    assert_eq!(error.rule(), "must be at most 65535 octets");

    for sequence in [0, 0x8000_0000] {
        let pdu = Pdu { status: Status::OK, sequence, body: Body::EnquireLink };
        assert_eq!(pdu.encode(&mut Vec::new()).expect_err("out of range").field(), "sequence_number");
    }
}

#[test]
fn debug_shows_neither_passwords_nor_texts_nor_numbers() {
    let bind = Bind { password: "hunter2".to_owned(), ..Bind::default() };
    let mut message = ShortMessage { short_message: b"code 482913".to_vec(), ..ShortMessage::default() };
    message.destination.number = "+6591234567".to_owned();
    message.tlvs.push(Tlvs::MESSAGE_PAYLOAD, b"code 482913").expect("short");
    let shown = format!("{bind:?} {message:?}");
    for secret in ["hunter2", "482913", "6591234567", "34567"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
