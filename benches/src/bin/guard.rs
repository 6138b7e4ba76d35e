//! Guards: one decision with six limits in memory, beside one keyed limit of `governor` and six of Python's `limits`; and in
//! Redis, one round trip for six limits beside six.
//!
//! `cargo run --release --features guard --bin guard`; with `-- --redis redis://127.0.0.1:6379/15`, Redis as well. Python's
//! `limits` is found where `.ci/peers-guard` puts it: in the virtual environment `$PEERS_DIR/venv`.
//!
//! `valgrind --tool=callgrind target/release/guard --only 20000` counts the instructions of so many decisions.

use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use engagelab_otp::Recipient;
use engagelab_otp::guard::{
    Cap, Charge, ChargeId, Enforcement, Guard, GuardedSend, Key, Limits, MemoryStore, Pepper, Rate,
    RedisStore, Store,
};
use governor::{Quota, RateLimiter};

const DECISIONS: usize = 200_000;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<Recipient> = (0..DECISIONS)
        .map(|number| format!("+65{:08}", 80_000_000 + number).parse())
        .collect::<Result<_, _>>()?;
    println!(
        "{DECISIONS} decisions for as many recipients, ns each; median, lowest and highest of {ROUNDS} rounds"
    );
    if let Some(count) = std::env::args().skip_while(|argument| argument != "--only").nth(1) {
        return six_limits(&numbers[..count.parse::<usize>()?.min(DECISIONS)]).map(drop);
    }
    let ours = show("guard in memory, six limits", rounds(|| six_limits(&numbers)));
    show("governor, one keyed limit", rounds(|| governor(&numbers)));
    let python = show("limits (Python), six limits", limits_of_python());
    if let (Some(ours), Some(python)) = (ours, python) {
        println!("limits (Python) takes {:.1} x as long as the guard", python / ours);
    }
    let mut arguments = std::env::args().skip_while(|argument| argument != "--redis");
    if let Some(url) = arguments.nth(1) {
        let store = RedisStore::builder(&url)?.namespace("bench")?.connect()?;
        let at_once = show("Redis, six limits at once", rounds(|| redis(&store, true)));
        let singly = show("Redis, six limits one by one", rounds(|| redis(&store, false)));
        if let (Some(at_once), Some(singly)) = (at_once, singly) {
            println!("one by one takes {:.1} x as long as at once", singly / at_once);
        }
    }
    Ok(())
}

/// Nanoseconds for each decision.
fn rounds(mut round: impl FnMut() -> Result<f64, Box<dyn Error>>) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut found = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<_>, _>>()?;
    found.sort_by(f64::total_cmp);
    Ok(found)
}

/// Gives the median.
fn show(what: &str, found: Result<Vec<f64>, Box<dyn Error>>) -> Option<f64> {
    match found {
        Ok(found) => {
            let median = *found.get(found.len() / 2)?;
            println!("{what:<32}{median:>10.0}{:>10.0}{:>10.0}", found[0], found[found.len() - 1]);
            Some(median)
        }
        Err(error) => {
            println!("{what:<32}{error}");
            None
        }
    }
}

/// Fewer decisions, which take as long each.
fn limits_of_python() -> Result<Vec<f64>, Box<dyn Error>> {
    let peers = std::env::var("PEERS_DIR").unwrap_or_else(|_| "target/peers".to_owned());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(Path::new(root).join(peers).join("venv/bin/python"))
        .args(["-c", include_str!("../limits_peer.py"), "20000", "5"])
        .output()
        .map_err(|error| format!("not installed: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    let mut found = text.lines().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    if found.is_empty() {
        return Err("not installed".into());
    }
    found.sort_by(f64::total_cmp);
    Ok(found)
}

fn six_limits(numbers: &[Recipient]) -> Result<f64, Box<dyn Error>> {
    let rate = |seconds| Rate::new(1 << 40, Duration::from_secs(seconds));
    let limits = Limits::new().sends(rate(3600)?).per_prefix(rate(3600)?).per_requester(rate(3600)?);
    let limits = limits.cooldown([rate(60)?, rate(180)?])?.per_recipient(rate(86_400)?);
    let store = MemoryStore::with_memory_limit(4 << 30);
    let guard = Guard::builder(store).limits(limits).pepper(Pepper::random()?).build()?;
    let began = Instant::now();
    for to in numbers {
        drop(black_box(guard.admit(&GuardedSend::code(to).requester("203.0.113.7"))?));
    }
    Ok(each(began, numbers.len()))
}

fn governor(numbers: &[Recipient]) -> Result<f64, Box<dyn Error>> {
    let quota = Quota::per_hour(NonZeroU32::new(1_000).ok_or("zero")?);
    let limiter = RateLimiter::hashmap(quota);
    let began = Instant::now();
    for to in numbers {
        black_box(limiter.check_key(&to.expose().to_owned())).map_err(|_| "denied")?;
    }
    Ok(each(began, numbers.len()))
}

fn redis(store: &RedisStore, at_once: bool) -> Result<f64, Box<dyn Error>> {
    const DECISIONS: usize = 2_000;
    let run = fresh();
    let charges: Vec<_> = (0..6)
        .map(|number| Charge {
            key: Key::new((run + number).to_le_bytes()),
            also: None,
            amount: 1,
            window: Duration::from_secs(3600),
            cap: Cap::Fixed(1 << 40),
        })
        .collect();
    let began = Instant::now();
    for _ in 0..DECISIONS {
        if at_once {
            store.charge(ChargeId::new(fresh().to_le_bytes()), &charges, Enforcement::Deny)?;
        } else {
            for charge in &charges {
                store.charge(ChargeId::new(fresh().to_le_bytes()), &[*charge], Enforcement::Deny)?;
            }
        }
    }
    Ok(each(began, DECISIONS))
}

/// A number that was not drawn before, in this run or another.
fn fresh() -> u128 {
    static DRAWN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let drawn = DRAWN.fetch_add(16, std::sync::atomic::Ordering::Relaxed);
    let start = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (start.as_nanos() << 64) | u128::from(drawn)
}

#[expect(clippy::cast_precision_loss, reason = "nobody measures for so long")]
fn each(began: Instant, count: usize) -> f64 {
    began.elapsed().as_nanos() as f64 / count as f64
}
