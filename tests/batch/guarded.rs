//! A batch behind a guard: what is denied is left, and nothing says that it was about to be sent.

use std::time::Duration;

use engagelab_otp::batch::{
    Batch, Ended, Input, JournalReport, RowResult, RowState, Summary, Transport, export,
};
use engagelab_otp::guard::{Guard, Limits, MemoryStore, Rate};
use engagelab_otp::sandbox::{Fault, Sandbox};
use std::path::Path;
use std::sync::Mutex;

use super::{Folder, client, numbers, options, sent, workers};

const HOUR: Duration = Duration::from_secs(3600);

fn rate(most: u64) -> Rate {
    Rate::new(most, HOUR).expect("a rate")
}

fn guard(limits: Limits) -> Guard {
    Guard::builder(MemoryStore::default()).limits(limits).build().expect("a guard")
}

fn run(path: &Path, sandbox: &Sandbox, guard: &Guard) -> (Summary, Vec<RowResult>) {
    let input = Input::check(path, options(path)).expect("good");
    let transport = Transport::http(client(sandbox)).guarded(guard.clone());
    let batch = Batch::open(input, transport, workers(1)).expect("opened");
    let results = Mutex::new(Vec::new());
    let summary = batch.run(|result| results.lock().expect("whole").push(result.clone()));
    (summary, results.into_inner().expect("whole"))
}

#[test]
fn a_row_that_the_guard_denies_is_left_with_limit_and_time_and_a_later_run_sends_it() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let rows = "to,param.n\n+6591234567,1\n+6591234567,2\n+10000000001,1\n+6591234568,1\n";
    let path = folder.write("a.csv", rows);
    let journal = folder.0.join("a.csv.journal");
    let strict = guard(Limits::new().cooldown([rate(1)]).expect("few"));
    let (summary, results) = run(&path, &sandbox, &strict);
    assert_eq!((summary.counts.accepted, summary.counts.rejected, summary.counts.left), (2, 1, 1));
    assert_eq!(summary.reasons.get(&(RowState::Left, "guard_cooldown".to_owned())), Some(&1));
    assert_eq!((&summary.ended, sandbox.requests().len(), strict.admitted()), (&None, 3, 3));
    let denied: Vec<_> = results.iter().filter(|result| result.state() == RowState::Left).collect();
    assert_eq!((denied.len(), denied[0].row(), denied[0].reason()), (1, 2, Some("guard_cooldown")));
    let wait = denied[0].retry_after().expect("a time");
    assert!(wait > Duration::from_secs(3590) && wait <= HOUR + HOUR / 60, "{wait:?}");
    assert!(summary.retry_after.is_some_and(|least| least <= wait), "{summary:?}");
    // Nothing was about to be sent: the journal does not know the row.
    let report = JournalReport::read(&journal).expect("readable");
    assert_eq!((report.counts.left, report.counts.unknown), (1, 0));
    assert!(report.reasons.keys().all(|(state, _)| *state == RowState::Rejected), "{report:?}");
    // By then the sandbox would send another code.
    let (summary, results) = run(&path, &sandbox, &guard(Limits::new()));
    assert_eq!((results.len(), results[0].row(), summary.counts.left), (1, 2, 0));
    assert_eq!((summary.retry_after, sandbox.requests().len()), (None, 4));
}

#[test]
fn a_limit_on_all_sends_ends_the_run_and_a_denied_row_costs_no_request() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(50)));
    let (summary, results) = run(&path, &sandbox, &guard(Limits::new().sends(rate(20))));
    assert_eq!(summary.ended, Some(Ended::Denied("guard_sends".to_owned())));
    assert_eq!((summary.counts.accepted, summary.counts.left, results.len()), (20, 30, 21));
    assert_eq!(sandbox.requests().len(), 20);
    let (summary, _) = run(&path, &sandbox, &guard(Limits::new()));
    assert_eq!((summary.counts.accepted, summary.counts.left), (50, 0));
    assert!(sent(&sandbox).values().all(|times| *times == 1));
}

#[test]
fn what_did_not_leave_is_given_back_and_a_full_store_ends_the_run() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(10)));
    sandbox.inject(Fault::RateLimited { retry_after: Duration::ZERO }, 4);
    let (summary, _) = run(&path, &sandbox, &guard(Limits::new().sends(rate(10))));
    assert_eq!((summary.counts.accepted, summary.ended), (10, None), "a 429 is given back");

    let path = folder.write("b.csv", format!("to\n{}", numbers(10)));
    let full =
        Guard::builder(MemoryStore::with_memory_limit(100)).limits(Limits::new().per_recipient(rate(1)));
    let (summary, _) = run(&path, &sandbox, &full.build().expect("a guard"));
    assert_eq!(summary.ended, Some(Ended::Unavailable("guard_store_full".to_owned())));
    assert_eq!(summary.counts.left, 10);
    let mut table = Vec::new();
    export(&path, &options(&path), folder.0.join("b.csv.journal"), &mut table).expect("exported");
    assert!(!String::from_utf8(table).expect("UTF-8").contains("unknown"));
}
