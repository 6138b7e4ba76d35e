//! The server half: a small SMSC on loopback, for tests and for trying things out.
//!
//! It behaves as the service documents: it drops a bad bind, answers `generic_nack` to what it does not take, checks the
//! content of messages, and sends reports with `esm_class` zero and two optional parameters. [`Faults`] are
//! switches by which it misbehaves. A client that does not read what is sent to it is cut off after ten seconds. It
//! delivers nothing to anybody, and never uses the client.
//!
//! ```
//! use std::time::Duration;
//! use engagelab_otp::smpp::smsc::Smsc;
//! use engagelab_otp::smpp::{Credentials, Message, SmppClient, SmppConfig};
//! use engagelab_otp::{Recipient, TemplateRef};
//!
//! let credentials = Credentials::new("sandbox_demo", "sandbox")?;
//! let smsc = Smsc::builder(credentials.clone()).start("127.0.0.1:0")?;
//! let (client, events) = SmppClient::connect(&SmppConfig::new(&smsc.address().to_string(), credentials))?;
//!
//! let message = Message::notification(&Recipient::phone("+10000000010")?, &TemplateRef::new("sandbox-otp-tpl")?)?;
//! let accepted = client.submit(&message)?;
//! client.shutdown();
//! assert_eq!(smsc.record().submissions[0].answer, Ok(accepted.message_id));
//! assert_eq!(events.count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod content;
mod faults;
mod receipt;
mod record;
mod refused;
mod session;
mod submit;
#[cfg(test)]
mod tests;
mod timer;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use crate::test_recipients::{RecipientBehavior, TEST_RECIPIENTS, TestRecipient};
pub use faults::Faults;
pub use receipt::Receipt;
pub use record::{BindAttempt, Received, Record};
pub use refused::RefusedPdu;
pub use submit::{Decision, PlannedReport, Submission, SubmitHandler, TestRecipients};

