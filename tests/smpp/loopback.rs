//! A server on loopback, and a client that is bound to it.

use std::time::Duration;

use engagelab_otp::smpp::smsc::Smsc;
use engagelab_otp::smpp::{Credentials, Events, Message, Reconnect, SmppClient, SmppConfig};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

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
        first: soon,
        longest: soon,
        after_refused_bind: soon,
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
    Message::notification(recipient, "sandbox-otp-tpl").expect("well formed")
}
