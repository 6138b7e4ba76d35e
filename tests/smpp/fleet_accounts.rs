//! A fleet whose links are cut and whose process is killed: what it wrote down must equal the servers' records.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::env;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use engagelab_otp::Outcome;
use engagelab_otp::smpp::smsc::{Faults, Record, Smsc};
use engagelab_otp::smpp::{
    Endpoint, Event, Reconnect, SmppClient, SmppConfig, SubmissionId, SubmissionState, SubmitError,
};

use super::capped::{Capped, Counts};
use super::loopback::{TIMEOUT, connect, credentials, until_within, with_param};
use super::process::{Folder, Killed, again};

/// How long anything here may take.
const LONGEST: Duration = TIMEOUT.saturating_mul(3);
const TEST: &str = "every_message_of_a_fleet_has_one_fate_which_is_that_of_the_servers_records";
/// Set in the child, which is this same test again, submitting: the folder, the number of messages, the addresses.
const CHILD: &str = "SMPP_KILLED_FLEET";
const SERVERS: usize = 4;
const WINDOW: usize = 10;
/// Messages a second, as each server takes them and each link sends them.
const RATE: u32 = 500;

/// How much of it all.
struct Extent {
    messages: u64,
    link_kills: u64,
    client_kills: u64,
}

impl Extent {
    /// `.ci/soak` asks for more.
    fn of_this_run() -> Self {
        if env::var_os("SMPP_FLEET_FULL").is_some() {
            Self { messages: 100_000, link_kills: 50, client_kills: 20 }
        } else {
            Self { messages: 3_000, link_kills: 6, client_kills: 3 }
        }
    }
}

/// What a process that submits keeps of its messages: one line each time something is known, as a user would in a table.
struct Fates {
    file: File,
    /// Accepted messages of which one line is written and the other is not: whether it is that of the report.
    halves: HashMap<SubmissionId, bool>,
}

impl Fates {
    fn write(&mut self, line: impl Display) {
        self.file.write_all(format!("{line}\n").as_bytes()).expect("a file for what is known");
    }

    fn accepted(&mut self, client: &SmppClient, number: u64, submission: SubmissionId, id: &str) {
        self.write(format_args!("accepted {number} {submission} {id}"));
        self.half(client, submission, false);
    }

    fn reported(&mut self, client: &SmppClient, submission: SubmissionId) {
        self.write(format_args!("reported {submission}"));
        self.half(client, submission, true);
    }

    /// Acknowledges a submission of which everything is written down.
    fn half(&mut self, client: &SmppClient, submission: SubmissionId, is_report: bool) {
        match self.halves.entry(submission) {
            Entry::Vacant(first) => _ = first.insert(is_report),
            Entry::Occupied(other) if *other.get() == is_report => panic!("{submission} is told twice"),
            Entry::Occupied(other) => {
                other.remove();
                assert!(client.acknowledge(submission));
            }
        }
    }

    fn failed(&mut self, client: &SmppClient, number: u64, error: &SubmitError) {
        match (error.outcome(), error.submission()) {
            (Outcome::Unknown, Some(submission)) => self.unknown(client, number, submission),
            (Outcome::NotSent, _) => self.write(format_args!("unsent {number}")),
            _ => panic!("the servers reject nothing: {error}"),
        }
    }

    fn unknown(&mut self, client: &SmppClient, number: u64, submission: SubmissionId) {
        self.write(format_args!("unknown {number} {submission}"));
        assert!(client.acknowledge(submission));
    }

