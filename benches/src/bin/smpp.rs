//! Messages per second over loopback: this client and its peers, against this crate's server and the npm `smpp` server.
//!
//! ```text
//! .ci/peers-smpp
//! cd benches && cargo build --release --features smpp --bin smpp
//! target/release/smpp                         # the table
//! target/release/smpp table MESSAGES          # the same of fewer messages
//! taskset -c 0 target/release/smpp            # the same on one core, servers included
//! target/release/smpp million                 # CPU and memory over a million messages
//! target/release/smpp early                   # with 60,000 early reports held
//! target/release/smpp only WINDOW [MESSAGES]  # ours on our own server, to be counted: strace -c -f, callgrind
//! ```
//!
//! Every server runs in a process of its own. The peers are looked for in `PEERS_DIR`, by default `../target/peers`.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use engagelab_otp::smpp::smsc::{Faults, Receipt, Smsc};
use engagelab_otp::smpp::{Credentials, Message, SmppClient, SmppConfig};
use engagelab_otp::{Recipient, TemplateRef};
use futures::StreamExt;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, Npi, RegisteredDelivery, ServiceType, Ton};
use rusmppc::ConnectionBuilder;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MESSAGES: usize = 20_000;
const WINDOWS: [usize; 3] = [1, 10, 100];
const ROUNDS: usize = 9;
const SYSTEM_ID: &str = "sandbox_demo";
const PASSWORD: &str = "sandbox";
const RECIPIENT: &str = "+10000000010";

fn main() -> Result<()> {
    match env::args().nth(1).as_deref() {
        Some("serve") => serve(),
        Some("million") => million(),
        Some("early") => early(),
        Some("only") => only(),
        Some("table") => table(env::args().nth(2).ok_or("how many messages?")?.parse()?),
        _ => table(MESSAGES),
    }
}

/// Each cell is the median of the rounds and, in brackets, their lowest and highest. Rounds are taken in turn, so that a
/// busy moment does not fall on one client; ratios are of the same round, for the same reason.
fn table(messages: usize) -> Result<()> {
    type Run = fn(u16, usize, usize) -> Result<Duration>;
    let own = Server::own()?;
    let node = Server::node()?;
    let rows: [(&str, &Server, Run); 4] = [
        ("ours -> our SMSC, reports on", &own, ours),
        ("ours -> node smpp server", &node, ours),
        ("node smpp client -> node smpp server", &node, node_client),
        ("rusmppc -> node smpp server", &node, rusmppc),
    ];
    let mut rates = vec![[const { Vec::new() }; WINDOWS.len()]; rows.len()];
    // How much of the time the Node server had its one core: near 1, it is what is measured.
    let mut busy = vec![[const { Vec::new() }; WINDOWS.len()]; rows.len()];
    for _ in 0..ROUNDS {
        for (row, (_, server, run)) in rows.iter().enumerate() {
            for (column, window) in WINDOWS.into_iter().enumerate() {
                let cpu = cpu_time(server.child.id())?;
                let took = run(server.port, window, messages)?.as_secs_f64();
                busy[row][column]
                    .push((cpu_time(server.child.id())?.saturating_sub(cpu)).as_secs_f64() / took);
                rates[row][column].push(messages as f64 / took);
            }
        }
    }
    println!("{messages} submissions, messages per second: median of {ROUNDS} rounds (lowest to highest)");
    println!("{:40}{:>26}{:>26}{:>26}", "window", WINDOWS[0], WINDOWS[1], WINDOWS[2]);
    for (row, (name, ..)) in rows.iter().enumerate() {
        let cells = rates[row].iter().map(|rounds| Spread::of(rounds).show(0));
        println!("{name:40}{}", cells.collect::<String>());
        let cells = busy[row].iter().map(|rounds| Spread::of(rounds).show(2));
        println!("{:40}{}", "  the server's share of a core", cells.collect::<String>());
    }
    for (row, peer) in [(2, "node client"), (3, "rusmppc")] {
        let cells = (0..WINDOWS.len()).map(|column| {
            let pairs = rates[1][column].iter().zip(&rates[row][column]);
            Spread::of(&pairs.map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>()).show(2)
        });
        let name = format!("ours / {peer}, on the node server");
        println!("{name:40}{}", cells.collect::<String>());
    }
    Ok(())
}

struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self { lowest: sorted[0], median: sorted[sorted.len() / 2], highest: sorted[sorted.len() - 1] }
    }

    fn show(&self, digits: usize) -> String {
        let Self { lowest, median, highest } = self;
        format!("{:>26}", format!("{median:.digits$} ({lowest:.digits$} to {highest:.digits$})"))
    }
}

/// Ours on our own server and nothing else, for tools that count.
fn only() -> Result<()> {
    let number = |at: usize| env::args().nth(at).map(|number| number.parse::<usize>()).transpose();
    let (window, messages) = (number(2)?.unwrap_or(1), number(3)?.unwrap_or(MESSAGES));
    let own = Server::own()?;
    let (client, events) = SmppClient::connect(&config(own.port, window)?)?;
    let told = std::thread::spawn(move || events.count());
    let started = Instant::now();
    submit(&client, messages)?;
    let rate = messages as f64 / started.elapsed().as_secs_f64();
    client.shutdown();
    let told = told.join().map_err(|_| "the thread that counts panicked")?;
    println!("window {window}: {messages} messages, {rate:.0} per second, {told} reports");
    Ok(())
}

/// With 60,000 reports held whose message nobody knows, as after a restart.
fn early() -> Result<()> {
    let smsc = Smsc::builder(Credentials::new(SYSTEM_ID, PASSWORD)?).keep(0).start("127.0.0.1:0")?;
    let (client, events) = SmppClient::connect(&config(smsc.address().port(), 100)?)?;
    let told = std::thread::spawn(move || events.count());
    // Held as long as a submission is outstanding whose answer could name them.
    smsc.set_faults(Faults { leave_unanswered: true, ..Faults::default() });
    let message =
        Message::notification(&Recipient::phone(RECIPIENT)?, &TemplateRef::new("sandbox-otp-tpl")?)?;
    let outstanding = client.enqueue(&message)?;
    if !smsc.wait_for(Duration::from_secs(10), |record| record.submission_count == 1) {
        return Err("the submission did not arrive".into());
    }
    smsc.set_faults(Faults::default());
    for number in 0..60_000 {
        smsc.report(Receipt::delivered(&format!("other-{number}"), RECIPIENT));
    }
    if !smsc.wait_for(Duration::from_secs(60), |record| record.reports_taken >= 60_000) {
        return Err("the reports were not taken".into());
    }
    for _ in 0..ROUNDS {
        let started = Instant::now();
        submit(&client, 100_000)?;
        let rate = 100_000.0 / started.elapsed().as_secs_f64();
        println!("{rate:.0} per second, {} early reports held", client.reports().early);
    }
    drop(outstanding);
    drop(client);
    told.join().map_err(|_| "the thread that counts panicked")?;
    Ok(())
}

/// Whether CPU and memory stay the same from the first hundred thousand messages to the last.
fn million() -> Result<()> {
    let own = Server::own()?;
    let (client, events) = SmppClient::connect(&config(own.port, 100)?)?;
    let told = std::thread::spawn(move || events.count());
    println!("{:>10}{:>14}{:>18}{:>12}", "messages", "per second", "CPU us a message", "RSS KiB");
    for hundred_thousands in 1..=10 {
        let (started, cpu) = (Instant::now(), cpu_time(std::process::id())?);
        submit(&client, 100_000)?;
        let (took, cpu) = (started.elapsed(), cpu_time(std::process::id())?.saturating_sub(cpu));
        println!(
            "{:>10}{:>14.0}{:>18.2}{:>12}",
            hundred_thousands * 100_000,
            100_000.0 / took.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / 100_000.0,
            resident_kib()?
        );
    }
    client.shutdown();
    println!("reports told: {}", told.join().map_err(|_| "the thread that counts panicked")?);
    Ok(())
}

