//! The thread that keeps a client alive: timers, the end of links, and connecting again.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::shared::Shared;
use super::state::{Connected, LinkFailure, Notifications, Phase};
use super::ticket::Slot;
use crate::smpp::link::Link;
use crate::smpp::reconnect::ReconnectBackoff;
use crate::smpp::session::{CloseReason, Event, Session};
use crate::smpp::{ConnectError, ConnectErrorKind, SmppConfig, SubmitErrorKind};
use crate::sync;

/// Connects and binds, waiting for the answer.
pub(super) fn establish(config: &SmppConfig) -> Result<Connected, ConnectError> {
    let link = Link::connect(config)?;
    let closed = |source| ConnectError::io(ConnectErrorKind::ClosedDuringBind, source);
    let now = Instant::now();
    let mut session = Session::<Arc<Slot>>::new(config.settings(), &config.credentials, now);
    let mut octets = Vec::new();
    session.take_output(&mut octets);
    link.write_all(&octets).map_err(closed)?;
    let deadline = now + config.bind_timeout;
    let mut buffer = [0; 1024];
    while !session.is_bound() {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        link.set_read_timeout(Some(left)).map_err(closed)?;
        match link.read(&mut buffer) {
            Ok(0) => return Err(ConnectError::new(ConnectErrorKind::ClosedDuringBind)),
            Ok(length) => session.handle_input(buffer.get(..length).unwrap_or_default(), Instant::now()),
            Err(error) if is_timeout(&error) => session.handle_time(Instant::now()),
            Err(error) => return Err(closed(error)),
        }
        if session.next_deadline().is_none() {
            return Err(ConnectError::new(why_not_bound(&mut session)));
        }
    }
    link.set_read_timeout(None).map_err(closed)?;
    Ok(Connected { session, link: Arc::new(link) })
}

fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn why_not_bound(session: &mut Session<Arc<Slot>>) -> ConnectErrorKind {
    let reason = std::iter::from_fn(|| session.poll_event()).find_map(|event| match event {
        Event::Closed(reason) => Some(reason),
        _ => None,
    });
    match reason {
        Some(CloseReason::BindRefused(status)) => ConnectErrorKind::BindRefused(status),
        Some(CloseReason::BindUnanswered) => ConnectErrorKind::BindUnanswered,
        Some(CloseReason::PeerUnbound) => ConnectErrorKind::ClosedDuringBind,
        _ => ConnectErrorKind::Protocol,
    }
}

/// Runs a client whose first link is up, until it is shut down or may not connect again.
pub(super) fn keep(shared: &Arc<Shared>, config: &SmppConfig) {
    let mut backoff = config.reconnect.map(ReconnectBackoff::new);
    loop {
        let up_since = Instant::now();
        let threads = start_threads(shared);
        let why = keep_link(shared);
        tear_down(shared, threads);
        log::info!("the link is down: {why}");
        let Some(backoff) = backoff.as_mut() else { break };
        if up_since.elapsed() >= LINK_THAT_HELD {
            backoff.reset();
        }
        if !connect_again(shared, config, backoff) {
            break;
        }
    }
    let mut core = shared.lock();
    core.phase = if core.phase == Phase::Running { Phase::Lost } else { Phase::Closed };
    drop(core);
    shared.wake_all();
}

fn start_threads(shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    let mut core = shared.lock();
    let Some(link) = core.up.as_ref().map(|up| Arc::clone(&up.link)) else { return Vec::new() };
    let spawn = |name: &str, run: fn(&Shared, &Arc<Link>)| {
        let (shared, link) = (Arc::clone(shared), Arc::clone(&link));
        thread::Builder::new().name(name.to_owned()).spawn(move || run(&shared, &link))
    };
    let started: Result<Vec<_>, _> =
        [spawn("smpp-reader", Shared::read_until_gone), spawn("smpp-writer", Shared::write_until_gone)]
            .into_iter()
            .collect();
    match started {
        Ok(threads) => threads,
        Err(error) => {
            // One may have started; it ends with the link.
            let why = format!("no thread to serve it: {error}");
            core.broken = Some(LinkFailure { why, peer_reads: false });
            Vec::new()
        }
    }
}

