//! The thread that keeps one link alive: timers, the end of connections, and connecting again.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::connect::{connect, release_session};
use super::inner::{Guard, Inner};
use super::link_state::{Connected, LinkFailure};
use super::state::{Notifications, Phase, note};
use super::status::LinkPhase;
use crate::smpp::link::Link;
use crate::smpp::reconnect::ReconnectBackoff;
use crate::smpp::{ConnectError, ConnectErrorKind, SmppConfig, SubmitErrorKind};
use crate::sync;

/// Runs one link until the client is closed or the link may not be opened again.
pub(super) fn run(inner: &Arc<Inner>, index: usize, config: &SmppConfig) {
    let mut backoff = config.reconnect.map(ReconnectBackoff::new);
    let mut closed_binds = 0;
    loop {
        set_phase(inner, index, LinkPhase::Connecting);
        let Some(result) = connect(inner, index, config) else { break };
        let mut was_refused = false;
        match result {
            Ok(connected) => {
                closed_binds = 0;
                let bound_since = Instant::now();
                serve(inner, index, connected, config.max_sessions.is_some());
                if let Some(backoff) = &mut backoff
                    && bound_since.elapsed() >= LINK_THAT_HELD
                {
                    backoff.reset();
                }
            }
            Err(error) => {
                was_refused = error.is_refused_bind();
                let is_close = error.kind() == ConnectErrorKind::ClosedDuringBind;
                closed_binds = if is_close { closed_binds + 1 } else { 0 };
                let is_hopeless = error.is_refused_login() || closed_binds >= CLOSED_BINDS;
                log::warn!("connecting failed: {error}");
                note_failed_attempt(inner, index, error);
                if is_hopeless {
                    log::error!("the service refuses the bind: this link is not opened again");
                    break;
                }
            }
        }
        let Some(backoff) = &mut backoff else { break };
        set_phase(inner, index, LinkPhase::Waiting);
        if !pause(inner, index, backoff.after_failure(was_refused, fastrand::f64())) {
            break;
        }
    }
    set_phase(inner, index, LinkPhase::Stopped);
    let mut state = inner.lock();
    if state.links.iter().all(|link| link.phase == LinkPhase::Stopped) {
        state.phase = if state.phase == Phase::Running { Phase::Lost } else { Phase::Closed };
    }
    drop(state);
    inner.wake_all();
}

fn set_phase(inner: &Inner, index: usize, phase: LinkPhase) {
    inner.lock().links[index].phase = phase;
}

fn note_failed_attempt(inner: &Inner, index: usize, error: ConnectError) {
    let link = &mut inner.lock().links[index];
    link.failed_attempts += 1;
    link.first_error.get_or_insert(error);
    inner.progress.notify_all();
}

/// Serves a connection until it is of no more use, and clears it away.
fn serve(inner: &Arc<Inner>, index: usize, connected: Connected, counts_sessions: bool) {
    let link = Arc::clone(&connected.link);
    let mut state = inner.lock();
    let of_link = &mut state.links[index];
    of_link.connected = Some(connected);
    of_link.phase = LinkPhase::Bound;
    of_link.binds += 1;
    drop(state);
    inner.wake_all();
    let threads = start_threads(inner, index, &link);
    let why = supervise(inner, index);
    tear_down(inner, index, &link, threads, counts_sessions);
    log::info!("the link is down: {why}");
}

fn start_threads(inner: &Arc<Inner>, index: usize, link: &Arc<Link>) -> Vec<JoinHandle<()>> {
    let spawn = |name: &str, run: fn(&Inner, usize, &Arc<Link>)| {
        let (inner, link) = (Arc::clone(inner), Arc::clone(link));
        thread::Builder::new().name(name.to_owned()).spawn(move || run(&inner, index, &link))
    };
    let started =
        [spawn("smpp-reader", Inner::read_until_gone), spawn("smpp-writer", Inner::write_until_gone)];
    let mut threads = Vec::new();
    for thread in started {
        match thread {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                let why = format!("no thread to serve it: {error}");
                inner.lock().links[index].failure = Some(LinkFailure { why, peer_reads: false });
            }
        }
    }
    threads
}

