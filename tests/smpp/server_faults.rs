//! The client against a server that does what servers should not do.

use std::time::{Duration, Instant};

use engagelab_otp::Outcome;
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::smsc::Faults;
use engagelab_otp::smpp::{Event, SubmitErrorKind};

use super::loopback::{TIMEOUT, config, connect, message, pair, server, to};
use crate::support::logged;

fn ordinary() -> Faults {
    Faults::default()
}

#[test]
fn a_submission_without_an_answer_is_unknown_and_the_link_goes_on() {
    let smsc = server();
    let (client, _events) = connect(&config(&smsc).response_timeout(Duration::from_millis(500)));
    smsc.set_faults(Faults { leave_unanswered: true, ..ordinary() });
    let error = client.submit(&message()).expect_err("no answer");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::Unanswered, Outcome::Unknown));
    smsc.set_faults(ordinary());
    client.submit(&message()).expect("accepted");
    let record = smsc.record();
    assert_eq!((record.links, record.submission_count), (1, 2), "nothing was sent twice");
}

#[test]
fn a_late_answer_is_told_after_its_submission_was_unknown() {
    let smsc = server();
    let (client, mut events) = connect(&config(&smsc).response_timeout(Duration::from_millis(30)));
    smsc.set_faults(Faults { answer_after: Some(Duration::from_millis(600)), ..ordinary() });
    let error = client.submit(&to("+10000000003")).expect_err("late");
    assert_eq!(error.outcome(), Outcome::Unknown);
    let Some(Event::LateAnswer { submission, answer }) = events.next_timeout(TIMEOUT) else {
        panic!("the answer comes")
    };
    assert_eq!(Some(submission), error.submission());
    assert_eq!(smsc.record().submissions[0].answer, answer);
}

#[test]
fn reports_that_come_first_or_twice_or_off_the_standard_are_matched_and_told_once() {
    let smsc = server();
    let (client, events) = connect(&config(&smsc));
    smsc.set_faults(Faults { report_first: true, extra_reports: 2, off_spec_parameters: true, ..ordinary() });
    let accepted: Vec<_> =
        client.submit_all((0..50).map(|_| message())).map(|result| result.expect("accepted")).collect();
    assert!(smsc.wait_for(TIMEOUT, |record| record.reports_taken == 150), "all are answered");
    client.shutdown();
    let told: Vec<_> = events
        .map(|event| match event {
            Event::Report { submission: Some(submission), report } => {
                (submission, report.message_id().map(str::to_owned))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: Vec<_> = accepted.into_iter().map(|one| (one.submission, Some(one.message_id))).collect();
    assert_eq!(told, expected);
}

#[test]
fn throttling_rejects_the_message_and_pauses_the_sender() {
    let smsc = server();
    let pause = Duration::from_millis(60);
    let (client, _events) = connect(&config(&smsc).throttle_backoff(pause, pause * 4));
    smsc.set_faults(Faults { throttle: 2, ..ordinary() });
    let started = Instant::now();
    for _ in 0..2 {
        let error = client.submit(&message()).expect_err("throttled");
        assert_eq!((error.status(), error.outcome()), (Some(Status::THROTTLED), Outcome::Rejected));
    }
    client.submit(&message()).expect("accepted");
    assert!(started.elapsed() >= pause * 3, "one pause, and one twice as long");
    assert_eq!(smsc.record().submission_count, 3, "no message was repeated");
}

#[test]
fn a_submission_that_may_not_wait_out_the_pause_is_not_sent() {
    let smsc = server();
    let (client, _events) = connect(
        &config(&smsc)
            .throttle_backoff(Duration::from_secs(60), Duration::from_secs(60))
            .submit_timeout(Duration::from_millis(20)),
    );
    smsc.set_faults(Faults { throttle: 1, ..ordinary() });
    client.submit(&message()).expect_err("throttled");
    let error = client.submit(&message()).expect_err("paused");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::NoRoom, Outcome::NotSent));
    assert_eq!(smsc.record().submission_count, 1);
}

#[test]
fn garbage_ends_the_link_and_a_new_one_is_opened() {
    for garbage in [vec![0, 0, 0, 0], vec![0, 0, 0, 15], vec![0x80, 0, 0, 0], b"HTTP/1.1 400\r\n".to_vec()] {
        let (smsc, client, _events) = pair();
        smsc.set_faults(Faults { garbage: Some(garbage), ..ordinary() });
        let error = client.submit(&message()).expect_err("garbage");
        assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::LostAfterSending, Outcome::Unknown));
        client.submit(&message()).expect("accepted over a new link");
        let record = smsc.record();
        assert_eq!((record.links, record.submission_count), (2, 2));
    }
}

