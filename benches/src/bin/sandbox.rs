//! Requests per second of the sandbox, beside Prism mocking the same document; and pages of 20,000 messages.
//!
//! ```text
//! npm install --prefix target/peers/prism @stoplight/prism-cli@5.16
//! cargo run --release --manifest-path benches/Cargo.toml --bin sandbox --features sandbox
//! ```
//!
//! `PRISM` names another executable, `SECONDS` how long each run takes, `CLIENTS` how many connections there are.
//! The two take turns, twice, so that what else the machine does meets both.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::sandbox::Sandbox;

/// One kind of request; `{}` in the body becomes a number that is new each time.
struct Load {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

const LOADS: [Load; 2] = [
    Load { name: "list templates", method: "GET", path: "/v1/template-configs", body: "" },
    Load {
        name: "send a code",
        method: "POST",
        path: "/v1/messages",
        body: r#"{"to":"+65{}","template":{"id":"sandbox-otp-tpl"}}"#,
    },
];

fn main() -> io::Result<()> {
    let number =
        |name, otherwise| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (seconds, clients) = (Duration::from_secs(number("SECONDS", 5)), number("CLIENTS", 4));
    let sandbox = Sandbox::start()?;
    let prism = Prism::start();
    if prism.is_none() {
        println!("Prism is not there: see the head of this file. The sandbox is measured alone.");
    }
    println!("{clients} connections, {} s a run", seconds.as_secs());
    for load in &LOADS {
        for _ in 0..2 {
            let own = measure(sandbox.address(), load, seconds, clients)?;
            println!("{:<16} sandbox {own:>8.0} requests/s", load.name);
            if let Some(prism) = &prism {
                let other = measure(prism.address, load, seconds, clients)?;
                println!("{:<16} Prism   {other:>8.0} requests/s   ({:.0} times)", "", own / other);
            }
        }
    }
    drop(sandbox);
    held()
}

/// Fills a sandbox, and lists the newest 50 messages as the console does.
fn held() -> io::Result<()> {
    let sandbox = Sandbox::start()?;
    let mut client = Client::connect(sandbox.address())?;
    let mut held = 0;
    for goal in [100, 1_000, 20_000] {
        while held < goal {
            client.ask(&LOADS[1], held)?;
            held += 1;
        }
        let page = Load { name: "", method: "GET", path: "/console/messages?limit=50", body: "" };
        let mut times: Vec<Duration> = (0..200)
            .map(|_| {
                let began = Instant::now();
                client.ask(&page, 0).map(|()| began.elapsed())
            })
            .collect::<io::Result<_>>()?;
        times.sort_unstable();
        println!("a page of the history with {held:>6} messages held: {:?} (median of 200)", times[100]);
    }
    Ok(())
}

fn measure(address: SocketAddr, load: &Load, time: Duration, clients: u64) -> io::Result<f64> {
    let began = Instant::now();
    let run = || {
        let mut client = Client::connect(address)?;
        let mut count = 0_u32;
        while began.elapsed() < time {
            client.ask(load, NUMBER.fetch_add(1, Ordering::Relaxed))?;
            count += 1;
        }
        Ok(count)
    };
    let counts: io::Result<Vec<u32>> = thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|one| one.join().expect("no client panics")).collect()
    });
    Ok(f64::from(counts?.iter().sum::<u32>()) / began.elapsed().as_secs_f64())
}

/// Numbers for recipients, so that no code is sent twice.
static NUMBER: AtomicU64 = AtomicU64::new(10_000_000);

/// A connection that is kept, and just enough HTTP.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the answer, which must be a yes.
    fn ask(&mut self, load: &Load, number: u64) -> io::Result<()> {
        let body = load.body.replace("{}", &format!("{number:08}"));
        let request = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            load.method,
            load.path,
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let start = self.line()?;
        if !start.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(format!("{}: {start}", load.name)));
        }
        let mut length = None;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        if let Some(length) = length {
            return self.skip(length);
        }
        // Without a length it comes in chunks.
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
            self.skip(size + 2)?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn skip(&mut self, length: usize) -> io::Result<()> {
        let mut thrown_away = vec![0; length];
        self.0.read_exact(&mut thrown_away)
    }
}

/// Prism, mocking the document. It ends when dropped.
struct Prism {
    process: Child,
    address: SocketAddr,
}

impl Prism {
    fn start() -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let installed = root.join("target/peers/prism/node_modules/.bin/prism");
        let program = env::var_os("PRISM").map_or(installed, PathBuf::from);
        // The port is free a moment later too, as good as always.
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let process = Command::new(program)
            .args(["mock", "--host", "127.0.0.1", "--port", &port.to_string(), "--verboseLevel", "silent"])
            .arg(root.join("openapi/otp.yaml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let prism = Self { process, address: ([127, 0, 0, 1], port).into() };
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(30) {
            if TcpStream::connect(prism.address).is_ok() {
                return Some(prism);
            }
            thread::sleep(Duration::from_millis(100));
        }
        None
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
