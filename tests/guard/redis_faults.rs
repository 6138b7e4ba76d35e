//! A Redis that has too many clients, is busy, goes silent in the middle of an answer, restarts, or is another one by now.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::MessageId;
use engagelab_otp::guard::{
    Cap, Charge, ChargeId, Decision, Enforcement, Guard, GuardedSend, Key, Limits, Pepper, RedisError,
    RedisRefusal, RedisStore, Settlement, Store, StoreError,
};

use super::fixture::{HOUR, rate, to};
use super::redis::RedisServer;

#[test]
fn a_server_with_as_many_clients_as_it_takes_is_no_fault_of_the_settings_and_serves_again_later() {
    for password in ["", "a-secret-word"] {
        let Some(server) = RedisServer::start(&["--maxclients", "1", "--requirepass", password]) else {
            return;
        };
        let url = match password {
            "" => format!("redis://127.0.0.1:{}/2", server.port),
            _ => format!("redis://:{password}@127.0.0.1:{}/2", server.port),
        };
        let connect = || RedisStore::builder(&url).expect("a URL").connect();
        let held = TcpStream::connect(("127.0.0.1", server.port)).expect("the only one");
        let error = connect().expect_err("it is one too many");
        assert_eq!(error.refusal(), None, "{error:?}");
        assert_eq!(error.to_string(), "Redis has as many clients as it takes");
        drop(held);
        // It takes note of that a moment later.
        assert!((0..10_000).any(|_| connect().is_ok()), "it never serves again");
    }
}

#[test]
fn a_server_that_does_not_know_the_command_or_repeats_the_password_does_not_have_it_shown() {
    for said in [
        "-ERR unknown command 'AUTH', with args beginning with: 'a-secret-word'",
        "-ODD a-secret-word is what was said",
        "-ERR AUTH <password> called without any password configured for the default user",
    ] {
        let url = format!("redis://:a-secret-word@127.0.0.1:{}/", fake(said, &[]));
        let error = RedisStore::builder(&url).expect("a URL").connect().expect_err("not the password");
        assert!(matches!(error.refusal(), Some(RedisRefusal::Credentials { .. })), "{error}");
        assert!(!format!("{error} {error:?}").contains("a-secret-word"), "{error:?}");
    }
    for said in ["-LOADING Redis is loading the dataset in memory", "-BUSY Redis is busy running a script."] {
        let url = format!("redis://:a-secret-word@127.0.0.1:{}/", fake(said, &[]));
        let error = RedisStore::builder(&url).expect("a URL").connect().expect_err("it is busy");
        assert_eq!(error.refusal(), None, "{error}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up_within_the_limit_whatever_is_to_be_said_first() {
    let limit = Duration::from_millis(500);
    for url in ["redis://127.0.0.1", "redis://user:a-secret-word@127.0.0.1", "rediss://127.0.0.1"] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("{url}:{}/3", listener.local_addr().expect("it listens").port());
        let builder = RedisStore::builder(&url).expect("a URL").connect_timeout(limit).timeout(limit);
        let began = Instant::now();
        let error = builder.connect().expect_err("nobody answers");
        assert!(began.elapsed() < 3 * limit, "{url}: {:?}", began.elapsed());
        assert_eq!((error.refusal(), error.to_string()), (None, "Redis did not answer in time".to_owned()));
    }
}

#[test]
fn after_half_an_answer_or_none_of_the_scripts_the_connection_is_not_used_again() {
    const ANSWER: &str = ":7\r\n";
    // The first answer is awaited over two connections, the next one comes over a third.
    for answers in [
        &["$100\r\nhalf", "$100\r\nhalf", ANSWER],
        &["\u{0}\u{1}garbage\r\n", "\u{0}\u{1}garbage\r\n", ANSWER],
        &["+OK\r\n", "+OK\r\n", ANSWER],
        &["*3\r\n:1\r\n", "", ANSWER],
    ] {
        let limit = Duration::from_millis(200);
        let store = RedisStore::builder(&format!("redis://127.0.0.1:{}/", fake("+OK", answers)));
        let store = store.expect("a URL").timeout(limit).connect().expect("it says what it is");
        let counted = || store.count(Key::new([1; 16]), HOUR);
        let began = Instant::now();
        assert!(matches!(counted(), Err(StoreError::Unavailable(_))), "{answers:?}");
        assert!(began.elapsed() < 10 * limit, "{:?}", began.elapsed());
        assert_eq!(counted().expect("another connection"), 7, "{answers:?}");
    }
}

#[test]
fn a_master_that_became_a_replica_is_left_for_the_one_that_took_its_place() {
    let (Some(old), Some(new)) = (RedisServer::start(&[]), RedisServer::start(&[])) else { return };
    let target = Arc::new(AtomicU16::new(old.port));
    let port = forward(target.clone());
    let store = RedisStore::builder(&format!("redis://127.0.0.1:{port}/")).expect("a URL");
    let store = store.connect().expect("a store");
    let one = Charge { key: Key::new([1; 16]), also: None, amount: 1, window: HOUR, cap: Cap::Uncapped };
    let charge = |id: u8| {
        let charged = store.charge(ChargeId::new([id; 16]), &[one], Enforcement::Deny);
        charged.map(|charged| charged.decision)
    };
    charge(1).expect("an answer");
    old.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let error = charge(2).expect_err("behind the name there is still the old one");
    assert!(matches!(&error, StoreError::Unavailable(why) if why.to_string().contains("replica")));
    charge(2).expect_err("as before");
    target.store(new.port, Ordering::SeqCst);
    assert_eq!(charge(2).expect("the new one"), Decision::Charged);
}

#[test]
fn a_server_that_is_busy_with_a_script_is_unavailable_and_says_so() {
    let Some(server) = RedisServer::start(&["--lua-time-limit", "1"]) else { return };
    let store = server.builder().connect().expect("a store");
    let mut other = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    write!(other, "EVAL \"while true do end\" 0\r\n").expect("sent");
    let mut answers = std::iter::repeat_with(|| store.count(Key::new([1; 16]), HOUR));
    let error = answers.find_map(Result::err).expect("it is busy");
    let StoreError::Unavailable(why) = &error else { panic!("{error}") };
    let why = why.downcast_ref::<RedisError>().expect("an error of Redis");
    assert_eq!((why.refusal(), why.to_string()), (None, "Redis is busy with a script".to_owned()));
    server.command(&["SCRIPT", "KILL"]);
    // It is killed a moment later.
    let is_there = |_| store.count(Key::new([1; 16]), HOUR).is_ok();
    assert!((0..10_000).any(is_there), "it is busy for ever");
}

#[test]
fn what_was_admitted_before_a_restart_is_settled_after_it() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let pepper = Pepper::new("a pepper that everybody has").expect("a pepper");
    let limits = Limits::new().per_recipient(rate(2, HOUR));
    let guard = Guard::builder(server.builder().connect().expect("a store")).limits(limits).pepper(pepper);
    let guard = guard.build().expect("a guard");
    let (recipient, template) = (to(1), "sandbox-otp-tpl".parse().expect("an id"));
    let send = GuardedSend::otp(&recipient).template(&template);
    let (first, second) = (guard.admit(&send).expect("one"), guard.admit(&send).expect("two"));
    guard.admit(&send).expect_err("two an hour");
    let port = server.port;
    drop(server);
    let _server = RedisServer::start_at(port, &[]).expect("as before");
    first.settle(Settlement::NotSent).expect("there is nothing to give back");
    second.accepted(&MessageId("17".to_owned())).expect("remembered");
    // It has forgotten both, as it was said to.
    for _ in 0..2 {
        drop(guard.admit(&send).expect("they begin anew"));
    }
    guard.admit(&send).expect_err("two an hour");
}

