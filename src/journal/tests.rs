//! What a journal promises.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::testing::{Rest, Scratch, TestDisk};
use super::*;

const KIND: Kind = Kind { name: *b"test", version: 3 };

fn options(disk: &TestDisk) -> Options {
    Options { segment_octets: 4096, disk: Arc::new(disk.clone()), ..Options::new(KIND, Durability::Power) }
}

fn folder(path: &Path, options: Options) -> (Journal, Recovery, Vec<(u64, Vec<u8>)>) {
    let mut found = Vec::new();
    let keep = |address, record: &[u8]| found.push((address, record.to_vec()));
    let (journal, recovery) = Journal::open_folder(path, options, keep).expect("opened");
    (journal, recovery, found)
}

fn file(path: &Path, kind: Kind) -> Result<(Journal, Vec<Vec<u8>>), JournalError> {
    let mut found = Vec::new();
    let options = Options::new(kind, Durability::Process);
    let (journal, _) = Journal::open_file(path, options, |_, record| found.push(record.to_vec()))?;
    Ok((journal, found))
}

fn only_file(path: &Path) -> std::path::PathBuf {
    layout::segments(path).expect("a folder").pop().expect("a segment").path
}

#[test]
fn what_was_committed_is_found_again_at_its_address() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let mut written = Vec::new();
    for round in 0..3_u8 {
        let (journal, recovery, found) = folder(scratch.path(), options(&disk));
        assert_eq!(found, written);
        assert_eq!(recovery, Recovery { records: written.len() as u64, ..Recovery::default() });
        for size in 1..150 {
            let record = vec![round ^ u8::try_from(size).expect("small"); size];
            let address = journal.write(&record).expect("written");
            assert_eq!(journal.read(address).expect("read"), record);
            written.push((address, record));
        }
        for (address, record) in &written {
            assert_eq!(&journal.read(*address).expect("read"), record);
            assert!(matches!(journal.read(address + 1), Err(JournalError::NoRecord)));
        }
    }
    assert!(layout::segments(scratch.path()).expect("a folder").len() > 3, "there are several segments");
}

#[test]
fn what_was_appended_is_written_when_the_journal_ends() {
    let scratch = Scratch::new("journal");
    let path = scratch.path().join("file");
    let (journal, _) = file(&path, KIND).expect("new");
    let _ = journal.append(b"never committed").expect("appended");
    drop(journal);
    let (_, found) = file(&path, KIND).expect("opened");
    assert_eq!(found, [b"never committed"]);
}

#[test]
fn a_journal_cut_at_any_octet_keeps_every_record_before_the_cut() {
    let scratch = Scratch::new("journal");
    let whole = scratch.path().join("whole");
    let (journal, _) = file(&whole, KIND).expect("new");
    let ends: Vec<u64> = (1..20)
        .map(|size| {
            journal.write(&vec![7; size]).expect("written");
            fs::metadata(&whole).expect("a file").len()
        })
        .collect();
    drop(journal);
    let octets = fs::read(&whole).expect("readable");
    let cut = scratch.path().join("cut");
    for length in 0..=octets.len() {
        fs::write(&cut, &octets[..length]).expect("written");
        let kept = ends.iter().filter(|end| **end <= length as u64).count();
        let mut seen = 0;
        let read = Journal::read_file(&cut, KIND, |_, _| seen += 1).expect("readable while it is torn");
        assert_eq!(seen, kept);
        assert_eq!(read.records, kept as u64);
        if length != 0 && length != frame::HEADER && kept == 0 {
            // Without its first record it would begin anew, though others relied on what it held.
            assert!(matches!(file(&cut, KIND), Err(JournalError::Damaged(..))), "cut at {length}");
            assert_eq!(fs::read(&cut).expect("readable"), &octets[..length], "it is left as it is");
            continue;
        }
        let (journal, found) = file(&cut, KIND).expect("opened");
        assert_eq!(found.len(), kept, "cut at {length}");
        // It can be continued, and what was torn does not come back.
        journal.write(b"more").expect("written");
        drop(journal);
        let (_, found) = file(&cut, KIND).expect("opened");
        assert_eq!(found.len(), kept + 1);
    }
}

