//! Sends per second on one kept-alive connection: this crate, ureq used by hand, libcurl, and as the ceiling a bare
//! socket, against one server in the same run; and over TLS, this crate and the vendor's Python SDK.
//!
//! ```text
//! taskset -c 1 cargo run --release --features http --bin http # everything; on one core, where waking another is slow
//! cargo run --release --features http --bin http -- --memory  # 200,000 calls, and what memory does
//! strace -c -f target/release/http --only ours --calls 10000  # system calls (also: ureq, curl, socket)
//! ```
//!
//! The SDK is found in the virtual environment named by `PEERS_DIR` (`$PEERS_DIR/venv`), where `.ci/peers` puts it.

#[path = "../answering.rs"]
mod answering;

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use answering::{ANSWER, answer_all};
use engagelab_otp::{Client, Credentials, Proxy, Recipient, TemplateRef};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One way to make a call.
type Contestant = Box<dyn FnMut() -> Result<()>>;

const ROUNDS: usize = 9;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1));
    let calls = value("--calls").map_or(Ok(4000), |text| text.parse::<usize>())?;
    let url = serve_plain()?;
    if let Some(only) = value("--only") {
        let mut contestant = contestant(only, &url)?;
        return (0..calls).try_for_each(|_| contestant());
    }
    if arguments.iter().any(|word| word == "--memory") {
        return memory(&url);
    }
    plain(&url, calls)?;
    tls(calls)
}

fn contestant(name: &str, url: &str) -> Result<Contestant> {
    match name {
        "ours" => ours(Client::builder(credentials()?).base_url(url).proxy(Proxy::None).build()?),
        "ureq" => Ok(by_hand(url)),
        "curl" => libcurl(url),
        "socket" => bare_socket(url),
        other => Err(format!("{other}: choose ours, ureq, curl or socket").into()),
    }
}

fn plain(url: &str, calls: usize) -> Result<()> {
    let names = ["ours", "ureq", "curl", "socket"];
    let mut contestants = names.map(|name| contestant(name, url)).into_iter().collect::<Result<Vec<_>>>()?;
    let mut rates = vec![Vec::new(); names.len()];
    for round in 0..=ROUNDS {
        for (contestant, rates) in contestants.iter_mut().zip(&mut rates) {
            let began = Instant::now();
            (0..calls).try_for_each(|_| contestant())?;
            // The first round warms up.
            if round > 0 {
                rates.push(calls as f64 / began.elapsed().as_secs_f64());
            }
        }
    }
    let rates = rates.map_medians();
    println!("plain HTTP on loopback, one kept-alive connection, {ROUNDS} rounds of {calls} calls, median");
    let titles = [
        "send_otp of this crate",
        "ureq by hand, global time-out",
        "libcurl easy handle",
        "a bare socket, nothing looked at",
    ];
    for (name, rate) in titles.iter().zip(&rates) {
        println!("  {name:<32} {rate:>9.0} calls/s   this crate makes {:.2} x as many", rates[0] / rate);
    }
    Ok(())
}

trait Medians {
    fn map_medians(self) -> Vec<f64>;
}

impl Medians for Vec<Vec<f64>> {
    fn map_medians(self) -> Vec<f64> {
        self.into_iter()
            .map(|mut rates| {
                rates.sort_by(f64::total_cmp);
                rates[rates.len() / 2]
            })
            .collect()
    }
}

/// Over TLS, with the vendor's SDK, which connects anew for every call.
fn tls(calls: usize) -> Result<()> {
    let (url, certificate) = serve_tls()?;
    let client = Client::builder(credentials()?)
        .base_url(&url)
        .proxy(Proxy::None)
        .extra_roots(&certificate)
        .build()?;
    let mut ours = ours(client)?;
    ours()?;
    let began = Instant::now();
    (0..calls).try_for_each(|_| ours())?;
    let rate = calls as f64 / began.elapsed().as_secs_f64();
    println!("TLS on loopback, {calls} calls");
    println!("  {:<32} {rate:>9.0} calls/s", "send_otp of this crate");

    let peers = std::env::var_os("PEERS_DIR").map_or_else(|| PathBuf::from("../target/peers"), PathBuf::from);
    let python = peers.join("venv/bin/python");
    if !python.exists() {
        println!("  SKIPPED: the vendor's SDK is not installed in {}", peers.display());
        return Ok(());
    }
    let bundle = std::env::temp_dir().join(format!("otp-bench-{}.pem", std::process::id()));
    std::fs::write(&bundle, certificate)?;
    let output = Command::new(python)
        .args(["-c", SDK, &url])
        .env("SSL_CERT_FILE", &bundle)
        .env("NO_PROXY", "*")
        .output()?;
    std::fs::remove_file(&bundle)?;
    let said = String::from_utf8_lossy(&output.stdout);
    let theirs: f64 =
        said.trim().parse().map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    println!(
        "  {:<32} {theirs:>9.0} calls/s   this crate makes {:.1} x as many",
        "the vendor's Python SDK",
        rate / theirs
    );
    Ok(())
}

