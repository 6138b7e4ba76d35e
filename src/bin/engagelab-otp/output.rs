//! What goes to standard output: data, as text or as JSON.

use std::io::{self, ErrorKind, Write};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::failure::Failure;

/// How data is written.
#[derive(Args, Clone)]
pub(crate) struct Output {
    /// Print data for people, or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

impl Output {
    /// Prints one result in the form that was asked for.
    pub(crate) fn print(&self, text: &str, json: &Value) -> Result<(), Failure> {
        match self.output {
            Format::Text => write(&format!("{}\n", plain(text))),
            Format::Json => write(&format!("{json:#}\n")),
        }
    }

    /// Prints one line for each thing; nothing if there is none.
    pub(crate) fn print_table(&self, lines: &[String], json: &Value) -> Result<(), Failure> {
        match self.output {
            Format::Text => {
                let kept = |line: &String| {
                    format!("{}\n", line.split('\t').map(plain).collect::<Vec<_>>().join("\t"))
                };
                write(&lines.iter().map(kept).collect::<String>())
            }
            Format::Json => write(&format!("{json:#}\n")),
        }
    }

    /// Prints one of many results, on a line of its own. That nobody reads it is a failure: it would be lost.
    pub(crate) fn print_line(&self, text: &str, json: &Value) -> Result<(), Failure> {
        write_to_reader(&self.line(text, json)).map_err(|error| cannot_write(&error))
    }

    /// What is printed comes from elsewhere, and must not pass for two lines.
    fn line(&self, text: &str, json: &Value) -> String {
        match self.output {
            Format::Text => format!("{}\n", plain(text).replace('\n', "\u{fffd}")),
            Format::Json => format!("{json}\n"),
        }
    }
}

/// Writes to standard output as it is. That nobody reads any further is no failure.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    match write_to_reader(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(cannot_write(&error)),
        _ => Ok(()),
    }
}

fn write_to_reader(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write to standard output: {error}"))
}

/// Says something to the person in front, on standard error. That nobody listens is no failure.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", plain(text));
}

/// `text` without what a terminal would obey: texts of the service may hold anything.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
