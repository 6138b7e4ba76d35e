//! Each signature is good for one body, and each body is handled once.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use engagelab_otp::callback::{
    CallbackRequest, Claim, Delivery, Lease, MemoryStore, ReceiveError, Receiver, ReplayStore,
    ReplayStoreError, Reservation, conformance,
};

use super::fixture::{DELIVERED, NOW, at, builder, header, header_at, receive, receiver};

const VERIFIED: &str = r#"{"rows":[{"message_id":"17","status":{"message_status":"verified"}}]}"#;

#[test]
fn a_committed_callback_is_a_duplicate_and_brings_no_event() {
    let receiver = receiver();
    let Ok(Delivery::Events(batch)) = receive(&receiver, &header("n"), DELIVERED.as_bytes()) else {
        panic!("refused");
    };
    batch.commit().expect("in memory");
    let again = receive(&receiver, &header("n"), DELIVERED.as_bytes());
    assert!(matches!(again, Ok(Delivery::Duplicate)));
}

#[test]
fn a_captured_header_is_worth_nothing_with_another_body_in_any_state() {
    let receiver = receiver();
    let attack = |state: &str| {
        let refused = receive(&receiver, &header("n"), VERIFIED.as_bytes()).expect_err(state);
        assert!(matches!(refused, ReceiveError::Replayed), "{state}");
        assert_eq!(refused.http_status(), 403);
    };
    let first = receive(&receiver, &header("n"), DELIVERED.as_bytes()).expect("genuine");
    attack("in flight");
    drop(first);
    attack("released");
    let Ok(Delivery::Events(batch)) = receive(&receiver, &header("n"), DELIVERED.as_bytes()) else {
        panic!("a released callback comes again");
    };
    batch.commit().expect("in memory");
    attack("committed");
}

#[test]
fn a_handler_that_fails_or_panics_lets_the_callback_come_again() {
    let receiver = receiver();
    let take = || match receive(&receiver, &header("n"), DELIVERED.as_bytes()) {
        Ok(Delivery::Events(batch)) => batch,
        other => panic!("{other:?}"),
    };
    drop(take());
    drop(take());
    let batch = take();
    let handler = thread::spawn(move || {
        let _batch = batch;
        std::panic::resume_unwind(Box::new("the handler failed"));
    });
    assert!(handler.join().is_err());
    take().commit().expect("in memory");
}

#[test]
fn a_body_that_was_cut_does_not_stand_in_the_way_of_the_whole_one() {
    let whole = DELIVERED.as_bytes();
    for length in 1..whole.len() {
        let receiver = receiver();
        let cut = receive(&receiver, &header("n"), &whole[..length]);
        assert!(matches!(cut, Err(ReceiveError::BodyIncomplete)), "{length}: {cut:?}");
        let again = receive(&receiver, &header("n"), whole);
        assert!(matches!(again, Ok(Delivery::Events(_))), "{length}: {again:?}");
    }
}

#[test]
fn a_body_shorter_than_its_header_says_is_neither_a_batch_nor_an_address_check() {
    let receiver = receiver();
    for body in ["", "{}", r#"{"rows":[]}"#, DELIVERED] {
        let header = header("n");
        let length = body.len() as u64 + 1;
        let request = CallbackRequest::new(body.as_bytes())
            .with_signature(Some(&header))
            .with_content_length(Some(length));
        let refused = receiver.receive_at(&request, at(NOW)).expect_err("it was cut");
        assert!(matches!(refused, ReceiveError::BodyIncomplete), "{body}");
        assert_eq!(refused.http_status(), 400);
    }
    assert!(matches!(receive(&receiver, &header("n"), DELIVERED.as_bytes()), Ok(Delivery::Events(_))));
}

