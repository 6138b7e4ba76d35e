//! How the client's threads wait for each other: one lock over session and ledger, never held while a socket is waited
//! for.
//!
//! Whoever has something to write and finds nobody writing writes it; others leave theirs to be taken along. The thread
//! that reads never writes, so two ends that both write at length cannot wait for each other.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::state::{Connected, LinkFailure, Notifications, Phase, State};
use super::ticket::Slot;
use crate::smpp::ledger::{DestinationKey, Ledger, Submitted};
use crate::smpp::link::Link;
use crate::smpp::session::Readiness;
use crate::smpp::{SubmissionId, SubmitError, SubmitErrorKind};
use crate::sync;

/// The state under its lock, and the places where threads wait for it to change.
#[derive(Debug)]
pub(super) struct Shared {
    core: Mutex<State>,
    /// Submitters wait for a place in the window.
    room: Condvar,
    /// The writing thread waits for output.
    output: Condvar,
    /// The supervisor waits for its next deadline, a broken link, or the end.
    pub(super) supervisor: Condvar,
    /// The user waits for events.
    news: Condvar,
}

impl Shared {
    pub(super) fn new(up: Connected, ledger: Ledger) -> Self {
        Self {
            core: Mutex::new(State::new(up, ledger)),
            room: Condvar::new(),
            output: Condvar::new(),
            supervisor: Condvar::new(),
            news: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.core)
    }

    /// Puts a message into the window, waiting for a place until `timeout` is over. It is written by whoever writes
    /// next: the caller has to see to that.
    pub(super) fn place(
        &self,
        body: &[u8],
        destination: DestinationKey,
        timeout: Duration,
    ) -> Result<Arc<Slot>, SubmitError> {
        let refuse = |kind| Err(SubmitError::new(kind, None));
        let mut core = self.lock();
        let mut gives_up_at = None;
        loop {
            match core.phase {
                Phase::Running => {}
                Phase::Lost => return refuse(SubmitErrorKind::NoLink),
                Phase::ShuttingDown | Phase::Aborting | Phase::Closed => {
                    return refuse(SubmitErrorKind::ShutDown);
                }
            }
            let now = Instant::now();
            let readiness = core.readiness(now);
            if readiness == Readiness::Ready {
                break;
            }
            if core.has_output() && !core.someone_writes {
                // Waiting for answers to what has not been written would be waiting in vain.
                core = self.flush(core);
                continue;
            }
            let gives_up_at = *gives_up_at.get_or_insert_with(|| now + timeout);
            if gives_up_at <= now {
                return refuse(match readiness {
                    Readiness::NotBound => SubmitErrorKind::NoLink,
                    _ => SubmitErrorKind::NoRoom,
                });
            }
            let wakes_at = match readiness {
                Readiness::PausedUntil(until) => until.min(gives_up_at),
                _ => gives_up_at,
            };
            core.waiting_for_room += 1;
            core = sync::wait(&self.room, core, Some(wakes_at.saturating_duration_since(now)));
            core.waiting_for_room -= 1;
        }
        core.submissions += 1;
        let submission = SubmissionId(core.submissions);
        let slot = Arc::new(Slot::new(Submitted { submission, destination }));
        let now = Instant::now();
        if let Some(up) = &mut core.up {
            up.session.submit(Arc::clone(&slot), body, now);
        }
        self.hurry_keeper(&mut core);
        Ok(slot)
    }

    /// Writes what there is to write, unless someone is at it.
    pub(super) fn flush_now(&self) {
        let core = self.lock();
        drop(self.flush(core));
    }

    /// Has the writing thread write, unless someone is at it.
    pub(super) fn flush_soon(&self) {
        self.call_writer(&mut self.lock());
    }

    pub(super) fn call_writer(&self, core: &mut State) {
        if core.writer_waits && !core.someone_writes && core.has_output() {
            core.writer_waits = false;
            self.output.notify_one();
        }
    }

