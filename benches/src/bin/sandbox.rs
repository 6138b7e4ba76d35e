//! Requests per second of the sandbox, beside Prism mocking the same document; and pages and searches of 100,000
//! messages, with sends beside them.
//!
//! ```text
//! npm install --prefix target/peers/prism @stoplight/prism-cli@5.16
//! cargo run --release --manifest-path benches/Cargo.toml --bin sandbox --features sandbox
//! ```
//!
//! `PRISM` names another executable, `SECONDS` how long each run takes (0: only what is held is measured), `CLIENTS` how many connections there are.
//! The two take turns, twice, so that what else the machine does meets both.

use std::borrow::Cow;
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::sandbox::Sandbox;

/// One kind of request; `{}` in the body becomes a number that is new each time.
struct Load {
    name: &'static str,
    method: &'static str,
    path: Cow<'static, str>,
    body: &'static str,
}

const LOADS: [Load; 2] = [
    Load { name: "list templates", method: "GET", path: Cow::Borrowed("/v1/template-configs"), body: "" },
    Load {
        name: "send a code",
        method: "POST",
        path: Cow::Borrowed("/v1/messages"),
        body: r#"{"to":"+65{}","template":{"id":"sandbox-otp-tpl"}}"#,
    },
];

fn main() -> io::Result<()> {
    let number =
        |name, otherwise| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (seconds, clients) = (Duration::from_secs(number("SECONDS", 5)), number("CLIENTS", 4));
    if seconds.is_zero() {
        return held();
    }
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

/// Fills a sandbox, lists and searches as the console does, and sends beside a search.
fn held() -> io::Result<()> {
    let sandbox = Sandbox::builder().history(HELD + 100_000).start()?;
    let mut client = Client::connect(sandbox.address())?;
    let mut sent = 0;
    for goal in [100, 1_000, HELD as u64] {
        while sent < goal {
            client.ask(&LOADS[1], sent)?;
            sent += 1;
        }
        let mut times = times(&mut client, &page(""), 200)?;
        println!("{sent:>7} messages held: a page in {}", spread(&mut times));
    }
    for (what, query) in SEARCHES {
        let mut times = times(&mut client, &page(query), 40)?;
        println!("{sent:>7} messages held: a search that {what} in {}", spread(&mut times));
    }
    for searching in [false, true, false, true] {
        let stop = AtomicBool::new(false);
        let (mut times, searches) = thread::scope(|scope| {
            let search = || {
                let mut client = Client::connect(sandbox.address())?;
                let mut count = 0;
                while searching && !stop.load(Ordering::Relaxed) {
                    client.ask(&page(SEARCHES[0].1), 0)?;
                    count += 1;
                }
                io::Result::Ok(count)
            };
            let other = scope.spawn(search);
            let began = Instant::now();
            let mut times = Vec::new();
            let outcome = loop {
                if began.elapsed() > Duration::from_secs(3) {
                    break Ok(());
                }
                let one = Instant::now();
                if let Err(error) = client.ask(&LOADS[1], sent) {
                    break Err(error);
                }
                sent += 1;
                times.push(one.elapsed());
            };
            stop.store(true, Ordering::Relaxed);
            let searches = other.join().expect("no search panics")?;
            outcome.map(|()| (times, searches))
        })?;
        let (count, spread) = (times.len(), spread(&mut times));
        println!("{count:>7} sends beside {searches} searches, each in {spread}");
    }
    Ok(())
}

/// How many messages are held when they are searched.
const HELD: usize = 100_000;

const SEARCHES: [(&str, &str); 4] = [
    ("finds nothing", "&q=nothing-has-this"),
    ("finds one", "&q=0004711%20sandbox"),
    ("finds all", "&q=code"),
    ("asks for a status", "&status=verified"),
];

fn page(query: &str) -> Load {
    Load { name: "page", method: "GET", path: format!("/sandbox/messages?limit=50{query}").into(), body: "" }
}

fn times(client: &mut Client, load: &Load, count: usize) -> io::Result<Vec<Duration>> {
    let one = |_| {
        let began = Instant::now();
        client.ask(load, 0).map(|()| began.elapsed())
    };
    (0..count).map(one).collect()
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |hundredths: usize| times[(times.len() * hundredths / 100).min(times.len() - 1)];
    format!("{:?} (median), {:?} (99 of 100), {:?} (longest)", at(50), at(99), at(100))
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
