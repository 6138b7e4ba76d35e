//! More clients than the server has descriptors for.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::loopback::{connect, credentials, message, server};
use super::process::{Killed, again};
use engagelab_otp::smpp::SmppConfig;

/// Set in the child, which is this same test again, serving.
const CHILD: &str = "SMPP_CROWDED_SERVES";

#[test]
fn a_server_without_descriptors_waits_at_rest_until_some_are_free() {
    if env::var_os(CHILD).is_some() {
        let smsc = server();
        println!("listening {}", smsc.address());
        io::stdin().read_to_end(&mut Vec::new()).expect("the parent holds the other end");
        return;
    }
    let test = "a_server_without_descriptors_waits_at_rest_until_some_are_free";
    let again = again(module_path!(), test, CHILD, "1");
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 30 && exec \"$0\" \"$@\""])
        .arg(again.get_program())
        .args(again.get_args())
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let child = Killed(child);
    let address = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("listening ").map(|(_, address)| address.to_owned()))
        .expect("the child says its address");
    // The operating system connects them, whether the server takes them or not.
    let idle: Vec<_> = (0..60).map(|_| TcpStream::connect(&address).expect("a place in the queue")).collect();
    let before = processor_time(&child);
    // Nothing is ever sent over it: waiting for that is how time passes.
    let (_held, never) = channel::<()>();
    let _ = never.recv_timeout(Duration::from_secs(1));
    if let (Some(before), Some(after)) = (before, processor_time(&child)) {
        assert!(after - before < 20, "{} hundredths of a second", after - before);
    }
    drop(idle);
    let (client, _events) = connect(&SmppConfig::new(&address, credentials()));
    client.submit(&message()).expect("accepted");
}

/// In ticks, of which there are a hundred in a second; where the operating system tells.
fn processor_time(process: &Killed) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.0.id())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}
