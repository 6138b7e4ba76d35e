//! The client against the server half, behaving.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::smsc::{Decision, Faults, Receipt, Smsc, Submission};
use engagelab_otp::smpp::{
    Coding, ConnectErrorKind, Credentials, Event, LinkPhase, Message, SmppClient, SmppConfig, SubmissionId,
    SubmitErrorKind, Ticket,
};
use engagelab_otp::{Code, Language, Outcome};

use super::loopback::{TIMEOUT, config, connect, credentials, message, pair, phone, server, template, to};

#[test]
fn a_code_arrives_as_the_service_documents_it() {
    let (smsc, client, _events) = pair();
    let long = "x".repeat(400);
    let code = Code::new("482913").expect("a code");
    let filled = template("sandbox-custom-tpl").language(Language::ZhCn).param("brand", "Ünï 😀");
    for filled in [filled.clone(), filled.param("long", &long)] {
        let message = Message::code(&phone("+6591234567"), &filled, &code).expect("well formed");
        client.submit(&message).expect("accepted");
    }
    let record = smsc.record();
    let received = record.submissions[0].submission.as_ref().expect("readable");
    assert_eq!(received.service_type, "CODE");
    assert_eq!(received.recipient, "+6591234567");
    assert_eq!(received.template, "sandbox-custom-tpl");
    assert_eq!(received.language.as_deref(), Some("zh_CN"));
    assert_eq!(received.code.as_deref(), Some("482913"));
    assert_eq!(received.params["brand"], "Ünï 😀");
    let received = record.submissions[1].submission.as_ref().expect("readable from message_payload");
    assert_eq!(received.params["long"], long);
}

#[test]
fn ascii_travels_in_the_services_alphabet_where_asked() {
    let (smsc, client, _events) = pair();
    client.submit(&message().coding(Coding::ServiceDefault)).expect("accepted");
    let marketing = Message::marketing(&phone("+6591234567"), &template("m")).expect("well formed");
    client.submit(&marketing.coding(Coding::ServiceDefault)).expect("accepted");
    let types: Vec<_> = smsc.record().submissions.into_iter().filter_map(|one| one.submission).collect();
    assert_eq!(types.iter().map(|one| one.service_type.as_str()).collect::<Vec<_>>(), ["MSG", "MRKT"]);
}

#[test]
fn submit_all_keeps_the_order_and_every_message_gets_its_own_id_and_report() {
    let (smsc, client, events) = pair();
    let ids: Vec<_> =
        client.submit_all((0..500).map(|_| message())).map(|result| result.expect("accepted")).collect();
    assert_eq!(ids.iter().map(|one| one.submission.get()).collect::<Vec<_>>(), (1..=500).collect::<Vec<_>>());
    client.shutdown();
    let mut reported = HashSet::new();
    for event in events {
        let Event::Report { submission: Some(submission), report } = event else { panic!("{event:?}") };
        assert!(report.state().is_delivered());
        assert!(reported.insert(submission));
    }
    assert_eq!(reported.len(), 500);
    let record = smsc.record();
    let answered: Vec<_> = record.submissions.into_iter().map(|one| one.answer.expect("accepted")).collect();
    assert_eq!(answered, ids.into_iter().map(|one| one.message_id).collect::<Vec<_>>());
    assert_eq!(record.unbinds, 1);
}

#[test]
fn a_rate_does_not_make_submit_all_wait_for_each_answer() {
    let smsc = server();
    let (client, _events) = connect(&config(&smsc).window(100).rate(200));
    smsc.set_faults(Faults { answer_after: Some(Duration::from_millis(400)), ..Faults::default() });
    let started = Instant::now();
    for result in client.submit_all((0..100).map(|_| message())) {
        result.expect("accepted");
    }
    // Half a second by the rate and the last answer; each answer awaited in turn would be forty.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn many_threads_share_one_client() {
    let (smsc, client, events) = pair();
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..25 {
                    client.submit(&message()).expect("accepted");
                }
            });
        }
    });
    client.shutdown();
    assert_eq!(smsc.record().submission_count, 500);
    assert_eq!(events.count(), 500);
}

#[test]
fn a_ticket_leaves_without_being_waited_for_and_tells_its_answer_later() {
    let (smsc, client, _events) = pair();
    let ticket = client.enqueue(&message()).expect("room");
    assert!(smsc.wait_for(TIMEOUT, |record| record.submission_count == 1));
    let submission = ticket.submission();
    assert_eq!(ticket.wait().expect("accepted").submission, submission);
}

#[test]
fn the_fixed_recipients_end_as_documented() {
    let (_smsc, client, mut events) = pair();
    for (recipient, status) in [
        ("+10000000001", Status::INVALID_PARAMETER),
        ("+10000000011", Status::SUBMIT_FAILED),
        ("+10000000012", Status::SUBMIT_FAILED),
        ("+10000000099", Status::SUBMIT_FAILED),
    ] {
        let error = client.submit(&to(recipient)).expect_err("refused");
        assert_eq!((error.status(), error.outcome()), (Some(status), Outcome::Rejected));
        assert!(error.to_string().contains(status.advice()));
    }
    for (recipient, error) in [
        ("+10000000010", "000"),
        ("+10000000002", "5012"),
        ("+10000000018", "5018"),
        ("+10000000014", "5018"),
        ("+10000000004", "000"),
        ("+10000000000", "000"),
    ] {
        let accepted = client.submit(&to(recipient)).expect("accepted");
        let Some(Event::Report { submission, report }) = events.next_timeout(TIMEOUT) else {
            panic!("{recipient} is reported on")
        };
        assert_eq!(submission, Some(accepted.submission));
        assert_eq!(report.error().as_deref(), Some(error));
        assert_eq!(report.state().is_delivered(), error == "000");
        assert_eq!(report.message_id(), Some(accepted.message_id.as_str()));
        assert_eq!(report.destination(), recipient);
        assert!(report.submit_date().is_some_and(|date| date.len() == 10));
        assert!(report.done_date().is_some_and(|date| date.len() == 10));
    }
    let silent = client.submit(&to("+10000000003")).expect("accepted");
    client.shutdown();
    let event = events.next();
    let expected = Event::ReportTimeout { submission: silent.submission, message_id: silent.message_id };
    assert_eq!(event, Some(expected));
    assert_eq!(events.next(), None);
}

