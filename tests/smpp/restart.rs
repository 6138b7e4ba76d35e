//! What becomes of submissions when the process ends.

use std::collections::HashMap;
use std::env;
use std::process::Stdio;
use std::time::Duration;

use engagelab_otp::smpp::smsc::{Faults, Receipt, Smsc};
use engagelab_otp::smpp::{
    ConnectErrorKind, Event, Message, SmppClient, SmppConfig, SubmissionId, SubmissionState, SubmitErrorKind,
};

use super::loopback::{TIMEOUT, config, connect, credentials, message, server, to, with_param};
use super::process::{Folder, again};

fn named(recipient: &str, reference: &str) -> Message {
    to(recipient).reference(reference).expect("short")
}

fn recovered(events: &mut engagelab_otp::smpp::Events) -> Vec<(SubmissionId, String, SubmissionState)> {
    let told = std::iter::from_fn(|| events.try_next());
    told.map(|event| match event {
        Event::Recovered { submission, reference, state } => (submission, reference, state),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn what_was_not_acknowledged_is_told_after_a_restart_and_its_report_finds_it() {
    let folder = Folder::new("restart");
    let smsc = server();
    let config = || config(&smsc).journal(folder.path());
    let (client, events) = connect(&config());
    let accepted = client.submit(&named("+10000000003", "accepted")).expect("accepted");
    let acknowledged = client.submit(&named("+10000000003", "acknowledged")).expect("accepted");
    client.submit(&named("+10000000001", "rejected")).expect_err("rejected");
    assert!(client.acknowledge(acknowledged.submission));
    assert!(!client.acknowledge(acknowledged.submission), "once");
    smsc.set_faults(Faults { leave_unanswered: true, ..Faults::default() });
    let unanswered = client.enqueue(&named("+10000000003", "unanswered")).expect("room");
    assert!(smsc.wait_for(TIMEOUT, |record| record.submission_count == 4));
    let unknown = unanswered.submission();
    drop(client);
    drop(events);
    smsc.set_faults(Faults::default());

    let expected = [
        (
            accepted.submission,
            "accepted".to_owned(),
            SubmissionState::Accepted { message_id: accepted.message_id.clone() },
        ),
        (unknown, "unanswered".to_owned(), SubmissionState::Unknown),
    ];
    for _ in 0..2 {
        let (_client, mut events) = connect(&config());
        assert_eq!(recovered(&mut events), expected, "until it is acknowledged");
    }

    let (client, mut events) = connect(&config());
    assert_eq!(recovered(&mut events), expected);
    smsc.report(Receipt::delivered(&accepted.message_id, "+10000000003"));
    let Some(Event::Report { submission, .. }) = events.next_timeout(TIMEOUT) else { panic!("a report") };
    assert_eq!(submission, Some(accepted.submission), "of an earlier process");
    assert!(client.acknowledge(unknown));
    let next = client.submit(&named("+10000000003", "next")).expect("accepted").submission;
    assert!(next > unknown, "numbers go on");
    client.acknowledge(next);
    drop((client, events));

    let (_client, mut events) = connect(&config());
    let told = recovered(&mut events);
    assert!(
        matches!(&told[..], [(one, _, SubmissionState::Reported { state, .. })] if *one == accepted.submission && state.is_delivered()),
        "{told:?}"
    );
}

#[test]
fn a_journal_is_one_clients_and_takes_no_more_than_its_limit() {
    let folder = Folder::new("limit");
    let smsc = server();
    let config = config(&smsc).journal(folder.path()).max_awaiting_reports(2);
    let (client, _events) = connect(&config);
    let error = SmppClient::connect(&config).expect_err("it is in use");
    assert_eq!(error.kind(), ConnectErrorKind::Journal);
    for _ in 0..2 {
        client.submit(&message()).expect("accepted");
    }
    let error = client.submit(&message()).expect_err("no room");
    assert_eq!(error.kind(), SubmitErrorKind::Unacknowledged);
    assert_eq!(smsc.record().submission_count, 2);
}

/// Set in the child, which is this same test again: the address, the folder, and the first number.
const CHILD: &str = "SMPP_KILLED_CLIENT";
const WINDOW: usize = 10;

/// Submits numbered messages until it is killed.
fn submit_until_killed(arguments: &str) {
    let [address, folder, first] =
        arguments.split('|').collect::<Vec<_>>().try_into().expect("three arguments");
    let config = SmppConfig::new(address, credentials()).window(WINDOW).journal(folder);
    let (client, _events) = connect(&config);
    let first: u64 = first.parse().expect("a number");
    let messages = (first..).map(|number| {
        let number = number.to_string();
        with_param("number", &number).reference(number).expect("short")
    });
    client.submit_all(messages).for_each(drop);
}

#[test]
fn a_client_that_is_killed_leaves_no_more_unknown_than_its_windows_and_nothing_untrue() {
    if let Ok(arguments) = env::var(CHILD) {
        return submit_until_killed(&arguments);
    }
    // `.ci/soak` asks for more.
    let kills: u64 = env::var("SMPP_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(3);
    let folder = Folder::new("killed");
    let smsc = Smsc::builder(credentials()).keep(usize::MAX).start("127.0.0.1:0").expect("a free port");
    let test = "a_client_that_is_killed_leaves_no_more_unknown_than_its_windows_and_nothing_untrue";
    for kill in 0..kills {
        let before = smsc.record().submission_count;
        let arguments = format!("{}|{}|{}", smsc.address(), folder.path().display(), kill * 1_000_000);
        let mut child = again(module_path!(), test, CHILD, &arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("the test binary runs");
        let enough = before + 50 + fastrand::u64(0..200);
        assert!(smsc.wait_for(TIMEOUT, |record| record.submission_count >= enough));
        child.kill().expect("it still runs");
        child.wait().expect("it was killed");
        let ended = kill + 1;
        assert!(smsc.wait_for(TIMEOUT, |record| record.ended_links == ended));
    }

    let mut taken: HashMap<String, String> = HashMap::new();
    for received in smsc.record().submissions {
        let number = received.submission.expect("readable").params["number"].clone();
        let id = received.answer.expect("accepted");
        assert_eq!(taken.insert(number, id), None, "nothing was sent twice");
    }
    let (client, mut events) = connect(&config(&smsc).journal(folder.path()));
    let mut unknown = 0;
    let mut ends: HashMap<SubmissionId, bool> = HashMap::new();
    let mut known = 0;
    let until_all = |ends: &HashMap<SubmissionId, bool>| ends.values().all(|is_reported| *is_reported);
    while let Some(event) = events.next_timeout(Duration::from_millis(500)) {
        match event {
            Event::Recovered { submission, reference, state } => {
                known += usize::from(taken.contains_key(&reference));
                match state {
                    SubmissionState::Unknown => unknown += 1,
                    SubmissionState::Accepted { message_id } => {
                        assert_eq!(taken.get(&reference), Some(&message_id));
                        ends.insert(submission, false);
                    }
                    SubmissionState::Reported { message_id, state } => {
                        assert_eq!(taken.get(&reference), Some(&message_id));
                        assert!(state.is_delivered());
                        ends.insert(submission, true);
                    }
                    other => panic!("{other:?}"),
                }
            }
            Event::Report { submission: Some(submission), .. } => {
                assert_eq!(ends.insert(submission, true), Some(false), "reported once");
            }
            Event::Report { submission: None, .. } => {}
            other => panic!("{other:?}"),
        }
    }
    println!("{kills} kills, {} taken, {} accepted, {unknown} unknown", taken.len(), ends.len());
    assert!(until_all(&ends), "every accepted message is reported on");
    assert_eq!(known, taken.len(), "everything the server took is in the journal");
    assert!(unknown <= WINDOW * usize::try_from(kills).expect("few"), "{unknown} unknown");
    drop(client);
}
