//! The server for callbacks, and those who would knock it over.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use engagelab_otp::callback::{Receiver, Retry, Server, ServerBuilder, ServerEvent, Signer};

use super::fixture::{DELIVERED, SECRET, USER};
use crate::sandbox::loopback::{connect, exchange};

fn receiver() -> Receiver {
    Receiver::builder().secret(USER, SECRET).expect("valid").build().expect("configured")
}

fn start(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    let server = configure(Server::builder(receiver())).start("127.0.0.1:0", move |callback| {
        counting.fetch_add(callback.events().len(), Ordering::SeqCst);
        Ok(())
    });
    (server.expect("started"), count)
}

/// A signature that nobody has used.
fn signature() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("n{}", COUNT.fetch_add(1, Ordering::Relaxed));
    Signer::new(USER, SECRET).expect("valid").header(SystemTime::now(), &nonce).expect("valid")
}

fn head(lines: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\n{lines}\r\n")
}

fn signed(lines: &str) -> String {
    head(&format!("X-CALLBACK-ID: {}\r\n{lines}", signature()))
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("closed")
}

/// Whether a genuine callback is taken.
fn works(address: SocketAddr) -> bool {
    let lines = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    status(&exchange(address, (signed(&lines) + DELIVERED).as_bytes())) == "200"
}

#[test]
fn callbacks_reach_the_handler_and_then_are_answered() {
    let (server, count) = start(|builder| builder);
    assert!(works(server.address()));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let check = head("Connection: close\r\nContent-Length: 2\r\n") + "{}";
    assert_eq!(status(&exchange(server.address(), check.as_bytes())), "200");
    let get = exchange(server.address(), b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&get), "405");
}

#[test]
fn lengths_beyond_all_measure_are_refused_and_nothing_is_set_aside_for_them() {
    let (server, _) = start(|builder| builder);
    for length in
        ["70368744177664", "18446744073709551615", "18446744073709551616", "99999999999999999999999"]
    {
        let lines = format!("Content-Length: {length}\r\n");
        let answer = exchange(server.address(), head(&lines).as_bytes());
        assert!(matches!(status(&answer), "401" | "413"), "{length}: {answer}");
        let answer = exchange(server.address(), signed(&lines).as_bytes());
        assert_eq!(status(&answer), "413", "{length}");
        assert!(works(server.address()));
    }
}

