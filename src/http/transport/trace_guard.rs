//! Keeps requests and responses out of the log while they travel.
//!
//! At level trace, ureq's protocol crate writes every octet of a head and of a response's body to the log: the secret,
//! codes, phone numbers. It has no switch for that (`ureq_proto::util::log_data` is called always), and to compile trace
//! records out would take them from the whole program. What remains is to hold the level of the log at debug while an
//! exchange is under way, or to leave the secret in the log unless a program asks for better. The default must be safe,
//! so the level is held, and what that costs is borne only by programs that log at level trace:
//!
//! - At any other level, two atomic loads for each exchange: about ten instructions, no lock, no write.
//! - At level trace, a lock and two changes of the level for each exchange, and other threads lose their trace records
//!   while one is under way. A program that sets level trace while an exchange is under way sees the rest of that one.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Mutex, MutexGuard};

use log::{Level, LevelFilter};

/// Holds the log's level down for as long as it lives, where that is needed.
pub(super) struct TraceGuard {
    holding: bool,
}

/// How many exchanges hold the level down, and what it was before.
struct Held {
    exchanges: usize,
    before: LevelFilter,
}

static HELD: Mutex<Held> = Mutex::new(Held { exchanges: 0, before: LevelFilter::Off });

/// Whether the level was ever held. Until then, a level below trace is what the program has set, and not what an
/// exchange on another thread has.
static EVER_HELD: AtomicBool = AtomicBool::new(false);

impl TraceGuard {
    pub(super) fn new() -> Self {
        let level = log::max_level();
        // Whoever sees a level that was held also sees that it was.
        fence(Ordering::Acquire);
        if level < LevelFilter::Trace && !EVER_HELD.load(Ordering::Relaxed) {
            return Self { holding: false };
        }
        let mut held = held();
        // While the level is held down the second question is always answered with no.
        let holding = held.exchanges > 0 || log::log_enabled!(target: "ureq_proto::util", Level::Trace);
        if holding {
            if held.exchanges == 0 {
                held.before = log::max_level();
                EVER_HELD.store(true, Ordering::Relaxed);
                fence(Ordering::Release);
                log::set_max_level(LevelFilter::Debug);
            }
            held.exchanges += 1;
        }
        Self { holding }
    }
}

impl Drop for TraceGuard {
    fn drop(&mut self) {
        if !self.holding {
            return;
        }
        let mut held = held();
        held.exchanges -= 1;
        // A level that the program has set meanwhile is the one that counts.
        if held.exchanges == 0 && log::max_level() == LevelFilter::Debug {
            log::set_max_level(held.before);
        }
    }
}

fn held() -> MutexGuard<'static, Held> {
    crate::sync::lock(&HELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TakesEverything;

    impl log::Log for TakesEverything {
        fn enabled(&self, _: &log::Metadata) -> bool {
            true
        }

        fn log(&self, _: &log::Record) {}

        fn flush(&self) {}
    }

    #[test]
    fn the_level_is_held_while_any_exchange_is_under_way_and_then_is_as_before() {
        log::set_logger(&TakesEverything).expect("the only logger of the unit tests");
        let idle = TraceGuard::new();
        assert_eq!(log::max_level(), LevelFilter::Off);
        drop(idle);

        log::set_max_level(LevelFilter::Trace);
        let first = TraceGuard::new();
        let second = TraceGuard::new();
        assert_eq!(log::max_level(), LevelFilter::Debug);
        drop(first);
        assert_eq!(log::max_level(), LevelFilter::Debug);
        drop(second);
        assert_eq!(log::max_level(), LevelFilter::Trace);

        let overtaken = TraceGuard::new();
        log::set_max_level(LevelFilter::Warn);
        drop(overtaken);
        assert_eq!(log::max_level(), LevelFilter::Warn);
    }
}
