//! Help that fits the terminal. The library wraps sentences; what it does not wrap well is wrapped here: examples, so that
//! they can be copied at every width, and the usage.

use clap::Command;

use crate::wrap;

/// The definition, with the help of every command for a terminal of this width.
pub(crate) fn fit(mut definition: Command) -> Command {
    let width = width();
    // Each command knows its whole name, and the options that it shares, from now on.
    definition.build();
    fit_each(definition.term_width(width), width)
}

fn fit_each(mut command: Command, width: usize) -> Command {
    let usage = command.render_usage().to_string();
    let usage: Vec<_> = usage.lines().map(|line| wrap::line(line.trim_start(), width, "", 11)).collect();
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
        if !is_example {
            return line.to_owned();
        }
        wrap::line(&bound(line, width.saturating_sub(8)), width, " \\", 6).replace(BOUND, " ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The line with options bound to their values, and a shell's operators to what follows, where both fit.
fn bound(line: &str, room: usize) -> String {
    let is_operator = |word: &str| ["|", ">", ">>", "&&"].contains(&word);
    let mut words = line.split(' ').peekable();
    let mut text = String::new();
    while let Some(word) = words.next() {
        text += word;
        let Some(next) = words.peek() else { break };
        let is_value = word.starts_with('-') && !next.starts_with('-') && !is_operator(next);
        let fits = word.chars().count() + 1 + next.chars().count() <= room;
        text.push(if fits && (is_value || is_operator(word)) { BOUND } else { ' ' });
    }
    text
}

/// The terminal's width; where there is none, that of the variable by which shells tell it.
fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    wrap::columns(std::io::stdout()).or_else(told).unwrap_or(WIDEST).clamp(NARROWEST, WIDEST)
}

/// A blank at which no line ends.
const BOUND: char = '\u{a0}';

const NARROWEST: usize = 20;
const WIDEST: usize = 100;