use super::Credentials;
use super::link::Listener;
use super::pdu::{Bind, Status};
use crate::sync;
use session::ServerSession;
use timer::Timer;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Smsc {
    server: Arc<Server>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

/// How to start an [`Smsc`].
pub struct SmscBuilder {
    credentials: Credentials,
    submit: Box<dyn SubmitHandler>,
    keep: usize,
    redeliver_after: Duration,
    write_timeout: Duration,
}

impl Smsc {
    /// A server that these credentials can bind to.
    pub fn builder(credentials: Credentials) -> SmscBuilder {
        SmscBuilder {
            credentials,
            submit: Box::new(TestRecipients::default()),
            keep: 100_000,
            redeliver_after: Duration::from_secs(1),
            write_timeout: WRITE_TIMEOUT,
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A copy of what has been received so far.
    pub fn record(&self) -> Record {
        self.server.lock_record().clone()
    }

    /// Waits until the record is as wanted; `false` when it is not within `timeout`.
    pub fn wait_for(&self, timeout: Duration, wanted: impl Fn(&Record) -> bool) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut record = self.server.lock_record();
        loop {
            let left =
                deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if wanted(&record) || left.is_zero() {
                return wanted(&record);
            }
            self.server.watchers.fetch_add(1, Ordering::Relaxed);
            record = sync::wait(&self.server.recorded, record, Some(left));
            self.server.watchers.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Misbehaves from here on, in this way. `Faults::default()` ends it.
    pub fn set_faults(&self, faults: Faults) {
        *self.server.faults() = faults;
    }

    /// How the server misbehaves now: switches that count have counted down.
    pub fn faults(&self) -> Faults {
        self.server.faults().clone()
    }

    /// Sends a report: over any bound link, or else as soon as a client binds.
    pub fn report(&self, receipt: Receipt) {
        self.server.deliver(receipt);
    }

    /// Cuts every link, as a failure of the network would.
    pub fn cut_links(&self) {
        let open: Vec<_> = self.server.lock_links().open.values().cloned().collect();
        for session in open {
            session.cut(&self.server);
        }
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.server.lock_links().stopped = true;
        self.server.timer.stop();
        Listener::wake(self.address);
        self.cut_links();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to end.
            let _ = thread.join();
        }
    }
}

impl SmscBuilder {
    /// Who decides what becomes of submissions; [`TestRecipients`] by default.
    #[must_use]
    pub fn submit(self, submit: impl SubmitHandler) -> Self {
        Self { submit: Box::new(submit), ..self }
    }

    /// How many submissions the record keeps; 100,000 by default. Later ones are counted only.
    #[must_use]
    pub fn keep(self, submissions: usize) -> Self {
        Self { keep: submissions, ..self }
    }

    /// When a report that was answered with "temporarily not" is sent again; after a second by default.
    #[must_use]
    pub fn redeliver_after(self, redeliver_after: Duration) -> Self {
        Self { redeliver_after, ..self }
    }

    /// Starts the server on `address`, such as `127.0.0.1:0` for a port that is free.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub fn start(self, address: &str) -> io::Result<Smsc> {
        let listener = Listener::bind(address)?;
        let address = listener.address();
        let server = Arc::new(Server {
            credentials: self.credentials,
            submit: self.submit,
            keep: self.keep,
            redeliver_after: self.redeliver_after,
            write_timeout: self.write_timeout,
            timer: Arc::default(),
            faults: Mutex::default(),
            record: Mutex::default(),
            recorded: Condvar::new(),
            watchers: AtomicUsize::new(0),
            links: Mutex::default(),
        });
        let timer = Arc::clone(&server.timer);
        let accepting = Arc::clone(&server);
        let threads = vec![
            thread::Builder::new().name("smsc-timer".to_owned()).spawn(move || timer.run())?,
            thread::Builder::new().name("smsc".to_owned()).spawn(move || accepting.accept(&listener))?,
        ];
        Ok(Smsc { server, address, threads })
    }
}

impl fmt::Debug for SmscBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmscBuilder").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// What the server's threads share.
struct Server {
    credentials: Credentials,
    submit: Box<dyn SubmitHandler>,
    keep: usize,
    redeliver_after: Duration,
    write_timeout: Duration,
    timer: Arc<Timer>,
    faults: Mutex<Faults>,
    record: Mutex<Record>,
    recorded: Condvar,
    watchers: AtomicUsize,
    links: Mutex<Links>,
}

#[derive(Debug, Default)]
struct Links {
    open: HashMap<u64, Arc<ServerSession>>,
    /// Reports for which there was no link.
    undelivered: VecDeque<Receipt>,
    stopped: bool,
}

impl Server {
    fn accept(self: &Arc<Self>, listener: &Listener) {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        let mut number = 0;
        loop {
            let accepted = listener.accept(self.write_timeout);
            let mut links = self.lock_links();
            if links.stopped {
                break;
            }
            let Ok(link) = accepted else {
                drop(links);
                // Most likely too many are open, which asking again at once does not change.
                thread::sleep(ACCEPT_PAUSE);
                continue;
            };
            number += 1;
            let connection = Arc::new(ServerSession::new(number, link));
            links.open.insert(number, Arc::clone(&connection));
            drop(links);
            self.record(|record| record.links += 1);
            let server = Arc::clone(self);
            let serve = move || connection.serve(&server);
            match thread::Builder::new().name(format!("smsc-link-{number}")).spawn(serve) {
                Ok(thread) => threads.push(thread),
                Err(_) => self.link_ended(number, []),
            }
            threads.retain(|thread| !thread.is_finished());
        }
        for thread in threads {
            // A thread that panicked has said so; there is nothing left to end.
            let _ = thread.join();
        }
    }

    /// The system id to answer with, if the credentials are right.
    fn check_bind(&self, bind: &Bind) -> Option<String> {
        let accepted =
            bind.system_id == self.credentials.system_id() && bind.password == self.credentials.password();
        let attempt = BindAttempt { system_id: bind.system_id.clone(), accepted };
        self.record(|record| record.binds.push(attempt));
        accepted.then(|| bind.system_id.clone())
    }

    fn record_submission(&self, received: Received) {
        self.record(|record| {
            record.submission_count += 1;
            if record.submissions.len() < self.keep {
                record.submissions.push(received);
            }
        });
    }

    fn report_answered(self: &Arc<Self>, receipt: Receipt, status: Status) {
        self.record(|record| {
            if status.is_ok() {
                record.reports_taken += 1;
            } else {
                record.reports_refused += 1;
            }
        });
        if status == Status::RECEIVER_TEMPORARY {
            let server = Arc::clone(self);
            self.timer.after(self.redeliver_after, move || server.deliver(receipt));
        }
    }

    fn deliver(&self, mut receipt: Receipt) {
        loop {
            let mut links = self.lock_links();
            let bound = links.open.values().find(|connection| connection.is_bound()).cloned();
            let Some(connection) = bound else { return links.undelivered.push_back(receipt) };
            drop(links);
            match connection.deliver(self, receipt) {
                Ok(()) => return,
                Err(given_back) => receipt = given_back,
            }
        }
    }

    fn take_undelivered(&self) -> VecDeque<Receipt> {
        std::mem::take(&mut self.lock_links().undelivered)
    }

    /// Reports without an answer are delivered again, over another link or the next one.
    fn link_ended(&self, number: u64, unanswered: impl IntoIterator<Item = Receipt>) {
        self.lock_links().open.remove(&number);
        for receipt in unanswered {
            self.deliver(receipt);
        }
        self.record(|record| record.ended_links += 1);
    }

    fn record(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.lock_record());
        // Who watches has said so under the same lock.
        if self.watchers.load(Ordering::Relaxed) > 0 {
            self.recorded.notify_all();
        }
    }

    fn lock_record(&self) -> MutexGuard<'_, Record> {
        sync::lock(&self.record)
    }

    fn lock_links(&self) -> MutexGuard<'_, Links> {
        sync::lock(&self.links)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        sync::lock(&self.faults)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// A client that leaves what is sent to it unread for so long is cut off, so that it does not hold up the others' reports.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