/// Prints how many calls the SDK makes in a second.
const SDK: &str = r#"
import sys, time
from engagelab_otp import OTPClient
OTPClient.BASE_URL = sys.argv[1] + "/v1"
client = OTPClient("key", "secret")
client.send("+6591234567", "login")
began, calls = time.perf_counter(), 300
for _ in range(calls):
    client.send("+6591234567", "login")
print(calls / (time.perf_counter() - began))
"#;

/// What memory does over 200,000 calls.
fn memory(url: &str) -> Result<()> {
    let mut ours = contestant("ours", url)?;
    for step in 0..=4 {
        (0..if step == 0 { 1000 } else { 50_000 }).try_for_each(|_| ours())?;
        println!("after {:>7} calls: {} KiB resident", 1000 + step * 50_000, resident()?);
    }
    Ok(())
}

fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

fn credentials() -> Result<Credentials> {
    Ok(Credentials::new("key", "secret")?)
}

fn ours(client: Client) -> Result<Contestant> {
    let to: Recipient = "+6591234567".parse()?;
    let template = TemplateRef::new("login")?;
    Ok(Box::new(move || Ok(client.send_otp(&to, &template).map(drop)?)))
}

/// As most code has it.
fn by_hand(url: &str) -> Contestant {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .proxy(None)
        .build()
        .into();
    let url = format!("{url}/v1/messages");
    Box::new(move || {
        let body = serde_json::json!({"to": "+6591234567", "template": {"id": "login"}});
        let answer: serde_json::Value = agent
            .post(&url)
            .header("Authorization", "Basic a2V5OnNlY3JldA==")
            .send_json(&body)?
            .body_mut()
            .read_json()?;
        answer["message_id"].as_str().map(drop).ok_or_else(|| "no id".into())
    })
}

fn libcurl(url: &str) -> Result<Contestant> {
    let mut easy = curl::easy::Easy::new();
    easy.url(&format!("{url}/v1/messages"))?;
    easy.post(true)?;
    easy.timeout(Duration::from_secs(30))?;
    easy.noproxy("*")?;
    let mut headers = curl::easy::List::new();
    headers.append("Content-Type: application/json")?;
    headers.append("Authorization: Basic a2V5OnNlY3JldA==")?;
    easy.http_headers(headers)?;
    Ok(Box::new(move || {
        let body =
            serde_json::to_vec(&serde_json::json!({"to": "+6591234567", "template": {"id": "login"}}))?;
        easy.post_fields_copy(&body)?;
        let mut answer = Vec::new();
        {
            let mut transfer = easy.transfer();
            transfer.write_function(|piece| {
                answer.extend_from_slice(piece);
                Ok(piece.len())
            })?;
            transfer.perform()?;
        }
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        answer["message_id"].as_str().map(drop).ok_or_else(|| "no id".into())
    }))
}

/// What a client cannot be quicker than: one write, one read, no time-outs, and of the answer its length alone.
fn bare_socket(url: &str) -> Result<Contestant> {
    let authority = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    let body = r#"{"to":"+6591234567","template":{"id":"login"}}"#;
    let request = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Basic a2V5OnNlY3JldA==\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = [0; ANSWER.len()];
    Ok(Box::new(move || {
        stream.write_all(request.as_bytes())?;
        Ok(stream.read_exact(&mut answer)?)
    }))
}

fn serve_plain() -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    // By name, as real use is: an address would spare ureq the look-up.
    let url = format!("http://localhost:{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                drop(stream.set_nodelay(true));
                answer_all(stream, Duration::ZERO)
            });
        }
    });
    Ok(url)
}

fn serve_tls() -> Result<(String, String)> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone();
            thread::spawn(move || {
                drop(stream.set_nodelay(true));
                if let Ok(connection) = ServerConnection::new(config) {
                    answer_all(StreamOwned::new(connection, stream), Duration::ZERO);
                }
            });
        }
    });
    Ok((url, own.cert.pem()))
}
