//! A server on loopback, and a client that is bound to it.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use engagelab_otp::smpp::smsc::Smsc;
use engagelab_otp::smpp::{Credentials, Events, Message, Reconnect, SmppClient, SmppConfig};
use engagelab_otp::{Recipient, TemplateRef};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) fn credentials() -> Credentials {
    Credentials::new("sandbox_demo", "sandbox").expect("short")
}

pub(crate) fn server() -> Smsc {
    Smsc::builder(credentials())
        .redeliver_after(Duration::from_millis(20))
        .start("127.0.0.1:0")
        .expect("a free port")
}

/// Default limits, but quick to connect again.
pub(crate) fn config(smsc: &Smsc) -> SmppConfig {
    let soon = Duration::from_millis(5);
    SmppConfig::new(&smsc.address().to_string(), credentials()).reconnect(Some(Reconnect {
        initial_backoff: soon,
        max_backoff: soon,
        refused_bind_backoff: soon,
    }))
}

pub(crate) fn connect(config: &SmppConfig) -> (SmppClient, Events) {
    SmppClient::connect(config).expect("the server is there")
}

pub(crate) fn pair() -> (Smsc, SmppClient, Events) {
    let smsc = server();
    let (client, events) = connect(&config(&smsc));
    (smsc, client, events)
}

/// A message that is delivered at once.
pub(crate) fn message() -> Message {
    to("+10000000010")
}

pub(crate) fn to(recipient: &str) -> Message {
    Message::notification(&phone(recipient), &template("sandbox-otp-tpl")).expect("well formed")
}

/// A message whose template has this value for a variable.
pub(crate) fn with_param(name: &str, value: &str) -> Message {
    Message::notification(&phone("+10000000010"), &template("sandbox-otp-tpl").param(name, value))
        .expect("well formed")
}

pub(crate) fn phone(number: &str) -> Recipient {
    Recipient::phone(number).expect("a number")
}

pub(crate) fn template(id: &str) -> TemplateRef {
    TemplateRef::new(id).expect("an id")
}

/// Looks again and again, a moment apart.
pub(crate) fn until(is_so: impl Fn() -> bool) {
    until_within(TIMEOUT, is_so);
}

/// As [`until`], for what may take longer.
pub(crate) fn until_within(limit: Duration, is_so: impl Fn() -> bool) {
    // Nothing is ever sent over it: waiting for that is how time passes.
    let (_held, never) = channel::<()>();
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < limit);
        let _ = never.recv_timeout(Duration::from_millis(2));
    }
}