#[test]
fn no_report_is_told_at_the_limit_while_the_client_lives() {
    let smsc = server();
    let (client, mut events) = connect(&config(&smsc).report_timeout(Duration::from_millis(30)));
    let accepted = client.submit(&to("+10000000003")).expect("accepted");
    let Some(Event::ReportTimeout { submission, message_id }) = events.next_timeout(TIMEOUT) else {
        panic!("the limit passes")
    };
    assert_eq!((submission, message_id.as_str()), (accepted.submission, accepted.message_id.as_str()));

    smsc.report(Receipt::delivered(&message_id, "+10000000003"));
    let late = events.next_timeout(TIMEOUT);
    assert!(matches!(late, Some(Event::Report { submission: Some(_), .. })), "{late:?}");
}

#[test]
fn an_embedder_decides_and_reports_when_it_likes() {
    let submit = |submission: &Submission| match submission.template.as_str() {
        "no" => Decision::Reject(Status(0x0000_0432)),
        _ => Decision::Accept { message_id: "mine-7".to_owned(), reports: Vec::new() },
    };
    let smsc = Smsc::builder(credentials()).submit(submit).start("127.0.0.1:0").expect("a free port");
    let (client, mut events) = connect(&config(&smsc));
    let error =
        client.submit(&Message::notification(&phone("+6591234567"), &template("no")).expect("well formed"));
    assert_eq!(error.expect_err("refused").status(), Some(Status(0x432)), "an unknown status survives");
    assert_eq!(client.submit(&message()).expect("accepted").message_id, "mine-7");
    smsc.report(Receipt::failed("mine-7", "+10000000010", 5012));
    let Some(Event::Report { submission, report }) = events.next_timeout(TIMEOUT) else { panic!("a report") };
    assert_eq!((submission.map(SubmissionId::get), report.error().as_deref()), (Some(2), Some("5012")));
}

#[test]
fn a_wrong_password_is_told_as_closed_during_bind() {
    let smsc = server();
    let wrong = Credentials::new("sandbox_demo", "guess").expect("short");
    let config = SmppConfig::new(&smsc.address().to_string(), wrong);
    let error = SmppClient::connect(&config).expect_err("dropped");
    assert_eq!(error.kind(), ConnectErrorKind::ClosedDuringBind);
    assert!(error.to_string().contains("credentials"));
    assert!(!smsc.record().binds[0].accepted);
}

#[test]
fn a_server_that_is_not_there_is_told_as_such() {
    let config = {
        let smsc = server();
        config(&smsc)
    };
    let error = SmppClient::connect(&config).expect_err("nobody listens");
    assert_eq!(error.kind(), ConnectErrorKind::Connect);
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn after_shutdown_nothing_is_taken_and_the_events_end() {
    let (smsc, client, events) = pair();
    client.submit(&message()).expect("accepted");
    assert!(client.is_bound());
    client.shutdown();
    client.shutdown();
    assert!(!client.is_bound());
    let error = client.submit(&message()).expect_err("closed");
    assert_eq!((error.kind(), error.outcome()), (SubmitErrorKind::ShutDown, Outcome::NotSent));
    assert_eq!(events.count(), 1);
    assert_eq!(smsc.record().unbinds, 1);
}

#[test]
fn shutdown_waits_for_the_answers_that_are_outstanding() {
    let smsc = server();
    let (client, _events) = connect(&config(&smsc));
    smsc.set_faults(Faults { answer_after: Some(Duration::from_millis(50)), ..Faults::default() });
    let tickets: Vec<_> = (0..5).map(|_| client.enqueue(&message()).expect("room")).collect();
    client.shutdown();
    assert!(tickets.iter().all(Ticket::is_done));
    for ticket in tickets {
        ticket.wait().expect("accepted");
    }
    assert_eq!(smsc.record().unbinds, 1);
}

#[test]
fn every_thread_that_shuts_the_client_down_finds_it_closed() {
    let smsc = server();
    let (client, _events) = connect(&config(&smsc));
    smsc.set_faults(Faults { answer_after: Some(Duration::from_millis(200)), ..Faults::default() });
    let ticket = client.enqueue(&message()).expect("room");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                client.shutdown();
                assert!(ticket.is_done());
                assert_eq!(client.links()[0].phase, LinkPhase::Stopped);
            });
        }
    });
}

#[test]
fn without_a_listener_reports_are_answered_and_forgotten() {
    let (smsc, client, events) = pair();
    drop(events);
    for result in client.submit_all((0..100).map(|_| message())) {
        result.expect("accepted");
    }
    assert!(smsc.wait_for(TIMEOUT, |record| record.reports_taken == 100));
}

#[test]
fn the_link_is_probed_in_its_interval_under_traffic_too() {
    let smsc = server();
    let (client, _events) = connect(&config(&smsc).enquire_interval(Duration::from_millis(20)));
    while smsc.record().enquire_links < 3 {
        client.submit(&message()).expect("accepted");
    }
    assert!(smsc.wait_for(TIMEOUT, |record| record.enquire_links > 5), "and when idle");
    assert_eq!(smsc.record().links, 1);
}
