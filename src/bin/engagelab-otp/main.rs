//! The command line: each subcommand in a file of its own, over the library's public API.

mod openapi;
mod sandbox;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// One-time passwords by the EngageLab OTP service, and the service on a laptop.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Sandbox(Box<sandbox::Arguments>),
    /// Print the OpenAPI document that the library is made from.
    Openapi,
}

/// Why a subcommand ended early, for people to read, and the status to end with.
struct Failure {
    status: u8,
    reason: String,
}

impl Failure {
    /// The subcommand could not do what the arguments say.
    fn usage(reason: impl fmt::Display) -> Self {
        Self { status: 2, reason: reason.to_string() }
    }
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Sandbox(arguments) => sandbox::run(&arguments),
        Command::Openapi => openapi::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { status, reason }) => {
            eprintln!("engagelab-otp: {reason}");
            ExitCode::from(status)
        }
    }
}
