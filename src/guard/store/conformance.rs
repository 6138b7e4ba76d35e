//! Tries whether a store keeps the contract. For tests of stores.

use std::fmt;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

pub use crate::violation::Violation;

use super::{
    Adjusted, Cap, Charge, ChargeId, Decision, Enforcement, Key, MAX_RECORD, Store, StoreError, Version,
};

/// Tries the rules of [`Store`] on stores that `new_store` makes, each of them empty. `wait` lets so much time pass by the
/// store's clock: some minutes in all.
///
/// ```
/// # use std::sync::{Arc, Mutex};
/// # use std::time::{Duration, Instant, SystemTime};
/// use engagelab_otp::Clock;
/// use engagelab_otp::guard::{MemoryStore, conformance};
///
/// /// A clock that a test moves.
/// #[derive(Clone, Default)]
/// struct Hands(Arc<Mutex<Duration>>);
/// # static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
/// # impl Hands {
/// #     fn passed(&self) -> Duration { *self.0.lock().expect("not poisoned") }
/// # }
/// # impl Clock for Hands {
/// #     fn now(&self) -> Instant { *START + self.passed() }
/// #     fn time_of_day(&self) -> SystemTime { SystemTime::UNIX_EPOCH + self.passed() }
/// #     fn sleep(&self, pause: Duration) { *self.0.lock().expect("not poisoned") += pause; }
/// # }
///
/// let clock = Hands::default();
/// let new_store = || MemoryStore::with_clock(1 << 20, clock.clone());
/// conformance::check(new_store, |time| clock.sleep(time))?;
/// # Ok::<(), conformance::Violation>(())
/// ```
///
/// # Errors
///
/// The first rule that the store breaks.
pub fn check<S: Store>(
    mut new_store: impl FnMut() -> S,
    mut wait: impl FnMut(Duration),
) -> Result<(), Violation> {
    all_or_none(&new_store())?;
    shares(&new_store())?;
    recorded(&new_store())?;
    windows(&new_store(), &mut wait)?;
    once(&new_store(), &mut wait)?;
    adjustments(&new_store(), &mut wait)?;
    resets(&new_store())?;
    other_keys(&new_store())?;
    records(&new_store(), &mut wait)?;
    nonsense(&new_store())?;
    races(&new_store())
}

fn all_or_none(store: &impl Store) -> Result<(), Violation> {
    let both = [charge(1, 1, Cap::Fixed(5)), charge(2, 1, Cap::Fixed(2))];
    for number in [1, 2] {
        charged("what is below every cap must be charged", store, number, &both)?;
    }
    denied("the first cap that does not allow it must be named", store, 3, &both, 1)?;
    counts("where one cap denies, nothing must be charged", store, 1, 2)?;
    charged("what a denial did not charge must be free for others", store, 4, &both[..1])?;
    let more = [charge(1, 3, Cap::Fixed(5)), charge(3, 1, Cap::Fixed(1))];
    denied("an amount that would pass the cap must be denied", store, 5, &more, 0)?;
    counts("a denial must leave no counter behind", store, 3, 0)
}

fn shares(store: &impl Store) -> Result<(), Violation> {
    let share = |amount, verified| {
        let cap = Cap::Share { floor: 2, percent: 50, of: 1 };
        [charge(1, amount, cap), charge(2, verified, Cap::Uncapped)]
    };
    charged("a share must allow its floor", store, 1, &share(2, 0))?;
    denied("a share must deny what is above its floor and its percentage", store, 2, &share(1, 0), 0)?;
    charged("what has no cap must be charged", store, 3, &share(0, 7))?;
    charged("a share must grow with the other counter", store, 4, &share(1, 0))?;
    denied("a share must be rounded down", store, 5, &share(1, 0), 0).map(drop)
}

