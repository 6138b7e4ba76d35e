//! `callback listen`, as a process that must not fall, forge or lose anything.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Instant, SystemTime};
use std::{env, fs, thread};

use engagelab_otp::callback::Signer;

use super::callbacks::Listening;
use super::session::Session;
use crate::sandbox::loopback::{CallbackServer, TIMEOUT, connect, exchange};

fn address(listening: &Listening) -> SocketAddr {
    listening.url.strip_prefix("http://").expect("a URL").parse().expect("an address")
}

/// A genuine callback, with these headers besides.
fn request(body: &str, headers: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("n{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let signer = Signer::new("sandbox_demo", "sandbox_webhook_secret").expect("valid");
    let signature = signer.header(SystemTime::now(), &nonce).expect("valid");
    let length = body.len();
    let head =
        format!("X-CALLBACK-ID: {signature}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}");
    format!("POST / HTTP/1.1\r\nHost: h\r\n{head}\r\n{body}")
}

fn delivered(id: u64) -> String {
    format!(r#"{{"total":1,"rows":[{{"message_id":"{id}","status":{{"message_status":"delivered"}}}}]}}"#)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("closed")
}

#[test]
fn when_nobody_reads_its_events_they_are_not_answered_for_and_it_ends() {
    let session = Session::start();
    let mut listening = Listening::start(&session, &[]);
    drop(listening.child.stdout.take());
    // A process that another test starts at this moment has the pipe until it runs its program.
    let until = Instant::now() + TIMEOUT;
    while status(&exchange(address(&listening), request(&delivered(1), "").as_bytes())) == "200" {
        assert!(Instant::now() < until, "it answers for events that nobody reads");
    }
    let ended = listening.child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(2));
}

#[test]
fn an_inbox_keeps_events_that_nobody_reads() {
    let session = Session::start();
    let folder = session.folder.join("inbox").display().to_string();
    let mut listening = Listening::start(&session, &["--inbox", &folder]);
    drop(listening.child.stdout.take());
    let answer = exchange(address(&listening), request(&delivered(4711), "").as_bytes());
    assert!(matches!(status(&answer), "200" | "closed"), "{answer}");
    assert_eq!(listening.child.wait().expect("it ends").code(), Some(2));
    let output = Listening::start(&session, &["--inbox", &folder, "--count", "1"]).finish();
    assert!(String::from_utf8_lossy(&output.stdout).contains("4711"), "{output:?}");
}

#[test]
fn a_line_break_in_an_event_makes_no_second_line() {
    let session = Session::start();
    let listening = Listening::start(&session, &["--count", "1"]);
    let forged =
        r#"{"total":1,"rows":[{"message_id":"1","status":{"message_status":"sent\n2  delivered"}}]}"#;
    assert_eq!(status(&exchange(address(&listening), request(forged, "").as_bytes())), "200");
    let output = listening.finish();
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "{output:?}");
}

#[test]
fn a_row_that_cannot_be_read_is_printed_as_it_came() {
    let session = Session::start();
    let listening = Listening::start(&session, &["--count", "1", "--output", "json"]);
    let body = r#"{"total":1,"rows":["what is this"]}"#;
    assert_eq!(status(&exchange(address(&listening), request(body, "").as_bytes())), "200");
    let output = listening.finish();
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (line["kind"].as_str(), line["raw"].as_str()),
        (Some("unreadable"), Some(r#""what is this""#))
    );
}

#[test]
fn what_a_target_answers_is_passed_on_only_if_it_says_no() {
    let session = Session::start();
    for (answer, passed) in [
        ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "502"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "502"),
        ("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", "502"),
        ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "429"),
    ] {
        let local = CallbackServer::start();
        local.answer(answer);
        let url = local.url();
        let listening = Listening::start(&session, &["--forward-to", &url]);
        let headers = "Proxy-Authorization: Basic c2VjcmV0\r\nX-Private: 1\r\nConnection: x-private\r\n";
        let taken = exchange(address(&listening), request(&delivered(1), headers).as_bytes());
        assert_eq!(status(&taken), passed, "{answer}");
        let forwarded = local.next();
        assert_eq!(forwarded.header("proxy-authorization"), None);
        assert_eq!(forwarded.header("x-private"), None);
    }
}

/// With few file handles, many idle clients, and requests that once took the process with them.
#[cfg(target_os = "linux")]
#[test]
fn it_withstands_whoever_can_reach_it() {
    let session = Session::start();
    let inner = session.command(&["callback", "listen", "--sandbox", "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    command.env_clear().env("HOME", &session.folder);
    let listening = Listening::spawn(command);
    let target = address(&listening);
    for length in ["70368744177664", "18446744073709551615", "1048577"] {
        for signed in ["", "X-CALLBACK-ID: timestamp=1;nonce=2;username=3;signature=4\r\n"] {
            let head = format!("POST / HTTP/1.1\r\nHost: h\r\n{signed}Content-Length: {length}\r\n\r\n");
            assert_ne!(status(&exchange(target, head.as_bytes())), "200");
        }
    }
    let idle: Vec<TcpStream> = (0..600).map(|_| connect(target)).collect();
    assert_eq!(status(&exchange(target, request(&delivered(1), "").as_bytes())), "200");
    drop(idle);
    let mut endless = connect(target);
    drop(endless.write_all(&vec![b'a'; 4 << 20]));
    let mut pipelined = connect(target);
    pipelined.set_nonblocking(true).expect("set");
    let many = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}".repeat(1000);
    let mut sent = 0;
    while sent < 32 << 20 {
        match pipelined.write(many.as_bytes()) {
            Ok(amount) => sent += amount,
            Err(_) => break,
        }
    }
    assert_eq!(status(&exchange(target, request(&delivered(2), "").as_bytes())), "200");
    let memory = fs::read_to_string(format!("/proc/{}/status", listening.child.id())).expect("readable");
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 48 << 10, "{peak} kB");
}

