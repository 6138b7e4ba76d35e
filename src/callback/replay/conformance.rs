//! Tries whether a replay store keeps the contract. For tests of stores.

use std::sync::Barrier;
use std::thread;

pub use crate::violation::Violation;

use super::{Claim, Lease, ReplayStore, ReplayStoreError, Reservation};

/// Tries the rules of [`ReplayStore`] on stores that `new_store` makes, each of them empty.
///
/// `start` is the time of day in seconds since 1970. A store that goes by its own clock needs `wait` to let so many
/// seconds pass (or to move its clock); for one that goes by the `now` of its callers it can do nothing. A dozen seconds
/// are asked for in all.
///
/// ```
/// use engagelab_otp::callback::{MemoryStore, conformance};
///
/// conformance::check(MemoryStore::default, 1_791_763_200, |_seconds| {})?;
/// # Ok::<(), conformance::Violation>(())
/// ```
///
/// # Errors
///
/// The first rule that the store breaks.
pub fn check<S: ReplayStore>(
    mut new_store: impl FnMut() -> S,
    start: u64,
    mut wait: impl FnMut(u64),
) -> Result<(), Violation> {
    states(&new_store(), start)?;
    leases(&new_store(), start)?;
    races(&new_store(), start)?;
    wait(LIFE + 1);
    // The store has used its own clock meanwhile, if it has one.
    let start = start + LIFE + 1;
    horizon(&new_store(), start, &mut wait)?;
    other_tolerances(&new_store(), start + LIFE + 1, &mut wait)
}

fn states(store: &impl ReplayStore, now: u64) -> Result<(), Violation> {
    let (genuine, forged) = (claim(1, 1, now), claim(1, 2, now));
    let bound = "a fingerprint must be bound to the first body that it comes with";
    let lease = reserved(store, &genuine, now)?;
    expect("a claim in flight must not be reserved again", store, &genuine, now, &[Reservation::InFlight])?;
    expect(bound, store, &forged, now, &[Reservation::OtherBody])?;
    store.release(&genuine, lease);
    expect("a released claim must stay bound to its body", store, &forged, now, &[Reservation::OtherBody])?;
    let lease = reserved(store, &genuine, now)?;
    committed(store, &genuine, lease)?;
    expect("a claim that was committed must be done", store, &genuine, now, &[Reservation::Done])?;
    expect(bound, store, &forged, now, &[Reservation::OtherBody])?;
    reserved(store, &claim(2, 1, now), now).map(drop)
}

fn leases(store: &impl ReplayStore, now: u64) -> Result<(), Violation> {
    let claim = claim(1, 1, now);
    let first = reserved(store, &claim, now)?;
    store.release(&claim, first);
    let second = reserved(store, &claim, now)?;
    let held = "a late release must not free what somebody else holds";
    store.release(&claim, first);
    expect(held, store, &claim, now, &[Reservation::InFlight])?;
    let refused = "a commit with a lease that is over must be refused with LeaseLost";
    match store.commit(&claim, first) {
        Err(ReplayStoreError::LeaseLost) => {}
        other => return Err(Violation { rule: refused, found: format!("{other:?}") }),
    }
    expect(held, store, &claim, now, &[Reservation::InFlight])?;
    committed(store, &claim, second)?;
    store.release(&claim, second);
    let done = "what is done must stay done when a release follows";
    expect(done, store, &claim, now, &[Reservation::Done])
}

fn races(store: &impl ReplayStore, now: u64) -> Result<(), Violation> {
    for round in 0..ROUNDS {
        let barrier = Barrier::new(THREADS.into());
        let found: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|body| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        let claim = claim(round, body / 2, now);
                        barrier.wait();
                        store.reserve(&claim, now)
                    })
                })
                .collect();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let won = found.iter().filter(|found| matches!(found, Ok(Ok(Reservation::Reserved(_))))).count();
        if won != 1 {
            let rule = "of several that reserve one fingerprint at the same time, one must win";
            return Err(Violation { rule, found: format!("Reserved {won} times") });
        }
    }
    Ok(())
}

/// The border of the tolerance: some have read a later time than others.
fn horizon(store: &impl ReplayStore, start: u64, wait: &mut impl FnMut(u64)) -> Result<(), Violation> {
    let (genuine, forged) = (claim(1, 1, start), claim(1, 2, start));
    let lease = reserved(store, &genuine, start)?;
    committed(store, &genuine, lease)?;
    expect(
        "a claim must be remembered in its last second",
        store,
        &forged,
        start + LIFE,
        &[Reservation::OtherBody],
    )?;
    wait(LIFE + 1);
    let later = start + LIFE + 1;
    reserved(store, &claim(2, 1, later), later)?;
    let rule = "what was forgotten must not be reserved by a caller who has read an earlier time";
    for now in [start + LIFE, start, 0] {
        expect(rule, store, &forged, now, &[Reservation::OtherBody, Reservation::Forgotten])?;
        expect(rule, store, &genuine, now, &[Reservation::Done, Reservation::Forgotten])?;
    }
    let rule = "a commit of what was forgotten must succeed, since the horizon refuses it";
    store.commit(&claim(3, 1, start), lease).map_err(|error| failed(rule, &error))
}

/// A signature that is accepted for longer after a restart, or elsewhere, is the same signature.
fn other_tolerances(
    store: &impl ReplayStore,
    start: u64,
    wait: &mut impl FnMut(u64),
) -> Result<(), Violation> {
    let lease = reserved(store, &claim(1, 1, start), start)?;
    committed(store, &claim(1, 1, start), lease)?;
    wait(LIFE + 1);
    let later = start + LIFE + 1;
    reserved(store, &claim(2, 1, later), later)?;
    let longer = Claim::new([1; 32], [2; 32], start, later + 3600);
    let rule = "what was forgotten must not be reserved with a longer tolerance";
    expect(rule, store, &longer, later, &[Reservation::OtherBody, Reservation::Forgotten])
}

fn claim(signature: u8, body: u8, signed_second: u64) -> Claim {
    Claim::new([signature; 32], [body; 32], signed_second, signed_second + LIFE)
}

fn reserved(store: &impl ReplayStore, claim: &Claim, now: u64) -> Result<Lease, Violation> {
    let rule = "a claim that is unknown, or released, must be reserved";
    match store.reserve(claim, now).map_err(|error| failed(rule, &error))? {
        Reservation::Reserved(lease) => Ok(lease),
        other => Err(Violation { rule, found: format!("{other:?}") }),
    }
}

fn committed(store: &impl ReplayStore, claim: &Claim, lease: Lease) -> Result<(), Violation> {
    let rule = "a claim must be committed with the lease that holds it";
    store.commit(claim, lease).map_err(|error| failed(rule, &error))
}

fn expect(
    rule: &'static str,
    store: &impl ReplayStore,
    claim: &Claim,
    now: u64,
    allowed: &[Reservation],
) -> Result<(), Violation> {
    let found = store.reserve(claim, now).map_err(|error| failed(rule, &error))?;
    if allowed.contains(&found) { Ok(()) } else { Err(Violation { rule, found: format!("{found:?}") }) }
}

fn failed(rule: &'static str, error: &ReplayStoreError) -> Violation {
    Violation { rule, found: error.to_string() }
}

/// For how many seconds the claims of this test are accepted.
const LIFE: u64 = 2;
const THREADS: u8 = 8;
const ROUNDS: u8 = 32;
