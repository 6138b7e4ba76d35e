//! A run on a disk that loses its power, and on one that is full.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::journal;
use super::table::{RowState, Table};
use super::{Batch, BatchOptions, Durability, Ended, Input, InputOptions, Summary, Transport};
use crate::Client;
use crate::journal::testing::{Rest, Scratch, TestDisk};
use crate::sandbox::Sandbox;

const ROWS: u32 = 400;
const WORKERS: usize = 4;

fn number(row: u32) -> String {
    format!("+65910{row:05}")
}

fn write_input(folder: &Path) -> PathBuf {
    let path = folder.join("input.csv");
    let rows: String = (1..=ROWS).map(|row| number(row) + "\n").collect();
    fs::write(&path, format!("to\n{rows}")).expect("written");
    path
}

fn open(path: &Path, sandbox: &Sandbox, disk: &TestDisk, durability: Durability) -> Batch {
    let options = InputOptions::of_path(path).template("sandbox-otp-tpl".parse().expect("valid"));
    let input = Input::check(path, options).expect("good");
    let client = Client::for_sandbox(sandbox).expect("built");
    let workers = NonZeroUsize::new(WORKERS).expect("some");
    let options = BatchOptions::new().workers(workers).durability(durability);
    Batch::open_on(input, Transport::http(client), options, Some(Arc::new(disk.clone()))).expect("opened")
}

/// How often each row's recipient was sent to.
fn sent(sandbox: &Sandbox) -> HashMap<String, usize> {
    let mut sent = HashMap::new();
    for message in sandbox.messages() {
        *sent.entry(message.to).or_default() += 1;
    }
    sent
}

fn table_of(journal: &Path) -> Table {
    let mut table = Table::new(ROWS);
    journal::read(journal, |_| {}, |record| record.enter(&mut table)).expect("readable");
    table
}

#[test]
fn what_the_power_leaves_of_a_journal_sends_nobody_twice_and_forgets_nobody() {
    let (scratch, disk) = (Scratch::new("batch"), TestDisk::default());
    let folder = scratch.path().join("run");
    fs::create_dir(&folder).expect("created");
    let path = write_input(&folder);
    let sandbox = Sandbox::start().expect("a sandbox");
    let batch = open(&path, &sandbox, &disk, Durability::Power);
    let running = AtomicBool::new(true);
    let pictures = thread::scope(|scope| {
        scope.spawn(|| {
            let summary = batch.run(|_| {});
            assert_eq!(summary.counts.accepted, u64::from(ROWS), "{summary:?}");
            running.store(false, Ordering::Relaxed);
        });
        let mut random = fastrand::Rng::with_seed(3);
        let mut pictures = 0;
        while running.load(Ordering::Relaxed) {
            let before = sent(&sandbox);
            let picture = scratch.path().join(format!("{pictures}"));
            let rest = [Rest::Written, Rest::Zeros, Rest::Garbage][pictures % 3];
            disk.after_power_loss(&folder, &picture, rest, |_, doubtful| random.u64(0..=doubtful));
            let table = table_of(&picture.join("input.csv.journal"));
            let after = sent(&sandbox);
            for row in 1..=ROWS {
                match table.state(row) {
                    RowState::Left => {
                        assert!(!before.contains_key(&number(row)), "{row} would be sent twice");
                    }
                    RowState::Accepted => {
                        assert!(after.contains_key(&number(row)), "{row} would be forgotten");
                    }
                    RowState::Unknown => {}
                    state => panic!("{row} is {state}"),
                }
            }
            let unknown = table.counts().unknown;
            assert!(unknown <= WORKERS as u64, "{unknown} rows are unknown");
            drop(fs::remove_dir_all(picture));
            pictures += 1;
        }
        pictures
    });
    assert!(pictures > 3, "{pictures} pictures");
    assert!(sent(&sandbox).values().all(|times| *times == 1));
}

#[test]
fn on_a_full_disk_it_stops_before_sending_and_goes_on_when_there_is_room() {
    let (scratch, disk) = (Scratch::new("batch"), TestDisk::default());
    let path = write_input(scratch.path());
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut doubtful = HashSet::new();
    for durability in [Durability::Process, Durability::Power, Durability::Process] {
        let batch = open(&path, &sandbox, &disk, durability);
        disk.set_room(Some(3000));
        let Summary { counts, ended, not_journalled, .. } = batch.run(|_| {});
        assert!(matches!(ended, Some(Ended::Journal(_))), "{ended:?}");
        assert!(not_journalled.len() <= WORKERS, "{not_journalled:?}");
        doubtful.extend(not_journalled);
        // All that was sent is known in this run, whether the journal could take it or not.
        let unknown_before = counts.unknown;
        assert_eq!(counts.accepted + unknown_before + counts.left, u64::from(ROWS));
        disk.set_room(None);
    }
    let batch = open(&path, &sandbox, &disk, Durability::Process);
    let summary = batch.run(|_| {});
    assert_eq!(summary.ended, None);
    assert!(summary.counts.unknown <= doubtful.len() as u64 + 3 * WORKERS as u64);
    assert_eq!((summary.counts.left, summary.counts.rejected), (0, 0));
    drop(batch);
    let sent = sent(&sandbox);
    assert!(sent.values().all(|times| *times == 1), "somebody was sent to twice");
    let table = table_of(&scratch.path().join("input.csv.journal"));
    for row in 1..=ROWS {
        assert!(
            table.state(row) == RowState::Unknown || sent.contains_key(&number(row)),
            "{row} is forgotten"
        );
    }
}
