//! What an inbox promises.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::builder::{DEAD_KIND, KIND};
use super::*;
use crate::journal::testing::{Rest, Scratch, TestDisk};
use crate::journal::{Durability, Options};

fn body(id: u64) -> Vec<u8> {
    format!(r#"{{"total":1,"rows":[{{"message_id":"{id}","status":{{"message_status":"delivered"}}}}]}}"#)
        .into_bytes()
}

fn id(callback: &InboxCallback) -> u64 {
    let event = callback.events().first().expect("an event");
    event.message_id().expect("a message").parse().expect("a number")
}

/// An inbox on this disk, with small segments.
fn open_on(folder: &Path, disk: &TestDisk, builder: impl FnOnce(InboxBuilder) -> InboxBuilder) -> Inbox {
    let options = |kind| Options {
        segment_octets: 4096,
        disk: Arc::new(disk.clone()),
        ..Options::new(kind, Durability::Power)
    };
    builder(Inbox::builder(folder)).open_on(options(KIND), options(DEAD_KIND)).expect("opened")
}

fn open(folder: &Path) -> Inbox {
    Inbox::open(folder).expect("opened")
}

/// Those that are handed out at once, each handled.
fn handle_all(inbox: &Inbox) -> Vec<u64> {
    let mut found = Vec::new();
    while let Some(callback) = inbox.next(Duration::ZERO).expect("readable") {
        found.push(id(&callback));
        callback.handled().expect("noted");
    }
    found
}

fn claim(number: u8, last_second: u64) -> Claim {
    Claim::new([number; 32], [number; 32], last_second.saturating_sub(300), last_second)
}

fn now() -> u64 {
    unix_seconds(SystemTime::now())
}

#[test]
fn callbacks_are_handed_out_in_their_order_and_once_if_they_are_handled() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    for number in 0..100 {
        inbox.store(None, &body(number)).expect("stored");
    }
    assert_eq!(inbox.status().waiting, 100);
    assert_eq!(handle_all(&inbox), (0..100).collect::<Vec<_>>());
    assert_eq!(inbox.status(), InboxStatus::default());
    drop(inbox);
    assert_eq!(handle_all(&open(scratch.path())), [0_u64; 0]);
}

#[test]
fn what_is_not_handled_is_handed_out_again_after_a_restart() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    for number in 0..3 {
        inbox.store(None, &body(number)).expect("stored");
    }
    let first = inbox.next(Duration::ZERO).expect("readable").expect("one");
    let second = inbox.next(Duration::ZERO).expect("readable").expect("another");
    assert_eq!((id(&first), first.attempt()), (0, 1));
    second.handled().expect("noted");
    assert_eq!(inbox.status().in_progress, 1);
    drop((first, inbox));
    let inbox = open(scratch.path());
    let again = inbox.next(Duration::ZERO).expect("readable").expect("one");
    assert_eq!((id(&again), again.attempt()), (0, 2));
    again.handled().expect("noted");
    assert_eq!(handle_all(&inbox), [2]);
}

#[test]
fn rows_that_cannot_be_read_reach_the_handler_as_they_came() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    inbox.store(None, br#"{"total":2,"rows":[7,{"message_id":"1"}]}"#).expect("stored");
    let callback = inbox.next(Duration::ZERO).expect("readable").expect("one");
    assert_eq!(callback.unreadable().len(), 1);
    assert_eq!(callback.unreadable()[0].expose_bytes(), b"7");
    assert_eq!(callback.events().len(), 1);
    callback.handled().expect("noted");
}

#[test]
fn a_callback_that_fails_too_often_becomes_a_dead_letter_which_can_be_retried() {
    let scratch = Scratch::new("inbox");
    let inbox = Inbox::builder(scratch.path()).max_attempts(1).open().expect("opened");
    inbox.store(None, &body(1)).expect("stored");
    inbox.store(None, &body(2)).expect("stored");
    inbox.next(Duration::ZERO).expect("readable").expect("one").failed();
    assert_eq!(handle_all(&inbox), [2]);
    assert_eq!(inbox.status(), InboxStatus { dead: 1, ..InboxStatus::default() });
    drop(inbox);
    let inbox = open(scratch.path());
    let letters = inbox.dead_letters().expect("readable");
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].expose_body(), letters[0].attempts()), (&body(1)[..], 1));
    assert_eq!(inbox.retry_dead_letters().expect("moved"), 1);
    assert_eq!(handle_all(&inbox), [1]);
    drop(inbox);
    let inbox = open(scratch.path());
    assert_eq!(inbox.status(), InboxStatus::default());
    assert_eq!(inbox.remove_dead_letters().expect("removed"), 0);
}