fn config(port: u16, window: usize) -> Result<SmppConfig> {
    Ok(SmppConfig::new(&format!("127.0.0.1:{port}"), Credentials::new(SYSTEM_ID, PASSWORD)?).window(window))
}

fn ours(port: u16, window: usize, messages: usize) -> Result<Duration> {
    let (client, events) = SmppClient::connect(&config(port, window)?)?;
    let told = std::thread::spawn(move || events.count());
    let started = Instant::now();
    submit(&client, messages)?;
    let took = started.elapsed();
    client.shutdown();
    told.join().map_err(|_| "the thread that counts panicked")?;
    Ok(took)
}

fn submit(client: &SmppClient, messages: usize) -> Result<()> {
    let message =
        Message::notification(&Recipient::phone(RECIPIENT)?, &TemplateRef::new("sandbox-otp-tpl")?)?;
    for accepted in client.submit_all(std::iter::repeat_n(message, messages)) {
        accepted?;
    }
    Ok(())
}

fn node_client(port: u16, window: usize, messages: usize) -> Result<Duration> {
    let script = root().join("benches/peers/smpp_client.js");
    let output = node(&script)
        .args([port.to_string(), window.to_string(), messages.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let milliseconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

fn rusmppc(port: u16, window: usize, messages: usize) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, mut events) =
            ConnectionBuilder::new().connect(format!("smpp://127.0.0.1:{port}")).await?;
        tokio::spawn(async move { while events.next().await.is_some() {} });
        let bind = BindTransceiver::builder()
            .system_id(COctetString::from_str(SYSTEM_ID)?)
            .password(COctetString::from_str(PASSWORD)?)
            .build();
        client.bind_transceiver(bind).await?;
        let text: Vec<u8> = r#"{"id":"sandbox-otp-tpl","language":"default","params":{}}"#
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let message = SubmitSm::builder()
            .service_type(ServiceType::new(COctetString::from_str("MSG")?))
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(COctetString::from_str(RECIPIENT)?)
            .registered_delivery(RegisteredDelivery::request_all())
            .data_coding(DataCoding::Ucs2)
            .short_message(OctetString::from_vec(text)?)
            .build();
        let started = Instant::now();
        let left = Arc::new(AtomicUsize::new(messages));
        let places: Vec<_> = (0..window)
            .map(|_| {
                let (client, message, left) = (client.clone(), message.clone(), Arc::clone(&left));
                tokio::spawn(async move {
                    let one_less = |left: usize| left.checked_sub(1);
                    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                        client.submit_sm(message.clone()).await?;
                    }
                    Ok::<(), rusmppc::error::Error>(())
                })
            })
            .collect();
        for place in places {
            place.await??;
        }
        let took = started.elapsed();
        client.unbind().await?;
        Ok(took)
    })
}

/// A server in a process of its own, which ends with it.
struct Server {
    port: u16,
    child: Child,
    input: Option<ChildStdin>,
}

impl Server {
    fn own() -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("serve");
        Self::start(command)
    }

    fn node() -> Result<Self> {
        let mut command = node(&root().join("tests/peers/smpp_server.js"));
        command.env("COUNT_ONLY", "1");
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("the server's output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port =
            line.trim().strip_prefix("listening ").ok_or("the server did not say its port")?.parse()?;
        let input = child.stdin.take();
        Ok(Self { port, child, input })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

fn serve() -> Result<()> {
    let smsc = Smsc::builder(Credentials::new(SYSTEM_ID, PASSWORD)?).keep(0).start("127.0.0.1:0")?;
    println!("listening {}", smsc.address().port());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn node(script: &Path) -> Command {
    let peers = env::var_os("PEERS_DIR").map_or_else(|| root().join("target/peers"), PathBuf::from);
    let mut command = Command::new("node");
    command.arg(script).env("NODE_PATH", peers.join("node_modules"));
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// User and system time of a process, from `/proc`.
fn cpu_time(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no such field")?.1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn resident_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