fn recorded(store: &impl Store) -> Result<(), Violation> {
    let charges = [charge(1, 1, Cap::Fixed(0)), charge(2, 1, Cap::Fixed(9))];
    let rule = "with `Record`, everything must be charged, and the cap be named";
    for _ in 0..2 {
        match said(rule, store.charge(id(1), &charges, Enforcement::Record))?.decision {
            Decision::Recorded(excess) if excess.charge == 0 => {}
            other => return Err(violation(rule, &other)),
        }
        counts(rule, store, 2, 1)?;
    }
    Ok(())
}

fn windows(store: &impl Store, wait: &mut impl FnMut(Duration)) -> Result<(), Violation> {
    let charges = [charge(1, 1, Cap::Fixed(2))];
    let rule = "what was charged must count for the whole window";
    charged(rule, store, 1, &charges)?;
    wait(WINDOW / 2);
    charged(rule, store, 2, &charges)?;
    wait((WINDOW / 2).saturating_sub(Duration::from_secs(1)));
    let retry = denied(rule, store, 3, &charges, 0)?;
    let retry = retry.ok_or_else(|| violation("a denial must say when to try again", &"nothing"))?;
    if retry.is_zero() || retry > Duration::from_secs(1) + WINDOW / 60 + Duration::from_millis(1) {
        return Err(violation("a denial must say when the oldest charge is over", &retry));
    }
    wait(retry);
    charged("what is over must be free again, when the denial said so", store, 4, &charges)?;
    wait(WINDOW + WINDOW / 60 + Duration::from_millis(1));
    counts("after the window, nothing must count", store, 1, 0)
}

fn once(store: &impl Store, wait: &mut impl FnMut(Duration)) -> Result<(), Violation> {
    let charges = [charge(1, 1, Cap::Fixed(1))];
    let rule = "the same id again must be answered as before, and charge nothing";
    for _ in 0..3 {
        charged(rule, store, 1, &charges)?;
    }
    counts(rule, store, 1, 1)?;
    denied("another id must be judged by the caps", store, 2, &charges, 0)?;
    wait(WINDOW / 2);
    charged(rule, store, 1, &charges)?;
    said(rule, store.adjust(id(1), &[(0, 0)]))?;
    charged("an id that was refunded must still be known", store, 1, &charges)?;
    counts("an id that was refunded must not be charged again", store, 1, 0)?;
    charged("what was refunded must be free for others", store, 3, &charges)
}

fn adjustments(store: &impl Store, wait: &mut impl FnMut(Duration)) -> Result<(), Violation> {
    let charges = [charge(1, 5, Cap::Fixed(9)), charge(2, 0, Cap::Uncapped)];
    charged("a charge below its cap must be made", store, 1, &charges)?;
    let rule = "an adjustment must say what a charge comes to, however often it is made";
    for _ in 0..2 {
        match said(rule, store.adjust(id(1), &[(0, 2), (1, 1)]))? {
            Adjusted::Done => {}
            other @ Adjusted::Unknown => return Err(violation(rule, &other)),
        }
        counts(rule, store, 1, 2)?;
        counts("a charge of zero must be adjusted like any other", store, 2, 1)?;
    }
    said(rule, store.adjust(id(1), &[(0, 40)]))?;
    counts("an adjustment must pass no cap's judgement", store, 1, 40)?;
    said(rule, store.adjust(id(1), &[(7, 1)]))?;
    let rule = "an id that was not charged must be said to be unknown";
    match said(rule, store.adjust(id(9), &[(0, 1)]))? {
        Adjusted::Unknown => {}
        other @ Adjusted::Done => return Err(violation(rule, &other)),
    }
    wait(WINDOW + WINDOW / 60 + Duration::from_millis(1));
    said(rule, store.adjust(id(1), &[(0, 50), (1, 50)]))?;
    counts("what is over must not be adjusted", store, 1, 0)?;
    counts("what is over must not be adjusted", store, 2, 0)
}

