//! How a client connects, and the limits it keeps.

use std::time::Duration;

use super::Credentials;
use super::session::Settings;
use crate::InvalidInput;

/// Where to connect, as whom, and within which limits. Every limit has a default.
///
/// ```
/// use std::time::Duration;
/// use engagelab_otp::smpp::{Credentials, SmppConfig};
///
/// let config = SmppConfig::new("otpsmpp.api.engagelab.cc:2775", Credentials::new("acme", "secret")?)
///     .window(50)
///     .response_timeout(Duration::from_secs(20));
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct SmppConfig {
    pub(crate) address: String,
    pub(crate) credentials: Credentials,
    pub(crate) window: usize,
    pub(crate) connect_timeout: Duration,
    pub(crate) bind_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) enquire_interval: Duration,
    pub(crate) enquire_timeout: Duration,
    pub(crate) submit_timeout: Duration,
    pub(crate) report_timeout: Duration,
    pub(crate) event_capacity: usize,
    pub(crate) max_awaiting_reports: usize,
    pub(crate) initial_pause: Duration,
    pub(crate) max_pause: Duration,
    pub(crate) reconnect: Option<Reconnect>,
    #[cfg(feature = "rustls")]
    pub(crate) tls: Option<super::SmppTls>,
}

/// How long to wait before connecting again. Each wait is drawn at random from the upper half of its length, and the
/// length doubles from failure to failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// The first wait; 500 ms by default.
    pub initial_backoff: Duration,
    /// The longest wait; 60 s by default.
    pub max_backoff: Duration,
    /// The shortest wait after the link was closed during the bind, which is how the service answers a wrong
    /// password; 15 s by default.
    pub refused_bind_backoff: Duration,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(60),
            refused_bind_backoff: Duration::from_secs(15),
        }
    }
}

impl SmppConfig {
    /// The service's host. The port comes from the vendor, with the credentials.
    pub const HOST: &'static str = "otpsmpp.api.engagelab.cc";

    /// Connects to `address`, that is `host:port`, under these credentials.
    pub fn new(address: &str, credentials: Credentials) -> Self {
        Self {
            address: address.to_owned(),
            credentials,
            window: 10,
            connect_timeout: Duration::from_secs(10),
            bind_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(30),
            enquire_interval: Duration::from_secs(30),
            enquire_timeout: Duration::from_secs(10),
            submit_timeout: Duration::from_secs(30),
            report_timeout: Duration::from_secs(60 * 60),
            event_capacity: 100_000,
            max_awaiting_reports: 1_000_000,
            initial_pause: Duration::from_millis(500),
            max_pause: Duration::from_secs(30),
            reconnect: Some(Reconnect::default()),
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }

    /// How many submissions may wait for their answer at a time; 10 by default.
    #[must_use]
    pub fn window(self, window: usize) -> Self {
        Self { window, ..self }
    }

    /// How long connecting may take, for each address of the host, the TLS handshake included; 10 s by default.
    #[must_use]
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How long the answer to the bind may take; 10 s by default.
    #[must_use]
    pub fn bind_timeout(self, bind_timeout: Duration) -> Self {
        Self { bind_timeout, ..self }
    }

    /// How long the answer to a submission may take before its outcome is unknown; 30 s by default.
    #[must_use]
    pub fn response_timeout(self, response_timeout: Duration) -> Self {
        Self { response_timeout, ..self }
    }

    /// How often the link is probed, whatever the traffic; 30 s by default, as the service asks.
    #[must_use]
    pub fn enquire_interval(self, enquire_interval: Duration) -> Self {
        Self { enquire_interval, ..self }
    }

    /// How long the answer to a probe, to an unbind, and a single write may take before the link counts as dead; 10 s by
    /// default.
    #[must_use]
    pub fn enquire_timeout(self, enquire_timeout: Duration) -> Self {
        Self { enquire_timeout, ..self }
    }

    /// How long a submission waits for a place in the window, the end of a pause, or a link, before it is given back
    /// as not sent; 30 s by default.
    #[must_use]
    pub fn submit_timeout(self, submit_timeout: Duration) -> Self {
        Self { submit_timeout, ..self }
    }

    /// How long an accepted message waits for its final report before it is told as without one; 1 h by default.
    #[must_use]
    pub fn report_timeout(self, report_timeout: Duration) -> Self {
        Self { report_timeout, ..self }
    }

    /// How many events may wait to be fetched from [`Events`](super::Events); 100,000 by default. Beyond that, reports are
    /// answered with "temporarily not", so that the service keeps them and delivers them again.
    #[must_use]
    pub fn event_capacity(self, event_capacity: usize) -> Self {
        Self { event_capacity, ..self }
    }

    /// How many accepted messages may wait for their final report; 1,000,000 by default, which is about 300 MB. Beyond
    /// that, the oldest is told as without a report before its time. If events are not fetched either, it is let go
    /// without one, which is logged and counted.
    #[must_use]
    pub fn max_awaiting_reports(self, max_awaiting_reports: usize) -> Self {
        Self { max_awaiting_reports, ..self }
    }

    /// The first and the longest pause when the service asks to slow down; 500 ms and 30 s by default. The pause doubles
    /// each time the service asks again.
    #[must_use]
    pub fn throttle_backoff(self, initial: Duration, max: Duration) -> Self {
        Self { initial_pause: initial, max_pause: max, ..self }
    }

    /// How a lost link is opened again; by default it is, see [`Reconnect`]. `None` leaves it closed.
    #[must_use]
    pub fn reconnect(self, reconnect: Option<Reconnect>) -> Self {
        Self { reconnect, ..self }
    }

    /// Speaks TLS from the first octet; by default it does not.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(self, tls: super::SmppTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        if !(1..=10_000).contains(&self.window) {
            return Err(InvalidInput::new("window", "must be 1 to 10000"));
        }
        if self.event_capacity == 0 {
            return Err(InvalidInput::new("event_capacity", "must be at least 1"));
        }
        if self.max_awaiting_reports == 0 {
            return Err(InvalidInput::new("max_awaiting_reports", "must be at least 1"));
        }
        let timeouts = [
            ("connect_timeout", self.connect_timeout),
            ("bind_timeout", self.bind_timeout),
            ("response_timeout", self.response_timeout),
            ("enquire_interval", self.enquire_interval),
            ("enquire_timeout", self.enquire_timeout),
            ("submit_timeout", self.submit_timeout),
            ("report_timeout", self.report_timeout),
            ("throttle_backoff", self.initial_pause),
            ("throttle_backoff", self.max_pause),
        ];
        if let Some((field, _)) =
            timeouts.into_iter().find(|(_, time)| time.is_zero() || *time > LONGEST_TIMEOUT)
        {
            return Err(InvalidInput::new(field, "must be more than zero and at most 30 days"));
        }
        let waits =
            self.reconnect.map(|wait| [wait.initial_backoff, wait.max_backoff, wait.refused_bind_backoff]);
        if waits.into_iter().flatten().any(|wait| wait > LONGEST_TIMEOUT) {
            return Err(InvalidInput::new("reconnect", "must be at most 30 days"));
        }
        Ok(())
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            window: self.window,
            bind_timeout: self.bind_timeout,
            response_timeout: self.response_timeout,
            enquire_interval: self.enquire_interval,
            enquire_timeout: self.enquire_timeout,
            initial_pause: self.initial_pause,
            max_pause: self.max_pause,
            rate: None,
        }
    }
}

/// Keeps sums of times within what a clock can hold.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
