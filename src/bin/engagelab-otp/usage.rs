//! What is said about arguments that cannot be used. No value is repeated: it may be a code or a secret.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;

/// The failure of reading the arguments.
pub(crate) fn failure(error: &clap::Error) -> Failure {
    let option = text(error, ContextKind::InvalidArg);
    let failure = match error.kind() {
        ErrorKind::UnknownArgument => unknown(error, &option),
        ErrorKind::InvalidSubcommand => Failure::usage("there is no such command"),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Failure::usage("a command is missing")
        }
        ErrorKind::MissingRequiredArgument => Failure::usage(format!("{} must be given", list(&option))),
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            other if !other.is_empty() && other == option => {
                Failure::usage(format!("{} is given twice", name(&option)))
            }
            other if !other.is_empty() => {
                Failure::usage(format!("{} and {} cannot be used together", name(&option), list(&other)))
            }
            _ => Failure::usage(own_words(error)),
        },
        ErrorKind::TooManyValues => Failure::usage(format!("{} takes no value", name(&option))),
        ErrorKind::InvalidValue if text(error, ContextKind::InvalidValue).is_empty() => {
            Failure::usage(format!("{} must have a value", name(&option)))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let rule = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            let rule = rule.split(" is not in ").last().map_or(rule.clone(), |range| {
                if range == rule {
                    rule.clone()
                } else {
                    format!("must be from {}", range.replace("..=", " to "))
                }
            });
            let colon = if rule.is_empty() { "" } else { ": " };
            Failure::usage(format!("{} cannot have this value{colon}{rule}", name(&option)))
        }
        ErrorKind::InvalidUtf8 => Failure::usage("an argument is not UTF-8"),
        _ => Failure::usage(own_words(error)),
    };
    let mut advice = Vec::new();
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            advice.push(format!("It can be {}.", values.join(", ")));
        }
        _ => {}
    }
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let suggested = text(error, kind);
        if !suggested.is_empty() {
            advice.push(format!("Did you mean `{suggested}`?"));
        }
    }
    advice.extend(failure.advice.clone());
    advice.push("--help says what there is.".to_owned());
    failure.with_advice(advice.join(" "))
}

/// An argument that does not belong there. One that may be a code has been seen by others already.
fn unknown(error: &clap::Error, given: &str) -> Failure {
    // The usage names the command, and shows whether it is one that takes codes.
    let usage = text(error, ContextKind::Usage);
    let takes_codes = ["verify", "send", "send-code", "message"]
        .iter()
        .any(|command| usage.contains(&format!("engagelab-otp {command} ")) || usage.contains("smpp send "));
    let reason = if given.starts_with('-') {
        format!("there is no option {}", name(given))
    } else {
        "there is one argument too many".to_owned()
    };
    let may_be_code = takes_codes && (!given.starts_with('-') || name(given) == "--code");
    let failure = Failure::usage(reason);
    if may_be_code {
        failure.with_advice(
            "Codes are not taken from the command line, where other users can read them. Type the code when asked, or \
             give it on standard input with --code-stdin.",
        )
    } else {
        failure
    }
}

/// An option as it is called, without its value.
fn name(option: &str) -> &str {
    option.split(['=', ' ', '[']).next().unwrap_or(option)
}

fn list(options: &str) -> String {
    options.split('\n').collect::<Vec<_>>().join(" and ")
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
