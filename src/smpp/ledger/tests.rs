//! The ledger under an injected clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{DestinationKey, Ledger, Limits, Submitted};
use crate::smpp::pdu::{ShortMessage, Status, Tlvs};
use crate::smpp::{Event, ReportState, SubmissionId};

const HOUR: Duration = Duration::from_secs(3600);
const ONE: SubmissionId = SubmissionId(1);
const TWO: SubmissionId = SubmissionId(2);
const NUMBER: &str = "+6591234567";

fn ledger(capacity: usize) -> Ledger {
    Ledger::new(Limits { report: HOUR, early: Duration::from_secs(30), capacity, awaiting: 1_000 })
}

fn to(submission: SubmissionId) -> Submitted {
    Submitted { submission, destination: DestinationKey::new(NUMBER) }
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
        Event::Recovered { submission, state, .. } => (Some(submission), format!("{state:?}")),
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
    ledger.accept(&to(ONE), "a", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), false, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));

    assert_eq!(ledger.deliver(report("b", "DELIVRD"), true, now), Status::OK);
    assert_eq!(told(&mut ledger), [], "held until the answer names the message");
    ledger.accept(&to(TWO), "b", now);
    assert_eq!(told(&mut ledger), delivered(Some(TWO)));
    assert_eq!(ledger.next_deadline(), None);
}

#[test]
fn a_repeated_report_is_answered_and_told_once() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    ledger.accept(&to(ONE), "a", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));

    ledger.accept(&to(TWO), "b", now);
    for stat in ["ENROUTE", "ENROUTE", "UNDELIV", "UNDELIV"] {
        assert_eq!(ledger.deliver(report("b", stat), false, now), Status::OK);
    }
    let expected = [(Some(TWO), "Enroute".to_owned()), (Some(TWO), "Undeliverable".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_report_that_contradicts_a_final_one_is_told_under_the_same_submission() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(&to(ONE), "a", now);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    ledger.deliver(report("a", "UNDELIV"), false, now);
    let expected = [(Some(ONE), "Delivered".to_owned()), (Some(ONE), "Undeliverable".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_message_without_a_final_report_is_told_at_its_limit_and_once() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.accept(&to(ONE), "a", now);
    ledger.deliver(report("a", "ENROUTE"), false, now);
    ledger.accept(&to(TWO), "", now);
    assert_eq!(ledger.next_deadline(), Some(now + HOUR));
    assert_eq!(told(&mut ledger).len(), 1);
    ledger.handle_time(now + HOUR);
    ledger.handle_time(now + HOUR * 2);
    let expected = [(Some(ONE), "no report on a".to_owned()), (Some(TWO), "no report on ".to_owned())];
    assert_eq!(told(&mut ledger), expected);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)), "late, and still its own");
}

#[test]
fn a_full_queue_turns_reports_away_for_now_and_forgets_no_message() {
    let (mut ledger, now) = (ledger(1), Instant::now());
    ledger.accept(&to(ONE), "a", now);
    ledger.accept(&to(TWO), "b", now);
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
    ledger.expect_no_answers();
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
    ledger.accept(&to(ONE), "a", now);
    ledger.accept(&to(TWO), "a", now);
    ledger.deliver(report("a", "DELIVRD"), false, now);
    ledger.handle_time(now + HOUR);
    let expected = [(Some(TWO), "Delivered".to_owned()), (Some(ONE), "no report on a".to_owned())];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_closed_client_gives_up_on_one_message_at_a_time() {
    let (mut ledger, now) = (ledger(1), Instant::now());
    ledger.accept(&to(ONE), "a", now);
    ledger.accept(&to(TWO), "b", now);
    ledger.give_up_one();
    assert_eq!(told(&mut ledger), [(Some(ONE), "no report on a".to_owned())]);
    ledger.give_up_one();
    assert_eq!(told(&mut ledger), [(Some(TWO), "no report on b".to_owned())]);
    ledger.give_up_one();
    assert!(!ledger.has_events());
}

#[test]
fn early_reports_of_others_do_not_turn_away_the_reports_on_own_messages() {
    let (mut ledger, now) = (ledger(3), Instant::now());
    for id in ["x", "y", "z"] {
        assert_eq!(ledger.deliver(report(id, "DELIVRD"), true, now), Status::OK);
    }
    assert_eq!(ledger.deliver(report("w", "DELIVRD"), true, now), Status::RECEIVER_TEMPORARY, "no more room");
    ledger.accept(&to(ONE), "a", now);
    assert_eq!(ledger.deliver(report("a", "DELIVRD"), true, now), Status::OK);
    assert_eq!(told(&mut ledger), delivered(Some(ONE)));
    assert_eq!(ledger.next_deadline(), Some(now + Duration::from_secs(30)));
}

#[test]
fn early_reports_that_are_due_wait_for_room_and_none_is_lost() {
    let (mut ledger, now) = (ledger(2), Instant::now());
    ledger.accept(&to(ONE), "a", now);
    for id in ["x", "y"] {
        ledger.deliver(report(id, "DELIVRD"), true, now);
    }
    ledger.deliver(report("a", "DELIVRD"), true, now);
    ledger.expect_no_answers();
    assert_eq!(told(&mut ledger), [delivered(Some(ONE)), delivered(None)].concat());
    ledger.handle_time(now + Duration::from_secs(30));
    assert_eq!(told(&mut ledger), delivered(None));
}

#[test]
fn sixty_thousand_early_reports_cost_a_look_at_the_clock_nothing() {
    let (mut ledger, now) = (ledger(100_000), Instant::now());
    for number in 0..60_000 {
        ledger.deliver(report(&format!("other-{number}"), "DELIVRD"), true, now);
    }
    // A scan of what is held at each of these would be twelve thousand million steps.
    let started = Instant::now();
    for _ in 0..200_000 {
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(ledger.next_deadline(), Some(now + Duration::from_secs(30)));
        ledger.handle_time(now);
    }
    assert_eq!(ledger.counts().early, 60_000);
}

#[test]
fn a_late_acceptance_is_on_the_books() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.deliver(report("a", "DELIVRD"), true, now);
    ledger.late_answer(&to(ONE), Ok("a".to_owned()), now);
    ledger.late_answer(&to(TWO), Ok("b".to_owned()), now);
    ledger.handle_time(now + HOUR);
    let expected = [
        (Some(ONE), "late Ok(\"a\")".to_owned()),
        (Some(ONE), "Delivered".to_owned()),
        (Some(TWO), "late Ok(\"b\")".to_owned()),
        (Some(TWO), "no report on b".to_owned()),
    ];
    assert_eq!(told(&mut ledger), expected);
}

