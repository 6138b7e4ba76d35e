//! Guards in several processes that are killed, over connections that are cut. Each process is this test binary again, with
//! its section of the work in the environment.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use engagelab_otp::callback::{CallbackRequest, Delivery, Receiver};
use engagelab_otp::guard::{
    Guard, GuardedClient, GuardedSend, Limits, OnceError, Pepper, RedisStore, Settlement,
};
use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{
    Client, Clock, Credentials, MessageStatus, Outcome, Proxy, RetryPolicy, SystemClock, TemplateRef,
};

use super::fixture::{DAY, rate, to};
use super::model;
use super::redis::{CuttingProxy, RedisServer};
use crate::support::events::Callbacks;

const SECTION: &str = "GUARD_TEST_PART";
const REDIS: &str = "GUARD_TEST_REDIS";
const SERVICE: &str = "GUARD_TEST_SERVICE";
const RECIPIENTS: u64 = 20;

#[test]
fn processes_that_are_killed_and_cut_off_admit_no_more_than_the_limit() {
    if let Some(section) = section("reserve") {
        reserve(&section);
        return;
    }
    let Some(server) = RedisServer::start(&[]) else { return };
    let reserves = model::operations(4_000) as u64;
    let most = reserves / 8 / RECIPIENTS;
    let proxy = CuttingProxy::start(server.port, 97);
    let kept: Arc<Mutex<HashMap<u64, u64>>> = Arc::default();
    let mut random = fastrand::Rng::with_seed(9);
    let mut killed = 0;
    thread::scope(|scope| {
        for process in 0..8_u64 {
            let kept = kept.clone();
            // Some live long, some are killed between a reserve and its release, and followed by another.
            let share = reserves / 8 / 5;
            let lives: Vec<_> = (0..4).map(|_| random.u64(1..=(share / 4).max(1))).collect();
            killed += lives.len();
            let port = if process % 2 == 0 { proxy.port } else { server.port };
            scope.spawn(move || {
                let section = |life: usize| format!("{process} {life} {share} {most}");
                let test =
                    "guard::processes::processes_that_are_killed_and_cut_off_admit_no_more_than_the_limit";
                for (life, keeps) in lives.iter().enumerate() {
                    let mut child = child(test, "reserve", &section(life), port, "");
                    let (reading, heard) = read(&mut child, kept.clone());
                    // It has kept so many, or is done.
                    let _ = (0..*keeps).try_for_each(|_| heard.recv());
                    drop(child.kill());
                    drop(child.wait());
                    reading.join().expect("no panic");
                }
                let mut last = child(test, "reserve", &section(lives.len()), port, "");
                read(&mut last, kept).0.join().expect("no panic");
                assert!(last.wait().expect("it ends").success());
            });
        }
    });
    let kept = kept.lock().expect("not poisoned");
    let guard =
        guard(&RedisStore::builder(&url(server.port)).expect("a URL").connect().expect("a store"), most);
    for number in 0..RECIPIENTS {
        let kept = kept.get(&number).copied().unwrap_or_default();
        assert!(kept <= most, "{kept} of {most} for {number}");
        let left = std::iter::repeat_with(|| guard.admit(&GuardedSend::message(&to(number))))
            .take_while(Result::is_ok);
        let left = left.count() as u64;
        assert!(kept + left <= most, "{kept} kept and {left} left of {most}");
    }
    println!("{killed} kills, {} cuts, at most {most} each of {RECIPIENTS}: {kept:?}", proxy.cuts());
}

