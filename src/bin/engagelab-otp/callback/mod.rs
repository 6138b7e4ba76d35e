//! `engagelab-otp callback`

mod event;
mod forward;
pub(crate) mod keys;
pub(crate) mod listen;
mod sign;
mod verify;

use clap::Subcommand;

use crate::failure::Failure;

/// Receive callbacks, sign them as the service does, and check signatures.
#[derive(Subcommand)]
pub(crate) enum Command {
    Listen(listen::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Listen(arguments) => listen::run(arguments),
        Command::Sign(arguments) => sign::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
    }
}
