//! The client: sessions over sockets, each link kept by three threads.
//!
//! One thread reads and one writes for the callers that do not do so themselves, one keeps the time and the link;
//! [`inner`] has the diagram. What the links share is the state under one lock: the ledger of accepted messages, the rate,
//! and the choice of who takes the next message.

mod connect;
mod events;
mod inner;
mod link_state;
mod slot;
mod state;
mod status;
mod submit_all;
mod supervisor;
#[cfg(test)]
mod tests;
mod ticket;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use events::Events;
pub use status::{LinkPhase, LinkStatus, ReportStatus};
pub use submit_all::SubmitAll;
pub use ticket::Ticket;

use super::ledger::{Ledger, Limits};
use super::link::{self, Lookup};
use super::submission_journal::SubmissionJournal;
use super::{Accepted, ConnectError, ConnectErrorKind, Message, SmppConfig, SubmissionId, SubmitError};
use crate::rate::Rate;
use crate::sync;
use inner::Inner;
use link_state::LinkState;
use state::{ClientState, Phase};

/// A bound session with the service, to be shared by any number of threads.
///
/// When the link is lost, what was outstanding is reported as unknown (or as not sent, where it is certain that it never
/// left), and the link is opened again. Nothing is ever sent twice by itself.
///
/// ```
/// use engagelab_otp::smpp::{Event, Message, SmppClient, SmppConfig};
/// use engagelab_otp::{Code, Recipient, TemplateRef};
/// # use engagelab_otp::smpp::{Credentials, smsc::Smsc};
/// # let credentials = Credentials::new("sandbox_demo", "sandbox")?;
/// # let smsc = Smsc::builder(credentials.clone()).start("127.0.0.1:0")?;
/// # let address = smsc.address().to_string();
///
/// let (client, events) = SmppClient::connect(&SmppConfig::new(&address, credentials))?;
/// let reports = std::thread::spawn(move || {
///     events.filter(|event| matches!(event, Event::Report { report, .. } if report.state().is_delivered())).count()
/// });
///
/// let (recipient, template) = (Recipient::phone("+10000000010")?, TemplateRef::new("sandbox-custom-tpl")?);
/// let accepted = client.submit(&Message::code(&recipient, &template, &Code::new("482913")?)?)?;
/// println!("accepted as {}", accepted.message_id);
///
/// client.shutdown();
/// assert_eq!(reports.join().unwrap(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SmppClient {
    inner: Arc<Inner>,
    /// Of each link.
    window: usize,
    /// How many results may wait in order behind one that is missing.
    results_ahead: usize,
    submit_timeout: Duration,
    supervisors: Mutex<Vec<JoinHandle<()>>>,
}

impl SmppClient {
    /// Connects and binds. Of several links one is enough: the others join as they come up. Delivery reports come
    /// through the [`Events`].
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used, or no session comes about. First attempts are not repeated until one
    /// link is up.
    pub fn connect(config: &SmppConfig) -> Result<(Self, Events), ConnectError> {
        Self::connect_with(config, link::look_up)
    }

    fn connect_with(config: &SmppConfig, look_up: Lookup) -> Result<(Self, Events), ConnectError> {
        config.check().map_err(|input| ConnectError::new(ConnectErrorKind::Config(input)))?;
        let ledger = Ledger::new(Limits {
            report: config.report_timeout,
            early: config.response_timeout,
            capacity: config.event_capacity,
            awaiting: config.max_awaiting_reports,
        });
        let links: Vec<_> = config
            .endpoints
            .iter()
            .flat_map(|endpoint| std::iter::repeat_n(endpoint, endpoint.links))
            .map(|endpoint| LinkState::new(endpoint.clone()))
            .collect();
        let count = links.len();
        let rate = config.rate.map(|rate| Rate::new(rate.into()));
        let mut state = ClientState::new(links, ledger, rate, config.max_sessions.unwrap_or(usize::MAX));
        if let Some(folder) = &config.journal {
            let journal = SubmissionJournal::open(folder, config.max_awaiting_reports).map_err(|source| {
                ConnectError::io(ConnectErrorKind::Journal, std::io::Error::other(source))
            })?;
            state.recover(journal, Instant::now());
        }
        let inner = Arc::new(Inner::new(state, config.response_timeout, look_up));
        let client = Self {
            inner: Arc::clone(&inner),
            window: config.window,
            results_ahead: if count == 1 { config.window } else { RESULTS_AHEAD.max(config.window * count) },
            submit_timeout: config.submit_timeout,
            supervisors: Mutex::default(),
        };
        for index in 0..count {
            let (inner, config) = (Arc::clone(&inner), config.clone());
            let spawned = thread::Builder::new()
                .name("smpp-supervisor".to_owned())
                .spawn(move || supervisor::run(&inner, index, &config))
                .map_err(|source| ConnectError::io(ConnectErrorKind::Connect, source))?;
            sync::lock(&client.supervisors).push(spawned);
        }
        client.wait_for_first_session()?;
        Ok((client, Events { inner, fetched: VecDeque::new() }))
    }

    fn wait_for_first_session(&self) -> Result<(), ConnectError> {
        let mut state = self.inner.lock();
        loop {
            if state.links.iter().any(|link| link.binds > 0) {
                return Ok(());
            }
            // A link that stands by does not try.
            let is_full = state.sessions >= state.max_sessions;
            let tries = |link: &LinkState| link.first_error.is_none() && !(is_full && link.wants_session);
            if !state.links.iter().any(tries)
                && let Some(error) = state.links.iter_mut().find_map(|link| link.first_error.take())
            {
                return Err(error);
            }
            state = sync::wait(&self.inner.progress, state, None);
        }
    }

