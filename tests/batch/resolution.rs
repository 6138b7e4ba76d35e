//! Rows whose answer was lost, and the callbacks that tell which message they are.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use engagelab_otp::MessageId;
use engagelab_otp::batch::{
    Batch, BatchOptions, Input, InputOptions, JournalReport, Kind, RowResult, RowState, Summary, Transport,
    export,
};
use engagelab_otp::callback::Event;
use engagelab_otp::sandbox::{Fault, Message, Sandbox};

use super::{Folder, client, numbers, workers};
use crate::support::events::Callbacks;

const LONG: Duration = Duration::from_secs(120);

fn options(path: &Path) -> InputOptions {
    InputOptions::of_path(path)
        .kind(Kind::Message)
        .template("sandbox-custom-tpl".parse().expect("valid"))
        .duplicates(engagelab_otp::batch::Duplicates::Send)
}

/// Rows of messages, which a recipient can get many of.
fn rows(numbers: &str) -> String {
    let rows: Vec<_> = numbers.lines().map(|number| format!("{number},398210")).collect();
    format!("to,param.code\n{}\n", rows.join("\n"))
}

fn open(path: &Path, sandbox: &Sandbox, how: BatchOptions) -> Batch {
    let input = Input::check(path, options(path)).expect("good");
    Batch::open(input, Transport::http(client(sandbox)), how).expect("opened")
}

fn run(path: &Path, sandbox: &Sandbox, how: BatchOptions) -> Summary {
    open(path, sandbox, how).run(|_| {})
}

fn events(messages: &[Message]) -> Vec<Event> {
    let mut callbacks = Callbacks::new();
    messages.iter().map(|message| callbacks.event(message, "sent")).collect()
}

/// What the journal says of each recipient's rows: state and message.
fn exported(path: &Path) -> Vec<(String, String, String)> {
    let mut table = Vec::new();
    let journal = engagelab_otp::batch::journal_of(path);
    export(path, &options(path), journal, &mut table).expect("exported");
    let table = String::from_utf8(table).expect("UTF-8");
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = table.lines().map(cells);
    let header = lines.next().expect("a header");
    let place = |name: &str| header.iter().position(|cell| cell == name).expect("a column");
    let (to, state, id) = (place("to"), place("state"), place("message_id"));
    lines.map(|row| (row[to].clone(), row[state].clone(), row[id].clone())).collect()
}

#[test]
fn lost_rows_are_resolved_by_shuffled_and_repeated_callbacks_and_the_journal_says_so() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows(&numbers(60)));
    let batch = open(&path, &sandbox, workers(4).resolve_by_callbacks(LONG));
    let (resolver, told) = (batch.resolver(), Mutex::new(Vec::<RowResult>::new()));
    let summary = batch.run(|result| {
        let count = {
            let mut told = told.lock().expect("whole");
            told.push(result.clone());
            told.len()
        };
        // Not one after the other: then the service would seem to be gone.
        if count % 3 == 0 && count <= 45 {
            sandbox.inject(Fault::LostAnswer, 1);
        }
        // Each row has been told once: now the callbacks come.
        if count == 60 {
            let mut events = events(&sandbox.messages());
            events.extend(events.clone());
            fastrand::Rng::with_seed(7).shuffle(&mut events);
            for event in &events {
                resolver.observe(event).expect("journalled");
            }
        }
    });
    assert_eq!((summary.counts.accepted, summary.counts.unknown, summary.resolved), (60, 0, 15));
    assert_eq!((summary.ended, summary.reasons.len()), (None, 0));
    let told = told.into_inner().expect("whole");
    assert_eq!(told.len(), 75, "those that are resolved are told once more");
    let unknown = told.iter().filter(|result| result.state() == RowState::Unknown).count();
    assert_eq!(unknown, 15);
    drop(batch);
    let ids: HashMap<_, _> = sandbox.messages().into_iter().map(|message| (message.to, message.id)).collect();
    assert_eq!((ids.len(), sandbox.messages().len()), (60, 60), "nobody is sent to twice");
    for (to, state, id) in exported(&path) {
        assert_eq!((&*state, &*id), ("accepted", ids[&to].as_str()), "{to}");
    }
    let report = JournalReport::read(folder.0.join("a.csv.journal")).expect("readable");
    assert_eq!((report.counts.accepted, report.counts.unknown), (60, 0));
    // What is told after the end is passed over.
    for event in events(&sandbox.messages()) {
        resolver.observe(&event).expect("no batch");
    }
    assert_eq!(run(&path, &sandbox, workers(4)).counts.accepted, 60);
    assert_eq!(sandbox.messages().len(), 60);
}

#[test]
fn a_later_run_resolves_what_an_earlier_one_left_unknown() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows(&numbers(20)));
    sandbox.inject(Fault::LostAnswer, 5);
    assert_eq!(run(&path, &sandbox, workers(2)).counts.unknown, 5);
    let events = events(&sandbox.messages());
    // Asked to send unknown rows again, it does not where callbacks have told.
    let batch = open(&path, &sandbox, workers(2).resend_unknown().resolve_by_callbacks(LONG));
    for event in &events {
        batch.resolver().observe(event).expect("journalled");
    }
    let told = Mutex::new(Vec::new());
    let summary = batch.run(|result| told.lock().expect("whole").push(result.clone()));
    assert_eq!((summary.counts.accepted, summary.counts.unknown, summary.resolved), (20, 0, 5));
    assert_eq!(sandbox.messages().len(), 20);
    let told = told.into_inner().expect("whole");
    assert_eq!(told.len(), 5);
    for result in &told {
        assert!(result.state() == RowState::Accepted && result.message_id().is_some(), "{result:?}");
        assert_eq!(result.line(), u64::from(result.row()) + 1);
    }
}