#[test]
fn a_body_is_not_asked_for_without_a_valid_header() {
    let (server, _) = start(|builder| builder);
    let lines = "Expect: 100-continue\r\nContent-Length: 1000\r\nConnection: close\r\n";
    let answer = exchange(server.address(), head(lines).as_bytes());
    assert_eq!(status(&answer), "401", "{answer}");
    let mut stream = connect(server.address());
    stream.write_all(signed(lines).as_bytes()).expect("written");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn of_a_body_without_a_valid_header_64_octets_are_read() {
    let (server, _) = start(|builder| builder);
    // In chunks, so that nobody knows beforehand how much it is. The rest never comes, and is not waited for.
    let chunk = format!("{}40\r\n{}\r\n", head("Transfer-Encoding: chunked\r\n"), " ".repeat(64));
    let mut stream = connect(server.address());
    stream.write_all(chunk.as_bytes()).expect("written");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[test]
fn headers_without_an_end_are_refused() {
    let (server, _) = start(|builder| builder);
    let endless = format!("POST / HTTP/1.1\r\nHost: h\r\nA: {}", "a".repeat(100_000));
    assert_eq!(status(&exchange(server.address(), endless.as_bytes())), "431");
    let many = head(&"A: b\r\n".repeat(100));
    assert_eq!(status(&exchange(server.address(), many.as_bytes())), "431");
    assert!(works(server.address()));
}

#[test]
fn idle_clients_and_stalled_bodies_shut_out_only_each_other() {
    let (server, _) = start(|builder| builder.max_connections(16));
    let idle: Vec<TcpStream> = (0..100).map(|_| connect(server.address())).collect();
    assert!(works(server.address()));
    let stall = |_| {
        let mut stream = connect(server.address());
        drop(stream.write_all((signed("Content-Length: 1000\r\n") + "{").as_bytes()));
        stream
    };
    let stalled: Vec<TcpStream> = (0..100).map(stall).collect();
    for _ in 0..5 {
        assert!(works(server.address()));
    }
    drop((idle, stalled));
}

#[test]
fn a_request_has_to_arrive_in_time_and_octets_now_and_then_gain_nothing() {
    let (server, _) = start(|builder| builder.request_timeout(Duration::from_millis(300)));
    let mut stream = connect(server.address());
    stream.write_all((signed("Content-Length: 1000\r\n") + "{").as_bytes()).expect("written");
    let mut answer = String::new();
    let mut trickle = stream.try_clone().expect("cloned");
    let (sender, ended) = std::sync::mpsc::channel::<()>();
    let trickling = std::thread::spawn(move || {
        while ended.recv_timeout(Duration::from_millis(20)).is_err() && trickle.write_all(b" ").is_ok() {}
    });
    drop(stream.read_to_string(&mut answer));
    drop(sender);
    trickling.join().expect("no panic");
    assert_eq!(status(&answer), "408");
}

#[test]
fn requests_whose_answers_nobody_reads_hold_up_one_connection() {
    let (server, _) = start(|builder| builder);
    let mut stream = connect(server.address());
    stream.set_nonblocking(true).expect("set");
    let many = head("Content-Length: 2\r\n").repeat(1000).replace("\r\n\r\n", "\r\n\r\n{}");
    let mut sent = 0_usize;
    // Until neither side's buffers take any more.
    while sent < 64 << 20 {
        match stream.write(many.as_bytes()) {
            Ok(amount) => sent += amount,
            Err(_) => break,
        }
    }
    assert!(works(server.address()));
}

#[test]
fn a_handler_that_panics_is_answered_for_and_the_callback_comes_again() {
    let times = AtomicUsize::new(0);
    let server = Server::builder(receiver()).max_connections(4).start("127.0.0.1:0", move |_| {
        assert!(times.fetch_add(1, Ordering::SeqCst) >= 20, "a handler's own mistake");
        Ok(())
    });
    let server = server.expect("started");
    let lines = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    let request = signed(&lines) + DELIVERED;
    for _ in 0..20 {
        assert_eq!(status(&exchange(server.address(), request.as_bytes())), "500");
    }
    assert_eq!(status(&exchange(server.address(), request.as_bytes())), "200");
    assert_eq!(status(&exchange(server.address(), request.as_bytes())), "200", "a duplicate");
}

#[test]
fn a_callback_that_was_cut_is_taken_when_it_comes_whole() {
    let (server, count) = start(|builder| builder);
    let lines = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    let head = signed(&lines);
    for cut in [0, 1, DELIVERED.len() / 2, DELIVERED.len() - 1] {
        let mut stream = connect(server.address());
        stream.write_all((head.clone() + &DELIVERED[..cut]).as_bytes()).expect("written");
        stream.shutdown(std::net::Shutdown::Write).expect("shut down");
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer));
        assert_ne!(status(&answer), "200", "cut to {cut}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    assert_eq!(status(&exchange(server.address(), (head + DELIVERED).as_bytes())), "200");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn of_two_values_of_one_header_nobody_says_which_counts() {
    let (server, count) = start(|builder| builder);
    let one = format!("X-CALLBACK-ID: {}\r\n", signature());
    let other = format!("x-callback-id: {}\r\n", signature());
    let rest = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    for pair in [one.clone() + &one, one.clone() + &other, "X-CALLBACK-ID:\r\n".to_owned() + &one] {
        let request = head(&(pair + &rest)) + DELIVERED;
        assert_eq!(status(&exchange(server.address(), request.as_bytes())), "400");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let request = head(&(one + &rest)) + DELIVERED;
    assert_eq!(status(&exchange(server.address(), request.as_bytes())), "200", "neither was used up");
}

#[test]
fn a_handler_that_wants_it_again_says_with_which_status() {
    let server =
        Server::builder(receiver()).start("127.0.0.1:0", |_| Err(Retry::with_status(429))).expect("started");
    let lines = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    let request = signed(&lines) + DELIVERED;
    assert_eq!(status(&exchange(server.address(), request.as_bytes())), "429");
    for status in [101, 200, 204, 302, 600, 999] {
        assert_eq!(Retry::with_status(status).status(), 502);
    }
    assert_eq!(Retry::new().status(), 503);
}

#[test]
fn what_does_not_reach_the_handler_is_told_to_the_observer() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = seen.clone();
    let observer = move |event: ServerEvent<'_>| {
        told.lock().expect("whole").push(match event {
            ServerEvent::AddressCheck(_) => "check".to_owned(),
            ServerEvent::Duplicate => "duplicate".to_owned(),
            ServerEvent::Refused(refusal) => format!("refused {}", refusal.http_status()),
            other => format!("{other:?}"),
        });
    };
    let (server, _) = start(|builder| builder.observer(observer));
    let lines = format!("Connection: close\r\nContent-Length: {}\r\n", DELIVERED.len());
    let genuine = signed(&lines) + DELIVERED;
    let check = head("Connection: close\r\nContent-Length: 2\r\n") + "{}";
    let unsigned = head(&lines) + DELIVERED;
    for request in [&check, &genuine, &genuine, &unsigned] {
        exchange(server.address(), request.as_bytes());
    }
    assert_eq!(*seen.lock().expect("whole"), ["check", "duplicate", "refused 401"]);
}

#[test]
fn a_server_that_is_shut_down_has_answered_and_listens_no_more() {
    let (server, _) = start(|builder| builder);
    let address = server.address();
    let idle = connect(address);
    assert!(works(address));
    assert!(server.shut_down(Duration::from_secs(10)));
    server.wait().expect("it was shut down, and did not die");
    assert!(TcpStream::connect(address).is_err());
    drop(idle);
}
