//! The store in Redis, with a real server that the test starts. Where none is installed, that is said loudly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use engagelab_otp::guard::{
    AdmitError, Cap, Charge, ChargeId, Decision, Enforcement, Guard, GuardedCheck, GuardedSend, Key, Limits,
    Pepper, RedisRefusal, RedisStore, RedisStoreBuilder, Settlement, Store, StoreError, UnverifiedBudget,
    conformance,
};

use engagelab_otp::MessageId;

use super::fixture::{DAY, HOUR, HandClock, rate, to};
use super::model;

#[test]
fn the_store_in_redis_keeps_the_contract() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let clock = HandClock::default();
    let new_store = || server.store(&clock);
    conformance::check(new_store, |time| clock.advance(time)).expect("it conforms");
}

#[test]
fn random_operations_in_redis_come_to_what_a_list_of_all_that_happened_says() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let operations = model::operations(6_000);
    for seed in 11..=12 {
        let clock = HandClock::default();
        model::run(&server.store(&clock), &clock, 1_791_763_200_000, operations, seed);
    }
}

#[test]
fn redis_own_clock_counts_where_no_test_gives_the_time() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = server.builder().connect().expect("a store");
    let second =
        Charge { key: key(1), also: None, amount: 1, window: Duration::from_secs(1), cap: Cap::Fixed(1) };
    let charge = |id: u64| store.charge(id_of(id), &[second], Enforcement::Deny).expect("an answer");
    let first = charge(1);
    let apart = first.at.duration_since(std::time::SystemTime::now()).unwrap_or_else(|e| e.duration());
    assert!(apart < Duration::from_secs(5), "{apart:?}");
    let Decision::Denied(excess) = charge(2).decision else { panic!("one in a second") };
    let retry = excess.retry_after.expect("a time");
    assert!(retry <= Duration::from_millis(1_017), "{retry:?}");
    // Until the server says that it is over.
    let mut id = 3;
    while charge(id).decision != Decision::Charged {
        id += 1;
    }
}

#[test]
fn a_server_that_evicts_or_is_a_cluster_is_refused_with_the_reason() {
    for (option, value, word) in
        [("--maxmemory-policy", "allkeys-lru", "allkeys-lru"), ("--cluster-enabled", "yes", "cluster")]
    {
        let Some(server) = RedisServer::start(&[option, value]) else { return };
        let refused = server.builder().connect().expect_err("refused");
        assert!(refused.refusal().is_some() && refused.to_string().contains(word), "{refused}");
    }
}

