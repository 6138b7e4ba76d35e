//! The command line: each subcommand in a file of its own, over the library's public API.

#![expect(clippy::doc_markdown, reason = "help texts are read as they stand")]

mod arguments;
mod bar;
mod batch;
mod callback;
mod completions;
mod connection;
mod doctor;
mod dry_run;
mod exit;
mod explain;
mod failure;
mod file;
mod generate;
mod help;
mod lines;
mod message;
mod metrics;
mod named;
mod openapi;
mod output;
mod profile;
mod prompt;
mod sandbox;
mod schema;
mod send;
mod send_args;
mod send_code;
mod setting_groups;
mod settings;
mod signals;
mod smpp;
mod standard_output;
mod sync;
mod template;
mod terminal;
mod usage;
mod value;
mod verify;
mod version;
mod wrap;

use std::env;
use std::process::ExitCode;

use clap::Subcommand;

use exit::Exit;
use failure::Failure;

#[derive(Subcommand)]
enum Command {
    Send(send::Arguments),
    SendCode(send_code::Arguments),
    Message(message::Arguments),
    Verify(verify::Arguments),
    Batch(Box<batch::Arguments>),
    #[command(subcommand)]
    Template(template::Command),
    #[command(subcommand)]
    Callback(callback::Command),
    #[command(subcommand)]
    Smpp(smpp::Command),
    Sandbox(Box<sandbox::Arguments>),
    Doctor(doctor::Arguments),
    Schema(schema::Arguments),
    /// Print the OpenAPI document that the library is made from.
    #[command(after_help = "Example:\n  engagelab-otp openapi > otp.yaml")]
    Openapi,
    Completions(completions::Arguments),
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    signals::survive_full_files();
    let words: Vec<_> = env::args_os().collect();
    let result = match arguments::parse(&words) {
        Ok(command) => run(&command),
        Err(error) if error.use_stderr() => {
            output::set_mode(arguments::early_mode(&words));
            Err(usage::failure(&error, &words))
        }
        Err(help) => output::written(standard_output::check().and_then(|()| help.print())),
    };
    let exit = match result {
        Ok(()) => Exit::Done,
        Err(failure) => {
            output::report(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Send(arguments) => send::run(arguments),
        Command::SendCode(arguments) => send_code::run(arguments),
        Command::Message(arguments) => message::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Batch(arguments) => batch::run(arguments),
        Command::Template(command) => template::run(command),
        Command::Callback(command) => callback::run(command),
        Command::Smpp(command) => smpp::run(command),
        Command::Sandbox(arguments) => sandbox::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Openapi => openapi::run(),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Generate(arguments) => generate::run(arguments),
    }
}
