//! The store in memory: the contract, its bounds, and what it forgets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use engagelab_otp::guard::{
    Cap, Charge, ChargeId, Decision, Enforcement, Key, MemoryStore, Store, StoreError, conformance,
};

use super::fixture::{DAY, HandClock, MINUTE, Through};
use super::model;

#[test]
fn the_store_in_memory_keeps_the_contract() {
    let clock = HandClock::default();
    let new_store = || MemoryStore::with_clock(1 << 20, clock.clone());
    conformance::check(new_store, |time| clock.advance(time)).expect("it conforms");
}

#[test]
fn the_contract_is_checked() {
    let violation =
        conformance::check(|| Through::generous(MemoryStore::default()), |_| {}).expect_err("it is generous");
    assert!(
        violation.to_string().contains("the first cap that does not allow it must be named"),
        "{violation}"
    );
}

#[test]
fn random_operations_come_to_what_a_list_of_all_that_happened_says() {
    let operations = model::operations(30_000);
    for seed in 1..=3 {
        let clock = HandClock::default();
        let store = MemoryStore::with_clock(64 << 20, clock.clone());
        model::run(&store, &clock, 0, operations, seed);
    }
}

#[test]
fn a_full_store_denies_and_forgets_nothing_that_counts() {
    let clock = HandClock::default();
    let store = MemoryStore::with_clock(64 << 10, clock.clone());
    let charge = |number: u64| {
        let one = Charge { key: key(number), also: None, amount: 1, window: MINUTE, cap: Cap::Fixed(1) };
        store.charge(id(number), &[one], Enforcement::Deny).map(|charged| charged.decision)
    };
    let charged = (0..10_000).take_while(|&number| charge(number).is_ok()).count() as u64;
    assert!((50..300).contains(&charged), "{charged}");
    assert!(matches!(charge(20_000), Err(StoreError::Full)));
    assert!(matches!(charge(0), Ok(Decision::Charged)), "the same id is known, and needs no room");
    for number in 0..charged {
        assert_eq!(store.count(key(number), MINUTE).expect("a count"), 1);
    }
    clock.advance(2 * MINUTE);
    assert!(matches!(charge(20_000), Ok(Decision::Charged)));
    // Each operation clears away a little.
    for _ in 0..100 {
        charge(20_000).expect("it is known");
    }
    assert!(store.memory() < 1_000, "{}", store.memory());
}

#[test]
fn denials_take_no_room() {
    let clock = HandClock::default();
    let store = MemoryStore::with_clock(1 << 20, clock);
    let all = Charge { key: key(0), also: None, amount: 1, window: DAY, cap: Cap::Fixed(1) };
    let charge = |number: u64| {
        let one = Charge { key: key(number), cap: Cap::Fixed(9), ..all };
        store.charge(id(number), &[all, one], Enforcement::Deny).expect("an answer").decision
    };
    assert_eq!(charge(1), Decision::Charged);
    let before = store.memory();
    for number in 2..10_000 {
        assert!(matches!(charge(number), Decision::Denied(excess) if excess.charge == 0));
    }
    assert_eq!(store.memory(), before);
}

#[test]
fn a_long_pause_does_not_make_the_next_operation_slow_or_the_store_grow() {
    let clock = HandClock::default();
    let store = Arc::new(MemoryStore::with_clock(64 << 20, clock.clone()));
    let mut most = 0;
    for round in 0..20_u64 {
        for number in 0..1_000 {
            let one = Charge { key: key(number), also: None, amount: 1, window: MINUTE, cap: Cap::Uncapped };
            store.charge(id(round * 1_000 + number), &[one], Enforcement::Deny).expect("room");
        }
        if round == 2 {
            most = store.memory();
        }
        clock.advance(3 * MINUTE);
    }
    assert!(store.memory() <= most, "{} after {most}", store.memory());
}

#[test]
fn in_64_threads_whose_clock_jumps_nothing_is_over_a_cap_and_refunds_are_exact() {
    let clock = HandClock::default();
    let store = MemoryStore::with_clock(64 << 20, clock.clone());
    let one = Charge { key: key(1), also: None, amount: 1, window: DAY, cap: Cap::Fixed(1_000) };
    let kept = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..64 {
            let (clock, store, kept) = (&clock, &store, &kept);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(thread);
                for number in 0..50 {
                    // Up to an hour forwards or back, also while others are about to charge.
                    clock.set(Duration::from_millis(random.u64(0..7_200_000)));
                    let id = id(thread * 50 + number);
                    let charged = store.charge(id, &[one], Enforcement::Deny).expect("room");
                    match charged.decision {
                        Decision::Charged if random.bool() => {
                            store.adjust(id, &[(0, 0)]).expect("an answer");
                        }
                        Decision::Charged => {
                            kept.fetch_add(1, Ordering::SeqCst);
                        }
                        Decision::Denied(excess) => assert!(excess.retry_after.is_some()),
                        other @ Decision::Recorded(_) => panic!("{other:?}"),
                    }
                }
            });
        }
    });
    let kept = kept.into_inner();
    assert!(kept <= 1_000 && kept > 900, "{kept}");
    assert_eq!(store.count(key(1), DAY).expect("a count"), kept);
}

fn key(number: u64) -> Key {
    Key::new(u128::from(number).to_le_bytes())
}

fn id(number: u64) -> ChargeId {
    ChargeId::new(u128::from(number).to_be_bytes())
}