#[test]
fn a_failed_callback_waits_and_holds_up_no_other() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    inbox.store(None, &body(1)).expect("stored");
    inbox.store(None, &body(2)).expect("stored");
    inbox.next(Duration::ZERO).expect("readable").expect("one").failed();
    assert_eq!(inbox.status().retrying, 1);
    assert_eq!(handle_all(&inbox), [2]);
    let again = inbox.next(Duration::from_secs(20)).expect("readable").expect("it comes again");
    assert_eq!((id(&again), again.attempt()), (1, 2));
    again.handled().expect("noted");
    assert_eq!(queue::backoff(1), Duration::from_secs(1));
    assert_eq!(queue::backoff(4), Duration::from_secs(8));
    assert_eq!(queue::backoff(u32::MAX), Duration::from_secs(300));
}

#[test]
fn a_handler_that_takes_the_process_with_it_is_given_up_on() {
    let scratch = Scratch::new("inbox");
    open(scratch.path()).store(None, &body(1)).expect("stored");
    for attempt in 1..=2 {
        let inbox = Inbox::builder(scratch.path()).max_attempts(2).open().expect("opened");
        let callback = inbox.next(Duration::ZERO).expect("readable").expect("one");
        assert_eq!(callback.attempt(), attempt);
        // Neither handled nor failed: that is what a crash looks like.
        drop((callback, inbox));
    }
    let inbox = Inbox::builder(scratch.path()).max_attempts(2).open().expect("opened");
    assert!(inbox.next(Duration::ZERO).expect("readable").is_none());
    assert_eq!(inbox.status().dead, 1);
}

#[test]
fn claims_outlive_the_process_as_long_as_their_signatures_could_be_used() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    let (old, young, check) = (claim(1, now() - 1), claim(2, now() + 300), claim(3, now() + 200));
    inbox.store(Some(&old), &body(1)).expect("stored");
    inbox.store(Some(&young), &body(2)).expect("stored");
    inbox.remember(&check).expect("stored");
    assert_eq!(handle_all(&inbox), [1, 2]);
    drop(inbox);
    let inbox = open(scratch.path());
    assert_eq!(inbox.claims().expect("readable"), [check, young]);
    let later = claim(4, now() + 250);
    inbox.store(Some(&later), &body(3)).expect("stored");
    assert_eq!(inbox.claims().expect("readable"), [check, later, young], "a receiver made by now knows all");
}

#[test]
fn an_address_check_is_written_once_however_often_it_comes() {
    let (scratch, disk) = (Scratch::new("inbox"), TestDisk::default());
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    let check = claim(1, now() + 300);
    disk.set_room(Some(0));
    assert!(inbox.remember(&check).is_err());
    disk.set_room(None);
    for _ in 0..3 {
        inbox.remember(&check).expect("stored");
    }
    assert_eq!(inbox.claims().expect("readable"), [check]);
    drop(inbox);
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    inbox.remember(&check).expect("stored");
    assert_eq!(inbox.claims().expect("readable"), [check]);
}

#[test]
fn what_is_handled_leaves_the_disk_once_its_signature_is_too_old() {
    let scratch = Scratch::new("inbox");
    let disk = TestDisk::default();
    let octets = || -> u64 {
        let files = fs::read_dir(scratch.path()).expect("a folder").map(|entry| entry.expect("an entry"));
        let files = files.filter(|entry| entry.path().extension().is_some());
        files.map(|entry| entry.metadata().expect("there").len()).sum()
    };
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    for number in 0..100 {
        // Long over, also for a clock that is set back.
        inbox.store(Some(&claim(1, now() - 1000)), &body(number)).expect("stored");
    }
    assert!(octets() > 10_000);
    assert_eq!(handle_all(&inbox).len(), 100);
    drop(inbox);
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    assert!(octets() < 100, "{}", octets());
    inbox.store(Some(&claim(2, now() + 300)), &body(7)).expect("stored");
    assert_eq!(handle_all(&inbox), [7]);
    drop(inbox);
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    assert_eq!(inbox.claims().expect("readable").len(), 1, "this one could still be used");
    assert!(octets() > 100);
}