#[test]
fn a_message_that_is_reported_on_before_its_late_acceptance_is_not_told_as_without_a_report() {
    let (mut ledger, now) = (ledger(10), Instant::now());
    ledger.keep_notes();
    for (submission, id) in [(ONE, "a"), (TWO, "b")] {
        let stat = if submission == ONE { "DELIVRD" } else { "ENROUTE" };
        ledger.deliver(report(id, stat), false, now);
        ledger.late_answer(&to(submission), Ok(id.to_owned()), now);
    }
    ledger.deliver(report("a", "DELIVRD"), false, now);
    ledger.handle_time(now + HOUR);
    let expected = [
        (None, "Delivered".to_owned()),
        (Some(ONE), "late Ok(\"a\")".to_owned()),
        (None, "Enroute".to_owned()),
        (Some(TWO), "late Ok(\"b\")".to_owned()),
        (Some(TWO), "no report on b".to_owned()),
    ];
    assert_eq!(told(&mut ledger), expected);
    assert_eq!(ledger.take_notes(), [(ONE, ReportState::Delivered)]);
    ledger.deliver(report("a", "UNDELIV"), false, now);
    assert_eq!(told(&mut ledger), [(Some(ONE), "Undeliverable".to_owned())], "tied from here on");
}

#[test]
fn messages_without_a_report_are_held_up_to_a_limit_and_the_oldest_is_given_up() {
    let mut ledger = Ledger::new(Limits { report: HOUR, early: HOUR, capacity: 3, awaiting: 2 });
    let now = Instant::now();
    for number in 1..=10 {
        ledger.accept(&to(SubmissionId(number)), &format!("id-{number}"), now);
    }
    let counts = ledger.counts();
    assert_eq!((counts.awaiting, counts.events, counts.forgotten), (2, 3, 5));
    let expected = [1, 2, 3].map(|number| (Some(SubmissionId(number)), format!("no report on id-{number}")));
    assert_eq!(told(&mut ledger), expected);
    ledger.deliver(report("id-5", "DELIVRD"), false, now);
    assert_eq!(told(&mut ledger), delivered(Some(SubmissionId(5))), "forgotten, and still recognised");
}

#[test]
fn an_id_in_another_notation_is_the_messages_own_if_the_number_is_and_no_id_fits() {
    let written = |id: &str, number: &str| {
        let mut message = report(id, "DELIVRD");
        number.clone_into(&mut message.destination.number);
        message
    };
    let now = Instant::now();
    for (accepted, reported) in [("0aF3", "AF3"), ("2803", "AF3"), ("AF3", "2803"), ("7", "0007")] {
        let mut ledger = ledger(10);
        ledger.accept(&to(ONE), accepted, now);
        ledger.deliver(written(reported, "+6591234568"), false, now);
        assert_eq!(told(&mut ledger), delivered(None), "another number");

        let mut ledger = self::ledger(10);
        ledger.accept(&to(ONE), accepted, now);
        ledger.deliver(written(reported, "6591234567"), true, now);
        assert_eq!(told(&mut ledger), [], "an answer that is outstanding may bring this very id");
        ledger.expect_no_answers();
        assert_eq!(told(&mut ledger), delivered(Some(ONE)));
        ledger.deliver(written(reported, NUMBER), false, now);
        assert_eq!(told(&mut ledger), [], "repeated");

        let mut ledger = self::ledger(10);
        ledger.accept(&to(ONE), accepted, now);
        ledger.accept(&to(TWO), reported, now);
        ledger.deliver(written(reported, NUMBER), false, now);
        assert_eq!(told(&mut ledger), delivered(Some(TWO)), "the id that fits exactly");
    }
    let mut ledger = ledger(10);
    ledger.accept(&to(ONE), "00a", now);
    ledger.accept(&to(TWO), "0a", now);
    ledger.deliver(written("A", NUMBER), false, now);
    assert_eq!(told(&mut ledger), delivered(None), "it could be either");
}
