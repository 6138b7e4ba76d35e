//! What this process logs: by thread, so that tests beside each other do not mix, and its warnings from all threads.

use std::cell::RefCell;
use std::sync::{Mutex, Once};

use log::Level;

thread_local! {
    static OF_THIS_THREAD: RefCell<String> = const { RefCell::new(String::new()) };
}

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let line = format!("{} {}: {}\n", record.level(), record.target(), record.args());
        OF_THIS_THREAD.with_borrow_mut(|logged| logged.push_str(&line));
        if record.level() == Level::Warn {
            WARNINGS.lock().expect("not poisoned").push(line);
        }
    }

    fn flush(&self) {}
}

/// From now on, everything is kept.
pub(crate) fn keep() {
    static LOGGER: Once = Once::new();
    LOGGER.call_once(|| {
        log::set_logger(&Logger).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Takes what this thread has logged.
pub(crate) fn take_of_this_thread() -> String {
    OF_THIS_THREAD.take()
}

/// Whether some thread has warned of this.
#[cfg_attr(not(feature = "smpp"), allow(dead_code))]
pub(crate) fn has_warned(of: &str) -> bool {
    WARNINGS.lock().expect("not poisoned").iter().any(|line| line.contains(of))
}