    /// Hands in one message and waits until it is accepted or refused.
    ///
    /// From one thread this uses one place of the window; several threads, [`submit_all`](Self::submit_all) or
    /// [`enqueue`](Self::enqueue) use more.
    ///
    /// # Errors
    ///
    /// When the message was not accepted, or nothing is known of it; [`SubmitError::outcome`] tells which.
    pub fn submit(&self, message: &Message) -> Result<Accepted, SubmitError> {
        self.place(message)?.wait()
    }

    /// Hands in one message and does not wait for the answer, only for a place in the window. The ticket tells the
    /// answer.
    ///
    /// # Errors
    ///
    /// When there is no place in the window or no link for as long as a submission may wait, when the message
    /// cannot be written, or after [`shutdown`](Self::shutdown). The message was then not sent.
    pub fn enqueue(&self, message: &Message) -> Result<Ticket, SubmitError> {
        let ticket = self.place(message)?;
        self.inner.flush_soon();
        Ok(ticket)
    }

    /// Hands in many messages from one thread and keeps the window full. The results come in the order of the
    /// messages; messages are taken as the results are fetched: a window ahead over one link, and over several up to 100,000, so
    /// that a link which falls silent does not hold up the others.
    ///
    /// ```
    /// use engagelab_otp::smpp::Message;
    /// use engagelab_otp::{Outcome, Recipient, TemplateRef};
    /// # use engagelab_otp::smpp::{Credentials, SmppClient, SmppConfig, smsc::Smsc};
    /// # let credentials = Credentials::new("sandbox_demo", "sandbox")?;
    /// # let smsc = Smsc::builder(credentials.clone()).start("127.0.0.1:0")?;
    /// # let (client, _events) = SmppClient::connect(&SmppConfig::new(&smsc.address().to_string(), credentials))?;
    ///
    /// let (recipient, template) = (Recipient::phone("+10000000010")?, TemplateRef::new("sandbox-otp-tpl")?);
    /// let message = Message::notification(&recipient, &template)?;
    /// for result in client.submit_all(std::iter::repeat_n(message, 100)) {
    ///     match result {
    ///         Ok(accepted) => println!("accepted as {}", accepted.message_id),
    ///         Err(error) if error.outcome() == Outcome::NotSent => println!("safe to hand in again: {error}"),
    ///         Err(error) => println!("{error}"),
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit_all<I>(&self, messages: I) -> SubmitAll<'_, I::IntoIter>
    where
        I: IntoIterator<Item = Message>,
    {
        SubmitAll::new(self, messages.into_iter())
    }

    /// Takes no more messages, waits for the outstanding answers, unbinds, and closes every link.
    ///
    /// It waits no longer than answers may take. The [`Events`] then end, after a last one for each accepted message
    /// that has no report.
    pub fn shutdown(&self) {
        self.end(Phase::ShuttingDown);
    }

    /// Strikes a submission off the journal, once its user has written down what became of it: until then each restart
    /// tells of it again. `false` if it is not in the journal.
    pub fn acknowledge(&self, submission: SubmissionId) -> bool {
        let mut state = self.inner.lock();
        let was_open = state.journal.as_mut().is_some_and(|journal| journal.close(submission));
        state.flush_journal();
        was_open
    }

    /// Whether there is a link now. Submissions wait for one by themselves.
    pub fn is_bound(&self) -> bool {
        self.inner.lock().is_bound()
    }

    /// How the links fare, in the order of the endpoints.
    pub fn links(&self) -> Vec<LinkStatus> {
        let (state, now) = (self.inner.lock(), Instant::now());
        state.links.iter().map(|link| link.status(now, self.window)).collect()
    }

    /// What is held of accepted messages and their reports.
    pub fn reports(&self) -> ReportStatus {
        let counts = self.inner.lock().ledger.counts();
        ReportStatus {
            awaiting: counts.awaiting,
            early: counts.early,
            events: counts.events,
            refused: counts.refused_reports,
            forgotten: counts.forgotten,
        }
    }

    fn place(&self, message: &Message) -> Result<Ticket, SubmitError> {
        let slot = self.inner.place(&message.to_outgoing()?, self.submit_timeout)?;
        Ok(Ticket { slot, inner: Arc::clone(&self.inner) })
    }

    fn end(&self, phase: Phase) {
        let mut state = self.inner.lock();
        if !state.phase.is_terminal() {
            state.phase = phase;
        }
        drop(state);
        self.inner.wake_all();
        // Whoever comes second waits for the first, and finds the client closed as well.
        for supervisor in sync::lock(&self.supervisors).drain(..) {
            if supervisor.join().is_err() {
                log::error!("the supervisor of a link panicked");
            }
        }
    }
}

/// Closes the links without draining: what is outstanding is reported as unknown. [`SmppClient::shutdown`] drains.
impl Drop for SmppClient {
    fn drop(&mut self) {
        self.end(Phase::Aborting);
        // Tickets and events may live on; another client can have the journal.
        self.inner.lock().journal = None;
    }
}

/// With several links, one that is silent holds up no results but its own until so many wait behind it.
const RESULTS_AHEAD: usize = 100_000;
