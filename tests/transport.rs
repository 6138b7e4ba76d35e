//! How requests travel.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{
    Attempt, Client, Credentials, ErrorKind, MessageId, Outcome, Proxy, RetryPolicy, RootCertificates,
    Timeouts, Verification,
};
use rustls::HandshakeKind;

use crate::support::clock::TestClock;
use crate::support::server::{Fault, Server, json};
use crate::support::tls::TlsServer;
use crate::support::{client, phone, template};

fn sent() -> String {
    json(200, r#"{"message_id":"1","send_channel":"sms"}"#)
}

#[test]
fn a_request_is_compact_authorized_and_says_who_asks() {
    let server = Server::start(vec![Fault::Answer(sent())]);
    let client = Client::builder(Credentials::new("jiguangdev", "dev_secret").expect("valid"))
        .base_url(format!("{}/prefix/", server.url()))
        .proxy(Proxy::None)
        .user_agent_suffix("shop/1.4")
        .build()
        .expect("a client");
    client.send_otp(&phone(), &template()).expect("sent");
    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /prefix/v1/messages HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    for header in [
        "authorization: basic amlndwfuz2rldjpkzxzfc2vjcmv0",
        "content-type: application/json",
        &format!("content-length: {}", body.len()),
        &format!("user-agent: engagelab-otp-rust/{} shop/1.4", env!("CARGO_PKG_VERSION")),
        "accept: application/json",
    ] {
        assert!(head.lines().any(|line| line == header), "{header} is not in {head}");
    }
    assert_eq!(body, r#"{"template":{"id":"login"},"to":"+6591234567"}"#);
}

#[test]
fn a_slash_in_a_template_id_is_encoded() {
    let server = Server::start(vec![Fault::Answer(json(200, "{}"))]);
    let client = client(&server.url()).build().expect("a client");
    client.get_template(&"a/b c".parse().expect("valid")).expect("shown");
    assert!(server.requests()[0].starts_with("GET /v1/template-configs/a%2Fb%20c HTTP/1.1\r\n"));
}

#[test]
fn a_large_request_arrives_whole() {
    let server = Server::start(vec![Fault::Answer(sent())]);
    let client = client(&server.url()).build().expect("a client");
    let text = "x".repeat(300_000);
    client.send_otp(&phone(), &template().param("text", &text)).expect("sent");
    assert!(server.requests()[0].contains(&text));
}

#[test]
fn a_large_answer_is_read_up_to_the_limit() {
    let description = "x".repeat(200_000);
    let answer = json(200, &format!(r#"[{{"template_id":"login","description":"{description}"}}]"#));
    let server = Server::start(vec![Fault::Answer(answer)]);
    let generous = client(&server.url()).build().expect("a client");
    let templates = generous.list_templates().expect("listed");
    assert_eq!(templates[0].description.as_deref(), Some(description.as_str()));

    let tight = client(&server.url())
        .max_response_bytes(100_000)
        .retry(RetryPolicy::never())
        .build()
        .expect("a client");
    let error = tight.list_templates().expect_err("too large");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::OversizedResponse, Outcome::Unknown));
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Server::start(vec![Fault::Answer(sent())]);
    let redirect = format!(
        "HTTP/1.1 307 Moved\r\nLocation: {}/v1/messages\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url()
    );
    let server = Server::start(vec![Fault::Answer(redirect)]);
    let client = client(&server.url()).build().expect("a client");
    let error = client.send_otp(&phone(), &template()).expect_err("not followed");
    assert_eq!((error.status(), elsewhere.seen()), (Some(307), 0));
}

#[test]
fn a_connection_is_kept_between_calls_and_shared_by_clones() {
    let (accepted, url) = counting_server();
    let client = client(&url).build().expect("a client");
    let clone = client.clone();
    for _ in 0..3 {
        client.send_otp(&phone(), &template()).expect("sent");
        clone.send_otp(&phone(), &template()).expect("sent");
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn an_idle_connection_is_let_go_after_its_time() {
    let (accepted, url) = counting_server();
    let client = client(&url).idle_timeout(Duration::ZERO).build().expect("a client");
    for _ in 0..3 {
        client.send_otp(&phone(), &template()).expect("sent");
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 3);
}

/// A server that keeps connections, and a count of them.
fn counting_server() -> (Arc<AtomicUsize>, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("accepted");
            count.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || {
                let mut request = Vec::new();
                let mut piece = [0; 4096];
                while let Ok(amount @ 1..) = stream.read(&mut piece) {
                    request.extend_from_slice(&piece[..amount]);
                    // Every request here ends with two closing braces, and none holds them elsewhere but there.
                    if request.ends_with(b"}") {
                        request.clear();
                        stream.write_all(sent().as_bytes()).expect("answered");
                    }
                }
            });
        }
    });
    (accepted, url)
}