#[test]
fn over_tls_a_server_that_a_given_root_vouches_for_is_used_and_any_other_is_refused() {
    let folder = std::env::temp_dir().join(format!("engagelab-otp-redis-tls-{:016x}", fastrand::u64(..)));
    std::fs::create_dir_all(&folder).expect("a folder");
    let root = Authority::new();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (certificate, private) = root.issue("localhost");
    let (certificate, private) = (file("server.pem", &certificate), file("server.key", &private));
    let ca = file("ca.pem", &root.pem());
    let port = free_port().to_string();
    let options = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &private];
    let options = [&options[..], &["--tls-ca-cert-file", &ca, "--tls-auth-clients", "no"]].concat();
    let Some(server) = RedisServer::start(&options) else { return };
    let builder = |host: &str| RedisStore::builder(&format!("rediss://{host}:{port}/")).expect("a URL");
    let trusting = |host: &str, root: &Authority| {
        builder(host).root_certificates(root.pem().as_bytes()).expect("a root").connect()
    };
    let store = trusting("localhost", &root).expect("a store");
    let one = Charge { key: key(1), also: None, amount: 1, window: HOUR, cap: Cap::Fixed(1) };
    let charge = |id: u64| store.charge(id_of(id), &[one], Enforcement::Deny).expect("an answer").decision;
    assert_eq!((charge(1), charge(1)), (Decision::Charged, Decision::Charged));
    assert!(matches!(charge(2), Decision::Denied(_)));
    // What stands there is what one without TLS finds.
    assert_eq!(server.builder().connect().expect("a store").count(key(1), HOUR).expect("an answer"), 1);
    // The connection is cut, and made again.
    server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    assert!(matches!(charge(2), Decision::Denied(_)));
    for refused in [
        trusting("localhost", &Authority::new()).expect_err("another root"),
        trusting("127.0.0.1", &root).expect_err("another name"),
        builder("localhost").connect().expect_err("a root that nobody knows"),
    ] {
        assert_eq!(refused.refusal(), Some(&RedisRefusal::Certificate), "{refused}: {refused:?}");
    }
    for pem in ["", "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n"] {
        assert!(builder("localhost").root_certificates(pem.as_bytes()).is_err());
    }
    let plain = RedisStore::builder("redis://localhost/").expect("a URL");
    assert!(plain.root_certificates(root.pem().as_bytes()).is_err(), "TLS is not spoken there");
    // Plain octets where TLS is expected, and the other way round.
    let limit = Duration::from_millis(500);
    let mixed = RedisStore::builder(&format!("rediss://localhost:{}/", server.port)).expect("a URL");
    let mixed = mixed.timeout(limit).connect_timeout(limit).root_certificates(root.pem().as_bytes());
    let error = mixed.expect("a root").connect().expect_err("no TLS there");
    assert!(error.refusal().is_none(), "{error}");
    let mixed = RedisStore::builder(&format!("redis://localhost:{port}/")).expect("a URL");
    let error = mixed.timeout(limit).connect_timeout(limit).connect().expect_err("TLS there");
    assert!(error.refusal().is_none(), "{error}");
    drop(std::fs::remove_dir_all(folder));
}

#[test]
fn a_policy_that_is_changed_later_is_noticed_with_the_next_connection() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = server.builder().connect().expect("a store");
    store.count(key(1), HOUR).expect("an answer");
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]);
    server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    let error = store.count(key(1), HOUR).expect_err("it evicts");
    assert!(
        matches!(&error, StoreError::Unavailable(source) if source.to_string().contains("allkeys-random")),
        "{error:?}"
    );
}

#[test]
fn passwords_full_servers_replicas_and_restarts_are_told_apart_and_never_a_panic() {
    let Some(server) = RedisServer::start(&["--requirepass", "a-secret-word"]) else { return };
    let without = server.builder().connect().expect_err("a password is needed");
    let wrong = RedisStore::builder(&format!("redis://:not-{}@127.0.0.1:{}/", "it", server.port));
    let wrong = wrong.expect("a URL").connect().expect_err("another password");
    for error in [&without, &wrong] {
        assert!(error.to_string().contains("password"), "{error}");
        assert!(matches!(error.refusal(), Some(RedisRefusal::Credentials { .. })), "{error}");
        assert!(!format!("{error:?} {error}").contains("not-it"), "{error:?}");
    }
    let url = format!("redis://:a-secret-word@127.0.0.1:{}/", server.port);
    let store = RedisStore::builder(&url).expect("a URL").connect().expect("a store");
    assert!(!format!("{store:?}").contains("a-secret-word"));

    let server = RedisServer::start(&[]).expect("as before");
    let store = server.builder().connect().expect("a store");
    let charge = |id: u64| {
        let one = Charge { key: key(1), also: None, amount: 1, window: HOUR, cap: Cap::Uncapped };
        store.charge(id_of(id), &[one], Enforcement::Deny).map(|charged| charged.decision)
    };
    charge(1).expect("an answer");
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(matches!(charge(2), Err(StoreError::Full)));
    assert!(matches!(store.adjust(id_of(1), &[(0, 0)]), Err(StoreError::Full)));
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    charge(2).expect("there is room again");
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let error = charge(3).expect_err("it is a replica");
    assert!(
        matches!(&error, StoreError::Unavailable(source) if source.to_string().contains("replica")),
        "{error:?}"
    );
    server.command(&["REPLICAOF", "NO", "ONE"]);
    charge(3).expect("it is none any more");
    // Nothing of the scripts is left either.
    let port = server.port;
    drop(server);
    let error = charge(4).expect_err("nobody is there");
    assert!(
        matches!(&error, StoreError::Unavailable(source) if source.to_string().contains("no connection")),
        "{error:?}"
    );
    let _server = RedisServer::start_at(port, &[]).expect("as before");
    charge(4).expect("it is there again");
}

