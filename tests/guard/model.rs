//! Random operations on a store, beside a list of everything that happened: too slow to be used, and too simple to be
//! wrong.

use std::collections::HashMap;
use std::time::Duration;

use engagelab_otp::guard::{
    Adjusted, Cap, Charge, ChargeId, Decision, Enforcement, Excess, Key, Store, Version,
};

use super::fixture::HandClock;

/// So many, or as many as the environment asks for.
pub(super) fn operations(short: usize) -> usize {
    let asked = std::env::var("GUARD_OPERATIONS").ok();
    asked.map_or(short, |asked| asked.parse().expect("GUARD_OPERATIONS is a number"))
}

/// Does so many operations on a store that takes the time from this clock, and panics at the first that comes to
/// something else than the model says. The store's milliseconds begin with `first`: what its sub-windows begin with
/// depends on it.
pub(super) fn run(store: &impl Store, clock: &HandClock, first: u64, operations: usize, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut model = Model::default();
    let mut ids = 0;
    for number in 0..operations {
        let now = first + u64::try_from(clock.passed().as_millis()).expect("a short test");
        model.forget(now);
        let place = format!("operation {number} of seed {seed}, at {now} ms");
        match random.u8(0..100) {
            0..50 => {
                let charges = charges(&mut random);
                // Some ids come again.
                let id =
                    if ids > 0 && random.u8(0..8) == 0 { random.u64(ids.max(40) - 40..ids) } else { ids };
                ids = ids.max(id + 1);
                let enforcement = if random.u8(0..10) == 0 { Enforcement::Record } else { Enforcement::Deny };
                let found = store.charge(charge_id(id), &charges, enforcement).expect("an answer").decision;
                assert_eq!(found, model.charge(id, &charges, enforcement, now), "{place}: {charges:?}");
            }
            50..70 => {
                let id = if ids == 0 { 0 } else { random.u64(ids.max(60) - 60..ids) };
                let amounts: Vec<_> =
                    (0..random.usize(1..4)).map(|_| (random.usize(0..5), random.u64(0..4))).collect();
                let found = store.adjust(charge_id(id), &amounts).expect("an answer");
                assert_eq!(found, model.adjust(id, &amounts, now), "{place}: {amounts:?}");
            }
            70..78 => {
                let key = random.usize(0..KEYS);
                let found = store.count(key_of(key), window_of(key)).expect("an answer");
                assert_eq!(found, model.total(key_of(key), window_of(key), now), "{place}: {key}");
            }
            78..80 => {
                let key = key_of(random.usize(0..KEYS));
                store.reset(key).expect("an answer");
                model.events.iter_mut().filter(|event| event.key == key).for_each(|event| event.dead = true);
            }
            80..88 => {
                let key = key_of(random.usize(100..104));
                let there = model.records.get(&key).map(|record| record.0);
                let any = Version::new(u128::from(random.u64(0..6)).to_le_bytes());
                let expected = if random.bool() { there } else { Some(any) };
                let expected = expected.filter(|_| random.u8(0..10) > 0);
                let new = Version::new(u128::from(random.u64(0..6)).to_le_bytes());
                let value = (random.u8(0..5) > 0).then(|| vec![random.u8(..); random.usize(0..40)]);
                let life = Duration::from_millis(random.u64(1..5_000));
                let found = store.swap(key, expected, new, value.as_deref(), life).expect("an answer");
                assert_eq!(found, model.swap(key, expected, new, value, life, now), "{place}");
            }
            88..92 => {
                let key = key_of(random.usize(100..104));
                let found = store.read(key).expect("an answer");
                let found = found.map(|record| (record.version, record.value, record.age));
                let expected = model.records.get(&key).map(|(version, value, written, _)| {
                    (*version, value.clone(), Duration::from_millis(now - written))
                });
                assert_eq!(found, expected, "{place}");
            }
            _ => {
                let most = if random.u8(0..40) == 0 { 200_000 } else { 700 };
                clock.advance(Duration::from_millis(random.u64(0..most)));
            }
        }
    }
}

/// Everything that happened and still matters.
#[derive(Default)]
struct Model {
    events: Vec<Event>,
    charges: HashMap<u64, Made>,
    records: HashMap<Key, (Version, Vec<u8>, u64, u64)>,
}

/// Something that counts.
struct Event {
    id: u64,
    position: usize,
    key: Key,
    amount: u64,
    over: u64,
    /// Whether it was reset.
    dead: bool,
}

struct Made {
    decision: Decision,
    over: u64,
}

impl Model {
    fn forget(&mut self, now: u64) {
        self.events.retain(|event| event.over > now);
        self.charges.retain(|_, made| made.over > now);
        self.records.retain(|_, record| record.3 > now);
    }

