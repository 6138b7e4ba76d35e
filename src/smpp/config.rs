//! How a client connects, and the limits it keeps.

use std::path::PathBuf;
use std::time::Duration;

use super::session::Settings;
use super::{Credentials, Endpoint};
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
    pub(crate) endpoints: Vec<Endpoint>,
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
    pub(crate) rate: Option<u32>,
    pub(crate) rate_per_link: Option<u32>,
    pub(crate) max_sessions: Option<usize>,
    pub(crate) journal: Option<PathBuf>,
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
        Self::fleet([Endpoint::new(address)], credentials)
    }

    /// Connects to several addresses, or several times to one. Messages go over whichever link is free; reports are
    /// taken over any.
    ///
    /// ```
    /// use engagelab_otp::smpp::{Credentials, Endpoint, SmppConfig};
    ///
    /// let near = Endpoint::new("one.example:2775").links(2).weight(2);
    /// let also_near = Endpoint::new("two.example:2775");
    /// let far = Endpoint::new("far.example:2775").preference(1);
    /// let config = SmppConfig::fleet([near, also_near, far], Credentials::new("acme", "secret")?)
    ///     .rate_per_link(500)
    ///     .max_sessions(4);
    /// # Ok::<(), engagelab_otp::InvalidInput>(())
    /// ```
    pub fn fleet(endpoints: impl IntoIterator<Item = Endpoint>, credentials: Credentials) -> Self {
        Self {
            endpoints: endpoints.into_iter().collect(),
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
            rate: None,
            rate_per_link: None,
            max_sessions: None,
            journal: None,
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }

    /// The system id, and where it is used.
    #[cfg(feature = "batch")]
    pub(crate) fn account(&self) -> (&str, Vec<&str>) {
        let addresses = self.endpoints.iter().map(|endpoint| endpoint.address.as_str()).collect();
        (self.credentials.system_id(), addresses)
    }

    /// How many submissions may wait for their answer at a time, on each link; 10 by default.
    #[must_use]
    pub fn window(self, window: usize) -> Self {
        Self { window, ..self }
    }

    /// How long connecting may take: the look-up of the name, the connection, and the whole TLS handshake; 10 s by
    /// default.
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

    /// How long an accepted message waits for its final report before it is reported as without one; 1 h by default.
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
    /// that, the oldest is reported as without a report before its time. If events are not fetched either, it is let go
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

    /// How many messages are sent per second over all links together; by default as many as are answered.
    #[must_use]
    pub fn rate(self, messages_per_second: u32) -> Self {
        Self { rate: Some(messages_per_second), ..self }
    }

    /// How many messages are sent per second over each link; by default as many as are answered. A link whose service
    /// asks to slow down finds its own rate below this.
    #[must_use]
    pub fn rate_per_link(self, messages_per_second: u32) -> Self {
        Self { rate_per_link: Some(messages_per_second), ..self }
    }

    /// How many sessions there are at a time, those that are being opened included; by default one for each link.
    /// Links beyond that stand by, and take the place of one that is lost. A session counts until the other end has
    /// closed it as well, for a second at most.
    #[must_use]
    pub fn max_sessions(self, max_sessions: usize) -> Self {
        Self { max_sessions: Some(max_sessions), ..self }
    }

    /// Keeps what becomes of each submission in this folder, so that it outlives the process: by default it does not.
    ///
    /// A submission is written down before it is sent, and stays until it is
    /// [acknowledged](crate::smpp::SmppClient::acknowledge) or is known not to have been taken. After a restart each is
    /// reported as [`Event::Recovered`](crate::smpp::Event::Recovered). The folder holds no text and no number, and can be
    /// used by one client at a time. What is written survives the process, not a power failure. No more than
    /// [`max_awaiting_reports`](Self::max_awaiting_reports) submissions can be open.
    #[must_use]
    pub fn journal(self, folder: impl Into<PathBuf>) -> Self {
        Self { journal: Some(folder.into()), ..self }
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
        self.check_endpoints()?;
        let at_least_one = "must be at least 1";
        let rates = [("rate", self.rate), ("rate_per_link", self.rate_per_link)];
        for (field, rate) in rates {
            InvalidInput::unless(rate != Some(0), field, at_least_one)?;
        }
        InvalidInput::unless(self.max_sessions != Some(0), "max_sessions", at_least_one)?;
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
        if let Some(wait) = self.reconnect
            && (wait.initial_backoff < SHORTEST_BACKOFF || wait.max_backoff < wait.initial_backoff)
        {
            let rule = "must have an initial_backoff of at least 1 ms, and a max_backoff that is no shorter";
            return Err(InvalidInput::new("reconnect", rule));
        }
        let waits =
            self.reconnect.map(|wait| [wait.initial_backoff, wait.max_backoff, wait.refused_bind_backoff]);
        if waits.into_iter().flatten().any(|wait| wait > LONGEST_TIMEOUT) {
            return Err(InvalidInput::new("reconnect", "must be at most 30 days"));
        }
        Ok(())
    }

    fn check_endpoints(&self) -> Result<(), InvalidInput> {
        let check = |kept, rule| InvalidInput::unless(kept, "endpoints", rule);
        check(!self.endpoints.is_empty(), "must be at least one")?;
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            check(!endpoint.address.trim().is_empty(), "must have an address, that is host:port")?;
            let earlier = self.endpoints.get(..index).unwrap_or_default();
            let twice = earlier.iter().any(|other| other.address.eq_ignore_ascii_case(&endpoint.address));
            check(!twice, "must each have an address of its own; `links` opens several to one")?;
            check(endpoint.weight > 0, "must have a weight of at least 1")?;
            check((1..=100).contains(&endpoint.links), "must have 1 to 100 links")?;
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
            rate: self.rate_per_link.map(f64::from),
        }
    }
}

/// Attempts to connect do not follow each other without a pause.
const SHORTEST_BACKOFF: Duration = Duration::from_millis(1);
/// Keeps sums of times within what a clock can hold.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