#[test]
fn a_url_that_is_none_is_refused_without_being_repeated() {
    for url in [
        "",
        "127.0.0.1",
        "http://:secret@127.0.0.1/",
        "redis://:secret@127.0.0.1:port/",
        "redis://:secret@/x/y",
    ] {
        match RedisStore::builder(url) {
            Err(refused) => {
                assert!(refused.field() == "redis_url" && !refused.to_string().contains("secret"));
            }
            Ok(builder) => panic!("{url}: {builder:?}"),
        }
    }
    assert!(RedisStore::builder("redis://127.0.0.1/").expect("a URL").namespace("a b").is_err());
}

#[test]
fn a_server_that_answers_garbage_or_stalls_is_not_waited_for() {
    for answer in [
        Some("HTTP/1.1 400 Bad Request\r\n\r\n"),
        Some("\u{0}\u{1}garbage\r\n"),
        Some("$-5\r\n"),
        Some("*1000000000\r\n"),
        None,
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("it listens").port();
        let serving = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().take(1) {
                let mut stream = stream.expect("accepted");
                if let Some(answer) = answer {
                    drop(stream.write_all(answer.as_bytes()));
                }
                open.push(stream);
            }
            // The connection stays open until the client gives up.
            for mut stream in open {
                drop(stream.read_to_end(&mut Vec::new()));
            }
        });
        let limit = Duration::from_millis(100);
        let builder = RedisStore::builder(&format!("redis://127.0.0.1:{port}/")).expect("a URL");
        let error = builder.timeout(limit).connect_timeout(limit).connect().expect_err("no Redis");
        assert!(error.refusal().is_none(), "{answer:?}: {error}");
        serving.join().expect("it ends when the client does");
    }
}

#[test]
fn what_was_cut_off_after_its_script_had_run_is_charged_once() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let proxy = CuttingProxy::start(server.port, 7);
    let store = RedisStore::builder(&format!("redis://127.0.0.1:{}/", proxy.port)).expect("a URL");
    let store = Arc::new(store.connect().expect("a store"));
    let charge = |id: u64, cap: u64| {
        let one = Charge { key: key(1), also: None, amount: 1, window: HOUR, cap: Cap::Fixed(cap) };
        store.charge(id_of(id), &[one], Enforcement::Deny)
    };
    let (mut charged, mut failed) = (0, 0);
    for id in 0..600 {
        match charge(id, 400) {
            Ok(answer) if answer.decision == Decision::Charged => charged += 1,
            Ok(_) => {}
            // Both attempts were cut off.
            Err(_) => failed += 1,
        }
    }
    assert!(proxy.cuts() >= 50, "{} cuts", proxy.cuts());
    let found = store.count(key(1), HOUR).or_else(|_| store.count(key(1), HOUR)).expect("an answer");
    assert!(found <= 400 && found >= charged && found <= charged + failed, "{found}: {charged} and {failed}");
}