/// Serves the timers until the link is of no more use. Says why it is not.
fn keep_link(shared: &Shared) -> String {
    let mut wakes = Notifications::default();
    let mut core = shared.lock();
    loop {
        let now = Instant::now();
        let phase = core.phase;
        if let Some(up) = &mut core.up {
            up.session.handle_time(now);
            if phase == Phase::ShuttingDown {
                up.session.unbind(now);
            }
        }
        core.ledger.handle_time(now);
        core.handle_events(now, &mut wakes);
        shared.call_writer(&mut core);
        shared.wake(core, &mut wakes);

        core = shared.lock();
        if core.phase == Phase::Aborting {
            return "the client was dropped".to_owned();
        }
        if let Some(broken) = &mut core.broken {
            let why = std::mem::take(&mut broken.why);
            if broken.peer_reads {
                // The last answers, such as that to the peer's unbind.
                core.broken = None;
                drop(core);
                shared.flush_now();
            }
            return why;
        }
        let now = Instant::now();
        let deadline = core.next_deadline();
        if deadline.is_some_and(|deadline| deadline <= now) || core.phase != phase {
            continue;
        }
        core.keeper_wakes_at = deadline;
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(now));
        core = sync::wait(&shared.supervisor, core, timeout);
    }
}

/// Ends the link and tells the fate of everything that was outstanding on it.
fn tear_down(shared: &Shared, threads: Vec<JoinHandle<()>>) {
    let mut wakes = Notifications::default();
    let mut core = shared.lock();
    core.broken = None;
    if let Some(mut up) = core.up.take() {
        up.link.shutdown();
        for (slot, may_have_left) in up.session.abandon() {
            let kind = if may_have_left {
                SubmitErrorKind::LostAfterSending
            } else {
                SubmitErrorKind::LostBeforeSending
            };
            let submission = slot.submitted.submission;
            wakes.complete(slot, Err((kind, submission)));
        }
    }
    core.ledger.expect_no_answers();
    shared.wake(core, &mut wakes);
    shared.wake_all();
    for thread in threads {
        if thread.join().is_err() {
            log::error!("a thread of the link panicked");
        }
    }
}

/// Tries until there is a link again; `false` when the client is being shut down.
fn connect_again(shared: &Shared, config: &SmppConfig, backoff: &mut ReconnectBackoff) -> bool {
    let mut refused_bind = false;
    loop {
        let pause = backoff.after_failure(refused_bind, fastrand::f64());
        if !pause_for(shared, pause) {
            return false;
        }
        match establish(config) {
            Ok(up) => {
                let mut core = shared.lock();
                core.up = Some(up);
                let go_on = core.phase == Phase::Running;
                drop(core);
                if !go_on {
                    tear_down(shared, Vec::new());
                    return false;
                }
                shared.wake_all();
                return true;
            }
            Err(error) => {
                refused_bind = error.is_refused_bind();
                log::warn!("connecting again failed: {error}");
            }
        }
    }
}

/// Waits while the ledger's time goes on; `false` when the client is being shut down.
fn pause_for(shared: &Shared, pause: Duration) -> bool {
    let until = Instant::now() + pause;
    let mut wakes = Notifications::default();
    let mut core = shared.lock();
    while core.phase == Phase::Running {
        let now = Instant::now();
        core.ledger.handle_time(now);
        if until <= now {
            return true;
        }
        let wakes_at = core.next_deadline().map_or(until, |deadline| deadline.min(until));
        core.keeper_wakes_at = Some(wakes_at);
        shared.wake(core, &mut wakes);
        core = shared.lock();
        if core.phase == Phase::Running {
            core = sync::wait(&shared.supervisor, core, Some(wakes_at.saturating_duration_since(now)));
        }
    }
    false
}

/// A link that held this long was a good one: its loss is a first failure.
const LINK_THAT_HELD: Duration = Duration::from_secs(30);