fn resets(store: &impl Store) -> Result<(), Violation> {
    let charges = [charge(1, 1, Cap::Fixed(3))];
    charged("a charge below its cap must be made", store, 1, &charges)?;
    said("a counter must be reset", store.reset(key(1)))?;
    counts("a counter that was reset must stand at zero", store, 1, 0)?;
    charged("a counter that was reset must be charged", store, 2, &charges)?;
    let rule = "a refund of what was charged before a reset must take nothing from what came after";
    said(rule, store.adjust(id(1), &[(0, 0)]))?;
    counts(rule, store, 1, 1)?;
    said("resetting what is not there must succeed", store.reset(key(9)))
}

fn other_keys(store: &impl Store) -> Result<(), Violation> {
    charged("a charge below its cap must be made", store, 1, &[charge(1, 2, Cap::Fixed(3))])?;
    let rule = "what the other key counts must count as well";
    let both = [Charge { also: Some(key(1)), ..charge(2, 1, Cap::Fixed(3)) }];
    charged(rule, store, 2, &both)?;
    denied(rule, store, 3, &both, 0)?;
    counts("the other key must not be charged", store, 1, 2)
}

fn records(store: &impl Store, wait: &mut impl FnMut(Duration)) -> Result<(), Violation> {
    let (first, second, third) = (version(1), version(2), version(3));
    let rule = "a record must be written where none is, and read again";
    for _ in 0..2 {
        swapped(rule, store, None, first, Some(b"one"), true)?;
    }
    let read = said(rule, store.read(key(1)))?;
    match &read {
        Some(record) if record.value == b"one" && record.version == first => {}
        other => return Err(violation(rule, other)),
    }
    swapped("a record must not be written over another", store, None, second, Some(b"two"), false)?;
    swapped("a record must not replace another version", store, Some(third), second, Some(b"two"), false)?;
    for _ in 0..2 {
        let rule = "a record must replace the version that is there, and again when that is repeated";
        swapped(rule, store, Some(first), second, Some(b"two"), true)?;
    }
    swapped("a version that was replaced must be gone", store, Some(first), third, Some(b"x"), false)?;
    let largest = vec![7; MAX_RECORD];
    swapped("the largest record must be written", store, Some(second), third, Some(&largest), true)?;
    wait(LIFE.saturating_sub(Duration::from_secs(1)));
    let rule = "a record must last for its life";
    match said(rule, store.read(key(1)))? {
        Some(record) if record.value == largest && record.age.abs_diff(LIFE) <= Duration::from_secs(2) => {}
        other => return Err(violation(rule, &other)),
    }
    for _ in 0..2 {
        swapped("a record must be removed, and again", store, Some(third), first, None, true)?;
    }
    swapped("where one was removed, another must be written", store, None, second, Some(b"two"), true)?;
    wait(LIFE + Duration::from_millis(1));
    let rule = "a record must end with its life";
    match said(rule, store.read(key(1)))? {
        None => {}
        other => return Err(violation(rule, &other)),
    }
    swapped(rule, store, None, third, Some(b""), true)
}

fn nonsense(store: &impl Store) -> Result<(), Violation> {
    let rule = "what breaks a rule must be refused as `Invalid`";
    let invalid = |result: Result<(), StoreError>| match result {
        Err(StoreError::Invalid(_)) => Ok(()),
        other => Err(violation(rule, &other)),
    };
    let twice = [charge(1, 1, Cap::Fixed(1)), charge(1, 1, Cap::Fixed(1))];
    let of_none = [charge(1, 1, Cap::Share { floor: 0, percent: 5, of: 1 })];
    let above_all = [charge(1, 1, Cap::Share { floor: 0, percent: 101, of: 0 })];
    let huge = [charge(1, u64::MAX, Cap::Uncapped)];
    for charges in [&twice[..], &of_none, &above_all, &huge] {
        invalid(store.charge(id(1), charges, Enforcement::Deny).map(drop))?;
    }
    let many: Vec<_> = (0..=super::MAX_CHARGES).map(|number| charge(number, 1, Cap::Uncapped)).collect();
    invalid(store.charge(id(1), &many, Enforcement::Deny).map(drop))?;
    invalid(store.adjust(id(1), &[(0, u64::MAX)]).map(drop))?;
    let long = vec![0; MAX_RECORD + 1];
    invalid(store.swap(key(1), None, version(1), Some(&long), LIFE).map(drop))?;
    charged("as many counters as may be must be charged", store, 1, &many[1..])?;
    let longest = Charge { window: Duration::MAX, ..charge(100, 1, Cap::Fixed(1)) };
    let shortest = Charge { window: Duration::ZERO, ..charge(101, 1, Cap::Fixed(1)) };
    charged("windows of any length must be taken", store, 2, &[longest, shortest])
}

