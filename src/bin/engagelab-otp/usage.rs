//! What is said about arguments that cannot be used. No value is repeated: it may be a code or a secret.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;
use crate::{arguments, message, send, send_code, smpp, verify};

/// The failure of reading these words.
pub(crate) fn failure(error: &clap::Error, words: &[OsString]) -> Failure {
    let command = command(words);
    let option = text(error, ContextKind::InvalidArg);
    let failure = match error.kind() {
        ErrorKind::UnknownArgument => unknown(&command, &option),
        ErrorKind::InvalidSubcommand => Failure::usage("there is no such command"),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Failure::usage("a command is missing")
        }
        ErrorKind::MissingRequiredArgument => {
            Failure::usage(format!("{} must be given", list(&option, "and")))
        }
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            other if !other.is_empty() && other == option => {
                Failure::usage(format!("{} is given twice", name(&option)))
            }
            other if !other.is_empty() => Failure::usage(format!(
                "{} and {} cannot be used together",
                name(&option),
                list(&other, "and")
            )),
            _ => Failure::usage(own_words(error)),
        },
        ErrorKind::TooManyValues => Failure::usage(format!("{} takes no value", name(&option))),
        ErrorKind::InvalidValue if text(error, ContextKind::InvalidValue).is_empty() => {
            Failure::usage(format!("{} must have a value", name(&option)))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            Failure::usage(format!("{} {}", name(&option), rule(error)))
        }
        ErrorKind::InvalidUtf8 => Failure::usage("an argument is not UTF-8"),
        _ => Failure::usage(own_words(error)),
    };
    let mut advice: Vec<String> = failure.advice.iter().cloned().collect();
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let suggested = text(error, kind);
        if !suggested.is_empty() {
            // The most alike comes last.
            let quoted: Vec<_> = suggested.lines().rev().map(|one| format!("`{one}`")).collect();
            advice.push(format!("Did you mean {}?", list(&quoted.join("\n"), "or")));
        }
    }
    advice.push(format!("`{} --help` shows what there is.", command.join(" ")));
    failure.with_advice(advice.join(" "))
}

/// What the value must be, by the list of its names or in the words of its parser.
fn rule(error: &clap::Error) -> String {
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::ValidValue)
        && !names.is_empty()
    {
        return format!("must be {}", list(&names.join("\n"), "or"));
    }
    let rule = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if rule.starts_with("must ") { rule } else { "cannot have this value".to_owned() }
}

/// An argument that does not belong there. One that may be a code has been seen by others already.
fn unknown(command: &[String], given: &str) -> Failure {
    let reason = if given.starts_with('-') {
        format!("there is no option {}", name(given))
    } else {
        "there is one argument too many".to_owned()
    };
    let failure = Failure::usage(reason);
    let command = command.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(" ");
    let hint = CODES.iter().find(|(name, _)| *name == command);
    match hint {
        Some((_, hint)) if !given.starts_with('-') || name(given) == "--code" => failure.with_advice(format!(
            "Codes are not taken from the command line, where other users can read them, and the shell's history keeps \
             them. {hint}"
        )),
        _ => failure,
    }
}

/// The commands that people give codes to, and how each takes one.
const CODES: [(&str, &str); 5] = [
    ("send", send::CODE_HINT),
    ("send-code", send_code::CODE_HINT),
    ("message", message::CODE_HINT),
    ("verify", verify::CODE_HINT),
    ("smpp send", smpp::CODE_HINT),
];

/// The command that was meant, as far as the words name one.
fn command(words: &[OsString]) -> Vec<String> {
    let mut definition = &arguments::definition();
    let mut path = vec![definition.get_name().to_owned()];
    for word in words.iter().skip(1) {
        if let Some(found) = definition.find_subcommand(word) {
            path.push(found.get_name().to_owned());
            definition = found;
        }
    }
    path
}

/// An option as it is called, without its value; or what stands in the help for an argument that is none.
fn name(option: &str) -> &str {
    match option.trim_start_matches(['<', '[']) {
        argument if argument.len() < option.len() => argument.split(['>', ']']).next().unwrap_or(argument),
        _ => option.split(['=', ' ', '[']).next().unwrap_or(option),
    }
}

/// Names on lines of their own, as a sentence has them.
fn list(names: &str, last: &str) -> String {
    let names: Vec<_> = names.lines().map(name).collect();
    match names.split_last() {
        Some((end, [])) => (*end).to_owned(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

/// The first line of clap's own words, for what is said here alone.
fn own_words(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("\n"),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    }
}