#[test]
fn where_more_than_one_row_fits_they_stay_unknown_until_there_is_no_doubt() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows("+6591234567\n+6591234567\n+6591234568\n+6591234568\n"));
    // Both to the one are lost, and one of those to the other.
    sandbox.inject(Fault::LostAnswer, 3);
    let first = run(&path, &sandbox, workers(1));
    assert_eq!((first.counts.unknown, first.counts.accepted), (3, 1));
    let messages = sandbox.messages();
    let batch = open(&path, &sandbox, workers(1).resolve_by_callbacks(Duration::ZERO));
    for event in events(&messages) {
        batch.resolver().observe(&event).expect("journalled");
    }
    let summary = batch.run(|_| {});
    assert_eq!((summary.counts.unknown, summary.counts.accepted, summary.resolved), (2, 2, 1));
    drop(batch);
    let rows = exported(&path);
    let states: Vec<_> = rows.iter().map(|(_, state, _)| state.as_str()).collect();
    assert_eq!(states, ["unknown", "unknown", "accepted", "accepted"]);
    let to_other: Vec<_> = messages.iter().filter(|message| message.to == "+6591234568").collect();
    assert_eq!(rows[2].2, to_other[0].id.as_str(), "the one whose answer was lost");
    assert_eq!(rows[3].2, to_other[1].id.as_str(), "the one with a receipt");
}

/// A later run over a file whose only row is unknown; and how many are unknown once it was told of a message like that one,
/// sent so many seconds later.
fn later_run(path: &Path, sandbox: &Sandbox) -> impl FnMut(u64) -> u64 {
    let message = sandbox.messages().remove(0);
    let mut callbacks = Callbacks::new();
    let batch = open(path, sandbox, workers(1).resolve_by_callbacks(Duration::ZERO));
    move |later| {
        let mut other = message.clone();
        other.id = MessageId(format!("17{later}"));
        other.sent += Duration::from_secs(later);
        batch.resolver().observe(&callbacks.event(&other, "sent")).expect("journalled");
        batch.counts().unknown
    }
}

#[test]
fn what_an_earlier_run_left_unknown_has_a_time_of_its_own_too() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows("+6591234567\n"));
    sandbox.inject(Fault::LostAnswer, 1);
    assert_eq!(run(&path, &sandbox, workers(1)).counts.unknown, 1);
    let mut observe = later_run(&path, &sandbox);
    // The answer was given up within seconds, and clocks differ by a minute.
    assert_eq!([1800, 600, 100].map(&mut observe), [1, 1, 1]);
    assert_eq!(observe(0), 0);
}

#[test]
fn where_a_run_was_killed_an_answer_counts_as_given_up_when_its_call_would_have_ended() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows("+6591234567\n"));
    sandbox.inject(Fault::LostAnswer, 1);
    assert_eq!(run(&path, &sandbox, workers(1)).counts.unknown, 1);
    // Without the last octet of what became of it, the intent alone is there.
    let journal = engagelab_otp::batch::journal_of(&path);
    let octets = std::fs::read(&journal).expect("readable");
    std::fs::write(&journal, &octets[..octets.len() - 1]).expect("written");
    let mut observe = later_run(&path, &sandbox);
    // A call ends after 30 seconds.
    assert_eq!([1800, 600, 100].map(&mut observe), [1, 1, 1]);
    assert_eq!(observe(70), 0);
}

#[test]
fn a_callback_with_an_id_that_no_receipt_could_name_resolves_nothing() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows("+6591234567\n"));
    sandbox.inject(Fault::LostAnswer, 1);
    let batch = open(&path, &sandbox, workers(1).resolve_by_callbacks(Duration::ZERO));
    assert_eq!(batch.run(|_| {}).counts.unknown, 1);
    let message = sandbox.messages().remove(0);
    let mut callbacks = Callbacks::new();
    for id in ["", "17\n18"] {
        let mut other = message.clone();
        other.id = MessageId(id.to_owned());
        batch.resolver().observe(&callbacks.event(&other, "sent")).expect("journalled");
        assert_eq!(batch.counts().unknown, 1, "{id:?}");
    }
    batch.resolver().observe(&callbacks.event(&message, "sent")).expect("journalled");
    assert_eq!(batch.counts().unknown, 0);
}

#[test]
fn a_callback_of_another_time_or_template_or_recipient_resolves_nothing() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", rows("+6591234567\n"));
    sandbox.inject(Fault::LostAnswer, 1);
    let batch = open(&path, &sandbox, workers(1).resolve_by_callbacks(Duration::ZERO));
    assert_eq!(batch.run(|_| {}).counts.unknown, 1);
    let message = sandbox.messages().remove(0);
    let mut callbacks = Callbacks::new();
    let mut observe = |change: fn(&mut Message)| {
        let mut other = message.clone();
        change(&mut other);
        batch.resolver().observe(&callbacks.event(&other, "sent")).expect("journalled");
        batch.counts().unknown
    };
    let earlier = |message: &mut Message| {
        message.id = MessageId("17".to_owned());
        message.sent -= Duration::from_secs(3600);
    };
    assert_eq!(observe(earlier), 1);
    assert_eq!(observe(|message| message.template = "sandbox-otp-tpl".to_owned()), 1);
    assert_eq!(observe(|message| message.to = "+6591234568".to_owned()), 1);
    assert_eq!(observe(|_| {}), 0);
}
