//! Keeps requests and answers out of the log while they travel.
//!
//! At level trace, ureq's protocol crate writes every octet of a request's head and of an answer to the log: the
//! secret, codes, phone numbers. There is no switch for that, and to compile trace records out would take them from
//! the whole program. So while an exchange is under way, and only if some logger takes those records, the log's
//! level is held at debug. Other threads lose their trace records for as long; a program that turns trace on while an
//! exchange is under way sees the rest of that one.

use std::sync::{Mutex, MutexGuard, PoisonError};

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

impl TraceGuard {
    pub(super) fn new() -> Self {
        let mut held = held();
        // While the level is held down the second question is always answered with no.
        let holding = held.exchanges > 0 || log::log_enabled!(target: "ureq_proto::util", Level::Trace);
        if holding {
            if held.exchanges == 0 {
                held.before = log::max_level();
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
        // If somebody has set another level meanwhile, that is the one that counts.
        if held.exchanges == 0 && log::max_level() == LevelFilter::Debug {
            log::set_max_level(held.before);
        }
    }
}

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
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
