//! `engagelab-otp template`

mod create;
mod definition;
mod delete;
mod list;
mod show;

use clap::Subcommand;

use crate::failure::Failure;

/// List, show, create and delete templates.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  engagelab-otp template list
  engagelab-otp template show login --definition > login.json
  engagelab-otp template create login.json")]
pub(crate) enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Create(create::Arguments),
    Delete(delete::Arguments),
}

pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Create(arguments) => create::run(arguments),
        Command::Delete(arguments) => delete::run(arguments),
    }
}
