//! `engagelab-otp smpp`

pub(crate) mod account;
pub(crate) mod outcome;
mod report;
mod send;

use clap::Subcommand;

use crate::failure::Failure;

/// Send over SMPP.
#[derive(Subcommand)]
pub(crate) enum Command {
    Send(send::Arguments),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Send(arguments) => send::run(arguments),
    }
}