#[test]
fn tls_sessions_are_resumed_also_with_a_deadline_of_its_own() {
    let closing =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{}", sent().split_once("\r\n").expect("a head").1);
    let server = TlsServer::start("localhost", closing);
    let client = client(&server.url()).extra_roots(&server.certificate).build().expect("a client");
    let brief = client.with_timeout(Duration::from_secs(20));
    brief.send_otp(&phone(), &template()).expect("sent");
    assert_eq!(server.handshake(), Some(HandshakeKind::Full));
    client.send_otp(&phone(), &template()).expect("sent");
    assert_eq!(server.handshake(), Some(HandshakeKind::Resumed));
    brief.send_otp(&phone(), &template()).expect("sent");
    assert_eq!(server.handshake(), Some(HandshakeKind::Resumed));
}

#[test]
fn roots_can_be_replaced() {
    let server = TlsServer::start("localhost", sent());
    let only = RootCertificates::Only(server.certificate.clone().into_bytes());
    client(&server.url())
        .roots(only)
        .build()
        .expect("a client")
        .send_otp(&phone(), &template())
        .expect("sent");

    let other = TlsServer::start("localhost", sent());
    let wrong = RootCertificates::Only(other.certificate.clone().into_bytes());
    let client = client(&server.url()).roots(wrong).retry(RetryPolicy::never()).build().expect("a client");
    let error = client.send_otp(&phone(), &template()).expect_err("not trusted");
    assert_eq!(error.kind(), ErrorKind::Tls);
}

#[cfg(feature = "platform-verifier")]
#[test]
fn a_root_can_be_added_to_those_of_the_system() {
    let server = TlsServer::start("localhost", sent());
    let builder = client(&server.url()).roots(RootCertificates::System).extra_roots(&server.certificate);
    match builder.build() {
        Ok(client) => drop(client.send_otp(&phone(), &template()).expect("sent")),
        // A machine without any root certificates, such as a bare container.
        Err(error) => {
            assert_eq!(error.invalid_input().map(engagelab_otp::InvalidInput::field), Some("roots"));
        }
    }
}

#[test]
fn a_proxy_is_gone_through() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let (asked, proxy) = proxy(sandbox.address().to_string());
    let client = Client::builder(sandbox.credentials())
        .base_url("http://otp.example.test")
        .allow_plain_http()
        .proxy(Proxy::Url(format!("http://user:pass@{proxy}")))
        .build()
        .expect("a client");
    assert_eq!(client.list_templates().expect("listed").len(), 3);
    let asked = asked.lock().expect("not poisoned");
    assert!(asked[0].starts_with("CONNECT otp.example.test:80 HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("Basic dXNlcjpwYXNz"), "{}", asked[0]);
}

#[test]
fn a_socks_proxy_is_found_by_its_name() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let proxy = format!("socks5h://localhost:{}", listener.local_addr().expect("it listens").port());
    let target = sandbox.address();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepted");
        // No authentication; then the name that is asked for (RFC 1928).
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).expect("a greeting");
        stream.read_exact(&mut vec![0; usize::from(greeting[1])]).expect("its methods");
        stream.write_all(&[5, 0]).expect("answered");
        let mut request = [0; 5];
        stream.read_exact(&mut request).expect("a request");
        let mut name = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut name).expect("a name and a port");
        stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).expect("answered");
        let mut behind = TcpStream::connect(target).expect("the sandbox listens");
        let (mut from, mut to) = (stream.try_clone().expect("a clone"), behind.try_clone().expect("a clone"));
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        thread::spawn(move || std::io::copy(&mut behind, &mut stream));
        String::from_utf8_lossy(&name[..name.len() - 2]).into_owned()
    });
    let client = Client::builder(sandbox.credentials())
        .base_url("http://otp.example.test")
        .allow_plain_http()
        .proxy(Proxy::Url(proxy))
        .build()
        .expect("a client");
    assert_eq!(client.list_templates().expect("listed").len(), 3);
    assert_eq!(asked.join().expect("it spoke"), "otp.example.test");
}

#[test]
fn a_proxy_that_drips_does_not_outlast_the_time_for_connecting() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let proxy = listener.local_addr().expect("it listens");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepted");
        let mut request = [0; 256];
        let _ = stream.read(&mut request);
        // As fast as it can, for ever, without ever ending the head.
        while stream.write_all(b"X-More: 1\r\n").is_ok() {
            thread::yield_now();
        }
    });
    let client = Client::builder(crate::support::credentials())
        .base_url("http://otp.example.test")
        .allow_plain_http()
        .proxy(Proxy::Url(format!("http://{proxy}")))
        .timeouts(Timeouts::new().connect(Duration::from_millis(200)))
        .retry(RetryPolicy::never())
        .build()
        .expect("a client");
    let began = Instant::now();
    let error = client.list_templates().expect_err("no proxy");
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
}