#[test]
fn a_body_that_cannot_be_read_is_not_bound() {
    let receiver = receiver();
    for body in [&b"{\"rows\":5}"[..], b"x", b"{\"rows\":[]} x"] {
        assert_eq!(receive(&receiver, &header("n"), body).expect_err("no batch").http_status(), 400);
    }
    assert!(matches!(receive(&receiver, &header("n"), DELIVERED.as_bytes()), Ok(Delivery::Events(_))));
}

#[test]
fn while_a_callback_is_handled_its_repeat_is_told_to_come_back() {
    let receiver = receiver();
    let _first = receive(&receiver, &header("n"), DELIVERED.as_bytes()).expect("genuine");
    let refused = receive(&receiver, &header("n"), DELIVERED.as_bytes()).expect_err("in flight");
    assert!(matches!(refused, ReceiveError::InFlight));
    assert_ne!(refused.http_status(), 200, "200 would lose the events if the first handler fails");
}

#[test]
fn of_many_threads_with_the_same_callback_one_gets_the_events() {
    let receiver = receiver();
    let barrier = Barrier::new(8);
    let taken: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    receive(&receiver, &header("n"), DELIVERED.as_bytes())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Ok(Delivery::Events(_)))).count(), 1);
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Err(ReceiveError::InFlight))).count(), 7);
}

#[test]
fn a_full_store_refuses_with_503_until_a_signature_has_aged_out() {
    let receiver = builder().replay_store(MemoryStore::with_memory_limit(500)).build().expect("configured");
    let receive_at = |nonce: &str, body: &str, signed, now| {
        let header = header_at(nonce, signed);
        receiver.receive_at(&CallbackRequest::new(body.as_bytes()).with_signature(Some(&header)), at(now))
    };
    if let Ok(Delivery::Events(batch)) = receive_at("1", DELIVERED, NOW, NOW) {
        batch.commit().expect("in memory");
    }
    let refused = receive_at("2", DELIVERED, NOW + 200, NOW + 290).expect_err("full");
    assert!(matches!(refused, ReceiveError::Store(ReplayStoreError::Full { .. })));
    assert_eq!((refused.http_status(), refused.retry_after()), (503, Some(Duration::from_secs(11))));
    let known = receive_at("1", DELIVERED, NOW, NOW + 300);
    assert!(matches!(known, Ok(Delivery::Duplicate)), "what is known stays");
    let check = receive_at("3", "{}", NOW + 200, NOW).expect_err("a signed check has to be remembered too");
    assert_eq!(check.http_status(), 503);
    let taken = receive_at("2", DELIVERED, NOW + 200, NOW + 301);
    assert!(matches!(taken, Ok(Delivery::Events(_))), "{taken:?}");
}

#[test]
fn memory_is_bounded_however_much_comes() {
    let store = Arc::new(MemoryStore::with_memory_limit(20_000));
    assert!(store.is_empty());
    let receiver = builder().replay_store(store.clone()).build().expect("configured");
    let full = (0..1000)
        .filter(|nonce| receive(&receiver, &header(&nonce.to_string()), DELIVERED.as_bytes()).is_err())
        .count();
    assert_eq!(store.len() + full, 1000);
    assert!(store.memory() <= 20_000 && store.len() > 20_000 / 200, "{store:?}");
}

/// The genuine callback at `NOW`, and another one that makes the store forget it at `NOW + 301`.
fn forgotten(receiver: &Receiver) {
    for (nonce, seconds) in [("n", NOW), ("later", NOW + 301)] {
        let header = header_at(nonce, seconds);
        let request = CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&header));
        let Ok(Delivery::Events(batch)) = receiver.receive_at(&request, at(seconds)) else {
            panic!("genuine")
        };
        batch.commit().expect("in memory");
    }
}