    fn event(&mut self, client: &SmppClient, event: Event) {
        match event {
            Event::Report { submission: Some(submission), .. } => self.reported(client, submission),
            // On what an earlier process has acknowledged, from a server that did not hear its answer.
            Event::Report { submission: None, .. } => {}
            Event::Recovered { submission, reference, state } => {
                let number = reference.parse().expect("the number");
                match state {
                    SubmissionState::Unknown => self.unknown(client, number, submission),
                    SubmissionState::Accepted { message_id } => {
                        self.accepted(client, number, submission, &message_id);
                    }
                    SubmissionState::Reported { message_id, .. } => {
                        self.accepted(client, number, submission, &message_id);
                        self.reported(client, submission);
                    }
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Goes on where the process before was killed, until all messages are handed in and all that were accepted reported.
fn submit(arguments: &str) {
    let mut arguments = arguments.split('|');
    let mut next = || arguments.next().expect("three arguments");
    let (folder, messages, addresses) = (Path::new(next()), next().parse().expect("a number"), next());
    let path = folder.join("fates");
    let file = OpenOptions::new().create(true).append(true).open(&path).expect("a file for what is known");
    let fates = Mutex::new(Fates { file, halves: HashMap::new() });
    let soon = Duration::from_millis(5);
    let config = SmppConfig::fleet(addresses.split(',').map(Endpoint::new), credentials())
        .window(WINDOW)
        .rate_per_link(RATE)
        .max_sessions(SERVERS)
        .reconnect(Some(Reconnect { initial_backoff: soon, max_backoff: soon, refused_bind_backoff: soon }))
        .journal(folder.join("journal"));
    let (client, mut events) = connect(&config);
    let lock = || fates.lock().expect("not poisoned");
    // What is told of earlier processes comes first.
    while let Some(event) = events.try_next() {
        lock().event(&client, event);
    }
    let numbers = fs::read_to_string(&path).expect("readable");
    let handed_in = numbers.lines().filter(|line| !line.starts_with("reported"));
    let first = handed_in.map(|line| 1 + number(line)).max().unwrap_or(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for event in events {
                lock().event(&client, event);
            }
        });
        let handed_in = (first..messages).map(|number| {
            let number = number.to_string();
            with_param("number", &number).reference(number).expect("short")
        });
        for (number, result) in (first..).zip(client.submit_all(handed_in)) {
            match result {
                Ok(accepted) => lock().accepted(&client, number, accepted.submission, &accepted.message_id),
                Err(error) => lock().failed(&client, number, &error),
            }
        }
        until_within(LONGEST, || lock().halves.is_empty());
        client.shutdown();
    });
}

fn number(line: &str) -> u64 {
    line.split(' ').nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn of<T>(smsc: &Smsc, value: impl Fn(&Record) -> T) -> T {
    let found = Mutex::new(None);
    smsc.wait_for(Duration::ZERO, |record| {
        *found.lock().expect("not poisoned") = Some(value(record));
        true
    });
    found.into_inner().expect("not poisoned").expect("it is looked at once")
}

fn start(folder: &Folder, extent: &Extent, servers: &[Smsc]) -> Killed {
    let addresses: Vec<_> = servers.iter().map(|smsc| smsc.address().to_string()).collect();
    let arguments = format!("{}|{}|{}", folder.path().display(), extent.messages, addresses.join(","));
    let child: Child = again(module_path!(), TEST, CHILD, &arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("the test binary runs");
    Killed(child)
}

#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Accepted { submission: u64, id: String },
    Unknown,
    Unsent,
}

#[test]
fn every_message_of_a_fleet_has_one_fate_which_is_that_of_the_servers_records() {
    if let Ok(arguments) = env::var(CHILD) {
        return submit(&arguments);
    }
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let extent = Extent::of_this_run();
    let folder = Folder::new("fleet");
    let (servers, counts): (Vec<Smsc>, Vec<Arc<Counts>>) = (0..SERVERS)
        .map(|name| {
            let capped = Capped::new(RATE, &name.to_string());
            let counts = capped.counts();
            let builder = Smsc::builder(credentials()).keep(usize::MAX).submit(capped);
            (builder.start("127.0.0.1:0").expect("a free port"), counts)
        })
        .unzip();

    // Spread over the messages: at how many of them what happens.
    let spread = |kills| (1..=kills).map(move |kill| kill * extent.messages * 9 / (kills * 10));
    let mut kills: Vec<_> = spread(extent.link_kills).map(|at| (at, false)).collect();
    kills.extend(spread(extent.client_kills).map(|at| (at, true)));
    kills.sort_unstable();
    let arrived = || servers.iter().map(|smsc| of(smsc, |record| record.submission_count)).sum::<u64>();
    let mut client = start(&folder, &extent, &servers);
    for (at, is_client) in kills {
        until_within(LONGEST, || arrived() >= at);
        if is_client {
            client.0.kill().expect("it still runs");
            client.0.wait().expect("it was killed");
            until_within(LONGEST, || servers.iter().all(|smsc| of(smsc, |record| record.sessions) == 0));
            client = start(&folder, &extent, &servers);
        } else {
            // In the middle of what is sent, or of what is received; one that has yet to come is not replaced.
            let smsc = &servers[random.usize(..SERVERS)];
            until_within(LONGEST, || smsc.faults() == Faults::default());
            smsc.set_faults(if random.bool() {
                Faults { cut_after_octets: Some(random.usize(..2_000)), ..Faults::default() }
            } else {
                Faults { cut_after_submissions: Some(random.usize(1..30)), ..Faults::default() }
            });
        }
    }
    assert!(client.0.wait().expect("it ends").success());
    check(&extent, &folder, &servers, &counts);
}

fn check(extent: &Extent, folder: &Folder, servers: &[Smsc], counts: &[Arc<Counts>]) {
    let mut fates: HashMap<u64, Fate> = HashMap::new();
    let mut reported = HashSet::new();
    let lines = fs::read_to_string(folder.path().join("fates")).expect("readable");
    for line in lines.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let fate = match fields[..] {
            ["accepted", _, submission, id] => {
                Fate::Accepted { submission: submission.parse().expect("a number"), id: id.to_owned() }
            }
            ["unknown", _, _] => Fate::Unknown,
            ["unsent", _] => Fate::Unsent,
            ["reported", _] => {
                reported.insert(number(line));
                continue;
            }
            _ => panic!("{line}"),
        };
        // A process that was killed before it could acknowledge is told the same again.
        match fates.entry(number(line)) {
            Entry::Vacant(first) => _ = first.insert(fate),
            Entry::Occupied(earlier) => assert_eq!(earlier.get(), &fate, "{line}"),
        }
    }
    let mut recorded = HashMap::new();
    for received in servers.iter().flat_map(|smsc| smsc.record().submissions) {
        let number: u64 = received.submission.expect("readable").params["number"].parse().expect("a number");
        let id = received.answer.expect("nothing is throttled at the configured rate");
        assert_eq!(recorded.insert(number, id), None, "{number} was submitted twice");
    }
    let mut unknown = 0;
    for number in 0..extent.messages {
        match (fates.get(&number), recorded.get(&number)) {
            (Some(Fate::Accepted { submission, id }), recorded) => {
                assert_eq!(recorded, Some(id), "{number}");
                assert!(reported.contains(submission), "{number} was delivered");
            }
            (Some(Fate::Unknown), _) => unknown += 1,
            // Without a fate is what a process had in hand and had not begun to send when it was killed.
            (Some(Fate::Unsent) | None, recorded) => assert_eq!(recorded, None, "{number} was not sent"),
        }
    }
    let binds: u64 = servers.iter().map(|smsc| of(smsc, |record| record.links)).sum();
    println!(
        "{} messages, {} link kills, {} kills of the client: {} recorded, {unknown} unknown, {binds} binds",
        extent.messages,
        extent.link_kills,
        extent.client_kills,
        recorded.len()
    );
    assert!(servers.iter().all(|smsc| smsc.faults() == Faults::default()), "every link kill hit");
    assert!(binds >= SERVERS as u64 + extent.link_kills);
    assert!(unknown <= WINDOW as u64 * (extent.link_kills + SERVERS as u64 * extent.client_kills));
    assert!(recorded.len() as u64 + unknown >= extent.messages * 9 / 10, "most were sent");
    for (smsc, counts) in servers.iter().zip(counts) {
        assert_eq!(counts.throttled(), 0, "at the configured rate no server throttles");
        assert!(of(smsc, |record| record.most_sessions) <= 1, "one session to each, so four altogether");
    }
}
