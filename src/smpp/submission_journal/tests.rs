//! What stands in the journal after whatever happens to its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_oneof, proptest};
use proptest::sample::Index;

use super::{ACCEPTED, Entry, INTENDED, KIND, LAST, NotWritten, SubmissionJournal};
use crate::journal::testing::{Scratch, TestDisk};
use crate::journal::{Durability, Journal, Options};
use crate::smpp::ledger::DestinationKey;
use crate::smpp::{ReportState, SubmissionId, SubmissionState};

type Entries = BTreeMap<u64, Entry>;

fn entries(journal: &SubmissionJournal) -> Entries {
    journal.entries().map(|(submission, entry)| (submission.get(), entry.clone())).collect()
}

fn destination() -> DestinationKey {
    DestinationKey::new("+6591234567")
}

/// A journal of these records, as they stand.
fn written(folder: &Path, records: &[Vec<u8>]) {
    let options = Options::new(KIND, Durability::Process);
    let (journal, _) = Journal::open_folder(folder, options, |_, _| {}).expect("a folder");
    for record in records {
        journal.write(record).expect("room");
    }
}

fn record(kind: u8, submission: u64, content: &[u8]) -> Vec<u8> {
    [&[kind][..], &submission.to_be_bytes(), content].concat()
}

#[derive(Clone, Debug)]
enum Step {
    Intend(String),
    Accepted(Index, String),
    Unknown(Index),
    Reported(Index, bool),
    Close(Index),
    Flush,
    OpenAgain,
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    prop_oneof![
        4 => "[a-z]{0,12}".prop_map(Step::Intend),
        3 => (which(), "[0-9a-f]{0,20}").prop_map(|(which, id)| Step::Accepted(which, id)),
        1 => which().prop_map(Step::Unknown),
        2 => (which(), any::<bool>()).prop_map(|(which, is_final)| Step::Reported(which, is_final)),
        2 => which().prop_map(Step::Close),
        3 => proptest::strategy::Just(Step::Flush),
        1 => proptest::strategy::Just(Step::OpenAgain),
    ]
}

/// What happens to the newest file.
#[derive(Clone, Debug)]
enum Damage {
    CutAt(Index),
    Changed(Index, u8),
    Followed(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::CutAt),
        (any::<Index>(), 1..=u8::MAX).prop_map(|(at, by)| Damage::Changed(at, by)),
        vec(any::<u8>(), 1..60).prop_map(Damage::Followed),
    ]
}

