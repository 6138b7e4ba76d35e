//! What becomes of messages, and when.

use std::time::Duration;

use engagelab_otp::api::types::MessageStatus;
use engagelab_otp::sandbox::{Message, Sandbox, Speed};
use engagelab_otp::{Client, Code, MessageId, Outcome, TemplateRef, Verification};

fn manual_clock() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("built");
    (sandbox, client)
}

fn send(client: &Client, to: &str) -> MessageId {
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id
}

fn message(sandbox: &Sandbox, id: &MessageId) -> Message {
    sandbox.message(id).expect("remembered")
}

/// The timeline, each entry with the seconds since the send.
fn told(sandbox: &Sandbox, id: &MessageId) -> Vec<String> {
    let message = message(sandbox, id);
    let line = |entry: &engagelab_otp::sandbox::TimelineEntry| {
        let after = entry.at.duration_since(message.sent).expect("later").as_secs();
        let error = entry.error.map(|code| format!(" {}", code.value())).unwrap_or_default();
        format!("{after} {} {}{error}", entry.channel, entry.status)
    };
    message.timeline.iter().map(line).collect()
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_message_goes_its_way_as_time_goes_by() {
    let (sandbox, client) = manual_clock();
    let id = send(&client, "+10000000000");
    assert_eq!(told(&sandbox, &id), ["0 sms plan", "0 sms target_valid", "0 sms sent"]);
    sandbox.advance(Duration::from_millis(1999));
    assert_eq!(message(&sandbox, &id).status(), Some(&MessageStatus::Sent));
    sandbox.advance(Duration::from_millis(1));
    assert_eq!(message(&sandbox, &id).status(), Some(&MessageStatus::Delivered));
}

#[test]
fn each_test_recipient_has_its_own_scenario() {
    let (sandbox, client) = manual_clock();
    let cases: [(&str, &[&str]); 8] = [
        ("+10000000010", &["0 sms plan", "0 sms target_valid", "0 sms sent", "0 sms delivered"]),
        (
            "sandbox@example.com",
            &["0 email plan", "0 email target_valid", "0 email sent", "1 email delivered"],
        ),
        ("+10000000002", &["0 sms plan", "0 sms target_valid", "0 sms sent", "1 sms delivered_failed 5012"]),
        ("+10000000018", &["0 sms plan", "0 sms target_valid", "0 sms sent", "1 sms delivered_failed 5018"]),
        ("+10000000003", &[]),
        (
            "+10000000004",
            &[
                "0 whatsapp plan",
                "0 whatsapp target_valid",
                "0 whatsapp sent",
                "1 whatsapp delivered_failed 5020",
                "1 sms sent",
                "2 sms delivered",
            ],
        ),
        (
            "+10000000014",
            &[
                "0 whatsapp plan",
                "0 whatsapp target_valid",
                "0 whatsapp sent",
                "1 whatsapp delivered_failed 5020",
                "1 sms sent",
                "2 sms delivered_failed 5012",
                "2 voice sent",
                "3 voice delivered_failed 5018",
            ],
        ),
        (
            "+10000000024",
            &["0 whatsapp plan", "0 whatsapp target_valid", "0 whatsapp sent", "1 whatsapp delivered"],
        ),
    ];
    let sent: Vec<_> = cases.iter().map(|(to, expected)| (*to, send(&client, to), expected)).collect();
    sandbox.advance(Duration::from_secs(60));
    for (to, id, expected) in sent {
        assert_eq!(told(&sandbox, &id), **expected, "{to}");
    }
}

#[test]
fn checks_of_a_code_show_in_the_timeline_and_its_end_does_too() {
    let (sandbox, client) = manual_clock();
    let [right, left] = ["+10000000005", "+6591234567"].map(|to| send(&client, to));
    sandbox.advance(Duration::from_secs(2));
    let code = |text| Code::new(text).expect("valid");
    assert_eq!(client.verify_otp(&right, &code("111111")).expect("answered"), Verification::WrongCode);
    assert_eq!(client.verify_otp(&right, &code("123456")).expect("answered"), Verification::Verified);
    assert_eq!(client.verify_otp(&right, &code("123456")).expect("answered"), Verification::ExpiredOrUsed);
    assert_eq!(told(&sandbox, &right)[4..], ["2 sms verified_failed", "2 sms verified"]);
    sandbox.advance(DAY);
    assert_eq!(message(&sandbox, &right).status(), Some(&MessageStatus::Verified));
    assert_eq!(told(&sandbox, &left)[4..], ["300 sms verified_timeout"]);
    let late = client.verify_otp(&left, &code("111111")).expect("answered");
    assert_eq!(late, Verification::ExpiredOrUsed);
}

#[test]
fn a_message_that_never_arrives_has_no_code_to_time_out() {
    let (sandbox, client) = manual_clock();
    let [failed, silent] = ["+10000000002", "+10000000003"].map(|to| send(&client, to));
    sandbox.advance(DAY);
    assert_eq!(message(&sandbox, &failed).status(), Some(&MessageStatus::DeliveredFailed));
    assert_eq!(message(&sandbox, &silent).status(), None);
}

#[test]
fn in_a_hurry_everything_happens_at_once_and_codes_live_on() {
    let sandbox = Sandbox::builder().manual_clock().speed(Speed::Fast).start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let id = send(&client, "+10000000004");
    assert_eq!(message(&sandbox, &id).status(), Some(&MessageStatus::Delivered));
    let code = Code::new(sandbox.code(&id).expect("a code")).expect("valid");
    assert_eq!(client.verify_otp(&id, &code).expect("answered"), Verification::Verified);
}

#[test]
fn without_help_from_anybody_time_passes_too() {
    let sandbox = Sandbox::start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let id = send(&client, "+6591234567");
    let delivered = |sandbox: &Sandbox| message(sandbox, &id).status() == Some(&MessageStatus::Delivered);
    assert!(!delivered(&sandbox));
    assert!(sandbox.wait_for(super::loopback::TIMEOUT, delivered));
}

#[test]
fn the_text_is_the_templates_with_its_variables_filled_in() {
    let (sandbox, client) = manual_clock();
    let template = TemplateRef::new("sandbox-custom-tpl").expect("valid").param("code", "<b>42</b>{{code}}");
    let to = "+6591234567".parse().expect("valid");
    let id = client.send_message(&to, &template).expect("sent").message_id;
    assert_eq!(message(&sandbox, &id).text, "Your code is <b>42</b>{{code}}.");
    assert_eq!(message(&sandbox, &id).cost_cents(), 5);
}

#[test]
fn history_is_bounded_and_the_oldest_go_first() {
    let sandbox = Sandbox::builder().manual_clock().history(3).start().expect("started");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let ids: Vec<_> = (0..5).map(|n| send(&client, &format!("+659123456{n}"))).collect();
    let left: Vec<_> = sandbox.messages().into_iter().map(|message| message.id).collect();
    assert_eq!(left, ids[2..]);
    let forgotten = client.verify_otp(&ids[0], &Code::new("1111").expect("valid")).expect_err("forgotten");
    assert_eq!(forgotten.outcome(), Outcome::Rejected);
    // What was planned for those that are forgotten comes to nothing.
    sandbox.advance(DAY);
}
