//! The server half, driven over a bare socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use engagelab_otp::smpp::pdu::{Address, Bind, Body, Command, Pdu, ShortMessage, Status, Tlvs, split_frame};
use engagelab_otp::smpp::smsc::Smsc;

use super::loopback::{TIMEOUT, message, server};

/// A peer that can say anything.
struct Raw {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Raw {
    fn connect(smsc: &Smsc) -> Self {
        let socket = TcpStream::connect(smsc.address()).expect("the server listens");
        socket.set_read_timeout(Some(TIMEOUT)).expect("not zero");
        Self { socket, received: Vec::new() }
    }

    fn bound(smsc: &Smsc) -> Self {
        let mut raw = Self::connect(smsc);
        let answer = raw.ask(1, bind("sandbox_demo", "sandbox"));
        let body = Body::BindTransceiverResp { system_id: "sandbox_demo".to_owned(), tlvs: Tlvs::new() };
        assert_eq!(answer, Some(Pdu { status: Status::OK, sequence: 1, body }));
        raw
    }

    fn send(&mut self, octets: &[u8]) {
        self.socket.write_all(octets).expect("the server reads");
    }

    fn ask(&mut self, sequence: u32, body: Body) -> Option<Pdu> {
        let mut octets = Vec::new();
        Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("within the standard");
        self.send(&octets);
        self.next()
    }

