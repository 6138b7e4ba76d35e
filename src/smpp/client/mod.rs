//! The client: a session over sockets, kept by three threads.
//!
//! One thread reads, one writes for those who do not write themselves, one keeps the time and the link. The user's
//! threads write directly where they can.

mod events;
mod shared;
mod state;
mod submit_all;
mod supervisor;
mod ticket;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use events::Events;
pub use submit_all::SubmitAll;
pub use ticket::Ticket;

use super::ledger::{Ledger, Limits};
use super::{Accepted, ConnectError, ConnectErrorKind, Message, SmppConfig, SubmitError};
use crate::sync;
use shared::Shared;
use state::Phase;

/// A bound session with the service, to be shared by any number of threads.
///
/// When the link is lost, what was outstanding is told as unknown (or as not sent, where it is certain that it never
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
    shared: Arc<Shared>,
    window: usize,
    submit_timeout: Duration,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl SmppClient {
    /// Connects and binds. Delivery reports come through the [`Events`].
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used, or no session comes about. This first attempt is not repeated.
    pub fn connect(config: &SmppConfig) -> Result<(Self, Events), ConnectError> {
        config.check().map_err(|input| ConnectError::new(ConnectErrorKind::Config(input)))?;
        let up = supervisor::establish(config)?;
        let ledger = Ledger::new(Limits {
            report: config.report_timeout,
            early: config.response_timeout,
            capacity: config.event_capacity,
            awaiting: config.max_awaiting_reports,
        });
        let shared = Arc::new(Shared::new(up, ledger));
        let supervisor = {
            let (shared, config) = (Arc::clone(&shared), config.clone());
            thread::Builder::new()
                .name("smpp-supervisor".to_owned())
                .spawn(move || supervisor::keep(&shared, &config))
                .map_err(|source| ConnectError::io(ConnectErrorKind::Connect, source))?
        };
        let events = Events { shared: Arc::clone(&shared), fetched: VecDeque::new() };
        let client = Self {
            shared,
            window: config.window,
            submit_timeout: config.submit_timeout,
            supervisor: Mutex::new(Some(supervisor)),
        };
        Ok((client, events))
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
        self.shared.flush_soon();
        Ok(ticket)
    }

    /// Hands in many messages from one thread and keeps the window full. The results come in the order of the
    /// messages; messages are taken as the results are fetched, at most a window ahead.
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

    /// Takes no more messages, waits for the outstanding answers, unbinds, and closes the link.
    ///
    /// It waits no longer than answers may take, or than an attempt to connect that is under way. The [`Events`] then end, after a last one for each accepted message
    /// that has no report.
    pub fn shutdown(&self) {
        self.end(Phase::ShuttingDown);
    }

    /// Whether there is a link now. Submissions wait for one by themselves.
    pub fn is_bound(&self) -> bool {
        self.shared.lock().is_bound()
    }

    fn place(&self, message: &Message) -> Result<Ticket, SubmitError> {
        let body = message.encode()?;
        let slot = self.shared.place(&body, message.destination(), self.submit_timeout)?;
        Ok(Ticket { slot, shared: Arc::clone(&self.shared) })
    }

    fn end(&self, phase: Phase) {
        let mut core = self.shared.lock();
        if !core.phase.is_over() {
            core.phase = phase;
        }
        drop(core);
        self.shared.wake_all();
        let supervisor = sync::lock(&self.supervisor).take();
        if let Some(supervisor) = supervisor
            && supervisor.join().is_err()
        {
            log::error!("the supervisor of the link panicked");
        }
    }
}

/// Closes the link without draining: what is outstanding is told as unknown. [`SmppClient::shutdown`] drains.
impl Drop for SmppClient {
    fn drop(&mut self) {
        self.end(Phase::Aborting);
    }
}
