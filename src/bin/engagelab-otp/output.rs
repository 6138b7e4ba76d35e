//! What goes to standard output: data, as text or as JSON. What goes to standard error besides: notes and warnings.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;
use std::time::Duration;

use anstyle::AnsiColor;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{bar, standard_output, wrap};

/// How data is written.
#[derive(Args, Clone)]
pub(crate) struct Output {
    /// Print data for people, or for programs; as JSON, errors and notes on standard error too
    #[arg(long, short, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

/// How much is said.
#[derive(Args, Clone, Copy)]
pub(crate) struct Verbosity {
    /// Say nothing but errors and warnings
    #[arg(long, short, global = true, display_order = 900, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say where settings come from, and each attempt of a call
    #[arg(long, short, global = true, display_order = 901)]
    pub(crate) verbose: bool,
}

/// The form of what this run prints, known once the arguments are read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mode {
    pub(crate) format: Format,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

static MODE: OnceLock<Mode> = OnceLock::new();

/// Sets the form of what this run prints. Only the first call counts.
pub(crate) fn set_mode(mode: Mode) {
    let _ = MODE.set(mode);
}

pub(crate) fn mode() -> Mode {
    MODE.get().copied().unwrap_or_default()
}

impl Output {
    pub(crate) const fn format(&self) -> Format {
        self.output
    }

    /// Prints one result in the form that was asked for.
    pub(crate) fn print(&self, text: &str, json: &Value) -> Result<(), Failure> {
        write(&self.rendered(&plain(text), json))
    }

    /// Prints one line for each thing; nothing if there is none.
    pub(crate) fn print_table(&self, lines: &[String], json: &Value) -> Result<(), Failure> {
        write(&self.rendered(&table(lines), json))
    }

    /// Prints what the service has done. If that cannot be printed, `done` says on standard error what it was, and
    /// the exit code is not one that invites to run it again: not even where the reader has gone.
    pub(crate) fn print_result(&self, text: &str, json: &Value, done: &str) -> Result<(), Failure> {
        try_write(&self.rendered(&table(&[text.to_owned()]), json))
            .map_err(|error| Failure::result_lost(done, &error))?;
        if standard_output::is_perhaps_closed() {
            warn(&format!("standard output is /dev/null, or closed: {done}"));
        }
        Ok(())
    }

    /// Prints one of many results, on a line of its own. That nobody reads it is a failure: it would be lost.
    pub(crate) fn print_line(&self, text: &str, json: &Value) -> Result<(), Failure> {
        try_write(&self.line(text, json)).map_err(|error| cannot_write(&error))
    }

    /// What is printed comes from elsewhere, and must not pass for two lines.
    fn line(&self, text: &str, json: &Value) -> String {
        match self.output {
            Format::Text => format!("{}\n", plain(text).replace('\n', "\u{fffd}")),
            Format::Json => format!("{json}\n"),
        }
    }

    fn rendered(&self, text: &str, json: &Value) -> String {
        match self.output {
            Format::Text if text.is_empty() => String::new(),
            Format::Text => format!("{text}\n"),
            Format::Json => format!("{json:#}\n"),
        }
    }
}

/// Lines of cells parted by tabs.
fn table(lines: &[String]) -> String {
    let cells = |line: &String| line.split('\t').map(plain).collect::<Vec<_>>().join("\t");
    lines.iter().map(cells).collect::<Vec<_>>().join("\n")
}

/// Writes to standard output as it is. That nobody reads any further is no failure: nothing is lost by it.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    written(try_write(text))
}

/// The same, of what was written already.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(cannot_write(&error)),
        _ => Ok(()),
    }
}

/// Nothing that was asked for is there.
pub(crate) fn cannot_write(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write to standard output: {error}"))
}

fn try_write(text: &str) -> io::Result<()> {
    let mut out = standard_output::lock()?;
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// So many of a thing, in words.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// A time to wait, in whole seconds, rounded up.
pub(crate) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Says on standard error what went wrong, and what to do. That nobody listens changes nothing.
pub(crate) fn report(failure: &Failure) {
    if failure.reason.is_empty() {
        return;
    }
    bar::beside(|| {
        let mut error = anstream::stderr().lock();
        if mode().format == Format::Json {
            let _ = writeln!(error, "{}", failure.json());
            return;
        }
        // Taken out again by `anstream` where there is no terminal, or `NO_COLOR` is set.
        let style = AnsiColor::Red.on_default().bold();
        let reason = for_people(&format!("error: {}", failure.reason));
        let _ = writeln!(error, "{style}error:{style:#}{}", reason.trim_start_matches("error:"));
        if let Some(advice) = failure.whole_advice() {
            let _ = writeln!(error, "{}", for_people(&advice));
        }
    });
}

/// A note to whoever watches, on standard error. `--quiet` silences it; that nobody listens is no failure.
pub(crate) fn say(text: &str) {
    if !mode().quiet {
        print_note("note", text);
    }
}

/// A warning, which `--quiet` does not silence.
pub(crate) fn warn(text: &str) {
    print_note("warning", text);
}

/// What only `--verbose` wants to know.
pub(crate) fn detail(text: &str) {
    if mode().verbose {
        print_note("note", text);
    }
}

fn print_note(kind: &str, text: &str) {
    let text = match (mode().format, kind) {
        (Format::Json, _) => json!({ kind: text }).to_string(),
        (Format::Text, "warning") => for_people(&format!("warning: {text}")),
        (Format::Text, _) => for_people(text),
    };
    bar::beside(|| drop(writeln!(anstream::stderr(), "{text}")));
}

/// As it is printed on standard error.
fn for_people(text: &str) -> String {
    wrap::for_terminal(&plain(text), io::stderr(), 0)
}

/// `text` without what a terminal would obey: texts of the service may hold anything.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
