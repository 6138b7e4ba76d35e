//! The command line: each subcommand in a file of its own, over the library's public API.

#![expect(clippy::doc_markdown, reason = "help texts are read as they stand")]

mod callback;
mod completions;
mod connection;
mod dry_run;
mod failure;
mod message;
mod openapi;
mod output;
mod profile;
mod prompt;
mod sandbox;
mod send;
mod send_args;
mod send_code;
mod smpp;
mod template;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::AnsiColor;
use clap::{Parser, Subcommand};

use failure::{Exit, Failure};

/// One-time passwords by the EngageLab OTP service, from the shell.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_long_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Send(send::Arguments),
    SendCode(send_code::Arguments),
    Message(message::Arguments),
    Verify(verify::Arguments),
    #[command(subcommand)]
    Template(template::Command),
    #[command(subcommand)]
    Callback(callback::Command),
    #[command(subcommand)]
    Smpp(smpp::Command),
    Sandbox(Box<sandbox::Arguments>),
    /// Print the OpenAPI document that the library is made from.
    Openapi,
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => end(run(&arguments.command)),
        Err(error) => {
            if let Some(failure) = prompt::code_among_arguments(&error) {
                return end(Err(failure));
            }
            // That nobody reads it is no failure.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8))
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Send(arguments) => send::run(arguments),
        Command::SendCode(arguments) => send_code::run(arguments),
        Command::Message(arguments) => message::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Template(command) => template::run(command),
        Command::Callback(command) => callback::run(command),
        Command::Smpp(command) => smpp::run(command),
        Command::Sandbox(arguments) => sandbox::run(arguments),
        Command::Openapi => openapi::run(),
        Command::Completions(arguments) => completions::run(arguments),
    }
}

fn end(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Says what went wrong, and what to do. That nobody listens changes nothing.
fn report(failure: &Failure) {
    if failure.reason.is_empty() {
        return;
    }
    // Taken out again by `anstream` where there is no terminal, or `NO_COLOR` is set.
    let style = AnsiColor::Red.on_default().bold();
    let mut error = anstream::stderr().lock();
    let _ = writeln!(error, "{style}error:{style:#} {}", output::plain(&failure.reason));
    if let Some(advice) = &failure.advice {
        let _ = writeln!(error, "{}", output::plain(advice));
    }
}

const AFTER_HELP: &str = "\
Credentials come from the environment, ENGAGELAB_DEV_KEY and ENGAGELAB_DEV_SECRET, or from a profile that nobody else \
may read: the file after --profile, or else engagelab-otp/profile.toml in $XDG_CONFIG_HOME (~/.config). Nothing \
secret is taken from the command line. Codes are typed when asked, or given on standard input.

Profile (leave out what you do not use):
  dev_key = \"…\"
  dev_secret = \"…\"
  base_url = \"https://…\"
  [callback]
  user = \"…\"
  secret = \"…\"
  authorization = \"…\"
  [smpp]
  address = \"host:port\"
  system_id = \"…\"
  password = \"…\"

The same in the environment:
  ENGAGELAB_DEV_KEY, _DEV_SECRET
  ENGAGELAB_OTP_BASE_URL
  ENGAGELAB_CALLBACK_USER,
    _SECRET, _AUTHORIZATION
  ENGAGELAB_SMPP_ADDRESS,
    _SYSTEM_ID, _PASSWORD

Exit codes:
  0  done
  1  not verified
  2  usage; nothing was sent
  3  rejected by the service
  4  rate limited; wait
  5  not sent; safe to run again
  6  unknown; do not repeat blindly";
