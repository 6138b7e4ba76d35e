//! The sandbox over SMPP.

use std::time::Duration;

use engagelab_otp::api::types::MessageStatus;
use engagelab_otp::sandbox::{Sandbox, SandboxBuilder, SmppFault, Speed};
use engagelab_otp::smpp::{Credentials, Event, Events, Message, ReportState, SmppClient, SmppConfig};
use engagelab_otp::{Client, Code, MessageId, Recipient, TemplateRef, Verification};

use super::loopback::{CallbackServer, TIMEOUT};

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
