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

/// An exchange that has begun. What was known of another, in the midst of which it was made, holds again when this is
/// dropped: a logger may make calls of its own while this client's layers log.
#[must_use = "it ends when it is dropped"]
pub(super) struct Exchange {
    outer: Progress,
}

pub(super) fn begin() -> Exchange {
    Exchange { outer: PROGRESS.replace(Progress::default()) }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        PROGRESS.set(self.outer);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_within_another_leaves_what_is_known_of_that() {
        let _outer = begin();
        connected();
        request_written();
        let known = current();
        let inner = begin();
        assert_eq!(current(), Progress::default());
        drop(inner);
        assert_eq!(current(), known);
    }
}