    fn flush<'a>(&'a self, mut core: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        for _ in 0..WRITES_AT_A_TIME {
            if core.someone_writes || !core.has_output() {
                return core;
            }
            let mut octets = std::mem::take(&mut core.spare);
            let Some(up) = &mut core.up else { return core };
            up.session.take_output(&mut octets);
            let link = Arc::clone(&up.link);
            core.someone_writes = true;
            drop(core);
            let written = link.write_all(&octets);
            octets.clear();
            octets.shrink_to(SPARE_KEPT);
            core = self.lock();
            core.spare = octets;
            core.someone_writes = false;
            if let Err(error) = written {
                self.break_link(&mut core, &link, || format!("writing failed: {error}"));
            }
        }
        self.call_writer(&mut core);
        core
    }

    /// The writing thread: writes for those who do not write themselves, until its link is gone.
    pub(super) fn write_until_gone(&self, link: &Arc<Link>) {
        let mut core = self.lock();
        while core.is_over(link) {
            if core.has_output() && !core.someone_writes {
                core = self.flush(core);
            } else {
                core.writer_waits = true;
                core = sync::wait(&self.output, core, None);
                core.writer_waits = false;
            }
        }
    }

    /// The reading thread: hands over what comes, until its link is gone.
    pub(super) fn read_until_gone(&self, link: &Arc<Link>) {
        let mut buffer = vec![0; READ_BUFFER];
        let mut wakes = Notifications::default();
        loop {
            let received = match link.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                received => received,
            };
            let now = Instant::now();
            let mut core = self.lock();
            if !core.is_over(link) {
                return;
            }
            let octets = match received {
                Ok(0) => return self.break_link(&mut core, link, || "the service closed it".to_owned()),
                Ok(length) => buffer.get(..length).unwrap_or_default(),
                Err(error) => return self.break_link(&mut core, link, || format!("reading failed: {error}")),
            };
            if let Some(up) = &mut core.up {
                up.session.handle_input(octets, now);
            }
            core.handle_events(now, &mut wakes);
            self.call_writer(&mut core);
            self.hurry_keeper(&mut core);
            self.wake(core, &mut wakes);
        }
    }

    /// Releases the lock and wakes those who wait for what happened under it.
    pub(super) fn wake(&self, mut core: MutexGuard<'_, State>, wakes: &mut Notifications) {
        let places = if core.waiting_for_room > 0 { wakes.places } else { 0 };
        let news = core.user_waits && core.ledger.has_events();
        core.user_waits &= !news;
        drop(core);
        match places {
            0 => {}
            1 => self.room.notify_one(),
            _ => self.room.notify_all(),
        }
        if news {
            self.news.notify_all();
        }
        if wakes.supervisor {
            self.supervisor.notify_all();
        }
        for slot in wakes.slots.drain(..) {
            slot.notify();
        }
        wakes.places = 0;
        wakes.supervisor = false;
    }

    /// Notifications everyone, for a change that concerns everyone.
    pub(super) fn wake_all(&self) {
        for place in [&self.room, &self.output, &self.supervisor, &self.news] {
            place.notify_all();
        }
    }

    /// Waits until there may be news for the user.
    pub(super) fn wait_for_news<'a>(
        &'a self,
        mut core: MutexGuard<'a, State>,
        timeout: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        core.user_waits = true;
        sync::wait(&self.news, core, timeout)
    }

    /// Notifications the supervisor if there is now something to do before it wakes by itself.
    pub(super) fn hurry_keeper(&self, core: &mut State) {
        if let Some(due) = core.next_deadline()
            && core.keeper_wakes_at.is_none_or(|wakes_at| due < wakes_at)
        {
            core.keeper_wakes_at = Some(due);
            self.supervisor.notify_all();
        }
    }

    fn break_link(&self, core: &mut State, link: &Arc<Link>, reason: impl FnOnce() -> String) {
        if core.is_over(link) && core.broken.is_none() {
            core.broken = Some(LinkFailure { why: reason(), peer_reads: false });
            self.supervisor.notify_all();
        }
    }
}

/// Octets fetched from the socket at a time.
const READ_BUFFER: usize = 64 * 1024;
/// A buffer larger than this is not kept for the next write.
const SPARE_KEPT: usize = 256 * 1024;
/// Writes that one thread does for others before it leaves the rest to the writing thread.
const WRITES_AT_A_TIME: usize = 4;
