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
#[command(after_help = "\
Examples:
  engagelab-otp callback listen --forward-to http://127.0.0.1:3000/callbacks
  curl -H \"$(engagelab-otp callback sign)\" -d @callback.json http://127.0.0.1:8036/")]
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
