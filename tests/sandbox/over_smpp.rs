//! The sandbox over SMPP.

use std::io::Write as _;
use std::time::Duration;

use engagelab_otp::api::types::MessageStatus;
use engagelab_otp::sandbox::{RecordedRequest, Sandbox, SandboxBuilder, SmppFault, Speed};
use engagelab_otp::smpp::pdu::{Address, Bind, Body, Pdu, ShortMessage, Status};
use engagelab_otp::smpp::{Credentials, Event, Events, Message, ReportState, SmppClient, SmppConfig};
use engagelab_otp::{Client, Code, MessageId, Recipient, TemplateRef, Verification};

use super::loopback::{CallbackServer, TIMEOUT, connect};

fn start(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> (Sandbox, SmppClient, Events) {
    let builder = Sandbox::builder().manual_clock().smpp_listen("127.0.0.1:0".parse().expect("an address"));
    let sandbox = configure(builder).start().expect("started");
    let address = sandbox.smsc().expect("SMPP is on").address().to_string();
    let credentials = Credentials::new("sandbox_demo", "sandbox").expect("valid");
    let (client, events) = SmppClient::connect(&SmppConfig::new(&address, credentials)).expect("bound");
    (sandbox, client, events)
}

fn notification(to: &str) -> Message {
    notification_of("sandbox-otp-tpl", to)
}

fn notification_of(template: &str, to: &str) -> Message {
    let (to, template) = (Recipient::phone(to).expect("valid"), TemplateRef::new(template).expect("valid"));
    Message::notification(&to, &template).expect("valid")
}

fn report(events: &mut Events) -> (String, ReportState) {
    match events.next_timeout(TIMEOUT) {
        Some(Event::Report { report, .. }) => {
            (report.message_id().expect("an id").to_owned(), report.state().clone())
        }
        other => panic!("not a report: {other:?}"),
    }
}

#[test]
fn a_submission_is_a_message_whose_code_can_be_verified() {
    let (sandbox, client, _events) = start(|builder| builder);
    let accepted = client.submit(&notification("+6591234567")).expect("accepted");
    let id = MessageId(accepted.message_id);
    let code = Code::new(sandbox.code(&id).expect("a code")).expect("valid");
    let rest = Client::for_sandbox(&sandbox).expect("built");
    assert_eq!(rest.verify_otp(&id, &code).expect("answered"), Verification::Verified);
}

#[test]
fn the_end_of_the_course_is_reported_when_it_is_reached() {
    let (sandbox, client, mut events) = start(|builder| builder);
    let arrives = client.submit(&notification("+10000000004")).expect("accepted").message_id;
    let fails = client.submit(&notification("+10000000018")).expect("accepted").message_id;
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(report(&mut events), (fails, ReportState::Undeliverable));
    let on_the_way = sandbox.message(&MessageId(arrives.clone())).expect("remembered");
    assert_eq!(on_the_way.status(), Some(&MessageStatus::Sent));
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(report(&mut events), (arrives, ReportState::Delivered));
}

#[test]
fn in_a_hurry_the_answer_still_comes_before_the_report() {
    let (_sandbox, client, mut events) = start(|builder| builder.speed(Speed::Fast));
    let id = client.submit(&notification("+6591234567")).expect("accepted").message_id;
    assert_eq!(report(&mut events), (id, ReportState::Delivered));
}

#[test]
fn callbacks_report_submissions_too() {
    let server = CallbackServer::start();
    let (_sandbox, client, _events) = start(|builder| builder.callback_url(server.url()).expect("a URL"));
    client.submit(&notification("+10000000010")).expect("accepted");
    assert_eq!(server.next().body, "{}");
    assert_eq!(server.next().statuses(), ["plan", "target_valid", "sent", "delivered"]);
}

#[test]
fn refused_recipients_are_refused_here_too() {
    let (sandbox, client, _events) = start(|builder| builder);
    for to in ["+10000000001", "+10000000011", "+10000000099"] {
        assert!(client.submit(&notification(to)).is_err(), "{to}");
    }
    let unknown = notification_of("no-such-template", "+6591234567");
    assert!(client.submit(&unknown).is_err());
    assert_eq!(sandbox.messages().len(), 0);
}

#[test]
fn on_demand_links_go_wrong() {
    let (sandbox, client, _events) =
        start(|builder| builder.smpp_fault("cut-unanswered".parse().expect("a fault")));
    let error = client.submit(&notification("+6591234567")).expect_err("cut");
    assert_eq!(error.outcome(), engagelab_otp::Outcome::Unknown);
    assert_eq!(sandbox.messages().len(), 1, "it was acted on");
}

#[test]
fn what_a_fault_is_called_is_how_it_is_asked_for() {
    for fault in SmppFault::all() {
        assert_eq!(fault.to_string().parse(), Ok(fault));
        assert_ne!(fault.faults(), engagelab_otp::smpp::smsc::Faults::default());
    }
    assert!("gremlins".parse::<SmppFault>().is_err());
}

/// Waits until so many requests are remembered, and gives back the last of them.
fn request(sandbox: &Sandbox, number: usize) -> RecordedRequest {
    assert!(sandbox.wait_for(TIMEOUT, |sandbox| sandbox.requests().len() >= number), "it is remembered");
    sandbox.requests().swap_remove(number - 1)
}

#[test]
fn submissions_are_remembered_and_refused_ones_with_the_reason_in_plain_words() {
    let (sandbox, client, _events) = start(|builder| builder);
    let accepted = client.submit(&notification("+6591234567")).expect("accepted");
    let recorded = request(&sandbox, 1);
    assert_eq!((recorded.method.as_str(), recorded.path.as_str()), ("SMPP", "submit_sm"));
    assert_eq!((recorded.smpp_status, recorded.status), (Some(0), None));
    assert_eq!(recorded.messages(), [MessageId(accepted.message_id)]);
    assert!(!recorded.is_refused());

    for (message, status, field, reason) in [
        (notification_of("no-such-template", "+6591234567"), 0x45, "template.id", "no template has this id"),
        (notification("+10000000011"), 0x45, "to", "sends to this recipient are always refused so"),
        (
            notification("+6591234567"),
            0x45,
            "to",
            "the previous code for this recipient and template still counts",
        ),
    ] {
        client.submit(&message).expect_err("refused");
        let recorded = sandbox.requests().pop().expect("remembered");
        assert_eq!((recorded.smpp_status, recorded.field.as_deref()), (Some(status), Some(field)));
        assert!(recorded.reason.as_deref().is_some_and(|said| said.starts_with(reason)), "{recorded:?}");
        assert!(recorded.is_refused() && recorded.advice().is_some());
    }
}

#[test]
fn what_the_smpp_server_refuses_by_itself_is_remembered_with_field_and_rule() {
    let submit = |service_type: &str, to: &str, text: &str| {
        Body::SubmitSm(ShortMessage {
            service_type: service_type.to_owned(),
            destination: Address { number: to.to_owned(), ..Address::default() },
            short_message: text.as_bytes().to_vec(),
            ..ShortMessage::default()
        })
    };
    let bind = |password: &str| {
        let (system_id, password) = ("sandbox_demo".to_owned(), password.to_owned());
        Body::BindTransceiver(Bind { system_id, password, ..Bind::default() })
    };
    let fine = r#"{"id":"sandbox-otp-tpl"}"#;
    for (body, status, field, rule) in [
        (submit("WAP", "+6591234567", fine), Some(0x32), "service_type", "must be MSG, CODE or MRKT"),
        (submit("MSG", "6591234567", fine), Some(0x32), "destination_addr", "must begin with `+`"),
        (submit("MSG", "+6591234567", "Your code is 398210"), Some(0x55), "short_message", "must be JSON"),
        (submit("MSG", "+6591234567", r#"{"id":7}"#), Some(0x55), "short_message.id", "must be a string"),
        (
            submit("MSG", "+6591234567", r#"{"id":"x","params":{"398210":7}}"#),
            Some(0x55),
            "short_message.params.••••••",
            "must be a string",
        ),
        (submit("MSG", "+6591234567", r#"{"id":""}"#), Some(0x32), "short_message.id", "must be the id"),
        (submit("CODE", "+6591234567", fine), Some(0x32), "short_message.code", "must be given where"),
        (
            submit("MSG", "+6591234567", r#"{"id":"x","code":"398210"}"#),
            Some(0x32),
            "short_message.code",
            "must be left out unless",
        ),
        (bind("sandbox"), Some(0x05), "the bind", "must come once"),
    ] {
        let (sandbox, _client, _events) = start(|builder| builder);
        let address = sandbox.smsc().expect("SMPP is on").address();
        let mut stream = connect(address);
        for (sequence, body) in [(1, bind("sandbox")), (2, body.clone())] {
            let mut octets = Vec::new();
            Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("it fits");
            stream.write_all(&octets).expect("written");
        }
        let recorded = request(&sandbox, 1);
        assert_eq!((recorded.smpp_status, recorded.field.as_deref()), (status, Some(field)), "{recorded:?}");
        let reason = recorded.reason.clone().unwrap_or_default();
        assert!(reason.starts_with(&format!("{field} {rule}")), "{reason}");
        let shown = format!("{recorded:?} {reason} {}", recorded.body);
        assert!(!shown.contains("398210"), "{shown}");
        assert!(recorded.advice().is_some());
    }
    // Before a bind, and where the bind itself is refused.
    for (body, status, command, field) in [
        (submit("MSG", "+6591234567", fine), Some(0x04), "submit_sm", "the link"),
        (bind("wrong"), None, "bind_transceiver", "system_id and password"),
        (Body::DeliverSm(ShortMessage::default()), Some(0x03), "deliver_sm", "command_id"),
    ] {
        let (sandbox, _client, _events) = start(|builder| builder);
        let mut stream = connect(sandbox.smsc().expect("SMPP is on").address());
        let mut octets = Vec::new();
        Pdu { status: Status::OK, sequence: 1, body }.encode(&mut octets).expect("it fits");
        stream.write_all(&octets).expect("written");
        let recorded = request(&sandbox, 1);
        assert_eq!((recorded.path.as_str(), recorded.smpp_status), (command, status), "{recorded:?}");
        assert_eq!(recorded.field.as_deref(), Some(field));
        assert!(recorded.is_refused());
    }
    let (sandbox, client, _events) =
        start(|builder| builder.smpp_fault("throttle".parse().expect("a fault")));
    drop(client.submit(&notification("+6591234567")));
    assert_eq!(request(&sandbox, 1).smpp_status, Some(0x58), "asked for, and refused all the same");
}