#[test]
fn in_the_border_second_a_captured_header_is_worth_nothing_whoever_reads_the_clock_first() {
    let receiver = receiver();
    forgotten(&receiver);
    let header = header("n");
    for body in [VERIFIED, DELIVERED] {
        let captured = CallbackRequest::new(body.as_bytes()).with_signature(Some(&header));
        let refused = receiver.receive_at(&captured, at(NOW + 300)).expect_err("the store has forgotten it");
        assert!(matches!(refused, ReceiveError::Forgotten), "{refused:?}");
        assert_eq!(refused.http_status(), 401);
    }
}

#[test]
fn a_clock_that_is_set_back_brings_no_signature_back_to_life() {
    let receiver = receiver();
    forgotten(&receiver);
    let header = header("n");
    let captured = CallbackRequest::new(VERIFIED.as_bytes()).with_signature(Some(&header));
    for now in [NOW - 300, NOW, NOW + 299] {
        assert!(matches!(receiver.receive_at(&captured, at(now)), Err(ReceiveError::Forgotten)), "{now}");
    }
    let header = header_at("younger", NOW + 1);
    let younger = CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&header));
    assert!(matches!(receiver.receive_at(&younger, at(NOW + 1)), Ok(Delivery::Events(_))));
}

#[test]
fn many_threads_with_clocks_that_differ_never_use_a_signature_twice() {
    let receiver = receiver();
    let barrier = Barrier::new(8);
    let taken: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let (barrier, receiver) = (&barrier, &receiver);
                scope.spawn(move || {
                    barrier.wait();
                    let mut taken = 0;
                    for round in 0..200 {
                        // Half of them forget the signatures that the others still accept.
                        let now = NOW + 300 + round + thread % 2;
                        let (old, new) = (header_at("n", NOW + round), header_at(&format!("{thread}"), now));
                        let new = CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&new));
                        drop(receiver.receive_at(&new, at(now)));
                        let body = format!(r#"{{"rows":[{{"message_id":"{thread}"}}]}}"#);
                        let old = CallbackRequest::new(body.as_bytes()).with_signature(Some(&old));
                        taken +=
                            usize::from(receiver.receive_at(&old, at(now)).is_ok_and(
                                |delivery| match delivery {
                                    Delivery::Events(batch) => batch.commit().is_ok(),
                                    _ => false,
                                },
                            ));
                    }
                    taken
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert!(taken <= 200, "of 200 signatures {taken} were used");
}

#[test]
fn a_restart_with_what_a_journal_has_kept_forgets_nothing() {
    let before = receiver();
    let Ok(Delivery::Events(batch)) = receive(&before, &header("n"), DELIVERED.as_bytes()) else {
        panic!("genuine");
    };
    let kept = *batch.claim().expect("it is signed");
    let store = MemoryStore::default();
    let brought_back =
        Claim::new(*kept.fingerprint(), *kept.body_digest(), kept.signed_second(), kept.last_second());
    store.restore(&brought_back).expect("room");
    let after = builder().replay_store(store).build().expect("configured");
    assert!(matches!(receive(&after, &header("n"), DELIVERED.as_bytes()), Ok(Delivery::Duplicate)));
    assert!(matches!(receive(&after, &header("n"), VERIFIED.as_bytes()), Err(ReceiveError::Replayed)));

    let Ok(Delivery::AddressCheck(check)) = receive(&before, &header("check"), b"{}") else {
        panic!("a check")
    };
    assert_eq!(check.claim().expect("it is signed").signed_second(), NOW);
}

#[test]
fn signatures_from_before_the_start_are_put_off_and_counted_if_that_is_asked_for() {
    let receiver = builder().defer_signed_before(at(NOW)).build().expect("configured");
    let refused = receive(&receiver, &header("n"), DELIVERED.as_bytes()).expect_err("it may have been used");
    assert!(matches!(refused, ReceiveError::SignedBeforeStart));
    assert_eq!((refused.http_status(), receiver.deferred()), (503, 1));
    let header = header_at("n", NOW + 1);
    assert!(matches!(receive(&receiver, &header, DELIVERED.as_bytes()), Ok(Delivery::Events(_))));
    assert!(receive(&receiver, "timestamp=1", b"x").is_err());
    assert_eq!(
        receiver.clone().deferred(),
        1,
        "clones count together, and what is not genuine does not count"
    );
}

/// A store with one fault.
struct Faulty {
    fault: Fault,
    store: MemoryStore,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Starts with nothing whenever it has forgotten something.
    NoHorizon,
    NoBinding,
    NoLease,
    NoCommit,
    TwoWinners,
}

impl ReplayStore for Faulty {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        let found = self.store.reserve(claim, now)?;
        Ok(match (self.fault, found) {
            (Fault::NoHorizon, Reservation::Forgotten)
            | (Fault::NoBinding, Reservation::OtherBody)
            | (Fault::TwoWinners, Reservation::InFlight) => Reservation::Reserved(Lease::new(7)),
            _ => found,
        })
    }

    fn commit(&self, claim: &Claim, lease: Lease) -> Result<(), ReplayStoreError> {
        if self.fault == Fault::NoCommit { Ok(()) } else { self.store.commit(claim, lease) }
    }

    fn release(&self, claim: &Claim, lease: Lease) {
        // Leases are counted from 1.
        let newest = if self.fault == Fault::NoLease { 9 } else { lease.number() };
        for number in lease.number()..=newest {
            self.store.release(claim, Lease::new(number));
        }
    }
}