    /// The next PDU, or `None` when the server has closed the link.
    fn next(&mut self) -> Option<Pdu> {
        loop {
            if let Some((frame, rest)) = split_frame(&self.received).expect("a length") {
                let pdu = Pdu::decode(frame).expect("a PDU");
                self.received = rest.to_vec();
                return Some(pdu);
            }
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

fn bind(system_id: &str, password: &str) -> Body {
    Body::BindTransceiver(Bind {
        system_id: system_id.to_owned(),
        password: password.to_owned(),
        interface_version: Bind::VERSION_3_4,
        ..Bind::default()
    })
}

fn submission() -> ShortMessage {
    message().to_short_message().expect("short")
}

#[test]
fn a_bad_bind_is_dropped_without_a_word() {
    let smsc = server();
    for body in [bind("sandbox_demo", "wrong"), bind("nobody", "sandbox")] {
        assert_eq!(Raw::connect(&smsc).ask(1, body), None);
    }
    assert!(smsc.record().binds.iter().all(|bind| !bind.accepted));
}

#[test]
fn what_is_not_supported_is_nacked_and_answers_never_are() {
    let smsc = server();
    let mut raw = Raw::bound(&smsc);
    let stray = Body::Other { command: Command(0x8000_0003), octets: vec![0] };
    let mut octets = Vec::new();
    Pdu { status: Status::OK, sequence: 8, body: stray }.encode(&mut octets).expect("within the standard");
    raw.send(&octets);
    let query_sm = Body::Other { command: Command(3), octets: b"7\0\0\0\0".to_vec() };
    let nack = Pdu { status: Status::INVALID_COMMAND, sequence: 9, body: Body::GenericNack };
    assert_eq!(raw.ask(9, query_sm), Some(nack.clone()));
    assert_eq!(raw.ask(9, Body::DeliverSm(ShortMessage::default())), Some(nack));
    assert_eq!(smsc.record().nacked, 2);
}

#[test]
fn content_is_refused_with_the_documented_statuses() {
    let smsc = server();
    let mut raw = Raw::bound(&smsc);
    let good = submission();
    let json = |service_type: &str, text: &str| ShortMessage {
        service_type: service_type.to_owned(),
        data_coding: 0,
        short_message: text.as_bytes().to_vec(),
        ..submission()
    };
    let mut odd = good.clone();
    odd.short_message.pop();
    let mut national = good.clone();
    national.destination = Address { ton: 2, npi: Address::ISDN, number: "10000000010".to_owned() };
    for (message, status) in [
        (good, Status::OK),
        (json("", r#"{"id":"t"}"#), Status::OK),
        (json("MSG", "Your code is 1"), Status::INVALID_CONTENT),
        (json("MSG", r#"{"id":7}"#), Status::INVALID_CONTENT),
        (json("MSG", r#"{"id":"t","params":{"a":1}}"#), Status::INVALID_CONTENT),
        (odd, Status::INVALID_CONTENT),
        (json("MSG", r#"{"id":""}"#), Status::INVALID_PARAMETER),
        (json("OTHER", r#"{"id":"t"}"#), Status::INVALID_PARAMETER),
        (json("CODE", r#"{"id":"t"}"#), Status::INVALID_PARAMETER),
        (json("MSG", r#"{"id":"t","code":"1"}"#), Status::INVALID_PARAMETER),
        (national, Status::INVALID_PARAMETER),
    ] {
        let answer = raw.ask(5, Body::SubmitSm(message)).expect("answered");
        assert_eq!((answer.body.command(), answer.status), (Command::SUBMIT_SM_RESP, status));
        if status.is_ok() {
            assert_eq!(raw.next().expect("a report").body.command(), Command::DELIVER_SM);
        }
    }
}

#[test]
fn a_number_whose_plus_a_gateway_has_stripped_is_international_by_its_type() {
    let smsc = server();
    let mut raw = Raw::bound(&smsc);
    let mut stripped = submission();
    stripped.destination.number = "10000000010".to_owned();
    assert_eq!(stripped.destination.ton, Address::INTERNATIONAL);
    assert_eq!(raw.ask(2, Body::SubmitSm(stripped)).expect("answered").status, Status::OK);
    let submission = smsc.record().submissions[0].submission.clone().expect("readable");
    assert_eq!(submission.recipient, "+10000000010");
    let Body::DeliverSm(report) = raw.next().expect("a report").body else { panic!("a report") };
    assert_eq!(report.destination.number, "10000000010", "as submitted");
}

#[test]
fn a_text_in_the_alphabet_of_gsm_is_read_where_the_default_alphabet_is_named() {
    let smsc = server();
    let mut raw = Raw::bound(&smsc);
    // {"id":"t_1","params":{"to":"[é@ü|€]"}}
    let text =
        b"\x1B(\"id\":\"t\x111\",\"params\":\x1B(\"to\":\"\x1B<\x05\x00\x7E\x1B\x40\x1B\x65\x1B>\"\x1B)\x1B)";
    let message = ShortMessage { data_coding: 0, short_message: text.to_vec(), ..submission() };
    assert_eq!(raw.ask(2, Body::SubmitSm(message)).expect("answered").status, Status::OK);
    let submission = smsc.record().submissions[0].submission.clone().expect("readable");
    assert_eq!((submission.template.as_str(), submission.params["to"].as_str()), ("t_1", "[é@ü|€]"));
}

#[test]
fn a_report_comes_as_documented_and_again_over_the_next_link_when_unanswered() {
    let smsc = server();
    let mut raw = Raw::bound(&smsc);
    let answer = raw.ask(2, Body::SubmitSm(submission())).expect("answered");
    let Body::SubmitSmResp { message_id, .. } = answer.body else { panic!("{answer:?}") };
    for attempt in ["first link", "second link"] {
        let report = raw.next().expect(attempt);
        let Body::DeliverSm(message) = report.body else { panic!("{report:?}") };
        assert_eq!((message.esm_class, message.data_coding), (0, 0));
        assert_eq!((message.service_type.as_str(), message.source.number.as_str()), ("MSG", ""));
        assert_eq!(message.destination.number, "+10000000010");
        let id = format!("{message_id}\0");
        assert_eq!(message.tlvs.find(Tlvs::RECEIPTED_MESSAGE_ID), Some(id.as_bytes()));
        assert_eq!(message.tlvs.find(Tlvs::MESSAGE_STATE), Some(&[2][..]));
        let text = String::from_utf8(message.short_message).expect("ASCII");
        assert!(text.starts_with(&format!("id:{message_id} sub:001 dlvrd:001 submit date:")), "{text}");
        if attempt == "first link" {
            raw = Raw::bound_after(raw, &smsc);
        }
    }
}

impl Raw {
    /// Hangs up, waits until the server has noticed, and binds again.
    fn bound_after(raw: Self, smsc: &Smsc) -> Self {
        let ended = smsc.record().ended_links;
        drop(raw);
        assert!(smsc.wait_for(TIMEOUT, |record| record.ended_links > ended));
        Self::bound(smsc)
    }
}

#[test]
fn before_the_bind_and_twice_bound_is_refused_and_unbind_ends_the_link() {
    let smsc = server();
    let mut raw = Raw::connect(&smsc);
    let answer = raw.ask(1, Body::SubmitSm(submission())).expect("answered");
    assert_eq!(answer.status, Status::INVALID_BIND_STATE);
    let mut raw = Raw::bound(&smsc);
    let answer = raw.ask(2, bind("sandbox_demo", "sandbox")).expect("answered");
    assert_eq!(answer.status, Status::ALREADY_BOUND);
    let answer = raw.ask(3, Body::EnquireLink).expect("answered");
    assert_eq!((answer.body, answer.sequence), (Body::EnquireLinkResp, 3));
    let answer = raw.ask(4, Body::Unbind).expect("answered");
    assert_eq!((answer.body, answer.sequence), (Body::UnbindResp, 4));
    assert_eq!(raw.next(), None);
}

#[test]
fn lengths_that_cannot_be_end_the_link_and_unreadable_submissions_do_not() {
    let smsc = server();
    for length in [0_u32, 4, 15, 1 << 31] {
        let mut raw = Raw::bound(&smsc);
        raw.send(&length.to_be_bytes());
        assert_eq!(raw.next().map(|pdu| pdu.body), Some(Body::GenericNack));
        assert_eq!(raw.next(), None);
    }
    let mut raw = Raw::bound(&smsc);
    raw.send(&[0, 0, 0, 17, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 6, b'M']);
    let answer = raw.next().expect("answered");
    assert_eq!((answer.status, answer.sequence), (Status::INVALID_MESSAGE_LENGTH, 6));
    assert_eq!(smsc.record().submissions[0].answer, Err(Status::INVALID_MESSAGE_LENGTH));
    assert_eq!(raw.ask(7, Body::EnquireLink).map(|pdu| pdu.sequence), Some(7));
}
