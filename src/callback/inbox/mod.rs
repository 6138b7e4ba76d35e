//! Callbacks on disk, before they are answered.
//!
//! ```text
//!             store: on disk                    handled
//!  (request) ────────────────▶ waiting ⇄ in progress ─────▶ (removed)
//!                                 ▲ retry      │ failed N times
//!                                 └────── dead letter
//! ```
//!
//! All of it is one journal: a callback, an attempt to handle it and its end are records, and the oldest segment is removed
//! once everything in it has ended and no signature in it could be used again.

mod builder;
mod callback;
mod error;
mod queue;
mod record;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant, SystemTime};

pub use builder::InboxBuilder;
pub use callback::{DeadLetter, InboxCallback};
pub use error::InboxError;
use queue::Queue;
use record::{Dead, Record};

use super::sign::unix_seconds;
use super::{Claim, Delivery, Receiver};
use crate::callback::CallbackRequest;
use crate::journal::Journal;
use crate::sync;

/// Keeps callbacks on disk from before they are answered until they are handled, across crashes and power cuts.
///
/// Each callback, with the rows that could not be read, is handed out at least once: again if its handler fails, and again
/// after a crash. What fails [too often](InboxBuilder::max_attempts) becomes a dead letter, and is kept until somebody
/// [retries](Inbox::retry_dead_letters) or [removes](Inbox::remove_dead_letters) it.
///
/// An inbox is a folder that its owner alone can read, used by one process at a time. Clones are the same inbox. Give it
/// at least 16 MiB: what is handled is removed by files of 4 MiB, and to begin a new one takes room.
///
/// ```no_run
/// use engagelab_otp::callback::{Inbox, Receiver, Server};
///
/// let receiver = Receiver::builder().secret("shop", "a secret")?.build()?;
/// let inbox = Inbox::open("/var/lib/shop/callbacks")?;
/// let _server = Server::builder(receiver).start_with_inbox("127.0.0.1:8080", &inbox)?;
/// inbox.run(|callback| {
///     for event in callback.events() {
///         println!("{event:?}"); // takes its time; the service has its answer
///     }
///     Ok::<(), std::convert::Infallible>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

struct Shared {
    journal: Journal,
    queue: Mutex<Queue>,
    /// Something is there to be handed out, or it is over.
    changed: Condvar,
    dead: Mutex<Letters>,
    reader: Receiver,
    max_attempts: u32,
    /// Seconds.
    retention: u64,
    trimmed: Mutex<Option<Instant>>,
    /// Held for reading from before something is written until the queue knows it, so that it is not taken for something
    /// that nobody needs.
    storing: RwLock<()>,
}

struct Letters {
    journal: Journal,
    /// Without their bodies, which stay on disk.
    letters: Vec<DeadLetter>,
}

/// How many callbacks there are in an inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStatus {
    /// Not handed out yet.
    pub waiting: usize,
    /// Failed, and to be handed out again.
    pub retrying: usize,
    /// With a handler.
    pub in_progress: usize,
    /// Dead letters.
    pub dead: usize,
}

