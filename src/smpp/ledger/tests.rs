//! The ledger under an injected clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Ledger, Limits};
use crate::smpp::pdu::{ShortMessage, Status, Tlvs};
use crate::smpp::{Event, ReportState, SubmissionId};

const HOUR: Duration = Duration::from_secs(3600);
const ONE: SubmissionId = SubmissionId(1);
const TWO: SubmissionId = SubmissionId(2);

fn ledger(capacity: usize) -> Ledger {
    Ledger::new(Limits { report: HOUR, early: Duration::from_secs(30), capacity })
}

fn report(id: &str, stat: &str) -> ShortMessage {
    let short_message = format!("id:{id} stat:{stat} err:000 text:").into_bytes();
    ShortMessage { short_message, ..ShortMessage::default() }
}

/// Events in short: who is meant, and what is said.
fn told(ledger: &mut Ledger) -> Vec<(Option<SubmissionId>, String)> {
    let mut events = VecDeque::new();
    ledger.take(&mut events);
    let short = |event| match event {
        Event::Report { submission, report } => (submission, format!("{:?}", report.state())),
        Event::ReportTimeout { submission, message_id } => {
            (Some(submission), format!("no report on {message_id}"))
        }
        Event::LateAnswer { submission, answer } => (Some(submission), format!("late {answer:?}")),
        Event::Message(_) => (None, "message".to_owned()),
    };
    events.into_iter().map(short).collect()
}

fn delivered(submission: Option<SubmissionId>) -> Vec<(Option<SubmissionId>, String)> {
    vec![(submission, format!("{:?}", ReportState::Delivered))]
}

#[test]
fn a_report_finds_its_message_whichever_comes_first() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(ONE, "a", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), false, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));

    assert_eq!(ledger.deliver(report("b", "DELIVRD"), true, now), Status::OK);
    assert_eq!(told(&mut ledger), [], "held until the answer names the message");
    ledger.accept(TWO, "b", now);
    assert_eq!(told(&mut ledger), delivered(Some(TWO)));
    assert_eq!(ledger.next_deadline(), None);
}

#[test]
fn a_repeated_report_is_answered_and_told_once() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    ledger.accept(ONE, "a", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));

    ledger.accept(TWO, "b", now);
    for stat in ["ENROUTE", "ENROUTE", "UNDELIV", "UNDELIV"] {
        assert_eq!(ledger.deliver(report("b", stat), false, now), Status::OK);
    }
    let expected = [(Some(TWO), "Enroute".to_owned()), (Some(TWO), "Undeliverable".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_report_that_contradicts_a_final_one_is_told_under_the_same_submission() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(ONE, "a", now);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    ledger.deliver(report("a", "UNDELIV"), false, now);
    let expected = [(Some(ONE), "Delivered".to_owned()), (Some(ONE), "Undeliverable".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_message_without_a_final_report_is_told_at_its_limit_and_once() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(ONE, "a", now);
    ledger.deliver(report("a", "ENROUTE"), false, now);
    ledger.accept(TWO, "", now);
    assert_eq!(ledger.next_deadline(), Some(now + HOUR));
    assert_eq!(told(&mut ledger).len(), 1);
    ledger.handle_time(now + HOUR);
    ledger.handle_time(now + HOUR * 2);
    let expected = [(Some(ONE), "no report on a".to_owned()), (Some(TWO), "no report on ".to_owned())];
    assert_eq!(told(&mut ledger), expected);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    assert_eq!(told(&mut ledger), delivered(None), "late, and told all the same");
}

#[test]
fn a_full_queue_turns_reports_away_for_now_and_forgets_no_message() {
    let (mut ledger, now) = (ledger(1), Instant::now());
    ledger.accept(ONE, "a", now);
    ledger.accept(TWO, "b", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), false, now), Status::OK);
    assert_eq!(ledger.deliver(report("b", "DELIVRD"), false, now), Status::RECEIVER_TEMPORARY);
    assert_eq!(ledger.deliver(ShortMessage::default(), false, now), Status::RECEIVER_TEMPORARY);
    ledger.handle_time(now + HOUR);
    assert_eq!(ledger.next_deadline(), None, "there is nothing to do until the user fetches");
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));
    assert_eq!(ledger.deliver(report("b", "DELIVRD"), false, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(TWO)));
}

#[test]
fn an_early_report_whose_answer_never_comes_is_told_without_a_submission() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.deliver(report("a", "DELIVRD"), true, now);
    ledger.handle_time(now + Duration::from_secs(30));
    assert_eq!(told(&mut ledger), delivered(None));
    ledger.deliver(report("b", "DELIVRD"), true, now);
    ledger.link_lost();
    assert_eq!(told(&mut ledger), delivered(None));
}

#[test]
fn a_report_without_an_id_and_a_message_that_is_no_report_are_told() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    let mut nameless = ShortMessage::default();
    nameless.tlvs.push(Tlvs::MESSAGE_STATE, &[2]).expect("short");
    assert_eq!(ledger.deliver(nameless, true, now), Status::OK);
    assert_eq!(ledger.deliver(ShortMessage::default(), true, now), Status::OK);
    assert_eq!(told(&mut ledger), [delivered(None), vec![(None, "message".to_owned())]].concat());
}

#[test]
fn one_id_given_to_two_messages_leaves_neither_without_a_fate() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(ONE, "a", now);
    ledger.accept(TWO, "a", now);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    ledger.handle_time(now + HOUR);
    let expected = [(Some(TWO), "Delivered".to_owned()), (Some(ONE), "no report on a".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_closed_client_gives_up_on_one_message_at_a_time() {
    let (mut ledger, now) = (ledger(1), Instant::now());
    ledger.accept(ONE, "a", now);
    ledger.accept(TWO, "b", now);
    ledger.give_up_one();
    assert_eq!(told(&mut ledger), [(Some(ONE), "no report on a".to_owned())]);
    ledger.give_up_one();
    assert_eq!(told(&mut ledger), [(Some(TWO), "no report on b".to_owned())]);
    ledger.give_up_one();
    assert!(!ledger.has_events());
}