#[test]
fn a_flipped_bit_in_the_last_record_is_damage_and_the_file_is_left_as_it_is() {
    let scratch = Scratch::new("journal");
    let whole = scratch.path().join("whole");
    let (journal, _) = file(&whole, KIND).expect("new");
    journal.write(b"the first record").expect("written");
    let end = usize::try_from(fs::metadata(&whole).expect("a file").len()).expect("small");
    journal.write(b"the second record").expect("written");
    drop(journal);
    let octets = fs::read(&whole).expect("readable");
    let broken = scratch.path().join("broken");
    for bit in end * 8..octets.len() * 8 {
        let mut octets = octets.clone();
        octets[bit / 8] ^= 1 << (bit % 8);
        fs::write(&broken, &octets).expect("written");
        let read = Journal::read_file(&broken, KIND, |_, _| {});
        assert!(matches!(read, Err(JournalError::Damaged(_, octet)) if octet == end as u64), "bit {bit}");
        assert!(matches!(file(&broken, KIND), Err(JournalError::Damaged(..))), "bit {bit}");
        assert_eq!(fs::read(&broken).expect("readable"), octets, "bit {bit}");
    }
}

#[test]
fn of_a_last_record_with_more_wrong_than_a_bit_nothing_is_believed_and_it_is_handed_over_as_in_doubt() {
    let scratch = Scratch::new("journal");
    let path = scratch.path().join("file");
    let (journal, _) = file(&path, KIND).expect("new");
    journal.write(b"the first record").expect("written");
    journal.write(b"the second record").expect("written");
    drop(journal);
    let mut octets = fs::read(&path).expect("readable");
    let last = octets.len() - 1;
    octets[last] ^= 0b11;
    fs::write(&path, &octets).expect("written");
    let mut found = Vec::new();
    let recovery =
        Journal::read_file(&path, KIND, |_, record| found.push(record.to_vec())).expect("readable");
    assert_eq!(found, [b"the first record"]);
    assert_eq!(recovery.in_doubt, b"the second recorg");
    assert_eq!(recovery.torn, 25);
    // Where more stands behind it, it is not the last.
    octets.push(0);
    fs::write(&path, &octets).expect("written");
    let recovery = Journal::read_file(&path, KIND, |_, _| {}).expect("readable");
    assert_eq!((recovery.in_doubt.len(), recovery.torn), (0, 26));
}

#[test]
fn a_flipped_bit_with_a_whole_record_behind_it_is_damage_and_the_file_is_left_as_it_is() {
    let scratch = Scratch::new("journal");
    let whole = scratch.path().join("whole");
    let (journal, _) = file(&whole, KIND).expect("new");
    journal.write(b"the first record").expect("written");
    let begin = usize::try_from(fs::metadata(&whole).expect("a file").len()).expect("small");
    journal.write(b"the second record").expect("written");
    let end = usize::try_from(fs::metadata(&whole).expect("a file").len()).expect("small");
    journal.write(b"the third record").expect("written");
    drop(journal);
    let octets = fs::read(&whole).expect("readable");
    let broken = scratch.path().join("broken");
    for bit in begin * 8..end * 8 {
        let mut octets = octets.clone();
        octets[bit / 8] ^= 1 << (bit % 8);
        fs::write(&broken, &octets).expect("written");
        let found = file(&broken, KIND).err().expect("damaged");
        assert!(
            matches!(found, JournalError::Damaged(_, octet) if octet == begin as u64),
            "bit {bit}: {found}"
        );
        let read = Journal::read_file(&broken, KIND, |_, _| {});
        assert!(matches!(read, Err(JournalError::Damaged(..))), "bit {bit}");
        assert_eq!(fs::read(&broken).expect("readable"), octets);
    }
    // Part of the last record may be missing too: the one before it is whole.
    let mut cut = octets[..octets.len() - 1].to_vec();
    cut.extend(octets[begin..].iter());
    fs::write(&broken, &cut).expect("written");
    assert_eq!(file(&broken, KIND).expect("what stands elsewhere is no record").1.len(), 2);
}

