//! The progress bar on standard error, and what is said while it stands there.

use std::sync::Mutex;

use indicatif::ProgressBar;

use crate::sync;

static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on, until its end, what is said stands above this bar.
pub(crate) fn begin(bar: ProgressBar) {
    *sync::lock(&BAR) = Some(bar);
}

/// Takes the bar away, if there is one.
pub(crate) fn end() {
    if let Some(bar) = sync::lock(&BAR).take() {
        bar.finish_and_clear();
    }
}

/// Says something on standard error, on lines of its own.
pub(crate) fn beside(say: impl FnOnce()) {
    let bar = sync::lock(&BAR).clone();
    match bar {
        Some(bar) => bar.suspend(say),
        None => say(),
    }
}