/// The port of a server that says `login` to `AUTH`, what a Redis says to `INFO`, and to anything else the next of its
/// answers, after which it says nothing. It serves one client at a time.
fn fake(login: &'static str, answers: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || {
        let mut answers = answers.iter();
        for client in listener.incoming() {
            let mut reader = BufReader::new(client.expect("accepted"));
            while let Some(command) = read_command(&mut reader) {
                let said = match &*command {
                    "AUTH" => format!("{login}\r\n"),
                    "INFO" => {
                        let info = "redis_version:7.0.0\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n";
                        format!("${}\r\n{info}\r\n", info.len())
                    }
                    _ => answers.next().copied().unwrap_or_default().to_owned(),
                };
                if reader.get_mut().write_all(said.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// The first word of the next command.
fn read_command(reader: &mut impl BufRead) -> Option<String> {
    let mut first = None;
    for _ in 0..read_number(reader, '*')? {
        let mut word = vec![0; read_number(reader, '$')? + 2];
        reader.read_exact(&mut word).ok()?;
        first.get_or_insert_with(|| String::from_utf8_lossy(&word).trim_end().to_owned());
    }
    first
}

fn read_number(reader: &mut impl BufRead, sign: char) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.trim_end().strip_prefix(sign)?.parse().ok()
}

/// Hands each connection on to whatever port is the target when it is made.
fn forward(target: Arc<AtomicU16>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            let server = TcpStream::connect(("127.0.0.1", target.load(Ordering::SeqCst)));
            let server = server.expect("the server");
            for (mut from, mut to) in [(&client, &server), (&server, &client)]
                .map(|(from, to)| (from.try_clone().expect("a handle"), to.try_clone().expect("a handle")))
            {
                thread::spawn(move || {
                    drop(io::copy(&mut from, &mut to));
                    drop(to.shutdown(std::net::Shutdown::Both));
                });
            }
        }
    });
    port
}
