//! Codes and confirmation: what is asked of the person in front, and never taken from the command line.

use std::io::{self, Read};

use clap::Args;
use engagelab_otp::Code;

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Whether it is to be done at all.
#[derive(Args)]
pub(crate) struct Confirmation {
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// Show the request, with codes and addresses masked, and do not send it
    #[arg(long, short = 'n', conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

impl Confirmation {
    /// Asks, unless the answer is known: by `--yes`, or because the sandbox harms nobody. The question goes to the
    /// terminal itself, so that what stands on standard input answers nothing.
    pub(crate) fn obtain(&self, question: &str, is_sandbox: bool) -> Result<(), Failure> {
        if self.yes || is_sandbox {
            return Ok(());
        }
        let Some(mut terminal) = Terminal::open() else {
            return Err(Failure::usage("this is for real, and there is no terminal to ask on")
                .with_advice("Give --yes to do it, --dry-run to see it, or --sandbox to try it.")
                .with("kind", "not_confirmed"));
        };
        let answer = terminal.ask(&format!("{question} [y/N]")).unwrap_or_default();
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::usage("not confirmed; nothing was sent").with("kind", "not_confirmed")),
        }
    }
}

/// Where a code comes from.
#[derive(Args)]
pub(crate) struct CodeInput {
    /// Read the code from standard input, and do not ask for it on the terminal
    #[arg(long)]
    pub(crate) code_stdin: bool,
}

impl CodeInput {
    /// The code: typed unseen on the terminal, or the whole of standard input.
    pub(crate) fn read(&self) -> Result<Code, Failure> {
        let text = if self.code_stdin {
            standard_input("the code", LONGEST_CODE)?
        } else {
            let mut terminal = Terminal::open().ok_or_else(|| {
                Failure::usage("a code is needed, and there is no terminal to ask for it on")
                    .with_advice("Give --code-stdin to read it from standard input.")
            })?;
            terminal.ask_hidden("Code (not shown while you type):").map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Failure::usage("no code was typed"),
                _ => Failure::usage(format!("cannot read a code from the terminal: {error}")),
            })?
        };
        let text = text.trim();
        if text.is_empty() {
            let from = if self.code_stdin { "stands on standard input" } else { "was typed" };
            return Err(Failure::usage(format!("no code {from}")).with("kind", "invalid_input"));
        }
        Ok(Code::new(text)?)
    }
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

/// Room for white space around the longest code.
const LONGEST_CODE: usize = 256;