#[test]
fn the_conformance_test_passes_the_store_in_memory_and_finds_each_fault() {
    conformance::check(MemoryStore::default, NOW, |_| {}).expect("the store in memory keeps the contract");
    conformance::check(|| Arc::new(MemoryStore::default()), NOW, |_| {}).expect("shared as well");
    for (fault, rule) in [
        (Fault::NoHorizon, "must not be reserved by a caller who has read an earlier time"),
        (Fault::NoBinding, "must be bound"),
        (Fault::NoLease, "a late release"),
        (Fault::NoCommit, "committed must be done"),
        (Fault::TwoWinners, "in flight must not be reserved again"),
    ] {
        let store = || Faulty { fault, store: MemoryStore::default() };
        let violation = conformance::check(store, NOW, |_| {}).expect_err("a fault");
        assert!(violation.to_string().contains(rule), "{fault:?}: {violation}");
    }
}

/// A store that takes claims, and fails to commit them.
#[derive(Default)]
struct Failing {
    released: Mutex<Vec<Claim>>,
}

impl ReplayStore for Failing {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        assert!(claim.last_second() >= now, "a claim lives at least as long as its signature");
        Ok(Reservation::Reserved(Lease::new(1)))
    }

    fn commit(&self, _: &Claim, _: Lease) -> Result<(), ReplayStoreError> {
        Err(ReplayStoreError::Unavailable("the store is down".into()))
    }

    fn release(&self, claim: &Claim, _: Lease) {
        self.released.lock().expect("no panic").push(*claim);
    }
}

#[test]
fn a_commit_that_fails_is_told_and_releases_the_claim() {
    let store = Arc::new(Failing::default());
    let receiver = builder().replay_store(store.clone()).build().expect("configured");
    let Ok(Delivery::Events(batch)) = receive(&receiver, &header("n"), DELIVERED.as_bytes()) else {
        panic!("refused");
    };
    let failure = batch.commit().expect_err("the store is down");
    let source = std::error::Error::source(&failure).expect("the reason is kept");
    assert_eq!(source.to_string(), "the store is down");
    assert_eq!(store.released.lock().expect("no panic").len(), 1);
}

#[test]
fn a_signed_address_check_counts_as_handled() {
    let receiver = builder().replay_store(Failing::default()).build().expect("configured");
    let refused = receive(&receiver, &header("n"), b"{}").expect_err("it could not be remembered as done");
    assert!(matches!(refused, ReceiveError::Store(ReplayStoreError::Unavailable(_))));
    assert_eq!(refused.http_status(), 503);
}