#[test]
fn a_full_disk_refuses_callbacks_until_there_is_room() {
    let scratch = Scratch::new("inbox");
    let disk = TestDisk::default();
    let inbox = open_on(scratch.path(), &disk, |builder| builder);
    inbox.store(None, &body(1)).expect("stored");
    disk.set_room(Some(20));
    let error = inbox.store(None, &body(2)).expect_err("no room");
    assert!(error.is_full());
    // What is there can be handled, and is handled once in this process.
    assert_eq!(handle_all(&inbox), [1]);
    assert_eq!(handle_all(&inbox), [0_u64; 0]);
    disk.set_room(None);
    inbox.store(None, &body(3)).expect("there is room again");
    assert_eq!(handle_all(&inbox), [3]);
}

#[test]
fn a_dead_letter_that_finds_no_room_waits_for_it_and_holds_up_no_other() {
    let scratch = Scratch::new("inbox");
    let disk = TestDisk::default();
    let inbox = open_on(scratch.path(), &disk, |builder| builder.max_attempts(1));
    inbox.store(None, &body(1)).expect("stored");
    inbox.store(None, &body(2)).expect("stored");
    inbox.next(Duration::ZERO).expect("readable").expect("one").failed();
    disk.set_room(Some(0));
    assert_eq!(handle_all(&inbox), [2]);
    assert_eq!(inbox.status(), InboxStatus { retrying: 1, ..InboxStatus::default() });
    disk.set_room(None);
    drop(inbox);
    let inbox = open_on(scratch.path(), &disk, |builder| builder.max_attempts(1));
    assert_eq!(handle_all(&inbox), [2], "that it was handled could not be noted");
    assert_eq!(inbox.status(), InboxStatus { dead: 1, ..InboxStatus::default() });
}

#[test]
fn a_full_disk_can_be_emptied_of_what_is_handled_and_of_dead_letters() {
    let scratch = Scratch::new("inbox");
    let disk = TestDisk::default();
    let open = || open_on(scratch.path(), &disk, |builder| builder.max_attempts(1));
    let segments = |folder: &Path| {
        let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        files.filter(|path| path.extension().is_some()).count()
    };
    let dead = scratch.path().join("dead-letters");
    let inbox = open();
    for number in 0..200 {
        inbox.store(Some(&claim(1, now() - 1000)), &body(number)).expect("stored");
    }
    while let Some(callback) = inbox.next(Duration::ZERO).expect("readable") {
        callback.failed();
    }
    assert_eq!(inbox.status(), InboxStatus { dead: 200, ..InboxStatus::default() });
    drop(inbox);
    assert!(segments(scratch.path()) > 2 && segments(&dead) > 2);
    disk.set_room(Some(0));
    let inbox = open();
    assert!(inbox.next(Duration::ZERO).expect("readable").is_none());
    assert_eq!(segments(scratch.path()), 1);
    inbox.remove_dead_letters().expect_err("there is no room for another segment");
    assert_eq!(segments(&dead), 1);
    let left = inbox.dead_letters().expect("readable");
    assert!(!left.is_empty() && left.len() < 100, "{}", left.len());
    assert!(left.iter().all(|letter| !letter.expose_body().is_empty()));
    disk.set_room(None);
    assert_eq!(inbox.remove_dead_letters().expect("removed"), left.len());
    assert_eq!(inbox.status(), InboxStatus::default());
}

