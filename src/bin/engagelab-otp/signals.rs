//! Signals: which of them are watched, and what is done at each.
//!
//! SIGINT, SIGTERM and SIGHUP, by which a closed terminal is told, end everything in the same way. What was ignored when
//! the program started, as `nohup` and shells do for what runs in the background, stays ignored.

use std::io;
use std::sync::{Mutex, MutexGuard};

use crate::sync;

/// Has a file that may grow no further be an error of writing it, and not the end of the program: what was done is still to
/// be told.
pub(crate) fn survive_full_files() {
    #[cfg(unix)]
    {
        use signal_hook::{consts::SIGXFSZ, flag};
        // Where it cannot be caught, it ends the program as before.
        let _ = flag::register(SIGXFSZ, std::sync::Arc::default());
    }
}

/// As long as this lives, something is done before a signal ends the program.
pub(crate) struct AtSignal(());

impl AtSignal {
    pub(crate) fn run(action: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        watching::begin()?;
        actions().at_end = Some(Box::new(action));
        Ok(Self(()))
    }
}

impl Drop for AtSignal {
    /// Waits where a signal is being handled, which does not come back.
    fn drop(&mut self) {
        actions().at_end = None;
    }
}

/// As long as this lives, something is done before the program is suspended, and something when it goes on.
#[cfg(unix)]
pub(crate) struct AroundSuspension(());

#[cfg(unix)]
impl AroundSuspension {
    pub(crate) fn run(
        before: impl Fn() + Send + 'static,
        after: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        watching::begin()?;
        actions().around_suspension = Some([Box::new(before), Box::new(after)]);
        Ok(Self(()))
    }
}

#[cfg(unix)]
impl Drop for AroundSuspension {
    fn drop(&mut self) {
        actions().around_suspension = None;
    }
}

/// Waits where a signal has arrived that ends or suspends the program, until it has; says whether one had. What was read
/// from the terminal meanwhile was typed behind the signal, and is meant for whatever comes next.
#[cfg(unix)]
pub(crate) fn settle() -> bool {
    let mut had_arrived = false;
    while watching::has_arrived() {
        had_arrived = true;
        std::thread::sleep(SOON);
    }
    had_arrived
}

#[cfg(unix)]
const SOON: std::time::Duration = std::time::Duration::from_millis(5);

/// What is done at signals.
#[derive(Default)]
struct Actions {
    /// Whether the program ends itself at the signals that end others: see [`EndSignals`].
    ends_itself: bool,
    at_end: Option<Box<dyn FnOnce() + Send>>,
    #[cfg(unix)]
    around_suspension: Option<[Box<dyn Fn() + Send>; 2]>,
}

static ACTIONS: Mutex<Actions> = Mutex::new(Actions {
    ends_itself: false,
    at_end: None,
    #[cfg(unix)]
    around_suspension: None,
});

fn actions() -> MutexGuard<'static, Actions> {
    sync::lock(&ACTIONS)
}

/// The signals that end what runs for long, in order: the first asks for it, the second ends it at once. They are caught
/// from the time when this is made, also where a question has had them watched before, and do not end the program any more
/// then: what is under way may just have ended, and be about to say so.
pub(crate) struct EndSignals {
    #[cfg(unix)]
    signals: signal_hook::iterator::Signals,
}

impl EndSignals {
    pub(crate) fn catch() -> io::Result<Self> {
        let caught = Self {
            #[cfg(unix)]
            signals: signal_hook::iterator::Signals::new(watching::not_ignored(&watching::ENDING))?,
        };
        actions().ends_itself = true;
        Ok(caught)
    }

    /// What ends the waiting for the next signal.
    #[cfg(unix)]
    pub(crate) fn handle(&self) -> signal_hook::iterator::Handle {
        self.signals.handle()
    }

    /// Waits for the next one; false if none comes any more.
    #[cfg(unix)]
    pub(crate) fn wait(&mut self) -> bool {
        self.signals.forever().next().is_some()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "elsewhere it is of use")]
    pub(crate) fn wait(&mut self) -> bool {
        loop {
            std::thread::park();
        }
    }
}

#[cfg(unix)]
mod watching {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock, Mutex};

    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::actions;
    use crate::sync;

    pub(super) const ENDING: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

    /// Has a thread wait for the signals that end or suspend programs, from the first time on.
    pub(super) fn begin() -> io::Result<()> {
        static WATCHED: Mutex<bool> = Mutex::new(false);
        let mut watched = sync::lock(&WATCHED);
        if !*watched {
            // As soon as they arrive, which is before anything can be read that was typed behind them.
            for signal in not_ignored(&[ENDING.as_slice(), &[SIGQUIT, SIGTSTP]].concat()) {
                flag::register(signal, ARRIVED.clone())?;
            }
            let all = [ENDING.as_slice(), &[SIGQUIT, SIGTSTP, SIGCONT]].concat();
            let mut signals = Signals::new(not_ignored(&all))?;
            std::thread::spawn(move || signals.forever().for_each(handle));
            *watched = true;
        }
        Ok(())
    }

    /// Whether a signal has arrived and is not handled yet.
    static ARRIVED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    pub(super) fn has_arrived() -> bool {
        ARRIVED.load(Ordering::SeqCst)
    }

    fn handle(signal: i32) {
        // Kept until the end, so that nothing else is printed or asked meanwhile.
        let mut actions = actions();
        match signal {
            // Nobody could have it go on.
            SIGTSTP if !is_a_job() => {}
            SIGTSTP => {
                if let Some([before, _]) = &actions.around_suspension {
                    before();
                }
                let _ = emulate_default_handler(signal);
            }
            SIGCONT => {
                if let Some([_, after]) = &actions.around_suspension {
                    after();
                }
            }
            // Whoever catches it is told as well.
            _ if actions.ends_itself && ENDING.contains(&signal) => {}
            _ => {
                if let Some(act) = actions.at_end.take() {
                    act();
                }
                let _ = emulate_default_handler(signal);
            }
        }
        // It has not ended the program.
        if signal != SIGCONT {
            ARRIVED.store(false, Ordering::SeqCst);
        }
    }

    /// Whether a shell with job control has started this, which puts each job into a process group of its own.
    fn is_a_job() -> bool {
        let session = rustix::process::getsid(None);
        session.is_ok_and(|session| session != rustix::process::getpgrp())
    }

    /// Those of these signals that are not ignored.
    pub(super) fn not_ignored(signals: &[i32]) -> Vec<i32> {
        let ignored = ignored();
        signals.iter().copied().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect()
    }

    /// The signals that are ignored, a bit for each. There is no way to ask for them without `unsafe` but this.
    #[cfg(target_os = "linux")]
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
    }

    /// Elsewhere they cannot be asked for: SIGHUP is left alone, so that `nohup` keeps its word.
    #[cfg(not(target_os = "linux"))]
    fn ignored() -> u64 {
        1 << (SIGHUP - 1)
    }
}

#[cfg(not(unix))]
mod watching {
    pub(super) fn begin() -> std::io::Result<()> {
        Ok(())
    }
}
