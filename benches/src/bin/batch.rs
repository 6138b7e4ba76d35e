//! A batch: what its journal costs. The same client and 16 workers, without a journal and with one; and the memory of many
//! rows.
//!
//! ```text
//! cargo run --release --features batch --bin batch
//! cargo run --release --features batch --bin batch -- --memory 10000000             # all rows differ
//! cargo run --release --features batch --bin batch -- --memory 10000000 --twice     # each row stands there twice
//! strace -c -f target/release/batch --only process 5000      # system calls; with `none` or `power`, of the others
//! ```
//!
//! Once with a server that answers at once, so that the journal's share is as large as it can be, and once with one that takes
//! five milliseconds, which is still quicker than a service far away.

#[path = "../answering.rs"]
mod answering;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use answering::answer_all;
use engagelab_otp::batch::{Batch, BatchOptions, Duplicates, Durability, Input, InputOptions, Transport};
use engagelab_otp::{Client, Credentials, Proxy, Recipient, RetryPolicy, TemplateRef};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const WORKERS: usize = 16;
/// How long the server takes, and how many rows it gets then.
const SERVERS: [(Duration, usize); 2] = [(Duration::ZERO, 20_000), (Duration::from_millis(5), 4_000)];
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::env::temp_dir().join(format!("engagelab-otp-batch-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--memory", rows, ref more @ ..] => memory(&folder, rows.parse()?, more.contains(&"--twice")),
        ["--only", which, rows] => only(&folder, which, rows.parse()?),
        [] => SERVERS.into_iter().try_for_each(|(pause, rows)| journals(&folder, pause, rows)),
        _ => Err("--memory ROWS [--twice], or --only none|process|power ROWS".into()),
    };
    fs::remove_dir_all(&folder)?;
    outcome
}

/// Seconds for all rows, round by round in turn.
fn journals(folder: &Path, pause: Duration, rows: usize) -> Result<()> {
    let client = client(&serve(pause)?)?;
    let path = write(folder, rows, 1)?;
    let mut times = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        let found = [
            without(&client, rows)?,
            with(&client, &path, rows, Durability::Process)?,
            with(&client, &path, rows, Durability::Power)?,
        ];
        // The first round warms up.
        if round > 0 {
            times.iter_mut().zip(found).for_each(|(times, time)| times.push(time));
        }
    }
    println!(
        "{rows} rows, answers after {pause:?}, {WORKERS} workers, {ROUNDS} rounds; rows a second: median, lowest and highest"
    );
    let mut base = None;
    for (name, mut times) in ["no journal", "journal, process", "journal, power"].into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let rate = |time: f64| rows as f64 / time;
        let median = times[times.len() / 2];
        let base = *base.get_or_insert(median);
        let (lowest, highest) = (rate(times[times.len() - 1]), rate(times[0]));
        let ratio = median / base;
        println!(
            "{name:<18}{:>9.0}{lowest:>9.0}{highest:>9.0}   {ratio:.2} x the time of no journal",
            rate(median)
        );
    }
    Ok(())
}

/// One of the ways, once, with a server that answers at once.
fn only(folder: &Path, which: &str, rows: usize) -> Result<()> {
    let client = client(&serve(Duration::ZERO)?)?;
    let path = write(folder, rows, 1)?;
    let time = match which {
        "none" => without(&client, rows)?,
        "process" => with(&client, &path, rows, Durability::Process)?,
        _ => with(&client, &path, rows, Durability::Power)?,
    };
    println!("{rows} rows, {which}: {:.0} a second", rows as f64 / time);
    Ok(())
}

fn without(client: &Client, rows: usize) -> Result<f64> {
    let numbers =
        (0..rows).map(|row| number(row).parse()).collect::<std::result::Result<Vec<Recipient>, _>>()?;
    let template = TemplateRef::new("login")?;
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let sent = thread::scope(|scope| {
        let work = || {
            let mut sent = 0;
            while let Some(to) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                sent += usize::from(client.send_otp(to, &template).is_ok());
            }
            sent
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_default()).sum::<usize>()
    });
    if sent != rows {
        return Err(format!("{sent} of {rows} were sent").into());
    }
    Ok(began.elapsed().as_secs_f64())
}

fn with(client: &Client, path: &Path, rows: usize, durability: Durability) -> Result<f64> {
    let journal = path.with_extension("journal");
    drop(fs::remove_file(&journal));
    let input = Input::check(path, InputOptions::of_path(path).template("login".parse()?))?;
    let workers = NonZeroUsize::new(WORKERS).ok_or("none")?;
    let options = BatchOptions::new().workers(workers).durability(durability).journal(&journal);
    let batch = Batch::open(input, Transport::http(client.clone()), options)?;
    let began = Instant::now();
    let summary = batch.run(|_| {});
    let time = began.elapsed().as_secs_f64();
    if summary.counts.accepted != rows as u64 {
        return Err(format!("{summary:?}").into());
    }
    Ok(time)
}

/// What checking and opening takes, at its highest.
fn memory(folder: &Path, rows: usize, twice: bool) -> Result<()> {
    let path = write(folder, rows, if twice { 2 } else { 1 })?;
    let before = resident("VmRSS")?;
    let began = Instant::now();
    let options = InputOptions::of_path(&path).template("login".parse()?).duplicates(Duplicates::Skip);
    let input = Input::check(&path, options)?;
    let checked = began.elapsed();
    let (checking, good) = (resident("VmHWM")?, input.good());
    let client = client("http://127.0.0.1:9")?;
    let batch = Batch::open(input, Transport::http(client), BatchOptions::new())?;
    let opened = resident("VmRSS")?;
    println!("{rows} rows, {good} to send; checked in {checked:.1?}");
    let each = |octets: usize| octets.saturating_sub(before) as f64 / rows as f64;
    println!(
        "octets for each row: {:.1} at most while checking, {:.1} once opened",
        each(checking),
        each(opened)
    );
    drop(batch);
    Ok(())
}

fn resident(name: &str) -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).ok_or("no such figure")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<usize>()? * 1024)
}

fn number(row: usize) -> String {
    format!("+65{:09}", 100_000_000 + row)
}

/// Rows of which each stands there so often, far from the first.
fn write(folder: &Path, rows: usize, times: usize) -> Result<PathBuf> {
    let path = folder.join(format!("{rows}-{times}.csv"));
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "to")?;
    for row in 0..rows {
        writeln!(file, "{}", number(row % (rows / times)))?;
    }
    file.flush()?;
    Ok(path)
}

fn client(url: &str) -> Result<Client> {
    let credentials = Credentials::new("key", "secret")?;
    let client = Client::builder(credentials).base_url(url).proxy(Proxy::None).retry(RetryPolicy::never());
    Ok(client.max_idle_connections(WORKERS).build()?)
}

/// A server that takes so long for each answer.
fn serve(pause: Duration) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                drop(stream.set_nodelay(true));
                answer_all(stream, pause);
            });
        }
    });
    Ok(url)
}
