//! Help that fits the terminal. The library wraps sentences; what it does not wrap well is wrapped here: examples, so that
//! they can be copied at every width, and the usage.

use clap::Command;

/// The definition, with the help of every command for a terminal of this width.
pub(crate) fn fit(mut definition: Command) -> Command {
    let width = width();
    // Each command knows its whole name, and the options that it shares, from now on.
    definition.build();
    fit_each(definition.term_width(width), width)
}

fn fit_each(mut command: Command, width: usize) -> Command {
    let usage = command.render_usage().to_string();
    let usage: Vec<_> = usage.lines().map(|line| wrapped(line.trim_start(), width, "", 11)).collect();
    if let Some(text) = usage.join("\n       ").strip_prefix("Usage: ") {
        command = command.override_usage(text.to_owned());
    }
    if let Some(text) = command.get_after_help().map(ToString::to_string) {
        command = command.after_help(examples(&text, width));
    }
    if let Some(text) = command.get_after_long_help().map(ToString::to_string) {
        command = command.after_long_help(examples(&text, width));
    }
    command.mut_subcommands(|command| fit_each(command.term_width(width), width))
}

/// Lines that call this program, which begin with two spaces, go on as a shell reads them.
fn examples(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let is_example = line.starts_with("  ") && line.contains("engagelab-otp");
        if is_example { wrapped(line, width, " \\", 6) } else { line.to_owned() }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A line that goes on in the next one behind so many spaces, with `end` at the end of those that go on.
fn wrapped(line: &str, width: usize, end: &str, indent: usize) -> String {
    let start = line.len() - line.trim_start().len();
    let mut text = line[..start].to_owned();
    let mut column = start;
    let mut words = line.split_whitespace().peekable();
    let mut is_first = true;
    while let Some(word) = words.next() {
        let length = word.chars().count();
        let room = if words.peek().is_some() { width - end.len() } else { width };
        if !is_first && column + 1 + length > room {
            text += end;
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += length;
        is_first = false;
    }
    text
}

/// The terminal's width; where there is none, that of the variable by which shells tell it.
fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    of_terminal().or_else(told).unwrap_or(WIDEST).clamp(NARROWEST, WIDEST)
}

#[cfg(unix)]
fn of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn of_terminal() -> Option<usize> {
    None
}

const NARROWEST: usize = 20;
const WIDEST: usize = 100;
