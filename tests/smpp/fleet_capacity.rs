//! One server of four is slow, stopped, killed: what the others go on taking.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::smpp::smsc::{Faults, Smsc};
use engagelab_otp::smpp::{Endpoint, Event, LinkPhase, SmppClient, SmppConfig};

use super::capped::Capped;
use super::loopback::{TIMEOUT, connect, credentials, message};
use super::process::{Killed, again, signal};

/// Set in the children, which are this same test again, serving.
const CHILD: &str = "SMPP_CAPPED_SERVER";
/// Messages a second that each server takes.
const CAP: u32 = 500;
/// How long an answer of the slow server takes.
const SLOW: Duration = Duration::from_millis(300);

struct Server {
    process: Killed,
    commands: ChildStdin,
    /// Held open: the harness writes more to it.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(name: usize) -> Self {
        let test = "three_servers_of_four_take_what_is_theirs_whatever_the_fourth_does";
        let mut child = again(module_path!(), test, CHILD, &name.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary runs");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let address = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening ").map(|(_, address)| address.to_owned()))
            .expect("the child says where");
        let commands = child.stdin.take().expect("piped");
        Self { process: Killed(child), commands, _output: output, address }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("it reads");
    }
}

fn serve(name: &str) {
    let capped = Capped::new(CAP, name);
    let smsc = Smsc::builder(credentials()).keep(0).submit(capped).start("127.0.0.1:0").expect("a free port");
    println!("listening {}", smsc.address());
    for command in io::stdin().lines() {
        let answer_after = (command.expect("readable") == "slow").then_some(SLOW);
        smsc.set_faults(Faults { answer_after, ..Faults::default() });
    }
}

/// Reports in this time, which are told as messages are taken.
fn taken_in(time: Duration, reports: &AtomicU64) -> u64 {
    let before = reports.load(Ordering::Relaxed);
    // Nothing is ever sent over it: waiting for that is how time passes.
    let (_held, never) = channel::<()>();
    let _ = never.recv_timeout(time);
    reports.load(Ordering::Relaxed) - before
}

fn wait_until_bound(client: &SmppClient) {
    let (_held, never) = channel::<()>();
    let started = Instant::now();
    while client.links().iter().any(|link| link.phase != LinkPhase::Bound) {
        assert!(started.elapsed() < TIMEOUT, "{:?}", client.links());
        let _ = never.recv_timeout(Duration::from_millis(5));
    }
}

#[test]
fn three_servers_of_four_take_what_is_theirs_whatever_the_fourth_does() {
    if let Ok(name) = env::var(CHILD) {
        return serve(&name);
    }
    // `.ci/soak` asks for more.
    let seconds = env::var("SMPP_FLEET_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(2));
    let mut servers: Vec<_> = (0..4).map(Server::start).collect();
    let endpoints = servers.iter().map(|server| Endpoint::new(&server.address));
    let (client, events) = connect(&SmppConfig::fleet(endpoints, credentials()).rate_per_link(CAP));
    wait_until_bound(&client);

    let (reports, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for event in events {
                reports.fetch_add(u64::from(matches!(event, Event::Report { .. })), Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            let messages = std::iter::from_fn(|| (!is_over.load(Ordering::Relaxed)).then(message));
            client.submit_all(messages).for_each(drop);
        });
        // Also where something is not as it should be.
        let _ends = Ends { is_over: &is_over, client: &client };
        taken_in(Duration::from_millis(200), &reports);
        let four = taken_in(time, &reports);
        println!("four servers: {four} messages in {time:?}");
        assert!(four >= u64::from(CAP) * 2 * time.as_secs(), "the rate is kept, and used");
        let hold_out = |what: &str| {
            // The machine may have had something else to do: what is asked for is what lasts.
            let holds_out = (0..3).any(|_| {
                let others = taken_in(time, &reports);
                println!("{what}: {others}");
                others * 4 * 10 >= four * 3 * 9
            });
            assert!(holds_out, "{what}: less than 90 % of three quarters of {four}");
        };

        servers[0].tell("slow");
        hold_out("one of them slow");
        servers[0].tell("well");
        taken_in(SLOW * 2, &reports);

        signal(&servers[1].process.0, "-STOP");
        hold_out("one of them stopped");
        signal(&servers[1].process.0, "-CONT");
        taken_in(SLOW, &reports);
        wait_until_bound(&client);

        servers[2].process.0.kill().expect("it still runs");
        hold_out("one of them killed");
    });
}

struct Ends<'a> {
    is_over: &'a AtomicBool,
    client: &'a SmppClient,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.client.shutdown();
    }
}
