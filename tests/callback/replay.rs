//! Each signature is good for one body, and each body is handled once.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use engagelab_otp::callback::{
    CallbackRequest, Claim, Delivery, MemoryStore, ReceiveError, ReplayStore, ReplayStoreError, Reservation,
};

use super::fixture::{DELIVERED, NOW, at, builder, header, receive, receiver};

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
    take().release();
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
fn a_body_that_cannot_be_read_is_bound_to_its_signature_all_the_same() {
    let receiver = receiver();
    for _ in 0..2 {
        let refused = receive(&receiver, &header("n"), b"{\"rows\":");
        assert!(matches!(refused, Err(ReceiveError::NotJson)));
    }
    let refused = receive(&receiver, &header("n"), DELIVERED.as_bytes());
    assert!(matches!(refused, Err(ReceiveError::Replayed)));

    let refused = receive(&receiver, &header("m"), &vec![b' '; 10 << 20]);
    assert!(matches!(refused, Ok(Delivery::AddressCheck(_))), "ten megabytes of nothing are still nothing");
    let refused = receive(&receiver, &header("m"), DELIVERED.as_bytes());
    assert!(matches!(refused, Err(ReceiveError::Replayed)));
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
    let receiver = builder().replay_store(MemoryStore::new(1)).build().expect("configured");
    let receive_at = |nonce: &str, body: &str, now| {
        let header = header(nonce);
        receiver.receive(&CallbackRequest::new(body.as_bytes()).with_signature(Some(&header)), at(now))
    };
    if let Ok(Delivery::Events(batch)) = receive_at("1", DELIVERED, NOW) {
        batch.commit().expect("in memory");
    }
    let refused = receive_at("2", DELIVERED, NOW + 300).expect_err("full");
    assert!(matches!(refused, ReceiveError::Store(ReplayStoreError::Full)));
    assert_eq!(refused.http_status(), 503);
    assert!(matches!(receive_at("1", DELIVERED, NOW + 300), Ok(Delivery::Duplicate)), "what is known stays");
    let check = receive_at("3", "{}", NOW).expect_err("a signed check has to be remembered too");
    assert_eq!(check.http_status(), 503);

    let ahead = builder().replay_store(MemoryStore::new(1)).build().expect("configured");
    let old = header("1");
    let taken = ahead.receive(&CallbackRequest::new(b"{}").with_signature(Some(&old)), at(NOW));
    assert!(matches!(taken, Ok(Delivery::AddressCheck(_))));
    let signer = engagelab_otp::callback::Signer::new("shop", super::fixture::SECRET).expect("valid");
    let fresh = signer.header(at(NOW + 301), "2").expect("valid");
    let incoming = CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&fresh));
    assert!(matches!(ahead.receive(&incoming, at(NOW + 301)), Ok(Delivery::Events(_))));
}

#[test]
fn memory_is_bounded_by_the_capacity_however_much_comes() {
    let store = MemoryStore::new(100);
    assert!(store.is_empty());
    let shared = Arc::new(store);
    let receiver = builder().replay_store(Shared(shared.clone())).build().expect("configured");
    let full = (0..1000)
        .filter(|nonce| receive(&receiver, &header(&nonce.to_string()), DELIVERED.as_bytes()).is_err())
        .count();
    assert_eq!((shared.len(), full), (100, 900));
}

/// A store that the test keeps a hold of.
struct Shared<S>(Arc<S>);

impl<S: ReplayStore> ReplayStore for Shared<S> {
    fn reserve(&self, claim: &Claim, now: u64) -> Result<Reservation, ReplayStoreError> {
        self.0.reserve(claim, now)
    }

    fn commit(&self, claim: &Claim) -> Result<(), ReplayStoreError> {
        self.0.commit(claim)
    }

    fn release(&self, claim: &Claim) {
        self.0.release(claim);
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
        Ok(Reservation::Reserved)
    }

    fn commit(&self, _: &Claim) -> Result<(), ReplayStoreError> {
        Err(ReplayStoreError::Unavailable("the store is down".into()))
    }

    fn release(&self, claim: &Claim) {
        self.released.lock().expect("no panic").push(*claim);
    }
}

#[test]
fn a_commit_that_fails_is_told_and_releases_the_claim() {
    let store = Arc::new(Failing::default());
    let receiver = builder().replay_store(Shared(store.clone())).build().expect("configured");
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
