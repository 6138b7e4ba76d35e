//! Delivery reports as services write them, on and off the standard.

use engagelab_otp::smpp::pdu::{ShortMessage, Tlvs};
use engagelab_otp::smpp::{DeliveryReport, ReportState};

fn text(text: &str) -> ShortMessage {
    ShortMessage { short_message: text.as_bytes().to_vec(), ..ShortMessage::default() }
}

fn report(message: ShortMessage) -> DeliveryReport {
    DeliveryReport::from_message(message).expect("a report")
}

#[test]
fn the_text_alone_makes_a_report_with_esm_class_zero() {
    let report = report(text(
        "id:17 sub:001 dlvrd:001 submit date:2611210101 done date:2611210102 stat:DELIVRD err:000 text:stat:UNDELIV id:9",
    ));
    assert_eq!(report.message_id(), Some("17"));
    assert_eq!(report.state(), &ReportState::Delivered);
    assert_eq!(report.error().as_deref(), Some("000"));
    assert_eq!(report.submit_date().as_deref(), Some("2611210101"));
    assert_eq!(report.done_date().as_deref(), Some("2611210102"));
}

#[test]
fn missing_parts_strange_dates_and_other_cases_are_taken_as_they_come() {
    let report = report(text("ID:abc-7 STAT:undeliv Done Date:yesterday ERR: TEXT:"));
    assert_eq!(report.message_id(), Some("abc-7"));
    assert_eq!(report.state(), &ReportState::Undeliverable);
    assert_eq!(report.done_date().as_deref(), Some("yesterday"));
    assert_eq!((report.error(), report.submit_date()), (None, None));
}

#[test]
fn parameters_are_believed_before_the_text() {
    let mut message = text("id:1 stat:ENROUTE");
    message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, b"2\0").expect("short");
    message.tlvs.push(Tlvs::MESSAGE_STATE, &[5]).expect("short");
    let report = report(message);
    assert_eq!((report.message_id(), report.state()), (Some("2"), &ReportState::Undeliverable));
}

#[test]
fn an_id_without_its_zero_and_a_state_of_four_octets_are_read() {
    let mut message = ShortMessage::default();
    message.tlvs.push(Tlvs::RECEIPTED_MESSAGE_ID, b"1725407449772531712").expect("short");
    message.tlvs.push(Tlvs::MESSAGE_STATE, &[0, 0, 0, 2]).expect("short");
    let report = report(message);
    assert_eq!(report.message_id(), Some("1725407449772531712"));
    assert!(report.state().is_delivered() && report.state().is_final());
    assert!(report.text().is_empty());
}

#[test]
fn a_state_that_nobody_knows_survives_and_is_not_final() {
    let mut message = ShortMessage::default();
    message.tlvs.push(Tlvs::MESSAGE_STATE, &[77]).expect("short");
    let report = report(message);
    assert_eq!((report.message_id(), report.state()), (None, &ReportState::Other("77".to_owned())));
    assert!(!report.state().is_final());
    assert_eq!(report_state("stat:SKIPPED"), ReportState::Other("SKIPPED".to_owned()));
}

fn report_state(stat: &str) -> ReportState {
    report(text(&format!("id:1 {stat}"))).state().clone()
}

#[test]
fn a_report_marked_as_one_is_one_even_without_an_id() {
    let report = report(ShortMessage { esm_class: 0x04, ..text("what happened is unclear") });
    assert_eq!((report.message_id(), report.state()), (None, &ReportState::Other(String::new())));
    assert_eq!(report.text(), "what happened is unclear");
}

#[test]
fn a_message_from_a_phone_is_given_back() {
    for words in ["STOP", "my id: 7", "stat:DELIVRD", ""] {
        let message = text(words);
        assert_eq!(DeliveryReport::from_message(message.clone()), Err(message));
    }
}

#[test]
fn a_report_in_ucs2_or_in_message_payload_is_read_and_half_a_character_does_no_harm() {
    let mut octets: Vec<u8> = "id:1 stat:DELIVRD".encode_utf16().flat_map(u16::to_be_bytes).collect();
    octets.push(b'?');
    let mut message = ShortMessage { data_coding: 8, ..ShortMessage::default() };
    message.tlvs.push(Tlvs::MESSAGE_PAYLOAD, &octets).expect("short");
    let report = report(message);
    assert_eq!(report.message_id(), Some("1"));
    assert!(report.text().ends_with('\u{FFFD}'));
}

#[test]
fn a_mark_of_the_order_of_octets_and_a_closing_zero_are_no_part_of_a_text() {
    let receipt = "\u{FEFF}id:1 err:000 stat:DELIVRD";
    let orders: [fn(u16) -> [u8; 2]; 2] = [u16::to_be_bytes, u16::to_le_bytes];
    for order in orders {
        let octets: Vec<u8> = receipt.encode_utf16().flat_map(order).collect();
        let report =
            report(ShortMessage { data_coding: 8, short_message: octets, ..ShortMessage::default() });
        assert_eq!(report.message_id(), Some("1"));
        assert!(report.state().is_delivered());
        assert!(report.text().starts_with("id:"));
    }
    let closed = report(text("id:1 err:000\0 stat:DELIVRD\0"));
    assert!(closed.state().is_delivered());
    assert_eq!(closed.error().as_deref(), Some("000"));
}

#[test]
fn debug_shows_neither_recipient_nor_text() {
    let mut message = text("id:1 stat:DELIVRD text:482913");
    message.destination.number = "+6591234567".to_owned();
    let shown = format!("{:?}", report(message));
    assert!(!shown.contains("482913") && !shown.contains("91234567"), "{shown}");
}

#[test]
fn reports_and_callbacks_feed_the_same_lifecycle() {
    use engagelab_otp::MessageStatus;
    use engagelab_otp::lifecycle::{Lifecycle, Observation};

    let mut life = Lifecycle::new(engagelab_otp::MessageId("17".to_owned()));
    life.observe(&Observation::new("17".to_owned(), MessageStatus::Sent));
    let failed =
        report(text("id:17 stat:UNDELIV err:5018")).observation().expect("it names message and state");
    assert_eq!(
        (failed.status(), failed.error().map(engagelab_otp::ErrorCode::value)),
        (&MessageStatus::DeliveredFailed, Some(5018))
    );
    life.observe(&failed);
    assert_eq!(life.status(), Some(&MessageStatus::DeliveredFailed));

    assert_eq!(report(text("id:17 stat:DELIVRD err:000")).observation().and_then(|said| said.error()), None);
    assert_eq!(report(text("id:17 stat:PENDING")).observation(), None);
    let mut nameless = text("x");
    nameless.tlvs.push(Tlvs::MESSAGE_STATE, &[2]).expect("short");
    assert_eq!(report(nameless).observation(), None);
}