#[test]
fn a_pdu_that_claims_more_than_it_brings_is_waited_for_and_then_unknown() {
    let smsc = server();
    let (client, _events) = connect(
        &config(&smsc).enquire_interval(Duration::from_millis(60)).enquire_timeout(Duration::from_millis(40)),
    );
    let truncated = vec![0, 0, 4, 0, 0x80, 0, 0, 4, 0, 0, 0, 0];
    smsc.set_faults(Faults { garbage: Some(truncated), ..ordinary() });
    let error = client.submit(&message()).expect_err("never whole");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::LostAfterSending, Outcome::Unknown));
    client.submit(&message()).expect("accepted over a new link");
    assert_eq!(smsc.record().links, 2, "the probe's answer was swallowed, so the link counted as dead");
}

#[test]
fn a_half_open_link_is_noticed_by_its_silence() {
    let smsc = server();
    let (client, _events) = connect(
        &config(&smsc).enquire_interval(Duration::from_millis(30)).enquire_timeout(Duration::from_millis(40)),
    );
    smsc.set_faults(Faults { half_open: true, ..ordinary() });
    let error = client.submit(&message()).expect_err("silence");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::LostAfterSending, Outcome::Unknown));
    smsc.set_faults(ordinary());
    client.submit(&message()).expect("accepted over a new link");
}

#[test]
fn without_reconnect_a_lost_link_stays_lost() {
    let smsc = server();
    let (client, mut events) = connect(&config(&smsc).reconnect(None));
    smsc.cut_links();
    assert_eq!(events.next(), None, "the events end with the link");
    let error = client.submit(&message()).expect_err("no link");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::NoLink, Outcome::NotSent));
}

#[test]
fn a_report_missed_while_the_link_was_down_finds_its_message_over_the_next_link() {
    let (smsc, client, mut events) = pair();
    smsc.set_faults(Faults { cut_after_octets: Some(40), ..ordinary() });
    let mut accepted = None;
    while accepted.is_none() {
        accepted = client.submit(&message()).ok();
    }
    let accepted = accepted.expect("just seen");
    let told = std::iter::from_fn(|| events.next_timeout(TIMEOUT)).find(
        |event| matches!(event, Event::Report { submission, .. } if *submission == Some(accepted.submission)),
    );
    assert!(told.is_some());
    assert!(smsc.record().links >= 2);
}

#[test]
fn a_full_event_queue_turns_reports_away_with_a_warning_and_every_fate_still_comes() {
    logged::keep();
    let smsc = server();
    let (client, mut events) = connect(&config(&smsc).event_capacity(3));
    let accepted: Vec<_> =
        client.submit_all((0..20).map(|_| message())).map(|result| result.expect("accepted")).collect();
    assert!(smsc.wait_for(TIMEOUT, |record| record.reports_refused > 0));
    assert!(logged::has_warned("3 events wait to be fetched"));
    let mut told = 0;
    while told < accepted.len() {
        let event = events.next_timeout(TIMEOUT).expect("the server delivers again");
        assert!(matches!(event, Event::Report { submission: Some(_), .. }), "{event:?}");
        told += 1;
    }
    client.shutdown();
    assert_eq!(events.next(), None, "and none twice");
}
