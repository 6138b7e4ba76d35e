//! A peer, or the client itself, that is stopped in the middle of everything.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::Outcome;
use engagelab_otp::smpp::smsc::Faults;
use engagelab_otp::smpp::{Coding, SmppConfig};

use super::loopback::{TIMEOUT, connect, credentials, message, server, until, with_param};
use super::process::{Killed, again, signal};

/// Set in the child, which is this same test again, serving.
const CHILD: &str = "SMPP_STOPPED_PEER_SERVES";

struct Peer {
    process: Killed,
    port: String,
}

impl Peer {
    fn start() -> Self {
        let mut child = again(module_path!(), "a_stopped_peer_is_noticed_and_blocks_no_thread", CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary runs");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let port = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening ").map(|(_, port)| port.to_owned()))
            .expect("the child says its port");
        Self { process: Killed(child), port }
    }
}

fn serve() {
    let smsc = server();
    println!("listening {}", smsc.address().port());
    io::stdin().read_to_end(&mut Vec::new()).expect("the parent holds the other end");
}

#[test]
fn a_stopped_peer_is_noticed_and_blocks_no_thread() {
    if env::var_os(CHILD).is_some() {
        return serve();
    }
    let peer = Peer::start();
    let interval = Duration::from_secs(1);
    let timeout = Duration::from_secs(1);
    let config = SmppConfig::new(&format!("127.0.0.1:{}", peer.port), credentials())
        .window(1_000)
        .enquire_interval(interval)
        .enquire_timeout(timeout)
        .reconnect(None);
    let (client, events) = connect(&config);
    // Enough to fill what the sockets hold, so that writers block.
    let large = with_param("large", &"x".repeat(60_000)).coding(Coding::ServiceDefault);
    client.submit(&large).expect("accepted");

    signal(&peer.process.0, "-STOP");
    let stopped = Instant::now();
    let noticed = thread::scope(|scope| {
        // Without a second link, the events end with the first.
        let noticed = scope.spawn(|| {
            assert!(events.count() <= 1);
            stopped.elapsed()
        });
        for _ in 0..4 {
            scope.spawn(|| {
                for result in client.submit_all(std::iter::repeat_n(large.clone(), 100)) {
                    let outcome = result.expect_err("nobody answers").outcome();
                    assert!(matches!(outcome, Outcome::Unknown | Outcome::NotSent));
                }
            });
        }
        noticed.join().expect("it counts")
    });
    println!("noticed after {noticed:?}, within {:?}", interval + timeout);
    // A busy machine may be late to run the thread that keeps the time.
    assert!(noticed < interval + timeout + Duration::from_secs(1), "noticed after {noticed:?}");
    // Every thread of the client has ended, and those that submitted have too.
    client.shutdown();
}

/// Set in the child, which is the client that is stopped, to the server's address.
const CLIENT: &str = "SMPP_STOPPED_CLIENT";

#[test]
fn an_answer_that_came_while_the_client_was_stopped_came_in_time() {
    if let Ok(address) = env::var(CLIENT) {
        let config = SmppConfig::new(&address, credentials()).response_timeout(Duration::from_secs(1));
        let (client, _events) = connect(&config);
        client.submit(&message()).expect("accepted");
        return;
    }
    let smsc = server();
    smsc.set_faults(Faults { answer_after: Some(Duration::from_millis(500)), ..Faults::default() });
    let test = "an_answer_that_came_while_the_client_was_stopped_came_in_time";
    let client = again(module_path!(), test, CLIENT, &smsc.address().to_string()).spawn();
    let mut client = Killed(client.expect("the test binary runs"));
    assert!(smsc.wait_for(TIMEOUT, |record| record.submission_count == 1));
    signal(&client.0, "-STOP");
    let stopped = Instant::now();
    until(|| stopped.elapsed() > Duration::from_secs(3));
    signal(&client.0, "-CONT");
    assert!(client.0.wait().expect("it ends").success());
}