#[test]
fn zeros_behind_the_last_record_are_a_torn_tail() {
    let scratch = Scratch::new("journal");
    let path = scratch.path().join("file");
    let (journal, _) = file(&path, KIND).expect("new");
    journal.write(b"a record").expect("written");
    drop(journal);
    let mut octets = fs::read(&path).expect("readable");
    octets.resize(octets.len() + (1 << 20), 0);
    fs::write(&path, octets).expect("written");
    assert_eq!(file(&path, KIND).expect("opened").1, [b"a record"]);
}

#[test]
fn damage_in_a_segment_that_is_not_the_last_is_an_error_and_no_torn_tail() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    for _ in 0..100 {
        journal.write(&[1; 100]).expect("written");
    }
    drop(journal);
    let first = layout::segments(scratch.path()).expect("a folder").remove(0);
    let mut octets = fs::read(&first.path).expect("readable");
    octets[2000] ^= 1;
    fs::write(&first.path, &octets).expect("written");
    let opened = Journal::open_folder(scratch.path(), options(&disk), |_, _| {});
    assert!(matches!(opened, Err(JournalError::Damaged(..))));
    fs::remove_file(&layout::segments(scratch.path()).expect("a folder")[1].path).expect("removed");
    octets[2000] ^= 1;
    fs::write(&first.path, &octets).expect("written");
    let opened = Journal::open_folder(scratch.path(), options(&disk), |_, _| {});
    assert!(matches!(opened, Err(JournalError::Damaged(..))), "a segment is missing");
}

#[test]
fn a_process_that_was_started_meanwhile_keeps_nobody_out_once_the_journal_has_ended() {
    let scratch = Scratch::new("journal");
    let path = scratch.path().join("file");
    let journals =
        [file(&path, KIND).expect("new").0, folder(scratch.path(), options(&TestDisk::default())).0];
    // As it has them until it runs its own program.
    let copies = journals.each_ref().map(|journal| {
        let held = journal.held.as_ref().expect("it is locked");
        held.try_clone().expect("a handle")
    });
    drop(journals);
    file(&path, KIND).expect("free again");
    drop(folder(scratch.path(), options(&TestDisk::default())));
    drop(copies);
}

#[test]
fn a_second_opening_is_refused_until_the_first_ends() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    let again = Journal::open_folder(scratch.path(), options(&disk), |_, _| {});
    assert!(matches!(again, Err(JournalError::Locked(_))));
    drop(journal);
    drop(folder(scratch.path(), options(&disk)));

    let path = scratch.path().join("file");
    let (journal, _) = file(&path, KIND).expect("new");
    assert!(matches!(file(&path, KIND), Err(JournalError::Locked(_))));
    Journal::read_file(&path, KIND, |_, _| {}).expect("reading needs no lock");
    drop(journal);
    file(&path, KIND).expect("free again");
}

