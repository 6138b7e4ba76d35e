//! Codes and consent: what is asked of the person in front, and never taken from the command line.

use std::io::{self, IsTerminal, Read, Write};

use clap::Args;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use engagelab_otp::Code;

use crate::failure::{Exit, Failure};

/// Whether it is to be done at all.
#[derive(Args)]
pub(crate) struct Confirmation {
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// Show the request, with codes and addresses masked, and do not send it
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

impl Confirmation {
    /// Asks, unless the answer is known: by `--yes`, or because the sandbox harms nobody.
    pub(crate) fn obtain(&self, question: &str, harmless: bool) -> Result<(), Failure> {
        if self.yes || harmless {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::usage("this is for real, and there is no terminal to ask on")
                .with_advice("Give --yes to do it, --dry-run to see it, or --sandbox to try it."));
        }
        let mut answer = String::new();
        let mut error = io::stderr().lock();
        let asked = write!(error, "{question} [y/N] ").and_then(|()| error.flush());
        drop(error);
        let read = asked.and_then(|()| io::stdin().read_line(&mut answer));
        match (read, answer.trim().to_ascii_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Ok(()),
            _ => Err(Failure::new(Exit::NotSent, "not confirmed; nothing was sent")),
        }
    }
}

/// A code, typed unseen on a terminal, or read from standard input.
pub(crate) fn code() -> Result<Code, Failure> {
    let text = if io::stdin().is_terminal() {
        rpassword::prompt_password("Code (not shown while you type): ")
            .map_err(|error| Failure::usage(format!("cannot read a code from the terminal: {error}")))?
    } else {
        standard_input("the code", LONGEST_CODE)?
    };
    Ok(Code::new(text.trim())?)
}

/// The whole of standard input, as text of at most so many bytes.
pub(crate) fn standard_input(what: &str, most: usize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("cannot read {what} from standard input: {error}")))?;
    if bytes.len() > most {
        return Err(Failure::usage(format!("{what} on standard input is longer than {most} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{what} on standard input is not UTF-8")))
}

/// What is said about an argument that does not belong there, if that may be a code: others can read it already,
/// and it is not repeated here.
pub(crate) fn code_among_arguments(error: &clap::Error) -> Option<Failure> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return None };
    let reason = match (error.kind(), argument.as_str()) {
        (ErrorKind::UnknownArgument, "--code") => "there is no option --code",
        (ErrorKind::UnknownArgument, argument) if !argument.starts_with('-') => {
            "there is one argument too many"
        }
        _ => return None,
    };
    Some(Failure::usage(reason).with_advice(
        "Codes are not taken from the command line, where other users can read them. Type the code when asked, or \
         give it on standard input.",
    ))
}

/// Room for white space around the longest code.
const LONGEST_CODE: usize = 256;