#[test]
fn a_handler_that_panics_has_failed_and_the_inbox_goes_on() {
    let scratch = Scratch::new("inbox");
    let inbox = Inbox::builder(scratch.path()).max_attempts(1).open().expect("opened");
    inbox.store(None, &body(1)).expect("stored");
    inbox.store(None, &body(2)).expect("stored");
    let on = &inbox;
    thread::scope(|scope| {
        let broken = |_: &InboxCallback| -> Result<(), Infallible> { panic!("a handler's own mistake") };
        assert!(scope.spawn(move || on.run(broken)).join().is_err());
    });
    assert_eq!(handle_all(&inbox), [2]);
    assert_eq!(inbox.status(), InboxStatus { dead: 1, ..InboxStatus::default() });
}

#[test]
fn an_inbox_is_one_processes_at_a_time() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    let error = Inbox::open(scratch.path()).expect_err("it is in use");
    assert!(error.is_locked());
    drop(inbox);
    open(scratch.path());
}

#[test]
fn a_loop_over_an_inbox_ends_when_it_is_stopped() {
    let scratch = Scratch::new("inbox");
    let inbox = open(scratch.path());
    thread::scope(|scope| {
        let worker = scope.spawn(|| inbox.run(|_| Ok::<(), Infallible>(())));
        inbox.store(None, &body(1)).expect("stored");
        inbox.stop();
        worker.join().expect("no panic").expect("no failure");
    });
}

/// Callbacks come, are handled, fail and die while the power is lost again and again, at any octet behind the last sync:
/// none of those that were answered and not handled is missing.
#[test]
fn nothing_that_was_answered_is_lost_with_the_power() {
    let scratch = Scratch::new("inbox");
    let disk = TestDisk::default();
    let source = scratch.path().join("source");
    let inbox = open_on(&source, &disk, |builder| builder.max_attempts(1));
    let answered: Mutex<BTreeSet<u64>> = Mutex::default();
    // Those that the handler may be done with by now.
    let done: Mutex<BTreeSet<u64>> = Mutex::default();
    let running = AtomicU32::new(3);
    thread::scope(|scope| {
        for worker in 0..3 {
            let (inbox, answered, running) = (&inbox, &answered, &running);
            scope.spawn(move || {
                for number in 0..200 {
                    let number = worker * 1000 + number;
                    inbox.store(Some(&claim(1, now() - 1000)), &body(number)).expect("stored");
                    answered.lock().expect("whole").insert(number);
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let (inbox, ended) = (&inbox, &done);
        scope.spawn(move || {
            let mut random = fastrand::Rng::with_seed(2);
            let handler = |callback: &InboxCallback| {
                if random.u32(..4) == 0 {
                    return Err(());
                }
                ended.lock().expect("whole").insert(id(callback));
                Ok(())
            };
            inbox.run(handler).expect("the disk works");
        });
        // Also where an assertion fails: the loop over the inbox would be waited for.
        let _stop = StopsWhenDropped(inbox);
        let mut random = fastrand::Rng::with_seed(1);
        let mut round = 0;
        while running.load(Ordering::Relaxed) > 0 || round < 9 {
            round += 1;
            let promised = answered.lock().expect("whole").clone();
            let picture = scratch.path().join(format!("{round}"));
            let rest = [Rest::Written, Rest::Zeros, Rest::Garbage][round % 3];
            // The inbox first: a callback is among the dead letters before it leaves the inbox.
            for part in ["", "dead-letters"] {
                let more = |_: &Path, doubtful| random.u64(0..=doubtful);
                disk.after_power_loss(&source.join(part), &picture.join(part), rest, more);
            }
            let done = done.lock().expect("whole").clone();
            let found = Inbox::builder(&picture).max_attempts(9).open().expect("opened");
            let mut there: BTreeSet<u64> = handle_all(&found).into_iter().collect();
            for letter in found.dead_letters().expect("readable") {
                let text = String::from_utf8(letter.expose_body().to_vec()).expect("text");
                let digits = text.split('"').nth(7).expect("a message id");
                there.insert(digits.parse().expect("a number"));
            }
            let missing: Vec<_> =
                promised.iter().filter(|id| !there.contains(id) && !done.contains(id)).collect();
            assert!(missing.is_empty(), "round {round}, {rest:?}: {missing:?}");
            drop(found);
            drop(fs::remove_dir_all(picture));
        }
    });
    assert_eq!(answered.into_inner().expect("whole").len(), 600);
}

struct StopsWhenDropped<'a>(&'a Inbox);

impl Drop for StopsWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
