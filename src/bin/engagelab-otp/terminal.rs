//! The terminal itself: asked and answered there, whatever standard input and output are.
//!
//! It does not decide what is asked. A signal that ends the program while a code is typed turns the echo on again first.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

/// The terminal that the program was started from.
pub(crate) struct Terminal {
    input: BufReader<File>,
    output: File,
}

impl Terminal {
    /// The terminal, if there is one.
    pub(crate) fn open() -> Option<Self> {
        let input = BufReader::new(OpenOptions::new().read(true).open(INPUT).ok()?);
        Some(Self { input, output: OpenOptions::new().write(true).open(OUTPUT).ok()? })
    }

    /// Asks, and reads a line.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        write!(self.output, "{question} ")?;
        self.output.flush()?;
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        Ok(answer)
    }

    /// Asks, and reads a line that is not shown.
    pub(crate) fn ask_hidden(&mut self, question: &str) -> io::Result<String> {
        let _restored = self.restored_at_signals()?;
        rpassword::prompt_password(format!("{question} ")).inspect_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                signals::end_by_interrupt();
            }
        })
    }

    #[cfg(unix)]
    fn restored_at_signals(&self) -> io::Result<AtSignal> {
        let terminal = self.output.try_clone()?;
        let modes = rustix::termios::tcgetattr(&terminal)?;
        AtSignal::run(move || {
            let _ = rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &modes);
            let _ = writeln!(&terminal);
        })
    }

    #[cfg(not(unix))]
    fn restored_at_signals(&self) -> io::Result<AtSignal> {
        AtSignal::run(|| ())
    }
}

/// As long as this lives, something is done before a signal ends the program.
pub(crate) struct AtSignal(());

impl AtSignal {
    pub(crate) fn run(action: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        signals::watch()?;
        *signals::action() = Some(Box::new(action));
        Ok(Self(()))
    }
}

impl Drop for AtSignal {
    /// Waits where a signal is being handled, which does not come back.
    fn drop(&mut self) {
        *signals::action() = None;
    }
}

mod signals {
    use std::io;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    type Action = Option<Box<dyn FnOnce() + Send>>;

    static ACTION: Mutex<Action> = Mutex::new(None);

    pub(super) fn action() -> MutexGuard<'static, Action> {
        ACTION.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a thread wait for the signals that end programs, from the first time on.
    #[cfg(unix)]
    pub(super) fn watch() -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        use signal_hook::iterator::Signals;

        static WATCHED: Mutex<bool> = Mutex::new(false);
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*watched {
            let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
            std::thread::spawn(move || {
                for signal in signals.forever() {
                    // Kept until the end, so that nothing else is printed or asked meanwhile.
                    let mut action = action();
                    if let Some(act) = action.take() {
                        act();
                    }
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
            });
            *watched = true;
        }
        Ok(())
    }

    /// Ends the program as Ctrl-C does.
    #[cfg(unix)]
    pub(super) fn end_by_interrupt() {
        if let Some(act) = action().take() {
            act();
        }
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
    }

    #[cfg(not(unix))]
    pub(super) fn watch() -> io::Result<()> {
        Ok(())
    }

    #[cfg(not(unix))]
    pub(super) fn end_by_interrupt() {}
}

#[cfg(not(windows))]
const INPUT: &str = "/dev/tty";
#[cfg(not(windows))]
const OUTPUT: &str = "/dev/tty";
#[cfg(windows)]
const INPUT: &str = "CONIN$";
#[cfg(windows)]
const OUTPUT: &str = "CONOUT$";
