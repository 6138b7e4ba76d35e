//! `rusmpp-core` as an oracle: what one codec writes, the other must read, and write again to the same octets.

use bytes::BytesMut;
use engagelab_otp::smpp::pdu::{Address, Bind, Body, Pdu, ShortMessage, Status, Tlvs};
use rusmpp_core::command::owned::Command;
use rusmpp_core::decode::owned::DecodeWithLength;
use rusmpp_core::encode::Length;
use rusmpp_core::encode::owned::Encode;
use rusmpp_core::pdus::owned as theirs;
use rusmpp_core::types::owned::{COctetString, OctetString};
use rusmpp_core::values::owned::ServiceType;
use rusmpp_core::values::{
    DataCoding, EsmClass, InterfaceVersion, MessageState, Npi, PriorityFlag, RegisteredDelivery,
    ReplaceIfPresentFlag, Ton,
};

fn text(random: &mut fastrand::Rng, longest: usize) -> String {
    let length = random.usize(..=longest);
    std::iter::repeat_with(|| char::from(random.u8(b' '..=b'~'))).take(length).collect()
}

fn octets(random: &mut fastrand::Rng, longest: usize) -> Vec<u8> {
    let length = random.usize(..=longest);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

fn time(random: &mut fastrand::Rng) -> String {
    if random.bool() { String::new() } else { "000002120000000R".to_owned() }
}

fn random_message(random: &mut fastrand::Rng) -> ShortMessage {
    let mut message = ShortMessage {
        service_type: text(random, 5),
        source: Address { ton: random.u8(..7), npi: random.u8(..2), number: text(random, 20) },
        destination: Address { ton: random.u8(..7), npi: random.u8(..2), number: text(random, 20) },
        esm_class: random.u8(..),
        protocol_id: random.u8(..),
        priority_flag: random.u8(..4),
        schedule_delivery_time: time(random),
        validity_period: time(random),
        registered_delivery: random.u8(..),
        replace_if_present: random.u8(..2),
        data_coding: random.u8(..),
        sm_default_msg_id: random.u8(..),
        short_message: octets(random, 254),
        tlvs: Tlvs::new(),
    };
    if random.bool() {
        message.short_message.clear();
        message.tlvs.push(Tlvs::MESSAGE_PAYLOAD, &octets(random, 3000)).expect("short");
    }
    if random.bool() {
        // A tag that the standard leaves to vendors.
        message.tlvs.push(random.u16(0x1400..0x4000), &octets(random, 40)).expect("short");
    }
    message
}

/// Any PDU of the contract, with any content that the standard allows.
pub(crate) fn random_pdu(random: &mut fastrand::Rng) -> Pdu {
    let body = match random.u8(..11) {
        0 => Body::BindTransceiver(Bind {
            system_id: text(random, 15),
            password: text(random, 8),
            system_type: text(random, 12),
            interface_version: Bind::VERSION_3_4,
            addr_ton: random.u8(..7),
            addr_npi: random.u8(..2),
            address_range: text(random, 40),
        }),
        1 => {
            let mut tlvs = Tlvs::new();
            if random.bool() {
                tlvs.push(Tlvs::SC_INTERFACE_VERSION, &[0x34]).expect("short");
            }
            Body::BindTransceiverResp { system_id: text(random, 15), tlvs }
        }
        2 | 3 => Body::SubmitSm(random_message(random)),
        4 => Body::SubmitSmResp { message_id: text(random, 64), tlvs: Tlvs::new() },
        5 | 6 => {
            let mut message = random_message(random);
            if random.bool() {
                let id = [text(random, 64).as_bytes(), b"\0"].concat();
                message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, &id).expect("short");
                message.tlvs.push(Tlvs::MESSAGE_STATE, &[random.u8(..10)]).expect("short");
            }
            Body::DeliverSm(message)
        }
        7 => Body::DeliverSmResp,
        8 => [Body::EnquireLink, Body::EnquireLinkResp][random.usize(..2)].clone(),
        9 => [Body::Unbind, Body::UnbindResp][random.usize(..2)].clone(),
        _ => Body::GenericNack,
    };
    Pdu { status: Status::OK, sequence: random.u32(1..=0x7FFF_FFFF), body }
}

fn they_read(octets: &[u8]) -> Command {
    let mut source = BytesMut::from(&octets[4..]);
    let length = source.len();
    Command::decode(&mut source, length).expect("they read what we wrote").0
}

fn they_write(command: &Command) -> Vec<u8> {
    let mut body = BytesMut::with_capacity(command.length());
    command.encode(&mut body);
    let length = u32::try_from(body.len() + 4).expect("short");
    [&length.to_be_bytes()[..], &body].concat()
}