#[test]
fn what_a_callback_said_to_one_process_another_one_knows() {
    if let Some(section) = section("observe") {
        observe(&section);
        return;
    }
    let Some(server) = RedisServer::start(&[]) else { return };
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = once_client(server.port, &sandbox.url(), false);
    sandbox.inject(Fault::LostAnswer, 1);
    let error = client.send_message(&to(1), &template()).expect_err("the answer is lost");
    let unresolved = error.unresolved().expect("nobody knows");
    let message = sandbox.messages().pop().expect("it was acted on");
    let (header, body) = Callbacks::new().signed(&message, "delivered");
    assert_eq!(unresolved.message_id().expect("an answer"), None);
    let test = "guard::processes::what_a_callback_said_to_one_process_another_one_knows";
    let section = format!("{header}\n{body}");
    let mut child = child(test, "observe", &section, server.port, "");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(unresolved.message_id().expect("an answer"), Some(message.id.clone()));
    let guard = guard(&store(&url(server.port)), 1);
    let lifecycle = guard.lifecycle(&message.id).expect("an answer").expect("known");
    assert_eq!(lifecycle.status(), Some(&MessageStatus::Delivered));
    assert_eq!(lifecycle.costs()[0].to_string(), "0.05 USD");
    // The same callback again, to this process.
    let request = CallbackRequest::new(body.as_bytes()).with_signature(Some(&header));
    let again = receiver(&url(server.port)).receive(&request).expect("genuine");
    assert!(matches!(again, Delivery::Duplicate), "{again:?}");
    let changed = body.replace("delivered", "verified");
    let request = CallbackRequest::new(changed.as_bytes()).with_signature(Some(&header));
    receiver(&url(server.port)).receive(&request).expect_err("another body under the same signature");
}

/// A process that takes a callback.
fn observe(section: &str) {
    let (header, body) = section.split_once('\n').expect("two lines");
    let redis = std::env::var(REDIS).expect("set");
    let request = CallbackRequest::new(body.as_bytes()).with_signature(Some(header));
    let Delivery::Events(batch) = receiver(&redis).receive(&request).expect("genuine") else {
        panic!("no events")
    };
    let guard = guard(&store(&redis), 1);
    batch.events().iter().for_each(|event| guard.observe(event).expect("an answer"));
    batch.commit().expect("an answer");
}

fn receiver(redis: &str) -> Receiver {
    let builder = Receiver::builder().secret("user", "secret").expect("valid");
    builder.replay_store(store(redis).replay_store()).build().expect("configured")
}

fn store(redis: &str) -> RedisStore {
    RedisStore::builder(redis).expect("a URL").connect().expect("a store")
}

/// A process that reserves and releases, and says what it keeps.
fn reserve(section: &str) {
    let mut words = section.split(' ').map(|word| word.parse::<u64>().expect("a number"));
    let mut next = || words.next().expect("four numbers");
    let (process, life, reserves, most) = (next(), next(), next(), next());
    let offset = i64::try_from(process % 3).expect("small") - 1;
    let store = RedisStore::builder(&std::env::var(REDIS).expect("set")).expect("a URL");
    // The clocks of the machines are hours apart.
    let guard = guard_at(&store.connect().expect("a store"), most, Wrong(offset));
    let mut random = fastrand::Rng::with_seed(process * 100 + life);
    for _ in 0..reserves {
        let number = random.u64(0..RECIPIENTS);
        match guard.admit(&GuardedSend::message(&to(number))) {
            Ok(permit) if random.u8(0..3) > 0 => drop(permit.settle(Settlement::NotSent)),
            Ok(permit) => {
                drop(permit);
                println!("\nkept {number}");
            }
            // Denied, or cut off twice.
            Err(_) => {}
        }
    }
}

#[test]
fn of_calls_from_several_processes_one_is_delivered_whoever_is_killed() {
    let test = "guard::processes::of_calls_from_several_processes_one_is_delivered_whoever_is_killed";
    if let Some(key) = section("once") {
        once(&key);
        return;
    }
    let Some(server) = RedisServer::start(&[]) else { return };
    let sandbox = Sandbox::start().expect("a sandbox");
    let start = |key: &str| child(test, "once", key, server.port, &sandbox.url());
    let mut all: Vec<_> = (0..8).map(|_| start("everybody 125")).collect();
    for child in &mut all {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(sandbox.messages().len(), 1);

    let kills = std::env::var("GUARD_KILLS").map_or(6, |kills| kills.parse().expect("a number"));
    let mut random = fastrand::Rng::with_seed(3);
    let mut delivered = 0;
    for number in 0..kills {
        let before = sandbox.messages().len();
        let (tell, told) = channel();
        let proxy = CuttingProxy::start_telling(server.port, random.usize(0..10), tell.clone());
        let mut first = child(test, "once", &format!("key-{number} 2"), proxy.port, &sandbox.url());
        let mut output = first.stdout.take().expect("piped");
        thread::spawn(move || {
            drop(io::copy(&mut output, &mut io::sink()));
            let _ = tell.send(());
        });
        told.recv().expect("it has come so far, or is done");
        drop(first.kill());
        drop(first.wait());
        // An hour later. Whether it was sent before is not known here; nobody sends it again.
        let client = once_client(server.port, &sandbox.url(), true);
        let again = client.once(&format!("key-{number}")).send_message(&to(1), &template());
        let now = sandbox.messages().len();
        assert!(now <= before + 1, "{again:?}");
        match &again {
            Ok(_) => assert_eq!(now, before + 1),
            Err(error) => assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}"),
        }
        delivered += now - before;
    }
    println!("{kills} kills, {delivered} delivered once");
}

