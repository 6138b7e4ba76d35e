//! From a name to a bound session, in a thread of its own, so that nobody has to wait for it longer than he wants.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::inner::{Inner, is_timeout};
use super::link_state::Connected;
use super::slot::Slot;
use super::state::Phase;
use crate::smpp::link::{Dial, Link, Lookup};
use crate::smpp::session::{CloseReason, Session, SessionEvent};
use crate::smpp::{ConnectError, ConnectErrorKind, SmppConfig};
use crate::sync;

/// Connects and binds one link, when there is a session to spare. `None` when the client is being closed.
///
/// A name that is not found in time, and every other step, is given up on at its time or with the client; the thread that
/// waits for it then ends by itself.
pub(super) fn connect(
    inner: &Arc<Inner>,
    index: usize,
    config: &SmppConfig,
) -> Option<Result<Connected, ConnectError>> {
    let mut state = inner.lock();
    state.links[index].wants_session = true;
    while state.phase == Phase::Running && !state.may_connect(index) {
        state = sync::wait(&inner.signals[index].supervisor, state, None);
    }
    state.links[index].wants_session = false;
    if state.phase != Phase::Running {
        return None;
    }
    state.sessions += 1;
    let dial = Arc::new(Dial::default());
    state.links[index].dial = Some(Arc::clone(&dial));
    let address = state.links[index].endpoint.address.clone();
    state.links[index].established = None;
    drop(state);
    // Another link may be next in turn for what is left.
    wake_waiting_links(inner);

    let spawned = {
        let (inner, config, dial) = (Arc::clone(inner), config.clone(), Arc::clone(&dial));
        let look_up = inner.look_up;
        thread::Builder::new().name("smpp-connect".to_owned()).spawn(move || {
            let result = establish(&config, &address, &dial, look_up);
            let mut state = inner.lock();
            let is_awaited =
                state.links[index].dial.as_ref().is_some_and(|awaited| Arc::ptr_eq(awaited, &dial));
            if is_awaited {
                state.links[index].established = Some(result);
                inner.signals[index].supervisor.notify_all();
            } else if let Ok(connected) = result {
                connected.link.shutdown();
            }
        })
    };
    let result = match spawned {
        Ok(_) => await_session(inner, index, config, &dial),
        Err(error) => Some(Err(ConnectError::io(ConnectErrorKind::Connect, error))),
    };
    let mut state = inner.lock();
    state.links[index].dial = None;
    if !matches!(result, Some(Ok(_))) {
        drop(state);
        release_session(inner);
    }
    result
}

/// Gives a session back, for another link or another time.
pub(super) fn release_session(inner: &Inner) {
    inner.lock().sessions -= 1;
    wake_waiting_links(inner);
}

fn wake_waiting_links(inner: &Inner) {
    let state = inner.lock();
    for (link, signals) in state.links.iter().zip(&inner.signals) {
        if link.wants_session {
            signals.supervisor.notify_all();
        }
    }
}

fn await_session(
    inner: &Inner,
    index: usize,
    config: &SmppConfig,
    dial: &Dial,
) -> Option<Result<Connected, ConnectError>> {
    let deadline = Instant::now() + config.connect_timeout + config.bind_timeout + ALLOWANCE;
    let mut state = inner.lock();
    loop {
        if let Some(result) = state.links[index].established.take() {
            return Some(result);
        }
        let now = Instant::now();
        let is_closing = state.phase != Phase::Running;
        if is_closing || deadline <= now {
            dial.cancel();
            let late = || ConnectError::new(ConnectErrorKind::Resolve);
            return (!is_closing).then(|| Err(late()));
        }
        state.ledger.handle_time(now);
        let until = state.next_deadline(index).map_or(deadline, |due| due.min(deadline));
        state.links[index].supervisor_wakes_at = Some(until);
        let left = until.saturating_duration_since(now);
        state = sync::wait(&inner.signals[index].supervisor, state, Some(left));
    }
}

fn establish(
    config: &SmppConfig,
    address: &str,
    dial: &Dial,
    look_up: Lookup,
) -> Result<Connected, ConnectError> {
    let link = Link::connect(address, config, dial, look_up)?;
    let closed = |source| ConnectError::io(ConnectErrorKind::ClosedDuringBind, source);
    let now = Instant::now();
    let mut session = Session::<Arc<Slot>>::new(config.settings(), &config.credentials, now);
    let mut octets = Vec::new();
    session.take_output(&mut octets);
    link.write_all(&octets).map_err(closed)?;
    let deadline = now + config.bind_timeout;
    let mut buffer = [0; 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        link.set_read_timeout(Some(left)).map_err(closed)?;
        match link.read(&mut buffer) {
            Ok(0) => return Err(ConnectError::new(ConnectErrorKind::ClosedDuringBind)),
            Ok(length) => session.handle_input(buffer.get(..length).unwrap_or_default(), Instant::now()),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(closed(error)),
        }
        if session.has_bound() {
            break;
        }
        // Octets that come one by one do not make the time longer.
        session.handle_time(Instant::now());
        if session.next_deadline().is_none() {
            return Err(ConnectError::new(why_not_bound(&mut session)));
        }
    }
    link.set_read_timeout(None).map_err(closed)?;
    Ok(Connected::new(session, link))
}

fn why_not_bound(session: &mut Session<Arc<Slot>>) -> ConnectErrorKind {
    let reason = std::iter::from_fn(|| session.poll_event()).find_map(|event| match event {
        SessionEvent::Closed(reason) => Some(reason),
        _ => None,
    });
    match reason {
        Some(CloseReason::BindRefused(status)) => ConnectErrorKind::BindRefused(status),
        Some(CloseReason::BindUnanswered) => ConnectErrorKind::BindUnanswered,
        Some(CloseReason::PeerUnbound) => ConnectErrorKind::ClosedDuringBind,
        _ => ConnectErrorKind::Protocol,
    }
}

/// What a busy machine may take beyond the times that are set.
const ALLOWANCE: Duration = Duration::from_secs(1);
