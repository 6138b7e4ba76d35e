//! The terminal itself: asked and answered there, whatever standard input and output are.
//!
//! It does not decide what is asked. A signal that ends or suspends the program while a code is typed turns the echo on
//! again first.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

#[cfg(unix)]
use crate::signals;
use crate::wrap;

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
        let question = wrap::for_terminal(question, &self.output, 0);
        #[cfg(unix)]
        let _asked = unix::Asked::begin(&self.output, question.clone())?;
        write!(self.output, "{question} ")?;
        self.output.flush()?;
        self.read_line()
    }

    /// Asks, and reads a line that is not shown.
    #[cfg(unix)]
    pub(crate) fn ask_hidden(&mut self, question: &str) -> io::Result<String> {
        let _hidden = unix::Hidden::begin(&self.output, question)?;
        self.read_line()
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "elsewhere it is of use")]
    pub(crate) fn ask_hidden(&mut self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(format!("{question} "))
    }

    /// Reads a line. What comes next is not to stand behind the question.
    fn read_line(&mut self) -> io::Result<String> {
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer);
        #[cfg(unix)]
        if signals::settle() {
            return self.read_line();
        }
        if !answer.ends_with('\n') {
            writeln!(self.output)?;
        }
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer),
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::sync::Arc;

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

    use crate::signals::{AroundSuspension, AtSignal};

    /// As long as this lives, a question stands on the terminal and the answer is not shown.
    pub(super) struct Hidden {
        // Dropped in this order: nothing hides it again, it is shown, and only then a signal needs to show nothing more.
        _around_suspension: AroundSuspension,
        _shown: ShownAtDrop,
        _at_signal: AtSignal,
    }

    impl Hidden {
        pub(super) fn begin(terminal: &File, question: &str) -> io::Result<Self> {
            let terminal = Arc::new(Hideable {
                modes: tcgetattr(terminal)?,
                terminal: terminal.try_clone()?,
                question: question.to_owned(),
            });
            let at_end = terminal.clone();
            let at_signal = AtSignal::run(move || {
                at_end.show();
                at_end.end_line();
            })?;
            let (before, after) = (terminal.clone(), terminal.clone());
            let around_suspension = AroundSuspension::run(
                move || {
                    before.show();
                    before.end_line();
                },
                move || after.ask_again(),
            )?;
            let shown = ShownAtDrop(terminal.clone());
            terminal.ask()?;
            Ok(Self { _around_suspension: around_suspension, _shown: shown, _at_signal: at_signal })
        }
    }

    /// As long as this lives, a question stands on the terminal. It is asked once more when the program was suspended and
    /// goes on, and its line ends where a signal ends the program.
    pub(super) struct Asked {
        _again: AroundSuspension,
        _at_signal: AtSignal,
    }

    impl Asked {
        pub(super) fn begin(terminal: &File, question: String) -> io::Result<Self> {
            let (ended, again) = (terminal.try_clone()?, terminal.try_clone()?);
            let at_signal = AtSignal::run(move || drop(writeln!(&ended)))?;
            let again = AroundSuspension::run(
                || (),
                move || {
                    if is_in_front(&again) {
                        let _ = write!(&again, "{question} ");
                    }
                },
            )?;
            Ok(Self { _again: again, _at_signal: at_signal })
        }
    }

    /// Whether the terminal is this program's now. In the background, it is suspended again when it reads on.
    fn is_in_front(terminal: &File) -> bool {
        tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
    }

    struct ShownAtDrop(Arc<Hideable>);

    impl Drop for ShownAtDrop {
        fn drop(&mut self) {
            self.0.show();
        }
    }

    struct Hideable {
        terminal: File,
        /// As they were.
        modes: Termios,
        question: String,
    }

    impl Hideable {
        /// Hides what is typed before it asks, so that nobody can be too quick.
        fn ask(&self) -> io::Result<()> {
            let mut hidden = self.modes.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            // The end of the line is shown, and is the terminal's to recognise.
            hidden.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
            tcsetattr(&self.terminal, OptionalActions::Flush, &hidden)?;
            write!(&self.terminal, "{} ", self.question)
        }

        /// Asks once more when the program goes on.
        fn ask_again(&self) {
            if is_in_front(&self.terminal) {
                let _ = self.ask();
            }
        }

        fn show(&self) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.modes);
        }

        fn end_line(&self) {
            let _ = writeln!(&self.terminal);
        }
    }
}

#[cfg(not(windows))]
const INPUT: &str = "/dev/tty";
#[cfg(not(windows))]
const OUTPUT: &str = "/dev/tty";
#[cfg(windows)]
const INPUT: &str = "CONIN$";
#[cfg(windows)]
const OUTPUT: &str = "CONOUT$";