impl Inbox {
    /// Opens the inbox in this folder, with the defaults.
    ///
    /// # Errors
    ///
    /// As [`InboxBuilder::open`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, InboxError> {
        Self::builder(folder).open()
    }

    /// An inbox in this folder, to be configured.
    pub fn builder(folder: impl AsRef<Path>) -> InboxBuilder {
        InboxBuilder::new(folder.as_ref())
    }

    /// Keeps a callback that was taken, with its [claim](super::Batch::claim). It is on disk when this returns: answer with
    /// 200 after that, and not before.
    ///
    /// # Errors
    ///
    /// If it is not on disk. Answer with 503: the callback will come again.
    pub fn store(&self, claim: Option<&Claim>, body: &[u8]) -> Result<(), InboxError> {
        let at = unix_seconds(SystemTime::now());
        let record = Record::Received { at, claim: claim.copied(), body };
        let storing = sync::read(&self.shared.storing);
        let address = self.shared.journal.write(&record.write())?;
        let mut queue = self.queue();
        queue.received(address, at, claim, self.shared.retention, at);
        drop(queue);
        drop(storing);
        self.shared.changed.notify_one();
        self.trim();
        Ok(())
    }

    /// Keeps the claim of something that was taken and needs no handling, such as a signed address check.
    ///
    /// # Errors
    ///
    /// If it is not on disk.
    pub fn remember(&self, claim: &Claim) -> Result<(), InboxError> {
        if self.queue().knows_check(claim) {
            return Ok(());
        }
        let _storing = sync::read(&self.shared.storing);
        let address = self.shared.journal.write(&Record::Used(*claim).write())?;
        self.queue().used(address, *claim, unix_seconds(SystemTime::now()));
        Ok(())
    }

    /// The claims in this inbox whose signatures could still be used, by the second that was signed. The store of a receiver
    /// that begins has to know them; [`Server`](super::Server) sees to that by itself.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub fn claims(&self) -> Result<Vec<Claim>, InboxError> {
        // The journal is not cleared meanwhile, and otherwise removes nothing that is still good.
        let _storing = sync::read(&self.shared.storing);
        let addresses = self.queue().claims(unix_seconds(SystemTime::now()));
        let mut claims = Vec::with_capacity(addresses.len());
        for address in addresses {
            let octets = self.shared.journal.read(address)?;
            if let Some(Record::Received { claim: Some(claim), .. } | Record::Used(claim)) =
                Record::read(&octets)
            {
                claims.push(claim);
            }
        }
        claims.sort_by_key(Claim::signed_second);
        Ok(claims)
    }

    /// Hands callbacks to a handler, one after the other, until [`stop`](Inbox::stop) is called. Several threads can do this.
    /// A handler that panics ends this, like any function that is passed one; its callback counts as failed, and others
    /// can go on.
    ///
    /// # Errors
    ///
    /// If the disk fails. What was handed out and is not known to be handled will be handed out again.
    pub fn run<E>(&self, mut handler: impl FnMut(&InboxCallback) -> Result<(), E>) -> Result<(), InboxError> {
        while !self.queue().stopped {
            let Some(callback) = self.next(IDLE)? else { continue };
            match handler(&callback) {
                Ok(()) => callback.handled()?,
                Err(_) => callback.failed(),
            }
        }
        Ok(())
    }

    /// The next callback to handle; none if none comes within `timeout`, or after [`stop`](Inbox::stop). Dropping it is a
    /// failure to handle it.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub fn next(&self, timeout: Duration) -> Result<Option<InboxCallback>, InboxError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            self.trim();
            let mut queue = self.queue();
            let (address, attempts) = loop {
                let now = Instant::now();
                if queue.stopped {
                    return Ok(None);
                }
                if let Some(address) = queue.take(now) {
                    break (address, queue.attempts(address));
                }
                let until = deadline.into_iter().chain(queue.next_due()).min();
                let left = until.map(|until| until.saturating_duration_since(now));
                if deadline.is_some_and(|deadline| deadline <= now) {
                    return Ok(None);
                }
                queue = sync::wait(&self.shared.changed, queue, left);
            };
            drop(queue);
            match self.hand_out(address, attempts) {
                Ok(None) => {}
                Ok(callback) => return Ok(callback),
                Err(error) => {
                    self.queue().put_off(address, Instant::now() + IDLE);
                    // There may be room again later, and others need none.
                    if !error.is_full() {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Has [`next`](Inbox::next) and [`run`](Inbox::run) return, wherever they wait. Callbacks can still be stored.
    pub fn stop(&self) {
        self.queue().stopped = true;
        self.shared.changed.notify_all();
    }

    /// How many callbacks there are.
    pub fn status(&self) -> InboxStatus {
        let dead = sync::lock(&self.shared.dead).letters.len();
        self.queue().status(dead)
    }

    /// The callbacks that failed too often, oldest first.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, InboxError> {
        sync::lock(&self.shared.dead).read()
    }

    /// Puts all dead letters back into the inbox, with their attempts counted anew; how many.
    ///
    /// # Errors
    ///
    /// If the disk fails. Some may then be in both places.
    pub fn retry_dead_letters(&self) -> Result<usize, InboxError> {
        let mut dead = sync::lock(&self.shared.dead);
        let letters = dead.read()?;
        for letter in &letters {
            self.store(None, &letter.body)?;
        }
        dead.clear()?;
        Ok(letters.len())
    }

    /// Removes all dead letters; how many.
    ///
    /// # Errors
    ///
    /// If the disk fails; on a full one the newest may stay.
    pub fn remove_dead_letters(&self) -> Result<usize, InboxError> {
        let mut dead = sync::lock(&self.shared.dead);
        let count = dead.letters.len();
        dead.clear()?;
        Ok(count)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        sync::lock(&self.shared.queue)
    }

    /// Reads a callback for a handler; none if it has become a dead letter instead.
    fn hand_out(&self, address: u64, attempts: u32) -> Result<Option<InboxCallback>, InboxError> {
        let octets = self.shared.journal.read(address)?;
        let Some(Record::Received { at, body, .. }) = Record::read(&octets) else {
            self.settle(address)?;
            return Ok(None);
        };
        let delivery = self.shared.reader.receive(&CallbackRequest::new(body));
        // What cannot be read by now was read when it came: then it is for whoever looks at dead letters.
        let readable = matches!(delivery, Ok(Delivery::Events(_)));
        if attempts >= self.shared.max_attempts || !readable {
            self.bury(address, at, attempts, body)?;
            return Ok(None);
        }
        let Ok(Delivery::Events(batch)) = delivery else { return Ok(None) };
        // Before the handler sees it, so that one that takes the process with it is found out. On a full disk it counts in
        // this process alone.
        let begun = self.shared.journal.append(&Record::Attempt(address).write());
        let _ = begun.and_then(|_| self.shared.journal.flush());
        let attempts = self.queue().attempt(address);
        Ok(Some(InboxCallback::new(self.clone(), address, at, attempts, batch, body.to_vec())))
    }

    /// Notes that a callback is done with. That may be lost with the power: it is handed out again then.
    fn settle(&self, address: u64) -> Result<(), InboxError> {
        self.queue().settle(address);
        let settled = self.shared.journal.append(&Record::Settled(address).write());
        match settled.and_then(|_| self.shared.journal.flush()) {
            // On a full disk it is known in this process alone.
            Err(error) if !error.is_full() => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn fail(&self, address: u64) {
        let mut queue = self.queue();
        let attempts = queue.attempts(address);
        let is_dead = attempts >= self.shared.max_attempts;
        let pause = if is_dead { Duration::ZERO } else { queue::backoff(attempts) };
        queue.put_off(address, Instant::now() + pause);
        drop(queue);
        // Whoever waits may have to wait for less.
        self.shared.changed.notify_one();
    }

    fn bury(&self, address: u64, received_at: u64, attempts: u32, body: &[u8]) -> Result<(), InboxError> {
        let mut dead = sync::lock(&self.shared.dead);
        let at = dead.journal.write(&Dead { address, received_at, attempts, body }.write())?;
        dead.letters.push(DeadLetter { at, received_at, attempts, body: Vec::new() });
        drop(dead);
        self.settle(address)
    }

    /// Removes what nobody needs any more, every now and then.
    fn trim(&self) {
        {
            let mut trimmed = sync::lock(&self.shared.trimmed);
            if trimmed.is_some_and(|last| last.elapsed() < BETWEEN_TRIMS) {
                return;
            }
            *trimmed = Some(Instant::now());
        }
        let needed = || self.queue().needed_from(unix_seconds(SystemTime::now()));
        let journal = &self.shared.journal;
        // What cannot be removed now can be later.
        if let Some(address) = needed() {
            let _ = journal.remove_before(address);
            return;
        }
        let _nobody_stores = sync::write(&self.shared.storing);
        if needed().is_none() {
            // The last segment is ended, since phone numbers are not to lie there until another callback comes.
            let _ = journal.clear();
        }
    }
}

impl Letters {
    fn read(&self) -> Result<Vec<DeadLetter>, InboxError> {
        let read = |letter: &DeadLetter| {
            let octets = self.journal.read(letter.at)?;
            let body = Dead::read(&octets).map(|dead| dead.body.to_vec()).unwrap_or_default();
            Ok(DeadLetter { body, ..letter.clone() })
        };
        self.letters.iter().map(read).collect()
    }

    fn clear(&mut self) -> Result<(), InboxError> {
        let cleared = self.journal.clear();
        let start = self.journal.start();
        self.letters.retain(|letter| letter.at >= start);
        Ok(cleared?)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// How long nothing happens before the inbox looks around by itself.
const IDLE: Duration = Duration::from_secs(10);

const BETWEEN_TRIMS: Duration = Duration::from_secs(5);
