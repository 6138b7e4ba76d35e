//! How far the exchange on this thread has got.
//!
//! ureq gives the layers below it no way to tell those above, and its errors do not say whether a request has left. All
//! of an exchange happens on the thread that makes the call, so the layers note here what they did.

use std::cell::Cell;

/// What has happened since the exchange began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// A connection was made for it, and none taken out of the pool.
    pub(super) connected: bool,
    /// Some of the request has been handed to the connection.
    pub(super) written: bool,
}

pub(super) fn begin() {
    PROGRESS.set(Progress::default());
}

/// What was written while connecting was for a proxy.
pub(super) fn connected() {
    PROGRESS.set(Progress { connected: true, written: false });
}

pub(super) fn request_written() {
    PROGRESS.set(Progress { written: true, ..PROGRESS.get() });
}

pub(super) fn current() -> Progress {
    PROGRESS.get()
}

thread_local! {
    static PROGRESS: Cell<Progress> = const { Cell::new(Progress { connected: false, written: false }) };
}
