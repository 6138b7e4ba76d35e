//! Simulated days of ten kinds of traffic before a guard with the recommended limits: how many honest sends it denies, how
//! many of an attack get through and what they cost, and which limit did it.
//!
//! ```sh
//! cargo run --release --example guard_traffic --features guard             # the seeds by which limits may be set
//! cargo run --release --example guard_traffic --features guard -- --held-out
//! ```
//!
//! Everything that describes the traffic was written down before the first run. Nothing is sent: it is the guard alone,
//! under a clock that the simulation moves.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use engagelab_otp::guard::{
    AdmitError, CheckSettlement, Guard, GuardedCheck, GuardedSend, LimitKind, Limits, MemoryStore, Pepper,
};
use engagelab_otp::{Clock, Recipient};

const DAY: u64 = 24 * 3600;
const SEEDS: [u64; 3] = [1, 2, 3];
const HELD_OUT: [u64; 3] = [101, 102, 103];

/// Where the service is at home: dial prefix, share of the logins in percent, price of a message.
const HOME: [(&str, u64, f64); 3] = [("+65", 60, 0.04), ("+60", 25, 0.05), ("+62", 15, 0.06)];
/// What a message costs where attackers are paid.
const PREMIUM: f64 = 0.30;
const LOGINS: u64 = 5_000;
/// How many of those who log in type the code, in percent.
const VERIFIED: u64 = 85;

/// One send that somebody asks for, and what follows.
struct Ask {
    at: u64,
    to: String,
    requester: String,
    honest: bool,
    /// Whether the right code is typed half a minute later.
    verifies: bool,
    /// How many wrong codes are tried.
    guesses: u64,
    price: f64,
}