#[test]
fn octets_that_nobody_asked_for_are_not_the_next_answer() {
    let no = json(200, r#"{"verified":false}"#);
    let surplus = json(200, r#"{"verified":true}"#);
    // Whatever the length of the first answer, what follows it must never be taken for the second.
    for padding in [0, 1, 8 * 1024, 16 * 1024, 16 * 1024 + 1, 24 * 1024] {
        for edge in 0..=no.len() {
            let filler = " ".repeat((padding + 128_usize).saturating_sub(edge));
            let first = json(200, &format!(r#"{{"verified":false{filler}}}"#)) + &surplus;
            let server = Server::start(vec![Fault::Answer(first), Fault::Answer(no.clone())]);
            let client = client(&server.url()).build().expect("a client");
            let code = "398210".parse().expect("valid");
            for _ in 0..2 {
                let check = client.verify_otp(&MessageId("1".to_owned()), &code).expect("checked");
                assert_eq!(check, Verification::WrongCode, "padding {padding}, edge {edge}");
            }
        }
    }
}

#[test]
fn a_proxy_that_does_not_answer_is_not_sent_to() {
    let nobody =
        TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port");
    let client = Client::builder(crate::support::credentials())
        .base_url("http://otp.example.test")
        .allow_plain_http()
        .proxy(Proxy::Url(format!("http://{nobody}")))
        .retry(RetryPolicy::never())
        .build()
        .expect("a client");
    let error = client.send_otp(&phone(), &template()).expect_err("no proxy");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Proxy, Outcome::NotSent));
}

/// A proxy that takes every tunnel to `target`, and what it was asked for.
fn proxy(target: String) -> (Arc<Mutex<Vec<String>>>, std::net::SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("it listens");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("accepted");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut octet = [0];
                if stream.read_exact(&mut octet).is_err() {
                    break;
                }
                head.push(octet[0]);
            }
            log.lock().expect("not poisoned").push(String::from_utf8_lossy(&head).into_owned());
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").expect("answered");
            let mut behind = TcpStream::connect(&target).expect("the target listens");
            let (mut from, mut to) =
                (stream.try_clone().expect("a clone"), behind.try_clone().expect("a clone"));
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || std::io::copy(&mut behind, &mut stream));
        }
    });
    (asked, address)
}

#[test]
fn a_deadline_bounds_a_call_whatever_its_phases_may_take() {
    let server = Server::start(vec![Fault::Stall]);
    let client = client(&server.url()).build().expect("a client");
    let began = Instant::now();
    let error = client.with_timeout(Duration::from_millis(200)).list_templates().expect_err("no answer");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
}

#[test]
fn a_deadline_of_zero_sends_nothing() {
    let server = Server::start(vec![Fault::Answer(sent())]);
    let client = client(&server.url()).build().expect("a client");
    let error = client.with_timeout(Duration::ZERO).send_otp(&phone(), &template()).expect_err("no time");
    assert_eq!((error.kind(), error.outcome(), server.seen()), (ErrorKind::Timeout, Outcome::NotSent, 0));
}

#[test]
fn the_hook_sees_every_attempt() {
    let gateway = crate::support::server::answer(503, "text/html", "");
    let server = Server::start(vec![Fault::Answer(gateway), Fault::Answer(json(200, "[]"))]);
    let attempts: Arc<Mutex<Vec<Attempt>>> = Arc::default();
    let client = client(&server.url())
        .clock(TestClock::default())
        .on_attempt({
            let attempts = attempts.clone();
            move |attempt| attempts.lock().expect("not poisoned").push(attempt.clone())
        })
        .build()
        .expect("a client");
    client.list_templates().expect("listed at the second attempt");
    let attempts = attempts.lock().expect("not poisoned");
    let [first, second] = attempts.as_slice() else { panic!("{attempts:?}") };
    assert_eq!((first.operation, first.number, first.status), ("listTemplates", 1, Some(503)));
    assert_eq!(first.failure.map(|failure| failure.outcome), Some(Outcome::Unknown));
    assert!(first.retry_in.is_some());
    assert_eq!((second.number, second.failure, second.retry_in), (2, None, None));
}

#[test]
fn the_environment_configures_a_client() {
    const CHILD: &str = "OTP_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let client = Client::from_env().expect("the environment is set");
        let verified = client.verify_otp(&MessageId("1".to_owned()), &"123456".parse().expect("valid"));
        assert_eq!(
            verified.expect_err("no such message").api().map(engagelab_otp::ApiError::status),
            Some(400)
        );
        return;
    }
    let credentials = Credentials::new("from", "environment").expect("valid");
    let sandbox = Sandbox::builder().credentials(credentials).start().expect("a sandbox");
    // Setting the environment of this process would be seen by the tests beside this one.
    let run = |variables: &[(&str, &str)]| {
        std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "transport::the_environment_configures_a_client", "--nocapture"])
            .env(CHILD, "1")
            .env_remove("ENGAGELAB_DEV_KEY")
            .env_remove("ENGAGELAB_DEV_SECRET")
            .envs(variables.iter().copied())
            .output()
            .expect("it runs")
    };
    let url = sandbox.url();
    let all = [
        ("ENGAGELAB_DEV_KEY", "from"),
        ("ENGAGELAB_DEV_SECRET", "environment"),
        ("ENGAGELAB_OTP_BASE_URL", url.as_str()),
    ];
    let whole = run(&all);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let half = run(&all[..1]);
    let said = String::from_utf8_lossy(&half.stderr).into_owned() + &String::from_utf8_lossy(&half.stdout);
    assert!(!half.status.success() && said.contains("ENGAGELAB_DEV_SECRET"), "{said}");
}