#[test]
fn other_files_and_later_versions_are_refused_and_left_as_they_are() {
    let scratch = Scratch::new("journal");
    let path = scratch.path().join("file");
    for text in
        ["to,template\n+6591234567,login\n", "otpjournal of somebody else, long enough", "x", "\0\0\0x"]
    {
        fs::write(&path, text).expect("written");
        assert!(matches!(file(&path, KIND), Err(JournalError::NotAJournal(_))), "{text:?}");
        assert_eq!(fs::read_to_string(&path).expect("readable"), text);
    }
    fs::write(&path, [0; 1000]).expect("written");
    assert!(matches!(file(&path, KIND), Err(JournalError::NotAJournal(_))), "a file of zeros");
    fs::remove_file(&path).expect("removed");
    drop(file(&path, KIND).expect("new"));
    assert!(matches!(file(&path, Kind { name: *b"othr", ..KIND }), Err(JournalError::NotAJournal(_))));
    assert!(matches!(file(&path, Kind { version: 2, ..KIND }), Err(JournalError::NewerVersion(_))));
    file(&path, Kind { version: 4, ..KIND }).expect("an older one is read");
    let folder = scratch.path().join("folder");
    fs::create_dir(&folder).expect("created");
    assert!(file(&folder, KIND).is_err(), "a folder is no file");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let inner = scratch.path().join("inner");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    drop(folder(&inner, options(&disk)));
    assert_eq!(mode(&inner), 0o700);
    let segment = only_file(&inner);
    assert_eq!(mode(&segment), 0o600);
    fs::set_permissions(&segment, fs::Permissions::from_mode(0o644)).expect("changed");
    drop(folder(&inner, options(&disk)));
    assert_eq!(mode(&segment), 0o600);
}

#[test]
fn a_full_disk_refuses_records_until_there_is_room_and_loses_none_of_those_before() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    let mut kept = Vec::new();
    for round in 0..60 {
        // Full after any octet of a frame; at the end of a segment, the next one has no room for its header.
        disk.set_room(Some(round * 3));
        let record = vec![u8::try_from(round).expect("small"); 150];
        let outcome = journal.write(&record);
        if round * 3 < 158 {
            let error = outcome.expect_err("there is no room");
            assert!(error.is_full(), "{error}");
        } else {
            kept.push(record.clone());
        }
        disk.set_room(None);
        journal.write(&record).expect("there is room again");
        kept.push(record);
    }
    drop(journal);
    let (_, recovery, found) = folder(scratch.path(), options(&disk));
    assert_eq!(found.into_iter().map(|(_, record)| record).collect::<Vec<_>>(), kept);
    assert_eq!(recovery.torn, 0);
}

#[test]
fn records_that_were_appended_to_a_full_disk_are_lost_for_each_that_waits_for_them() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    journal.write(b"before").expect("written");
    let first = journal.append(b"first").expect("appended");
    let second = journal.append(b"second").expect("appended");
    disk.set_room(Some(0));
    assert!(journal.commit(first).expect_err("full").is_full());
    disk.set_room(None);
    journal.write(b"after").expect("there is room again");
    assert!(journal.commit(second).expect_err("it was lost with the first").is_full());
    drop(journal);
    let (_, _, found) = folder(scratch.path(), options(&disk));
    let found: Vec<_> = found.iter().map(|(_, record)| record.as_slice()).collect();
    assert_eq!(found, [&b"before"[..], b"after"]);
}

#[test]
fn after_a_failed_sync_nothing_more_is_promised() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    let before = journal.append(b"before").expect("appended");
    journal.commit(before).expect("synced");
    disk.fail_to_sync(Some(ErrorKind::Other));
    assert!(journal.write(b"in doubt").is_err());
    disk.fail_to_sync(None);
    assert!(journal.write(b"later").is_err(), "the pages may be gone, and a second sync would not say so");
    journal.commit(before).expect("this one is on disk");
}

#[test]
fn a_disk_that_notices_on_syncing_that_it_is_full_refuses_and_goes_on() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    journal.write(b"before").expect("written");
    disk.fail_to_sync(Some(ErrorKind::StorageFull));
    assert!(journal.write(b"no room").expect_err("full").is_full());
    disk.fail_to_sync(None);
    journal.write(b"after").expect("there is room again");
    drop(journal);
    let (_, _, found) = folder(scratch.path(), options(&disk));
    let found: Vec<_> = found.iter().map(|(_, record)| record.as_slice()).collect();
    assert_eq!(found, [&b"before"[..], b"after"]);
}

