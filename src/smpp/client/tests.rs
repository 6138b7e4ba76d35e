//! What cannot be made to happen from outside: names that the operating system does not come back with.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::SmppClient;
use crate::smpp::smsc::Smsc;
use crate::smpp::{ConnectErrorKind, Credentials, Endpoint, SmppConfig, link};

/// Longer than anything here takes; a test that waits so long has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

fn credentials() -> Credentials {
    Credentials::new("acme", "secret").expect("short")
}

fn look_up(address: &str) -> io::Result<Vec<SocketAddr>> {
    while address.starts_with("hangs") {
        thread::park();
    }
    link::look_up(address)
}

/// Does it in a thread of its own, so that waiting for ever is a failure and no hanging test.
fn within_timeout<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    thread::spawn(move || done.send(act()));
    result.recv_timeout(TIMEOUT).expect("it does not wait for the name")
}

#[test]
fn connecting_does_not_wait_for_a_name_longer_than_it_may() {
    let soon = Duration::from_millis(20);
    let config = SmppConfig::new("hangs:1", credentials()).connect_timeout(soon).bind_timeout(soon);
    let error = within_timeout(move || SmppClient::connect_with(&config, look_up).map(drop));
    assert_eq!(error.expect_err("nobody finds it").kind(), ConnectErrorKind::Resolve);
}

#[test]
fn neither_shutdown_nor_drop_waits_for_a_name() {
    for drains in [true, false] {
        let smsc = Smsc::builder(credentials()).start("127.0.0.1:0").expect("a free port");
        let endpoints = [Endpoint::new("hangs:1"), Endpoint::new(&smsc.address().to_string())];
        let config = SmppConfig::fleet(endpoints, credentials()).connect_timeout(TIMEOUT * 10);
        let (client, events) = SmppClient::connect_with(&config, look_up).expect("one of them is up");
        within_timeout(move || {
            if drains {
                client.shutdown();
            }
            drop(client);
        });
        assert_eq!(events.count(), 0);
    }
}
