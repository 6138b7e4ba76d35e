//! Many threads against a server that breaks HTTP on every tenth call, and an account of what they were told.
//!
//! ```text
//! cargo run --release --features http-soak --bin http-soak                 # 60 s, plain HTTP and then TLS
//! cargo run --release --features http-soak --bin http-soak -- --seconds 10 # what CI does
//! cargo run --release --features http-soak --bin http-soak -- --safe       # one connection per call
//! ```
//!
//! It fails if a call was told anything that is not so: not sent, but the server has it; delivered twice, and not refused
//! before; verified, and the code was wrong; or if threads, descriptors or memory are lost.

mod server;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::{
    Client, Code, Credentials, MessageId, Outcome, Proxy, Recipient, RetryPolicy, TemplateRef, Timeouts,
    Verification,
};

use server::{Fault, Server};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let seconds = value("--seconds").map_or(Ok(60), |text| text.parse())?;
    let threads = value("--threads").map_or(Ok(64), |text| text.parse())?;
    let safe = arguments.iter().any(|word| word == "--safe");
    let mut violations = 0;
    for tls in [false, true] {
        violations += soak(tls, safe, threads, Duration::from_secs(seconds))?;
    }
    if violations > 0 { Err(format!("{violations} violations").into()) } else { Ok(()) }
}

/// What callers were told, and what of it is not so.
#[derive(Default)]
struct Account {
    calls: AtomicU64,
    told: Mutex<BTreeMap<String, u64>>,
    violations: Mutex<BTreeMap<&'static str, u64>>,
    foreign_receipts: AtomicU64,
}

impl Account {
    fn tell(&self, what: String) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        *self.told.lock().expect("not poisoned").entry(what).or_default() += 1;
    }

    fn violated(&self, what: &'static str) {
        *self.violations.lock().expect("not poisoned").entry(what).or_default() += 1;
    }
}