fn races(store: &impl Store) -> Result<(), Violation> {
    let caps = [charge(1, 1, Cap::Fixed(ROUNDS as u64 / 2)), charge(2, 1, Cap::Fixed(ROUNDS as u64 * 2))];
    let barrier = Barrier::new(THREADS);
    let won: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    let charge = |round| store.charge(id(round * THREADS + thread), &caps, Enforcement::Deny);
                    let charged = |round: &usize| {
                        charge(*round).is_ok_and(|charged| charged.decision == Decision::Charged)
                    };
                    (0..ROUNDS).filter(charged).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
    });
    let rule = "of many that charge at the same time, as many must come through as the cap allows";
    if won != ROUNDS / 2 {
        return Err(violation(rule, &won));
    }
    counts(rule, store, 2, won as u64)?;
    let swaps: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    store.swap(key(1), None, version(thread), Some(b"mine"), LIFE).unwrap_or(false)
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok().filter(|&won| won)).count()
    });
    let rule = "of several that write a record at the same time, one must win";
    if swaps == 1 { Ok(()) } else { Err(violation(rule, &swaps)) }
}

fn key(number: usize) -> Key {
    Key::new(octets(number))
}

fn id(number: usize) -> ChargeId {
    ChargeId::new(octets(number))
}

fn version(number: usize) -> Version {
    Version::new(octets(number))
}

fn octets(number: usize) -> [u8; 16] {
    // With octets that are none of UTF-8, and some that end strings.
    (number as u128 + (0xff_0a_0d_00 << 64)).to_le_bytes()
}

fn charge(number: usize, amount: u64, cap: Cap) -> Charge {
    Charge { key: key(number), also: None, amount, window: WINDOW, cap }
}

fn charged(
    rule: &'static str,
    store: &impl Store,
    number: usize,
    charges: &[Charge],
) -> Result<(), Violation> {
    match said(rule, store.charge(id(number), charges, Enforcement::Deny))?.decision {
        Decision::Charged => Ok(()),
        other => Err(violation(rule, &other)),
    }
}

fn denied(
    rule: &'static str,
    store: &impl Store,
    number: usize,
    charges: &[Charge],
    by: usize,
) -> Result<Option<Duration>, Violation> {
    match said(rule, store.charge(id(number), charges, Enforcement::Deny))?.decision {
        Decision::Denied(excess) if excess.charge == by => Ok(excess.retry_after),
        other => Err(violation(rule, &other)),
    }
}

fn counts(rule: &'static str, store: &impl Store, number: usize, expected: u64) -> Result<(), Violation> {
    let found = said(rule, store.count(key(number), WINDOW))?;
    if found == expected { Ok(()) } else { Err(violation(rule, &found)) }
}

fn swapped(
    rule: &'static str,
    store: &impl Store,
    expected: Option<Version>,
    new: Version,
    value: Option<&[u8]>,
    done: bool,
) -> Result<(), Violation> {
    let found = said(rule, store.swap(key(1), expected, new, value, LIFE))?;
    if found == done { Ok(()) } else { Err(violation(rule, &found)) }
}

fn said<T>(rule: &'static str, result: Result<T, StoreError>) -> Result<T, Violation> {
    result.map_err(|error| violation(rule, &error))
}

fn violation(rule: &'static str, found: &impl fmt::Debug) -> Violation {
    Violation { rule, found: format!("{found:?}") }
}

const WINDOW: Duration = Duration::from_secs(60);
const LIFE: Duration = Duration::from_secs(30);
const THREADS: usize = 8;
const ROUNDS: usize = 64;
