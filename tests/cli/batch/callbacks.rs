//! `batch --callback-listen`: answers are lost, and callbacks tell what became of the rows.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use engagelab_otp::batch::JournalReport;
use engagelab_otp::sandbox::{Fault, Redelivery, Sandbox, Speed};

use super::{batch, numbers, wait_for, write};
use crate::cli::session::Session;
use crate::sandbox::loopback::TIMEOUT;

/// A sandbox that posts its callbacks to this port.
fn session() -> (Session, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("it listens").to_string();
    let sandbox = Sandbox::builder().speed(Speed::Fast).callback_url(format!("http://{address}/"));
    (Session::with(sandbox.expect("a URL").start().expect("a sandbox")), address)
}

fn sent_once(session: &Session, rows: usize) {
    let mut sent: HashMap<String, usize> = HashMap::new();
    for message in session.sandbox.messages() {
        *sent.entry(message.to).or_default() += 1;
    }
    assert!(sent.len() == rows && sent.values().all(|times| *times == 1), "{sent:?}");
}

fn counts(session: &Session) -> (u64, u64) {
    let report = JournalReport::read(session.folder.join("input.csv.journal")).expect("readable");
    (report.counts.accepted, report.counts.unknown)
}

fn said(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

#[test]
fn rows_whose_answers_are_lost_are_accepted_by_callbacks_and_nobody_is_sent_to_twice() {
    let (session, address) = session();
    write(&session, "input.csv", &format!("to\n{}", numbers(40)));
    session.sandbox.inject(Fault::LostAnswer, 4);
    let results = session.folder.join("results.jsonl").display().to_string();
    let options = ["--callback-listen", &address, "--workers", "4", "--results", &results];
    let (code, said) = said(batch(&session, &options).spawn().expect("it starts"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("listening on http://{address}")), "{said}");
    assert!(said.contains("4 rows that were unknown were accepted"), "{said}");
    sent_once(&session, 40);
    assert_eq!(counts(&session), (40, 0));
    let mut states = HashMap::new();
    for line in fs::read_to_string(results).expect("written").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        states.insert(line["row"].as_u64().expect("a number"), line["message_id"].is_string());
    }
    assert!(states.len() == 40 && states.values().all(|known| *known), "{states:?}");
}

#[test]
fn a_later_run_takes_the_callbacks_of_what_was_lost_and_of_what_was_under_way_when_it_was_killed() {
    let (session, address) = session();
    write(&session, "input.csv", &format!("to\n{}", numbers(12)));
    session.sandbox.inject(Fault::LostAnswer, 2);
    session.sandbox.inject(Fault::SlowBody { pause: Duration::from_secs(60) }, 1);
    let mut first = batch(&session, &["--workers", "1"]).spawn().expect("it starts");
    assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| sandbox.messages().len() == 3));
    first.kill().expect("killed");
    first.wait().expect("it ends");
    assert_eq!(counts(&session), (0, 3));

    let mut second = batch(&session, &["--callback-listen", &address]).spawn().expect("it starts");
    let mut lines = wait_for(&mut second, "listening on");
    for callback in session.sandbox.callbacks() {
        session.sandbox.redeliver(callback.id, Redelivery::SignedAnew);
    }
    let mut said = String::new();
    std::io::Read::read_to_string(&mut lines, &mut said).expect("text");
    assert_eq!(second.wait().expect("it ends").code(), Some(0), "{said}");
    assert!(said.contains("3 rows that were unknown were accepted"), "{said}");
    sent_once(&session, 12);
    assert_eq!(counts(&session), (12, 0));
}

#[test]
fn where_no_callback_comes_it_is_waited_for_so_long_and_rows_stay_unknown() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(3)));
    session.sandbox.inject(Fault::LostAnswer, 1);
    let options = ["--callback-listen", "127.0.0.1:0", "--callback-wait", "1"];
    let (code, said) = said(batch(&session, &options).spawn().expect("it starts"));
    assert_eq!(code, Some(6), "{said}");
    assert_eq!(counts(&session), (2, 1));
    // An address that is taken is said before anything is sent.
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("it listens").to_string();
    let (code, said) =
        self::said(batch(&session, &["--callback-listen", &address]).spawn().expect("started"));
    assert!(code == Some(2) && said.contains(&format!("cannot listen on {address}")), "{said}");
    assert_eq!(session.sandbox.messages().len(), 3);
}

#[test]
#[cfg(unix)]
fn a_signal_ends_the_wait_for_callbacks() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(1)));
    session.sandbox.inject(Fault::LostAnswer, 1);
    let options = ["--callback-listen", "127.0.0.1:0", "--callback-wait", "86400"];
    let mut child = batch(&session, &options).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut result = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut result).expect("text");
    assert!(result.contains("connection_lost"), "nothing is under way any more: {result}");
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
    assert_eq!(said(child).0, Some(6));
}