/// A process in which so many threads send with one key.
fn once(section: &str) {
    let (key, threads) = section.split_once(' ').expect("two words");
    let port = std::env::var(REDIS).expect("set");
    let port =
        port.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok()).expect("a port");
    let client = once_client(port, &std::env::var(SERVICE).expect("set"), false);
    thread::scope(|scope| {
        for _ in 0..threads.parse().expect("a number") {
            scope.spawn(|| match client.once(key).send_message(&to(1), &template()) {
                Ok(_) | Err(OnceError::Unknown(_)) => {}
                Err(error) => panic!("{error}"),
            });
        }
    });
}

fn template() -> TemplateRef {
    TemplateRef::new("sandbox-custom-tpl").expect("an id").param("code", "398210")
}

fn once_client(port: u16, service: &str, an_hour_later: bool) -> GuardedClient {
    let credentials =
        Credentials::new(engagelab_otp::sandbox::demo::DEV_KEY, engagelab_otp::sandbox::demo::DEV_SECRET);
    let client = Client::builder(credentials.expect("valid")).base_url(service).proxy(Proxy::None);
    let client = client.retry(RetryPolicy::never()).build().expect("a client");
    let store = RedisStore::builder(&url(port)).expect("a URL").timeout(Duration::from_secs(20));
    let store = if an_hour_later { store.clock(Wrong(1)) } else { store };
    let pepper = Pepper::new("a pepper that everybody has").expect("a pepper");
    let guard = Guard::builder(store.connect().expect("a store")).pepper(pepper);
    guard.build().expect("a guard").client(&client)
}

/// So many hours off.
struct Wrong(i64);

impl Clock for Wrong {
    fn now(&self) -> std::time::Instant {
        SystemClock.now()
    }

    fn time_of_day(&self) -> SystemTime {
        let hours = Duration::from_secs(3600 * self.0.unsigned_abs());
        let now = SystemClock.time_of_day();
        if self.0 < 0 { now - hours } else { now + hours }
    }

    fn sleep(&self, pause: Duration) {
        SystemClock.sleep(pause);
    }
}

fn guard(store: &RedisStore, most: u64) -> Guard {
    guard_at(store, most, SystemClock)
}

fn guard_at(store: &RedisStore, most: u64, clock: impl Clock) -> Guard {
    let pepper = Pepper::new("a pepper that everybody has").expect("a pepper");
    let limits = Limits::new().per_recipient(rate(most, DAY));
    Guard::builder(store.clone()).limits(limits).pepper(pepper).clock(clock).build().expect("a guard")
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}/")
}

/// What this process is to do, if it is one of those that a test has started.
fn section(name: &str) -> Option<String> {
    std::env::var(SECTION).ok()?.strip_prefix(&format!("{name}: ")).map(str::to_owned)
}

fn child(test: &str, name: &str, section: &str, redis: u16, service: &str) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture"])
        .env(SECTION, format!("{name}: {section}"))
        .env(REDIS, url(redis))
        .env(SERVICE, service)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started")
}

/// Counts what a process says that it keeps, and passes on that it did.
fn read(
    child: &mut Child,
    kept: Arc<Mutex<HashMap<u64, u64>>>,
) -> (thread::JoinHandle<()>, mpsc::Receiver<()>) {
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let (say, heard) = channel();
    let reading = thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("kept ").and_then(|number| number.parse().ok()) {
                *kept.lock().expect("not poisoned").entry(number).or_default() += 1;
                // Whoever listened has heard enough.
                let _ = say.send(());
            }
        }
    });
    (reading, heard)
}