type Days = [(&'static str, fn(&mut fastrand::Rng) -> Vec<Ask>); 10];

const KINDS: Days = [
    ("steady", |random| logins(random, LOGINS, DAY)),
    ("launch day", |random| {
        let mut asks = logins(random, LOGINS, DAY);
        let launch = logins(random, 10 * LOGINS, 3 * 3600);
        asks.extend(launch.into_iter().map(|ask| Ask { at: ask.at + 10 * 3600, ..ask }));
        asks
    }),
    ("one country growing", |random| {
        let mut asks = logins(random, LOGINS, DAY);
        for number in 0..4_000 {
            // More in each hour than in the one before.
            let at = random.u64(0..DAY).max(random.u64(0..DAY));
            asks.push(person(random, at, "+63", number, 0.07, VERIFIED));
        }
        asks
    }),
    ("a broken provider", |random| {
        let mut asks = Vec::new();
        for ask in logins(random, LOGINS, DAY) {
            let broken = ask.to.starts_with("+60") && (9 * 3600..12 * 3600).contains(&ask.at);
            // Whoever gets no code asks again, once or twice.
            let again = if broken { random.u64(1..3) } else { 0 };
            for number in 1..=again {
                let (to, requester) = (ask.to.clone(), ask.requester.clone());
                asks.push(Ask {
                    at: ask.at + number * random.u64(70..150),
                    to,
                    requester,
                    verifies: false,
                    ..ask
                });
            }
            asks.push(Ask { verifies: ask.verifies && !broken, ..ask });
        }
        asks
    }),
    ("attack on a quiet prefix", |random| attack(random, 2_000, 2 * 3600, &["+992"], PREMIUM)),
    ("attack on a busy prefix", |random| attack(random, 3_000, 3 * 3600, &["+65"], 0.04)),
    ("slow drip", |random| {
        attack(random, 600, 14 * 3600, &["+992", "+675", "+269", "+960", "+263", "+257"], PREMIUM)
    }),
    ("rotating prefixes", |random| {
        let prefixes: Vec<String> = (0..60).map(|number| format!("+{}", 220 + number)).collect();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        attack(random, 3_000, 4 * 3600, &prefixes, PREMIUM)
    }),
    ("resend storm", |random| {
        let mut asks = logins(random, LOGINS, DAY);
        for number in 0..2_000 {
            let at = 8 * 3600 + random.u64(0..2 * 3600);
            let to = format!("+65{:08}", 70_000_000 + number % 20);
            asks.push(Ask { at, to, requester: proxy(random), ..hostile(0.04) });
        }
        asks
    }),
    ("guessing", |random| {
        let mut asks = logins(random, LOGINS, DAY);
        for number in 0..500 {
            let at = 8 * 3600 + random.u64(0..4 * 3600);
            let to = format!("+65{:08}", 71_000_000 + number % 50);
            asks.push(Ask { at, to, requester: proxy(random), guesses: 100, ..hostile(0.04) });
        }
        asks
    }),
];

/// People who log in, more by day than by night.
fn logins(random: &mut fastrand::Rng, count: u64, within: u64) -> Vec<Ask> {
    let login = |number| {
        let at = u64::midpoint(random.u64(0..within), random.u64(0..within));
        let mut share = random.u64(0..100);
        let home = HOME.iter().find(|(_, percent, _)| {
            let here = share < *percent;
            share = share.saturating_sub(*percent);
            here
        });
        let (prefix, _, price) = home.unwrap_or(&HOME[0]);
        person(random, at, prefix, number, *price, VERIFIED)
    };
    (0..count).map(login).collect()
}

fn person(random: &mut fastrand::Rng, at: u64, prefix: &str, number: u64, price: f64, verified: u64) -> Ask {
    Ask {
        at,
        to: format!("{prefix}{:08}", 80_000_000 + number),
        requester: format!("10.{}.{}.{}", random.u8(..), random.u8(..), random.u8(..)),
        honest: true,
        verifies: random.u64(0..100) < verified,
        guesses: 0,
        price,
    }
}

/// An attack in the morning, while people log in as always.
fn attack(random: &mut fastrand::Rng, count: u64, within: u64, prefixes: &[&str], price: f64) -> Vec<Ask> {
    let mut asks = logins(random, LOGINS, DAY);
    for number in 0..count {
        let prefix = prefixes[random.usize(0..prefixes.len())];
        let to = format!("{prefix}{:08}", 20_000_000 + number);
        asks.push(Ask {
            at: 8 * 3600 + random.u64(0..within),
            to,
            requester: proxy(random),
            ..hostile(price)
        });
    }
    asks
}

fn hostile(price: f64) -> Ask {
    Ask {
        at: 0,
        to: String::new(),
        requester: String::new(),
        honest: false,
        verifies: false,
        guesses: 0,
        price,
    }
}

/// One of 200 addresses that an attacker rents.
fn proxy(random: &mut fastrand::Rng) -> String {
    format!("198.51.100.{}", random.u8(0..200))
}

#[derive(Default)]
struct Outcome {
    honest: u64,
    honest_denied: u64,
    hostile: u64,
    passed: u64,
    cost: f64,
    cost_without: f64,
    guesses: u64,
    guessed: u64,
    honest_by: BTreeMap<LimitKind, u64>,
    hostile_by: BTreeMap<LimitKind, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let held_out = std::env::args().any(|argument| argument == "--held-out");
    let seeds = if held_out { HELD_OUT } else { SEEDS };
    println!("seeds {seeds:?}, recommended limits; sums over the seeds\n");
    println!(
        "| day | honest sends denied | by | attack sends that got through | at a cost of | without | denied by |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, day) in KINDS {
        let mut outcome = Outcome::default();
        for seed in seeds {
            simulate(day(&mut fastrand::Rng::with_seed(seed)), &mut outcome)?;
        }
        let Outcome { honest, honest_denied, hostile, passed, cost, cost_without, .. } = outcome;
        println!(
            "| {name} | {honest_denied} of {honest} | {} | {passed} of {hostile}{} | {cost:.0} | {cost_without:.0} | {} |",
            list(&outcome.honest_by),
            if outcome.guesses > 0 {
                format!("; {} of {} guesses", outcome.guessed, outcome.guesses)
            } else {
                String::new()
            },
            list(&outcome.hostile_by),
        );
    }
    Ok(())
}

fn list(denied: &BTreeMap<LimitKind, u64>) -> String {
    denied.iter().map(|(limit, count)| format!("{limit} {count}")).collect::<Vec<_>>().join(", ")
}

fn simulate(mut asks: Vec<Ask>, outcome: &mut Outcome) -> Result<(), Box<dyn Error>> {
    asks.sort_by_key(|ask| ask.at);
    let clock = Hands::new();
    let store = MemoryStore::with_clock(1 << 30, clock.clone());
    let guard = Guard::builder(store).limits(Limits::recommended()).pepper(Pepper::random()?).build()?;
    // Half a minute passes before a code is typed.
    let mut typed: BTreeMap<(u64, usize), engagelab_otp::MessageId> = BTreeMap::new();
    for (number, ask) in asks.iter().enumerate() {
        while let Some(first) = typed.first_entry().filter(|first| first.key().0 <= ask.at) {
            guard.verified(&first.remove())?;
        }
        clock.set(ask.at);
        let (count, denied_by) = if ask.honest {
            (&mut outcome.honest, &mut outcome.honest_by)
        } else {
            (&mut outcome.hostile, &mut outcome.hostile_by)
        };
        *count += 1;
        if !ask.honest {
            outcome.cost_without += ask.price;
            outcome.guesses += ask.guesses;
        }
        let to: Recipient = ask.to.parse()?;
        let message = engagelab_otp::MessageId::new(format!("{number}"))?;
        match guard.admit(&GuardedSend::otp(&to).requester(&ask.requester)) {
            Ok(permit) => permit.accepted(&message)?,
            Err(AdmitError::Denied(denied)) => {
                *denied_by.entry(denied.limit()).or_default() += 1;
                outcome.honest_denied += u64::from(ask.honest);
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        if !ask.honest {
            outcome.passed += 1;
            outcome.cost += ask.price;
        }
        if ask.verifies {
            typed.insert((ask.at + 30, number), message.clone());
        }
        for _ in 0..ask.guesses {
            if let Ok(permit) = guard.admit_check(&GuardedCheck::of(&message)) {
                permit.settle(CheckSettlement::Counted)?;
                outcome.guessed += 1;
            }
        }
    }
    Ok(())
}

/// A clock that the simulation moves.
#[derive(Clone)]
struct Hands(Arc<Mutex<Duration>>, Instant);

impl Hands {
    fn new() -> Self {
        Self(Arc::default(), Instant::now())
    }

    fn set(&self, second: u64) {
        if let Ok(mut passed) = self.0.lock() {
            *passed = Duration::from_secs(second);
        }
    }

    fn passed(&self) -> Duration {
        self.0.lock().map(|passed| *passed).unwrap_or_default()
    }
}

impl Clock for Hands {
    fn now(&self) -> Instant {
        self.1 + self.passed()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.passed()
    }

    fn sleep(&self, _: Duration) {}
}
