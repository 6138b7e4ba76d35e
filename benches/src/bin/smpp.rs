//! Messages per second over loopback: this client and its peers, against this crate's server and the npm `smpp` server.
//!
//! ```text
//! .ci/peers-smpp
//! cd benches && cargo run --release --features smpp --bin smpp            # the table
//! cd benches && cargo run --release --features smpp --bin smpp million    # CPU and memory over a million messages
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

use engagelab_otp::smpp::smsc::Smsc;
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
const ROUNDS: usize = 3;
const SYSTEM_ID: &str = "sandbox_demo";
const PASSWORD: &str = "sandbox";
const RECIPIENT: &str = "+10000000010";

fn main() -> Result<()> {
    match env::args().nth(1).as_deref() {
        Some("serve") => serve(),
        Some("million") => million(),
        _ => table(),
    }
}

/// Each cell is the best of a few rounds, which are taken in turn so that a busy moment does not fall on one client.
fn table() -> Result<()> {
    type Run = fn(u16, usize) -> Result<Duration>;
    let own = Server::own()?;
    let node = Server::node()?;
    let rows: [(&str, &Server, Run); 4] = [
        ("ours -> our SMSC, reports on", &own, ours),
        ("ours -> node smpp server", &node, ours),
        ("node smpp client -> node smpp server", &node, node_client),
        ("rusmppc -> node smpp server", &node, rusmppc),
    ];
    let mut best = [[0.0_f64; WINDOWS.len()]; 4];
    for _ in 0..ROUNDS {
        for (row, (_, server, run)) in rows.iter().enumerate() {
            for (column, window) in WINDOWS.into_iter().enumerate() {
                let rate = MESSAGES as f64 / run(server.port, window)?.as_secs_f64();
                best[row][column] = best[row][column].max(rate);
            }
        }
    }
    println!("{MESSAGES} submissions, messages per second, best of {ROUNDS}");
    println!("{:40}{:>12}{:>12}{:>12}", "window", WINDOWS[0], WINDOWS[1], WINDOWS[2]);
    for (row, (name, ..)) in rows.iter().enumerate() {
        let [one, ten, hundred] = best[row];
        println!("{name:40}{one:>12.0}{ten:>12.0}{hundred:>12.0}");
    }
    for (row, peer) in [(2, "node client"), (3, "rusmppc")] {
        let ratio = |column: usize| best[1][column] / best[row][column];
        let name = format!("ours / {peer}, on the node server");
        println!("{name:40}{:>12.2}{:>12.2}{:>12.2}", ratio(0), ratio(1), ratio(2));
    }
    Ok(())
}

/// Whether CPU and memory stay the same from the first hundred thousand messages to the last.
fn million() -> Result<()> {
    let own = Server::own()?;
    let (client, events) = SmppClient::connect(&config(own.port, 100)?)?;
    let told = std::thread::spawn(move || events.count());
    println!("{:>10}{:>14}{:>18}{:>12}", "messages", "per second", "CPU us a message", "RSS KiB");
    for hundred_thousands in 1..=10 {
        let (started, cpu) = (Instant::now(), cpu_time()?);
        submit(&client, 100_000)?;
        let (took, cpu) = (started.elapsed(), cpu_time()?.saturating_sub(cpu));
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

fn ours(port: u16, window: usize) -> Result<Duration> {
    let (client, events) = SmppClient::connect(&config(port, window)?)?;
    let told = std::thread::spawn(move || events.count());
    let started = Instant::now();
    submit(&client, MESSAGES)?;
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

fn node_client(port: u16, window: usize) -> Result<Duration> {
    let script = root().join("benches/peers/smpp_client.js");
    let output = node(&script)
        .args([port.to_string(), window.to_string(), MESSAGES.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let milliseconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

fn rusmppc(port: u16, window: usize) -> Result<Duration> {
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
        let left = Arc::new(AtomicUsize::new(MESSAGES));
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
    _input: Option<ChildStdin>,
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
        Ok(Self { port, child, _input: input })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails where the server has ended already, which is what is asked for.
        let _ = self.child.kill();
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

/// User and system time of this process, from `/proc`.
fn cpu_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no such field")?.1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn resident_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