    fn total(&self, key: Key, _: Duration, now: u64) -> u64 {
        let counts = |event: &&Event| event.key == key && event.over > now && !event.dead;
        self.events.iter().filter(counts).map(|event| event.amount).sum()
    }

    fn both(&self, charge: &Charge, now: u64) -> u64 {
        let also = charge.also.map_or(0, |also| self.total(also, charge.window, now));
        self.total(charge.key, charge.window, now) + also
    }

    fn charge(&mut self, id: u64, charges: &[Charge], enforcement: Enforcement, now: u64) -> Decision {
        if let Some(made) = self.charges.get(&id) {
            return made.decision;
        }
        let excess = charges.iter().enumerate().find_map(|(position, charge)| {
            let most = match charge.cap {
                Cap::Uncapped => return None,
                Cap::Fixed(most) => most,
                Cap::Share { floor, percent, of } => {
                    floor.max(self.both(&charges[of], now) * u64::from(percent) / 100)
                }
            };
            if charge.amount == 0 || self.both(charge, now) + charge.amount <= most {
                return None;
            }
            let mut retry_after = None;
            // The first moment at which enough of what counts is over.
            let mut ends: Vec<_> = self.events.iter().filter(|event| !event.dead).collect();
            ends.retain(|event| event.key == charge.key || Some(event.key) == charge.also);
            ends.sort_by_key(|event| event.over);
            for end in ends.iter().map(|event| event.over) {
                let left: u64 = ends.iter().filter(|event| event.over > end).map(|event| event.amount).sum();
                if left + charge.amount <= most {
                    retry_after = Some(Duration::from_millis(end - now));
                    break;
                }
            }
            Some(Excess { charge: position, retry_after })
        });
        let decision = match (excess, enforcement) {
            (None, _) => Decision::Charged,
            (Some(excess), Enforcement::Record) => Decision::Recorded(excess),
            (Some(excess), Enforcement::Deny) => return Decision::Denied(excess),
        };
        let mut last = 0;
        for (position, charge) in charges.iter().enumerate() {
            let over = over(charge.window, now);
            last = last.max(over);
            let Charge { key, amount, .. } = *charge;
            self.events.push(Event { id, position, key, amount, over, dead: false });
        }
        self.charges.insert(id, Made { decision, over: last });
        decision
    }

    fn adjust(&mut self, id: u64, amounts: &[(usize, u64)], now: u64) -> Adjusted {
        if self.charges.get(&id).is_none_or(|made| made.over <= now) {
            return Adjusted::Unknown;
        }
        for &(position, amount) in amounts {
            for event in &mut self.events {
                if event.id == id && event.position == position && !event.dead {
                    event.amount = amount;
                }
            }
        }
        Adjusted::Done
    }

    fn swap(
        &mut self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<Vec<u8>>,
        life: Duration,
        now: u64,
    ) -> bool {
        let there = self.records.get(&key).map(|record| record.0);
        if there != expected {
            return if value.is_some() { there == Some(new) } else { there.is_none() };
        }
        match value {
            Some(value) => {
                let over = now + u64::try_from(life.as_millis()).expect("a short life");
                self.records.insert(key, (new, value, now, over));
            }
            None => drop(self.records.remove(&key)),
        }
        true
    }
}

/// When what is charged now is over: a window after the end of its sub-window, a sixtieth of the window.
fn over(window: Duration, now: u64) -> u64 {
    let window = u64::try_from(window.as_millis()).expect("a short window");
    let sub = window.div_ceil(60);
    now / sub * sub + sub + window
}

fn charges(random: &mut fastrand::Rng) -> Vec<Charge> {
    let mut keys: Vec<_> = (0..KEYS).collect();
    random.shuffle(&mut keys);
    let length = random.usize(1..6);
    let charge = |position: usize| {
        let number = keys[position];
        let cap = match random.u8(0..10) {
            0 => Cap::Uncapped,
            1 | 2 => Cap::Share {
                floor: random.u64(0..4),
                percent: random.u8(0..=100),
                of: random.usize(0..length),
            },
            _ => Cap::Fixed(random.u64(0..12)),
        };
        // The other key has the same window, and is none of the list.
        let also = keys[length..].iter().find(|&&other| other % 4 == number % 4 && random.bool());
        let amount = random.u64(0..3);
        Charge {
            key: key_of(number),
            also: also.map(|&other| key_of(other)),
            amount,
            window: window_of(number),
            cap,
        }
    };
    (0..length).map(charge).collect()
}

const KEYS: usize = 12;

fn key_of(number: usize) -> Key {
    Key::new((number as u128).to_le_bytes())
}

fn window_of(number: usize) -> Duration {
    [Duration::from_millis(900), Duration::from_secs(7), Duration::from_secs(60), Duration::from_millis(61)]
        [number % 4]
}

fn charge_id(number: u64) -> ChargeId {
    ChargeId::new(u128::from(number).to_be_bytes())
}
