//! `engagelab-otp smpp`

pub(crate) mod account;
pub(crate) mod outcome;
mod report;
mod send;

use clap::Subcommand;

use crate::failure::Failure;
pub(crate) use send::CODE_HINT;

/// Send over SMPP.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  engagelab-otp smpp send +6598765432 --template login
  engagelab-otp smpp send +10000000010 -t sandbox-otp-tpl --sandbox --wait 20")]
pub(crate) enum Command {
    Send(send::Arguments),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Send(arguments) => send::run(arguments),
    }
}
