//! Links killed at random points: the client's account must equal the server's record.

use std::collections::{HashMap, HashSet};

use engagelab_otp::Outcome;
use engagelab_otp::smpp::smsc::{Faults, Smsc};
use engagelab_otp::smpp::{Event, Message, SubmissionId};

use super::loopback::{config, connect, credentials, with_param};

const KILLS: usize = 50;
const SUBMITS: usize = 10_000;
const WINDOW: usize = 20;

/// Each message names itself, so that the server's record tells which it was.
fn numbered(number: usize) -> Message {
    with_param("number", &number.to_string())
}

#[test]
fn fifty_kills_in_ten_thousand_submits_leave_every_message_with_one_true_fate() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let smsc = Smsc::builder(credentials()).keep(SUBMITS * 2).start("127.0.0.1:0").expect("a free port");
    let (client, events) = connect(&config(&smsc).window(WINDOW));

    let mut accepted: HashMap<SubmissionId, (usize, String)> = HashMap::new();
    let (mut not_sent, mut unknown) = (HashSet::new(), HashSet::new());
    let mut kills = 0;
    let messages = (0..SUBMITS).map(|number| {
        if number % (SUBMITS / KILLS) == 100 {
            kills += 1;
            // In the middle of what is sent, or of what is received.
            smsc.set_faults(if random.bool() {
                Faults { cut_after_octets: Some(random.usize(..2_000)), ..Faults::default() }
            } else {
                Faults { cut_after_submissions: Some(random.usize(1..30)), ..Faults::default() }
            });
        }
        numbered(number)
    });
    for (number, result) in client.submit_all(messages).enumerate() {
        match result {
            Ok(one) => {
                let replaced = accepted.insert(one.submission, (number, one.message_id));
                assert_eq!(replaced, None);
            }
            Err(error) => match error.outcome() {
                Outcome::NotSent => assert!(not_sent.insert(number)),
                Outcome::Unknown => assert!(unknown.insert(number)),
                Outcome::Rejected => panic!("the server rejects nothing: {error}"),
            },
        }
    }
    client.shutdown();
    let record = smsc.record();
    let links_lost = record.links - 1;
    println!(
        "kills {kills}, links lost {links_lost}, accepted {}, unknown {}, not sent {}, recorded {}",
        accepted.len(),
        unknown.len(),
        not_sent.len(),
        record.submission_count
    );

    assert_eq!(kills, KILLS);
    assert_eq!(links_lost, KILLS as u64, "every kill hit");
    assert_eq!(accepted.len() + unknown.len() + not_sent.len(), SUBMITS, "every message has one fate");
    assert!(unknown.len() <= WINDOW * KILLS);

    let mut recorded = HashMap::new();
    for received in &record.submissions {
        let submission = received.submission.as_ref().expect("readable");
        let number: usize = submission.params["number"].parse().expect("a number");
        let id = received.answer.as_ref().expect("accepted");
        assert_eq!(recorded.insert(number, id.clone()), None, "{number} was submitted twice");
    }
    for (number, id) in accepted.values() {
        assert_eq!(recorded.get(number), Some(id), "what was accepted is recorded under its id");
    }
    assert!(not_sent.iter().all(|number| !recorded.contains_key(number)), "what was not sent did not arrive");
    let unknown_and_recorded = unknown.iter().filter(|number| recorded.contains_key(*number)).count();
    assert_eq!(recorded.len(), accepted.len() + unknown_and_recorded, "nothing else arrived");

    let mut fates = HashSet::new();
    for event in events {
        match event {
            Event::Report { submission: Some(submission), .. } | Event::ReportTimeout { submission, .. } => {
                assert!(accepted.contains_key(&submission));
                assert!(fates.insert(submission), "{submission} has one fate");
            }
            Event::Report { submission: None, .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fates.len(), accepted.len());
}