#[test]
fn segments_are_removed_from_the_oldest_on_and_the_last_one_stays() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    let addresses: Vec<u64> = (0..200).map(|_| journal.write(&[1; 100]).expect("written")).collect();
    let middle = addresses[100];
    assert!(journal.remove_before(middle).expect("removed") > 0);
    assert!(journal.start() <= middle);
    assert!(matches!(journal.read(addresses[0]), Err(JournalError::NoRecord)));
    assert_eq!(journal.read(middle).expect("still there"), [1; 100]);
    journal.rotate().expect("rotated");
    journal.remove_before(u64::MAX).expect("removed");
    assert!(journal.read(addresses[199]).is_err(), "all were in segments that have ended");
    let next = journal.write(b"next").expect("written");
    drop(journal);
    let (journal, _, found) = folder(scratch.path(), options(&disk));
    assert_eq!(found, [(next, b"next".to_vec())]);
    assert_eq!(journal.start(), next);
}

#[test]
fn records_without_octets_and_those_beyond_the_limit_are_refused() {
    let scratch = Scratch::new("journal");
    let (journal, _) = file(&scratch.path().join("file"), KIND).expect("new");
    assert!(matches!(journal.append(b""), Err(JournalError::RecordSize)));
    assert!(matches!(journal.append(&vec![0; MAX_RECORD + 1]), Err(JournalError::RecordSize)));
    journal.write(&vec![0; MAX_RECORD]).expect("the largest");
}

#[test]
fn threads_that_commit_together_share_a_sync() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let (journal, ..) = folder(scratch.path(), options(&disk));
    let positions: Vec<Position> = (0..50_u8).map(|n| journal.append(&[n]).expect("appended")).collect();
    let before = disk.syncs.load(Ordering::Relaxed);
    thread::scope(|scope| {
        for position in positions {
            let journal = &journal;
            scope.spawn(move || journal.commit(position).expect("committed"));
        }
    });
    assert_eq!(disk.syncs.load(Ordering::Relaxed) - before, 1);
}

/// Many threads write while the power is lost again and again, at any octet behind the last sync, and all that had been
/// committed by then is found.
#[test]
fn nothing_committed_is_lost_with_the_power() {
    let scratch = Scratch::new("journal");
    let disk = TestDisk::default();
    let source = scratch.path().join("source");
    let (journal, ..) = folder(&source, options(&disk));
    let committed: Mutex<BTreeMap<u64, Vec<u8>>> = Mutex::default();
    let running = AtomicU32::new(4);
    thread::scope(|scope| {
        for worker in 0..4_u8 {
            let (journal, committed, running) = (&journal, &committed, &running);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(worker.into());
                for _ in 0..1000 {
                    let record = vec![random.u8(..); random.usize(1..200)];
                    let address = journal.write(&record).expect("committed");
                    committed.lock().expect("whole").insert(address, record);
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let mut random = fastrand::Rng::with_seed(1);
        let mut round = 0;
        while running.load(Ordering::Relaxed) > 0 || round < 9 {
            round += 1;
            let promised = committed.lock().expect("whole").clone();
            let picture = scratch.path().join(format!("{round}"));
            let rest = [Rest::Written, Rest::Zeros, Rest::Garbage][round % 3];
            disk.after_power_loss(&source, &picture, rest, |_, doubtful| random.u64(0..=doubtful));
            let mut found = BTreeMap::new();
            let keep = |address, record: &[u8]| drop(found.insert(address, record.to_vec()));
            let opened = Journal::open_folder(&picture, Options::new(KIND, Durability::Power), keep);
            drop(opened.unwrap_or_else(|error| panic!("round {round}: {error}")));
            for (address, record) in &promised {
                assert_eq!(found.get(address), Some(record), "round {round}, {rest:?}");
            }
            drop(fs::remove_dir_all(picture));
        }
    });
    assert_eq!(committed.into_inner().expect("whole").len(), 4000);
}