fn newest(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let segments = files.filter(|path| path.extension().is_some_and(|extension| extension == "journal"));
    segments.max().expect("a segment")
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]

    #[test]
    fn what_a_torn_or_damaged_journal_tells_was_so_at_some_time(
        steps in vec(step(), 0..40),
        damage in damage(),
    ) {
        let scratch = Scratch::new("smpp-damaged");
        let folder = scratch.path();
        let mut journal = SubmissionJournal::open(folder, 1_000).expect("a folder");
        let mut states = vec![Entries::new()];
        let mut submissions = 0;
        for step in steps {
            let one = |which: Index| SubmissionId(which.index(submissions + 1) as u64);
            match step {
                Step::Intend(reference) => {
                    submissions += 1;
                    let submission = SubmissionId(submissions as u64);
                    journal.intend(submission, destination(), &reference).expect("room");
                }
                Step::Accepted(which, id) => journal.accepted(one(which), &id),
                Step::Unknown(which) => journal.unknown(one(which)),
                Step::Reported(which, is_final) => {
                    let state = if is_final { ReportState::Delivered } else { ReportState::Enroute };
                    journal.reported(one(which), &state);
                }
                Step::Close(which) => _ = journal.close(one(which)),
                Step::Flush => journal.flush().expect("room"),
                Step::OpenAgain => {
                    let before = entries(&journal);
                    drop(journal);
                    journal = SubmissionJournal::open(folder, 1_000).expect("its own folder");
                    assert_eq!(entries(&journal), before, "nothing is lost");
                    // What stood before is gone with its file.
                    states.clear();
                    states.push(Entries::new());
                    let partly = before.iter().scan(Entries::new(), |partly, (submission, entry)| {
                        partly.insert(*submission, entry.clone());
                        Some(partly.clone())
                    });
                    states.extend(partly);
                }
            }
            states.push(entries(&journal));
        }
        drop(journal);
        let path = newest(folder);
        let mut octets = fs::read(&path).expect("readable");
        match damage {
            Damage::CutAt(at) => octets.truncate(at.index(octets.len() + 1)),
            Damage::Changed(at, by) => {
                let at = at.index(octets.len());
                octets[at] ^= by;
            }
            Damage::Followed(rest) => octets.extend_from_slice(&rest),
        }
        fs::write(&path, octets).expect("written");
        // A file whose head is damaged is refused, and nobody is told anything untrue.
        if let Ok(journal) = SubmissionJournal::open(folder, 1_000) {
            let found = entries(&journal);
            let less_told = |state: &Entries| {
                // The last entry that was written anew may be cut between its records.
                state.len() == found.len() && state.iter().zip(&found).all(|((was, entry), (is, found))| {
                    was == is && entry.reference == found.reference
                        && (entry == found || found.message_id.is_none() || found.reported.is_none())
                })
            };
            prop_assert!(states.iter().any(|state| *state == found || less_told(state)), "{found:?}");
        }
    }

    #[test]
    fn records_that_nobody_wrote_are_passed_over(records in vec(vec(any::<u8>(), 1..40), 0..20)) {
        let scratch = Scratch::new("smpp-strange");
        written(scratch.path(), &records);
        let journal = SubmissionJournal::open(scratch.path(), 10).expect("whole records");
        let before = entries(&journal);
        drop(journal);
        let journal = SubmissionJournal::open(scratch.path(), 10).expect("its own records");
        prop_assert!(entries(&journal) == before);
    }
}

#[test]
fn what_is_written_anew_takes_nothing_back_where_the_process_was_killed_meanwhile() {
    let scratch = Scratch::new("smpp-anew");
    let intended = record(INTENDED, 7, &[&destination().to_octets()[..], b"mine"].concat());
    written(
        scratch.path(),
        &[intended.clone(), record(ACCEPTED, 7, b"id-7"), record(LAST, 7, &[]), intended],
    );
    let journal = SubmissionJournal::open(scratch.path(), 10).expect("whole records");
    let told: Vec<_> = journal.entries().map(|(_, entry)| entry.state()).collect();
    assert_eq!(told, [SubmissionState::Accepted { message_id: "id-7".to_owned() }]);
}

#[test]
fn after_a_full_disk_the_journal_holds_what_was_learnt_meanwhile() {
    let scratch = Scratch::new("smpp-full");
    let disk = TestDisk::default();
    let options = || Options { disk: Arc::new(disk.clone()), ..Options::new(KIND, Durability::Process) };
    let mut journal = SubmissionJournal::open_with(scratch.path(), 10, options()).expect("a folder");
    let [one, two, three] = [1, 2, 3].map(SubmissionId);
    for submission in [one, two] {
        journal.intend(submission, destination(), "").expect("room");
    }
    journal.flush().expect("room");

    disk.set_room(Some(5));
    journal.accepted(one, "id-1");
    assert!(journal.flush().is_err());
    assert!(matches!(journal.intend(three, destination(), ""), Err(NotWritten::Failed)), "at once");
    journal.accepted(two, "id-2");
    assert!(journal.flush().is_err());
    disk.set_room(None);
    journal.intend(three, destination(), "").expect("room again");
    journal.flush().expect("room again");
    let known = entries(&journal);
    assert_eq!(known.len(), 3);
    drop(journal);
    let journal = SubmissionJournal::open(scratch.path(), 10).expect("its own records");
    assert_eq!(entries(&journal), known);
}
