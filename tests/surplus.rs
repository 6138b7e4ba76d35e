//! Responses that nobody asked for: they are never taken for the answer to the next call.
//!
//! `SWEEP=full cargo test --release --features full surplus` tries every length from 0 to 36,000; else those that met
//! the edges of some buffer are tried.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use engagelab_otp::{Client, Code, ErrorKind, MessageId, Outcome, RetryPolicy, TlsBackend, Verification};
use rustls::ServerConnection;

use crate::support::server::json;
use crate::support::tls::{Certificate, certificate};
use crate::support::{client, phone, template};

/// What is sent behind the answer to each request, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Surplus {
    /// With the answer, in a TLS record of its own.
    SecondRecord,
    /// With the answer, in the same TLS record.
    SameRecord,
    /// Half of its TLS record with the answer, the rest when the next request has arrived.
    HalfARecord,
    /// When the next request has arrived, before its answer: after everybody has looked for it.
    Late,
}

/// What a request is answered with, and what is sent behind that.
type Answers = Arc<dyn Fn(&str) -> (String, String) + Send + Sync>;

/// Keeps connections, and sends something surplus on each.
struct Server {
    address: SocketAddr,
    certificate: Option<Certificate>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(certificate: Option<Certificate>, surplus: Surplus, answers: Answers) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, config) = (connections.clone(), certificate.as_ref().map(|own| own.config.clone()));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("accepted");
                count.fetch_add(1, Ordering::SeqCst);
                let tls = config.clone().map(|config| ServerConnection::new(config).expect("a connection"));
                let answers = answers.clone();
                thread::spawn(move || Connection { stream, tls }.serve(surplus, &answers));
            }
        });
        Self { address, certificate, connections }
    }

    fn client(&self) -> engagelab_otp::ClientBuilder {
        let port = self.address.port();
        let builder = match &self.certificate {
            Some(own) => client(&format!("https://127.0.0.1:{port}")).extra_roots(&own.pem),
            None => client(&format!("http://127.0.0.1:{port}")),
        };
        builder.retry(RetryPolicy::never())
    }
}

struct Connection {
    stream: TcpStream,
    tls: Option<ServerConnection>,
}

impl Connection {
    /// Until the client closes, or something breaks.
    fn serve(mut self, surplus: Surplus, answers: &Answers) -> Option<()> {
        self.stream.set_nodelay(true).ok()?;
        // What is owed from before, in the form in which it travels.
        let mut owed = Vec::new();
        loop {
            let request = self.request()?;
            let (answer, behind) = answers(&request);
            let mut out = std::mem::take(&mut owed);
            match surplus {
                Surplus::SameRecord => out.extend(self.sealed((answer + &behind).as_bytes())),
                Surplus::SecondRecord => {
                    out.extend(self.sealed(answer.as_bytes()));
                    out.extend(self.sealed(behind.as_bytes()));
                }
                Surplus::HalfARecord => {
                    out.extend(self.sealed(answer.as_bytes()));
                    let mut record = self.sealed(behind.as_bytes());
                    owed = record.split_off(record.len() / 2);
                    out.extend(record);
                }
                Surplus::Late => {
                    out.extend(self.sealed(answer.as_bytes()));
                    owed = self.sealed(behind.as_bytes());
                }
            }
            self.stream.write_all(&out).ok()?;
        }
    }

    fn request(&mut self) -> Option<String> {
        let mut request = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let amount = match &mut self.tls {
                Some(tls) => rustls::Stream::new(tls, &mut self.stream).read(&mut piece).ok()?,
                None => self.stream.read(&mut piece).ok()?,
            };
            request.extend_from_slice(&piece[..amount]);
            // All requests here have a body, and end with a closing brace.
            match amount {
                0 => return None,
                _ if request.ends_with(b"}") => return String::from_utf8(request).ok(),
                _ => {}
            }
        }
    }

    fn sealed(&mut self, text: &[u8]) -> Vec<u8> {
        let Some(tls) = &mut self.tls else { return text.to_vec() };
        tls.writer().write_all(text).expect("it takes everything");
        let mut out = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut out).expect("a vector takes everything");
        }
        out
    }
}