/// How many things were found that must not be.
fn soak(tls: bool, safe: bool, threads: u64, time: Duration) -> Result<u64> {
    let server = Server::start(tls)?;
    let mut builder = Client::builder(Credentials::new("key", "secret")?)
        .base_url(&server.url)
        .proxy(Proxy::None)
        .retry(RetryPolicy::new().initial_backoff(Duration::from_millis(1)))
        .max_response_bytes(100_000)
        .max_idle_connections(64)
        .timeouts(Timeouts::new().response(Duration::from_millis(300)).total(Duration::from_secs(2)));
    if let Some(certificate) = &server.certificate {
        builder = builder.extra_roots(certificate);
    }
    if safe {
        builder = builder.one_connection_per_call();
    }
    let client = builder.build()?;
    let account = Arc::new(Account::default());
    let before = Resources::now()?;
    let end = Instant::now() + time;
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            let (client, account, server) = (client.clone(), account.clone(), server.clone());
            thread::spawn(move || {
                let mut number = worker * 1_000_000_000;
                while Instant::now() < end {
                    number += 1;
                    if number % 2 == 0 {
                        send(&client, &server, &account, number);
                    } else {
                        verify(&client, &account, number);
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().map_err(|_| "a worker panicked")?;
    }
    drop(client);
    server.drain();
    let after = Resources::when_given_back(&before)?;
    report(&account, &server, tls, safe, time, &before, &after)
}

fn send(client: &Client, server: &Server, account: &Account, number: u64) {
    let phone = format!("+1{number:012}");
    let to: Recipient = phone.parse().expect("a valid number");
    let result = client.send_otp(&to, &TemplateRef::new("login").expect("valid"));
    let (delivered, refused) = server.deliveries(&phone);
    if delivered > 1 {
        account.violated("delivered twice");
    }
    match result {
        Ok(receipt) => {
            if receipt.message_id.0 != server::message_id(&phone) {
                account.foreign_receipts.fetch_add(1, Ordering::Relaxed);
            } else if delivered == 0 {
                account.violated("a receipt for what was not delivered");
            }
            account.tell("send: receipt".to_owned());
        }
        Err(error) => {
            match error.outcome() {
                Outcome::NotSent if delivered + refused > 0 && error.attempts() == 1 => {
                    account.violated("called not sent, and the server has it");
                }
                Outcome::NotSent if delivered > 0 => account.violated("called not sent, and delivered"),
                _ => {}
            }
            account.tell(format!("send: {}, {}", error.outcome(), error.kind().as_str()));
        }
    }
}

fn verify(client: &Client, account: &Account, number: u64) {
    let right = number % 4 == 1;
    let code = Code::new(server::code(number, right)).expect("valid");
    match client.verify_otp(&MessageId(number.to_string()), &code) {
        Ok(check) => {
            let expected = if right { Verification::Verified } else { Verification::WrongCode };
            // A foreign error can deny; it is told as such below.
            if check != expected && check != Verification::ExpiredOrUsed {
                account.violated("a verification that was another's");
            }
            account.tell(format!("verify: {check:?}"));
        }
        Err(error) => account.tell(format!("verify: {}, {}", error.outcome(), error.kind().as_str())),
    }
}

/// What a process must not lose.
struct Resources {
    threads: u64,
    descriptors: u64,
    kibibytes: u64,
}

impl Resources {
    fn now() -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let value = |name: &str| -> Result<u64> {
            let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
            Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
        };
        Ok(Self {
            threads: value("Threads:")?,
            descriptors: std::fs::read_dir("/proc/self/fd")?.count() as u64,
            kibibytes: value("VmRSS:")?,
        })
    }

    /// What is held once threads that are done have ended, which takes the kernel a moment.
    fn when_given_back(before: &Self) -> Result<Self> {
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let now = Self::now()?;
            if !now.has_lost_any(before) || Instant::now() > end {
                return Ok(now);
            }
            thread::yield_now();
        }
    }

    fn has_lost_any(&self, before: &Self) -> bool {
        self.threads > before.threads + 2 || self.descriptors > before.descriptors + 4
    }
}

fn report(
    account: &Account,
    server: &Server,
    tls: bool,
    safe: bool,
    time: Duration,
    before: &Resources,
    after: &Resources,
) -> Result<u64> {
    let calls = account.calls.load(Ordering::Relaxed);
    println!(
        "{}, {}: {calls} calls in {} s, {:.0} per second",
        if tls { "TLS" } else { "plain HTTP" },
        if safe { "one connection per call" } else { "connections used again" },
        time.as_secs(),
        calls as f64 / time.as_secs_f64(),
    );
    println!(
        "  faults: {}",
        server
            .faults()
            .into_iter()
            .map(|(fault, count)| format!("{fault:?} {count}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    for (told, count) in account.told.lock().expect("not poisoned").iter() {
        println!("  {count:>9} {told}");
    }
    let foreign = account.foreign_receipts.load(Ordering::Relaxed);
    println!("  {foreign:>9} foreign receipts believed");
    println!(
        "  threads {} to {}, descriptors {} to {}, memory {} to {} KiB",
        before.threads,
        after.threads,
        before.descriptors,
        after.descriptors,
        before.kibibytes,
        after.kibibytes
    );
    let mut found = 0;
    for (what, count) in account.violations.lock().expect("not poisoned").iter() {
        println!("  VIOLATION: {count} x {what}");
        found += count;
    }
    if safe && foreign > 0 {
        println!("  VIOLATION: {foreign} x a foreign receipt believed");
        found += foreign;
    }
    if after.has_lost_any(before) {
        println!("  VIOLATION: threads or descriptors lost");
        found += 1;
    }
    // Of which the server's record of deliveries is the greatest part.
    if after.kibibytes > before.kibibytes + 64 * 1024 + calls / 4 {
        println!("  VIOLATION: memory lost");
        found += 1;
    }
    let lacking: Vec<_> = Fault::ALL.iter().filter(|fault| !server.faults().contains_key(fault)).collect();
    if !lacking.is_empty() && calls > 10_000 {
        println!("  VIOLATION: never tried: {lacking:?}");
        found += 1;
    }
    Ok(found)
}