#[test]
fn guards_in_several_processes_admit_no_more_than_one_would_and_the_dump_holds_no_number() {
    let Some(server) = RedisServer::start(&["--save", ""]) else { return };
    let pepper = || Pepper::new("a pepper that everybody has").expect("a pepper");
    let limits =
        || Limits::new().sends(rate(2_000, HOUR)).per_recipient(rate(5, DAY)).per_requester(rate(40, DAY));
    let admitted: Vec<AtomicU64> = (0..40).map(|_| AtomicU64::new(0)).collect();
    thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (admitted, server) = (&admitted, &server);
            scope.spawn(move || {
                // A store of its own, as in a process of its own.
                let store = server.builder().connect().expect("a store");
                let guard = Guard::builder(store).limits(limits()).pepper(pepper()).build().expect("a guard");
                let mut random = fastrand::Rng::with_seed(thread);
                for _ in 0..200 {
                    let number = random.u64(0..40);
                    let (recipient, requester) =
                        (number_of(number), format!("203.0.113.{}", random.u8(0..8)));
                    match guard.admit(&GuardedSend::otp(&recipient).requester(&requester)) {
                        Ok(permit) if random.bool() => permit.settle(Settlement::NotSent).expect("an answer"),
                        Ok(permit) => {
                            permit.accepted(&MessageId(format!("172540{number}"))).expect("an answer");
                            admitted[usize::try_from(number).expect("small")].fetch_add(1, Ordering::SeqCst);
                        }
                        Err(AdmitError::Denied(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert!(admitted.iter().any(|count| count.load(Ordering::SeqCst) == 5));
    assert!(admitted.iter().all(|count| count.load(Ordering::SeqCst) <= 5));
    let dump = server.dump();
    assert!(dump.len() > 10_000, "{} octets", dump.len());
    for number in 0..40 {
        let (recipient, requester) = (number_of(number), format!("203.0.113.{}", number % 8));
        for secret in [&recipient.expose()[1..], &recipient.expose()[3..], &*requester] {
            let found = dump.windows(secret.len()).any(|octets| octets == secret.as_bytes());
            assert!(!found, "{secret} is in the dump");
        }
    }
}

#[test]
fn what_one_process_sent_another_one_can_verify() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let guard = || {
        let limits = Limits::new().unverified(UnverifiedBudget::new(1, 0, DAY).expect("a budget"));
        let limits = limits.codes_per_recipient(rate(2, DAY));
        let store = server.builder().connect().expect("a store");
        let pepper = Pepper::new("a pepper that everybody has").expect("a pepper");
        Guard::builder(store).limits(limits).pepper(pepper).build().expect("a guard")
    };
    let (first, other) = (to(1), to(2));
    let message = MessageId("1725407449772531712".to_owned());
    guard().admit(&GuardedSend::otp(&first)).expect("the floor").accepted(&message).expect("an answer");
    guard().admit(&GuardedSend::otp(&other)).expect_err("it is not verified");
    for _ in 0..2 {
        drop(guard().admit_check(&GuardedCheck::of(&message)).expect("two wrong codes"));
    }
    guard().admit_check(&GuardedCheck::of(&message)).expect_err("a third");
    for _ in 0..2 {
        guard().verified(&message).expect("an answer");
    }
    drop(guard().admit_check(&GuardedCheck::of(&message)).expect("they begin anew"));
    drop(guard().admit(&GuardedSend::otp(&other)).expect("it is verified"));
}

#[test]
fn the_replay_memory_in_redis_keeps_its_contract_and_is_shared() {
    use engagelab_otp::callback::{Claim, ReplayStore, Reservation};

    let Some(server) = RedisServer::start(&[]) else { return };
    let clock = HandClock::default();
    let start = 1_791_763_200;
    let new_store = || server.store(&clock).replay_store();
    let wait = |seconds| clock.advance(Duration::from_secs(seconds));
    engagelab_otp::callback::conformance::check(new_store, start, wait).expect("it conforms");

    let store = server.store(&clock);
    let (one, other) = (store.replay_store(), store.replay_store());
    let now = start + clock.passed().as_secs();
    let claim = Claim::new([1; 32], [2; 32], now, now + 300);
    let Reservation::Reserved(lease) = one.reserve(&claim, now).expect("an answer") else {
        panic!("unknown")
    };
    assert_eq!(other.reserve(&claim, now).expect("an answer"), Reservation::InFlight);
    // Whoever held it has died.
    clock.advance(Duration::from_secs(299));
    assert_eq!(other.reserve(&claim, now).expect("an answer"), Reservation::InFlight);
    clock.advance(Duration::from_secs(1));
    let Reservation::Reserved(second) = other.reserve(&claim, now).expect("an answer") else {
        panic!("let go")
    };
    assert!(one.commit(&claim, lease).is_err() && other.commit(&claim, second).is_ok());
    assert_eq!(one.reserve(&claim, now).expect("an answer"), Reservation::Done);
}

#[test]
fn a_clock_that_is_set_back_lets_nothing_pass_and_one_that_is_set_forward_again_frees_it() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let clock = HandClock::default();
    clock.advance(2 * HOUR);
    let store = server.store(&clock);
    let one = Charge { key: key(1), also: None, amount: 1, window: HOUR, cap: Cap::Fixed(2) };
    let charge = |id: u64| store.charge(id_of(id), &[one], Enforcement::Deny).expect("an answer").decision;
    assert_eq!(charge(1), Decision::Charged);
    clock.set(HOUR);
    assert_eq!(charge(1), Decision::Charged, "the same id is still known");
    assert_eq!(charge(2), Decision::Charged);
    assert!(matches!(charge(3), Decision::Denied(_)));
    // Both count for their window from the later time on.
    clock.set(3 * HOUR);
    assert!(matches!(charge(3), Decision::Denied(_)));
    clock.set(3 * HOUR + HOUR / 60);
    assert_eq!(charge(3), Decision::Charged);
}

#[test]
fn a_server_that_stalls_is_not_waited_for_and_what_it_did_meanwhile_is_known_afterwards() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = server.builder().timeout(Duration::from_millis(100)).connect().expect("a store");
    let one = Charge { key: key(1), also: None, amount: 1, window: HOUR, cap: Cap::Fixed(1) };
    server.command(&["CLIENT", "PAUSE", "600000", "WRITE"]);
    let began = std::time::Instant::now();
    let error = store.charge(id_of(1), &[one], Enforcement::Deny).expect_err("it is paused");
    assert!(
        matches!(&error, StoreError::Unavailable(source) if source.to_string().contains("in time")),
        "{error:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(60));
    server.command(&["CLIENT", "UNPAUSE"]);
    for id in [1, 1, 2] {
        let decision = store.charge(id_of(id), &[one], Enforcement::Deny).expect("an answer").decision;
        assert_eq!(decision == Decision::Charged, id == 1, "{id}");
    }
}

#[test]
fn six_limits_take_one_round_trip() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = server.builder().connect().expect("a store");
    let charges: Vec<_> = (1..=6)
        .map(|number| Charge { key: key(number), also: None, amount: 1, window: HOUR, cap: Cap::Fixed(9) })
        .collect();
    store.charge(id_of(1), &charges, Enforcement::Deny).expect("an answer");
    let before = server.commands();
    store.charge(id_of(2), &charges, Enforcement::Deny).expect("an answer");
    // INFO, by which they are counted, is one.
    assert_eq!(server.commands() - before, 2);
}

fn number_of(number: u64) -> engagelab_otp::Recipient {
    to(7_654_321 + 137 * number)
}

/// One that nobody listens at.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("it listens").port()
}

/// Vouches for certificates.
struct Authority(rcgen::CertifiedIssuer<'static, rcgen::KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut own = rcgen::CertificateParams::new(Vec::new()).expect("valid");
        own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        Self(rcgen::CertifiedIssuer::self_signed(own, key).expect("a certificate"))
    }

    fn pem(&self) -> String {
        self.0.as_ref().pem()
    }

    /// A certificate for this name and its key.
    fn issue(&self, name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let own = rcgen::CertificateParams::new([name.to_owned()]).expect("valid");
        let certificate = own.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

fn key(number: u64) -> Key {
    Key::new(u128::from(number).to_le_bytes())
}

fn id_of(number: u64) -> ChargeId {
    ChargeId::new(u128::from(number).to_be_bytes())
}

/// Debian's `redis-server`, on a port of its own, in a folder of its own.
pub(crate) struct RedisServer {
    process: Child,
    folder: std::path::PathBuf,
    pub(crate) port: u16,
}

static STORES: AtomicUsize = AtomicUsize::new(0);

impl RedisServer {
    /// None where it is not installed, which is an error where the peers are required.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        Self::start_at(free_port(), options)
    }

    pub(super) fn start_at(port: u16, options: &[&str]) -> Option<Self> {
        let number = STORES.fetch_add(1, Ordering::SeqCst);
        let folder =
            std::env::temp_dir().join(format!("engagelab-otp-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let started = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir", folder.to_str().expect("UTF-8")])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut process) = started else {
            assert!(
                std::env::var_os("REQUIRE_PEERS").is_none(),
                "redis-server is not installed: .ci/peers-guard"
            );
            eprintln!("SKIPPED: redis-server is not installed; .ci/peers-guard installs it");
            return None;
        };
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let mut lines = output.lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept connections")));
        assert!(ready, "redis-server did not start");
        // What it says later is read, so that it is never kept from saying it.
        thread::spawn(move || lines.for_each(drop));
        Some(Self { process, folder, port })
    }

    pub(super) fn builder(&self) -> RedisStoreBuilder {
        RedisStore::builder(&format!("redis://127.0.0.1:{}/", self.port)).expect("a URL")
    }

    /// An empty store, that goes by this clock.
    pub(super) fn store(&self, clock: &HandClock) -> RedisStore {
        let namespace = format!("store-{}", STORES.fetch_add(1, Ordering::SeqCst));
        let builder = self.builder().namespace(&namespace).expect("a name");
        builder.clock(clock.clone()).connect().expect("a store")
    }

    /// Sends one command, and gives the beginning of the answer.
    pub(super) fn command(&self, words: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let words: Vec<_> = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        write!(stream, "*{}\r\n{}", words.len(), words.concat()).expect("sent");
        let mut answer = vec![0; 64 << 10];
        let length = stream.read(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    /// How many commands it has had from outside, scripts' own left out.
    fn commands(&self) -> u64 {
        let answer = self.command(&["INFO", "commandstats"]);
        let calls = |name: &str| {
            let line = answer.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:")))?;
            line.split("calls=").nth(1)?.split(',').next()?.parse::<u64>().ok()
        };
        ["evalsha", "eval", "info", "script|load"].iter().filter_map(|name| calls(name)).sum()
    }

    /// The whole database, as it is written to disk.
    fn dump(&self) -> Vec<u8> {
        assert!(self.command(&["CONFIG", "SET", "rdbcompression", "no"]).starts_with("+OK"));
        assert!(self.command(&["SAVE"]).starts_with("+OK"));
        std::fs::read(self.folder.join("dump.rdb")).expect("a dump")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Hands everything on to a server, and cuts each connection when it has seen so many answers: the last of them is lost.
pub(super) struct CuttingProxy {
    pub(super) port: u16,
    cuts: Arc<AtomicU64>,
}

impl CuttingProxy {
    pub(super) fn start(server: u16, answers: usize) -> Self {
        Self::start_with(server, answers, None)
    }

    /// Says of each connection that it has passed on so many answers, and cuts none.
    pub(super) fn start_telling(server: u16, answers: usize, tell: Sender<()>) -> Self {
        Self::start_with(server, answers, Some(tell))
    }

    fn start_with(server: u16, answers: usize, tell: Option<Sender<()>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("it listens").port();
        let cuts = Arc::new(AtomicU64::new(0));
        let counted = cuts.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(mut client) = client else { return };
                let (counted, tell) = (counted.clone(), tell.clone());
                thread::spawn(move || {
                    let mut server = TcpStream::connect(("127.0.0.1", server)).expect("the server");
                    let mut buffer = vec![0; 64 << 10];
                    for answer in 0.. {
                        // One question, one answer: both fit the buffer.
                        let Ok(length @ 1..) = client.read(&mut buffer) else { return };
                        if server.write_all(&buffer[..length]).is_err() {
                            return;
                        }
                        let Ok(length @ 1..) = server.read(&mut buffer) else { return };
                        if answer == answers && tell.is_none() {
                            counted.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                        if client.write_all(&buffer[..length]).is_err() {
                            return;
                        }
                        if let Some(tell) = tell.as_ref().filter(|_| answer == answers) {
                            // Whoever listened has heard enough.
                            let _ = tell.send(());
                        }
                    }
                });
            }
        });
        Self { port, cuts }
    }

    pub(super) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::SeqCst)
    }
}