/// The value of a field of a JSON text.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\"{name}\":\"")).expect("the field");
    rest.split('"').next().expect("its end")
}

fn verification(id: &str, code: &str, verified: bool, filler: usize) -> String {
    let filler = " ".repeat(filler);
    json(200, &format!(r#"{{"message_id":"{id}","verify_code":"{code}","verified":{verified}{filler}}}"#))
}

/// Says no to every code, in an answer that is `filler` octets longer than it need be, and behind that yes to the code
/// that is tried next.
fn yes_to_the_next(filler: Arc<AtomicUsize>) -> Answers {
    Arc::new(move |request| {
        let (id, code) = (field(request, "message_id"), field(request, "verify_code"));
        let next = code.parse::<usize>().expect("a number") + 1;
        let filler = filler.load(Ordering::SeqCst);
        (verification(id, code, false, filler), verification(id, &next.to_string(), true, 0))
    })
}

/// The lengths that matter: around the sizes of buffers and records, wherever heads and overheads put the edge.
fn lengths() -> Vec<usize> {
    if std::env::var("SWEEP").is_ok_and(|sweep| sweep == "full") {
        return (0..=36_000).collect();
    }
    let near = |edge: usize, step| (edge.saturating_sub(320)..=edge + 32).step_by(step);
    (0..64)
        .chain(near(4096, 5))
        .chain(near(8192, 23))
        .chain(near(12_288, 23))
        .chain(near(16_384, 3))
        .chain(near(20_480, 23))
        .chain(near(32_768, 5))
        .collect()
}

/// Tries two codes for each length over connections that are used again, and says how often a wrong one was accepted.
fn sweep(backend: Option<TlsBackend>, surplus: Surplus, lengths: &[usize]) -> usize {
    let filler = Arc::new(AtomicUsize::new(0));
    let own = backend.map(|_| certificate("127.0.0.1"));
    let server = Server::start(own, surplus, yes_to_the_next(filler.clone()));
    let builder = server.client();
    let builder = match backend {
        Some(backend) => builder.tls_backend(backend),
        None => builder,
    };
    let client = builder.build().expect("a client");
    let verify = |code: usize| {
        let code = Code::new(code.to_string()).expect("valid");
        client.verify_otp(&MessageId("1".to_owned()), &code)
    };
    let mut wrong = 0;
    let mut believed = 0;
    for &length in lengths {
        filler.store(length, Ordering::SeqCst);
        for code in [1000, 1001] {
            match verify(code) {
                Ok(Verification::Verified) => wrong += 1,
                Ok(_) => believed += 1,
                Err(error) => assert_eq!(error.outcome(), Outcome::Unknown, "{error}"),
            }
        }
    }
    assert!(believed > 0, "nothing was tried");
    wrong
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn sweep_tls(backend: TlsBackend) {
    let all = lengths();
    let some: Vec<usize> = all.iter().copied().step_by(7).collect();
    for (surplus, lengths) in
        [(Surplus::SecondRecord, &all), (Surplus::SameRecord, &some), (Surplus::HalfARecord, &some)]
    {
        assert_eq!(sweep(Some(backend), surplus, lengths), 0, "{surplus:?}");
    }
}

#[test]
fn what_is_sent_behind_an_answer_is_not_the_next_over_plain_http() {
    // Without records there is only one way to send two responses at once.
    assert_eq!(sweep(None, Surplus::SameRecord, &lengths()), 0);
}

#[cfg(feature = "rustls")]
#[test]
fn what_is_sent_behind_an_answer_is_not_the_next_over_rustls() {
    sweep_tls(TlsBackend::Rustls);
}

#[cfg(feature = "native-tls")]
#[test]
fn what_is_sent_behind_an_answer_is_not_the_next_over_native_tls() {
    sweep_tls(TlsBackend::NativeTls);
}

#[test]
fn a_connection_without_surplus_is_kept_over_tls() {
    let answers: Answers = Arc::new(|request| {
        let (id, code) = (field(request, "message_id"), field(request, "verify_code"));
        (verification(id, code, false, 5000), String::new())
    });
    let server = Server::start(Some(certificate("127.0.0.1")), Surplus::SameRecord, answers);
    let client = server.client().build().expect("a client");
    for code in 1000..1010 {
        let code = Code::new(code.to_string()).expect("valid");
        let check = client.verify_otp(&MessageId("1".to_owned()), &code).expect("checked");
        assert_eq!(check, Verification::WrongCode);
    }
    // The first verification has a connection of its own.
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

/// Answers truly, and behind that with `foreign`, which was meant for somebody else.
fn foreign(foreign: String) -> Answers {
    Arc::new(move |request| {
        let answer = if request.starts_with("POST /v1/verifications ") {
            verification(field(request, "message_id"), field(request, "verify_code"), false, 0)
        } else {
            json(200, r#"{"message_id":"mine","send_channel":"sms"}"#)
        };
        (answer, foreign.clone())
    })
}

fn all_foreign() -> [String; 4] {
    [
        verification("2", "398210", true, 0),
        json(200, r#"{"message_id":"theirs","send_channel":"sms"}"#),
        json(400, r#"{"code":3003,"message":"no"}"#),
        json(200, r#"{"verified":true}"#),
    ]
}

fn verify(client: &Client) -> Result<Verification, engagelab_otp::Error> {
    client.verify_otp(&MessageId("1".to_owned()), &"398210".parse().expect("valid"))
}

#[test]
fn late_surplus_is_never_a_verification() {
    for answer in all_foreign() {
        let server = Server::start(None, Surplus::Late, foreign(answer.clone()));
        let client = server.client().build().expect("a client");
        assert_eq!(verify(&client).expect("a connection of its own"), Verification::WrongCode);
        assert_eq!(verify(&client).expect("the first on its connection"), Verification::WrongCode);
        match verify(&client) {
            // An error names nothing, and can only deny.
            Ok(check) => assert_eq!(check, Verification::ExpiredOrUsed, "{answer}"),
            Err(error) => {
                assert_eq!((error.kind(), error.outcome()), (ErrorKind::UnexpectedJson, Outcome::Unknown));
            }
        }
    }
}

#[test]
fn with_one_connection_per_call_no_foreign_response_is_believed() {
    for tls in [false, true] {
        for answer in all_foreign() {
            for surplus in [Surplus::Late, Surplus::SecondRecord] {
                let own = tls.then(|| certificate("127.0.0.1"));
                let server = Server::start(own, surplus, foreign(answer.clone()));
                let client = server.client().one_connection_per_call().build().expect("a client");
                for _ in 0..3 {
                    let receipt = client.send_otp(&phone(), &template()).expect("sent");
                    assert_eq!(receipt.message_id.0, "mine");
                    assert_eq!(verify(&client).expect("checked"), Verification::WrongCode);
                }
                assert_eq!(server.connections.load(Ordering::SeqCst), 6);
            }
        }
    }
}

#[test]
fn after_a_response_that_names_nothing_verifications_have_connections_of_their_own() {
    let answers: Answers =
        Arc::new(|_| (json(200, r#"{"verified":false}"#), json(200, r#"{"verified":true}"#)));
    let server = Server::start(None, Surplus::Late, answers);
    let client = server.client().build().expect("a client");
    for calls in 1..=4 {
        assert_eq!(verify(&client).expect("checked"), Verification::WrongCode);
        assert_eq!(server.connections.load(Ordering::SeqCst), calls);
    }
}