#[test]
fn what_we_write_they_read_and_write_again_to_the_same_octets() {
    let mut random = fastrand::Rng::with_seed(21);
    for _ in 0..20_000 {
        let pdu = random_pdu(&mut random);
        let mut octets = Vec::new();
        pdu.encode(&mut octets).expect("within the standard");
        assert_eq!(they_write(&they_read(&octets)), octets, "{pdu:?}");
    }
}

fn c_octets<const MINIMUM: usize, const MAXIMUM: usize>(value: &str) -> COctetString<MINIMUM, MAXIMUM> {
    value.parse().expect("fits")
}

/// A command built with their builders alone, beside what we should read from it.
fn their_pair(random: &mut fastrand::Rng) -> (Command, Body) {
    let id = text(random, 64);
    let (pdu, body): (theirs::Pdu, Body) = match random.u8(..5) {
        0 => {
            let (system_id, password) = (text(random, 15), text(random, 8));
            let pdu = theirs::BindTransceiver::builder()
                .system_id(c_octets(&system_id))
                .password(c_octets(&password))
                .interface_version(InterfaceVersion::Smpp3_4)
                .build();
            let bind = Bind { system_id, password, interface_version: 0x34, ..Bind::default() };
            (pdu.into(), Body::BindTransceiver(bind))
        }
        1 => {
            let system_id = text(random, 15);
            let pdu = theirs::BindTransceiverResp::new(c_octets(&system_id), None);
            (pdu.into(), Body::BindTransceiverResp { system_id, tlvs: Tlvs::new() })
        }
        2 => {
            let pdu = theirs::SubmitSmResp::new(c_octets(&id), Vec::new());
            (pdu.into(), Body::SubmitSmResp { message_id: id, tlvs: Tlvs::new() })
        }
        3 => {
            let message = ShortMessage { tlvs: Tlvs::new(), ..random_message(random) };
            let pdu = theirs::SubmitSm::builder()
                .service_type(ServiceType::new(c_octets(&message.service_type)))
                .source_addr_ton(Ton::from(message.source.ton))
                .source_addr_npi(Npi::from(message.source.npi))
                .source_addr(c_octets(&message.source.number))
                .dest_addr_ton(Ton::from(message.destination.ton))
                .dest_addr_npi(Npi::from(message.destination.npi))
                .destination_addr(c_octets(&message.destination.number))
                .esm_class(EsmClass::from(message.esm_class))
                .protocol_id(message.protocol_id)
                .priority_flag(PriorityFlag::from(message.priority_flag))
                .schedule_delivery_time(message.schedule_delivery_time.parse().expect("fits"))
                .validity_period(message.validity_period.parse().expect("fits"))
                .registered_delivery(RegisteredDelivery::from(message.registered_delivery))
                .replace_if_present_flag(ReplaceIfPresentFlag::from(message.replace_if_present))
                .data_coding(DataCoding::from(message.data_coding))
                .sm_default_msg_id(message.sm_default_msg_id)
                .short_message(OctetString::from_slice(&message.short_message).expect("fits"))
                .build();
            (pdu.into(), Body::SubmitSm(message))
        }
        _ => {
            use rusmpp_core::tlvs::owned::MessageDeliveryRequestTlvValue as Tlv;
            let state = random.u8(1..=8);
            let pdu = theirs::DeliverSm::builder()
                .esm_class(EsmClass::from(0))
                .short_message(OctetString::from_slice(b"id:7").expect("fits"))
                .push_tlv(Tlv::ReceiptedMessageId(c_octets(&id)))
                .push_tlv(Tlv::MessageState(MessageState::from(state)))
                .build();
            let mut message = ShortMessage { short_message: b"id:7".to_vec(), ..ShortMessage::default() };
            let closed = format!("{id}\0");
            message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, closed.as_bytes()).expect("short");
            message.tlvs.push(Tlvs::MESSAGE_STATE, &[state]).expect("short");
            (pdu.into(), Body::DeliverSm(message))
        }
    };
    let command = Command::builder()
        .status(rusmpp_core::CommandStatus::EsmeRok)
        .sequence_number(random.u32(1..=0x7FFF_FFFF))
        .pdu(pdu);
    (command, body)
}

#[test]
fn what_they_write_we_read_as_meant_and_write_again_to_the_same_octets() {
    let mut random = fastrand::Rng::with_seed(22);
    for _ in 0..20_000 {
        let (command, body) = their_pair(&mut random);
        let octets = they_write(&command);
        let pdu = Pdu::decode(&octets).expect("we read what they wrote");
        assert_eq!(pdu.body, body);
        let mut again = Vec::new();
        pdu.encode(&mut again).expect("within the standard");
        assert_eq!(again, octets);
    }
}