/// Serves the timers until the connection is of no more use. Says why it is not.
fn supervise(inner: &Inner, index: usize) -> String {
    let mut notifications = Notifications::default();
    let mut state = inner.lock();
    loop {
        if state.next_deadline(index).is_some_and(|deadline| deadline.elapsed() >= PROCESS_STOOD_STILL) {
            state = wait_for_readers(inner, index, state);
        }
        let now = Instant::now();
        let phase = state.phase;
        if let Some(connected) = &mut state.links[index].connected {
            connected.session.handle_time(now);
            if phase == Phase::ShuttingDown {
                connected.session.unbind(now);
            }
        }
        state.ledger.handle_time(now);
        state.handle_events(index, now, &mut notifications);
        inner.wake_writer(&mut state, index);
        inner.wake(state, &mut notifications);

        state = inner.lock();
        if state.phase == Phase::Aborting {
            return "the client was dropped".to_owned();
        }
        if let Some(failure) = &mut state.links[index].failure {
            let why = std::mem::take(&mut failure.why);
            if failure.peer_reads {
                // The last answers, such as that to the peer's unbind.
                state.links[index].failure = None;
                drop(state);
                inner.flush_now(index);
            }
            return why;
        }
        let now = Instant::now();
        let deadline = state.next_deadline(index);
        if deadline.is_some_and(|deadline| deadline <= now) || state.phase != phase {
            continue;
        }
        state.links[index].supervisor_wakes_at = deadline;
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(now));
        state = sync::wait(&inner.signals[index].supervisor, state, timeout);
    }
}

/// Waits a moment, in which what came while the process was stopped is read, before anything counts as late.
fn wait_for_readers<'a>(inner: &'a Inner, index: usize, mut state: Guard<'a>) -> Guard<'a> {
    let until = Instant::now() + READING_TIME;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return state;
        }
        state = sync::wait(&inner.signals[index].supervisor, state, Some(left));
    }
}

/// Ends the connection and tells the outcome of everything that was outstanding on it.
fn tear_down(inner: &Inner, index: usize, link: &Link, threads: Vec<JoinHandle<()>>, counts_sessions: bool) {
    let mut notifications = Notifications::default();
    let mut state = inner.lock();
    state.links[index].failure = None;
    if let Some(mut connected) = state.links[index].connected.take() {
        state.links[index].earlier_throttled += connected.session.measures(Instant::now()).throttled;
        for (slot, may_have_left) in connected.session.abandon() {
            let kind = if may_have_left {
                SubmitErrorKind::LostAfterSending
            } else {
                SubmitErrorKind::LostBeforeSending
            };
            let submission = slot.submitted.submission;
            note(&mut state.journal, |journal| {
                if may_have_left { journal.unknown(submission) } else { _ = journal.close(submission) }
            });
            notifications.complete(slot, Err((kind, submission)));
        }
    }
    if state.links.iter().all(|link| link.outstanding() == 0) {
        state.ledger.expect_no_answers();
    }
    state.flush_journal();
    inner.wake(state, &mut notifications);
    inner.wake_all();
    if counts_sessions {
        link.close_in_step(CLOSE_WAIT);
    } else {
        link.shutdown();
    }
    for thread in threads {
        if thread.join().is_err() {
            log::error!("a thread of the link panicked");
        }
    }
    release_session(inner);
}

/// Waits while the ledger's time goes on; `false` when the client is being shut down.
fn pause(inner: &Inner, index: usize, pause: Duration) -> bool {
    let until = Instant::now() + pause;
    let mut notifications = Notifications::default();
    let mut state = inner.lock();
    while state.phase == Phase::Running {
        let now = Instant::now();
        state.ledger.handle_time(now);
        if until <= now {
            return true;
        }
        let wakes_at = state.next_deadline(index).map_or(until, |deadline| deadline.min(until));
        state.links[index].supervisor_wakes_at = Some(wakes_at);
        inner.wake(state, &mut notifications);
        state = inner.lock();
        if state.phase == Phase::Running {
            let left = wakes_at.saturating_duration_since(now);
            state = sync::wait(&inner.signals[index].supervisor, state, Some(left));
        }
    }
    false
}

/// A connection that held this long was a good one: its loss is a first failure.
const LINK_THAT_HELD: Duration = Duration::from_secs(30);
/// The service just closes the link when the credentials are wrong. After so many in a row, they are.
const CLOSED_BINDS: u32 = 3;
/// A thread that wakes so late was kept from running: by SIGSTOP, or by a machine that was frozen.
const PROCESS_STOOD_STILL: Duration = Duration::from_secs(1);
const READING_TIME: Duration = Duration::from_millis(250);
/// How long a session that is being closed may still count.
const CLOSE_WAIT: Duration = Duration::from_secs(1);