/// Killed again and again while callbacks come, by `KILLS` (a few, unless `.ci/soak` says otherwise): whatever was
/// answered with 200 is printed.
#[test]
fn nothing_that_was_answered_is_lost_when_it_is_killed() {
    let kills: u64 = env::var("KILLS").ok().map_or(5, |kills| kills.parse().expect("a number"));
    let session = Session::start();
    let folder = session.folder.join("inbox").display().to_string();
    let arguments = ["--inbox", folder.as_str(), "--output", "json"];
    let mut random = fastrand::Rng::with_seed(7);
    let (mut answered, mut printed) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..kills {
        let mut listening = Listening::start(&session, &arguments);
        let ids = printed_ids(&mut listening);
        let target = address(&listening);
        let (sender, answers) = mpsc::channel();
        for thread in 0..4 {
            let (first, sender) = ((round * 4 + thread) * 1_000_000, sender.clone());
            thread::spawn(move || post_until_it_is_gone(target, first, &sender));
        }
        drop(sender);
        answered.extend(answers.iter().take(random.usize(1..60)));
        listening.child.kill().expect("killed");
        answered.extend(answers);
        printed.extend(ids);
    }
    let mut missing: BTreeSet<u64> = answered.difference(&printed).copied().collect();
    let mut listening = Listening::start(&session, &arguments);
    let ids = printed_ids(&mut listening);
    while !missing.is_empty() {
        let Ok(id) = ids.recv_timeout(TIMEOUT) else { break };
        missing.remove(&id);
    }
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}", missing.len(), answered.len());
    assert!(answered.len() as u64 >= kills);
}

/// The messages of the events that it prints, until it ends.
fn printed_ids(listening: &mut Listening) -> mpsc::Receiver<u64> {
    let out = BufReader::new(listening.child.stdout.take().expect("piped"));
    let (sender, ids) = mpsc::channel();
    thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            // The last one may be half a line.
            let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            let id = event["message_id"].as_str().expect("an id").parse().expect("a number");
            if sender.send(id).is_err() {
                break;
            }
        }
    });
    ids
}

/// Reports the numbers of those that were answered with 200.
fn post_until_it_is_gone(target: SocketAddr, first: u64, answered: &mpsc::Sender<u64>) {
    for number in first.. {
        let Ok(mut stream) = TcpStream::connect(target) else { break };
        if stream.write_all(request(&delivered(number), "").as_bytes()).is_err() {
            break;
        }
        let mut answer = String::new();
        drop(BufReader::new(stream).read_line(&mut answer));
        match status(&answer) {
            "200" => drop(answered.send(number)),
            "closed" => break,
            other => panic!("answered with {other}"),
        }
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_in_order() {
    let session = Session::start();
    let inbox = session.folder.join("inbox").display().to_string();
    for (name, arguments, code) in [
        ("-INT", &[][..], 0),
        ("-TERM", &["--inbox", &inbox], 0),
        ("-HUP", &[], 0),
        ("-INT", &["--count", "2"], 5),
    ] {
        let mut listening = Listening::start(&session, arguments);
        let out = BufReader::new(listening.child.stdout.take().expect("piped"));
        assert_eq!(status(&exchange(address(&listening), request(&delivered(1), "").as_bytes())), "200");
        let kill = Command::new("kill").args([name, &listening.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        assert_eq!(listening.child.wait().expect("it ends").code(), Some(code), "{name} {arguments:?}");
        assert_eq!(out.lines().count(), 1, "{name} {arguments:?}");
    }
}

#[test]
fn what_the_target_may_have_is_not_told_to_be_not_forwarded() {
    let session = Session::start();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let taken = thread::spawn(move || {
        let (mut stream, _) = silent.accept().expect("a connection");
        let mut octets = vec![0; 1 << 16];
        stream.read(&mut octets).expect("a request")
        // It is closed without an answer.
    });
    for (target, words) in
        [(url.as_str(), "Forwarded, and not answered"), ("http://127.0.0.1:1/", "Not forwarded: ")]
    {
        let listening = Listening::start(&session, &["--count", "1", "--forward-to", target]);
        assert_eq!(status(&exchange(address(&listening), request(&delivered(1), "").as_bytes())), "502");
        let said = String::from_utf8(listening.finish().stderr).expect("UTF-8");
        assert!(said.contains(words), "{said}");
        assert!(said.contains("It comes again, and its events are printed once more then."), "{said}");
    }
    assert!(taken.join().expect("it ended") > 0);
}
