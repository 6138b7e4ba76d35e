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
    Timeouts,
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

    let exact = Server::start(vec![Fault::Answer(json(200, "[]"))]);
    let client_of_two = client(&exact.url()).max_response_bytes(2).build().expect("a client");
    assert_eq!(client_of_two.list_templates().expect("it just fits").len(), 0);

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
    assert_eq!(error.kind(), ErrorKind::Certificate);
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
    let sandbox =
        Sandbox::builder().allow_host("otp.example.test").expect("a name").start().expect("a sandbox");
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
    let sandbox =
        Sandbox::builder().allow_host("otp.example.test").expect("a name").start().expect("a sandbox");
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
fn a_proxys_port_is_bounded_too() {
    for url in ["http://proxy.example:99999", "foo", "http://:8080"] {
        let proxy = Proxy::Url(url.to_owned());
        let error = client("http://127.0.0.1:1").proxy(proxy).build().expect_err("refused");
        assert_eq!(error.invalid_input().map(engagelab_otp::InvalidInput::field), Some("proxy"), "{url}");
    }
}

#[test]
fn a_response_brings_its_head() {
    let id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    let with_id =
        |answer: String| answer.replacen("\r\n", &format!("\r\nX-Request-Id: {id}\r\nX-Other: 7\r\n"), 1);
    let no = with_id(json(400, r#"{"code":3002,"message":"no"}"#));
    let server = Server::start(vec![Fault::Answer(with_id(sent())), Fault::Answer(no)]);
    let client = client(&server.url()).build().expect("a client");
    let receipt = client.send_otp(&phone(), &template()).expect("sent");
    assert_eq!((receipt.request_id(), receipt.headers()["x-other"].as_bytes()), (Some(id), b"7".as_slice()));
    let error = client.send_otp(&phone(), &template()).expect_err("refused");
    assert_eq!((error.request_id(), error.headers()["x-other"].as_bytes()), (Some(id), b"7".as_slice()));
    assert!(error.to_string().ends_with(&format!(" [request {id}]")), "{error}");
}

#[test]
fn credentials_are_replaced_for_all_clones() {
    let server = Server::start(vec![Fault::Answer(sent())]);
    let client = client(&server.url()).build().expect("a client");
    let clone = client.clone();
    client.send_otp(&phone(), &template()).expect("sent");
    clone
        .replace_credentials(&Credentials::new("jiguangdev", "dev_secret").expect("valid"))
        .expect("they fit a header");
    client.send_otp(&phone(), &template()).expect("sent");
    let requests = server.requests();
    assert!(requests[0].contains("Basic a2V5OnNlY3JldA=="), "{}", requests[0]);
    assert!(requests[1].contains("Basic amlndWFuZ2RldjpkZXZfc2VjcmV0"), "{}", requests[1]);
}

/// Keeps what becomes of spans.
#[derive(Default)]
struct Spans(Mutex<Vec<String>>);

impl Spans {
    fn note(&self, what: String) {
        self.0.lock().expect("not poisoned").push(what);
    }
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        write!(self.0, " {}={value:?}", field.name()).expect("a text takes everything");
    }
}

impl tracing::Subscriber for &'static Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut text = format!("new {}", span.metadata().name());
        span.record(&mut Fields(&mut text));
        self.note(text);
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let mut text = "record".to_owned();
        values.record(&mut Fields(&mut text));
        self.note(text);
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &tracing::span::Id) {
        self.note("enter".to_owned());
    }

    fn exit(&self, _: &tracing::span::Id) {
        self.note("exit".to_owned());
    }
}

/// The recipe of `ClientBuilder::on_start`.
#[test]
fn the_hooks_make_a_span_of_each_attempt() {
    use tracing::field::Empty;
    use tracing::span::EnteredSpan;

    thread_local! {
        static ATTEMPT: std::cell::RefCell<Option<EnteredSpan>> = const { std::cell::RefCell::new(None) };
    }
    let gateway = crate::support::server::answer(503, "text/html", "");
    let server = Server::start(vec![Fault::Answer(gateway), Fault::Answer(json(200, "[]"))]);
    let client = client(&server.url())
        .clock(TestClock::default())
        .on_start(|start| {
            let operation = start.operation;
            let span = tracing::info_span!("otp", operation, attempt = start.number, outcome = Empty);
            ATTEMPT.set(Some(span.entered()));
        })
        .on_attempt(|attempt| {
            if let Some(span) = ATTEMPT.take() {
                span.record("outcome", attempt.failure.map_or("done", |failure| failure.outcome.as_str()));
            }
        })
        .build()
        .expect("a client");
    let spans: &'static Spans = Box::leak(Box::default());
    tracing::subscriber::with_default(spans, || {
        client.list_templates().expect("listed at the second attempt")
    });
    assert_eq!(
        *spans.0.lock().expect("not poisoned"),
        [
            r#"new otp operation="listTemplates" attempt=1"#,
            "enter",
            r#"record outcome="unknown""#,
            "exit",
            r#"new otp operation="listTemplates" attempt=2"#,
            "enter",
            r#"record outcome="done""#,
            "exit",
        ]
    );
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
