//! `engagelab-otp batch`

mod ask;
mod callbacks;
mod export;
pub(crate) mod limits;
mod progress;
mod results;
mod run;
mod settings;
mod status;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Send to a file of recipients: nobody twice, nobody forgotten, and the same command again goes on where it ended.
///
/// FILE is CSV with a header, or JSON Lines: the column or member `to`, and as wanted `template`, `language`, `code` and
/// `param.NAME`. The whole file is checked before anything is sent. A journal beside it, FILE.journal, holds what was
/// sent and no recipient. A row whose answer was lost, or that was being sent when the run was killed, is unknown, and
/// is not sent again unless you ask for it.
///
/// Each row's result is a JSON object on a line of its own, {"row": 1, "line": 2, "state": "accepted", "message_id": "…",
/// "channel": "sms", "reason": null, "retry_after": null}, on standard output unless that is a terminal, or in --results.
/// Ctrl-C ends it in order: what is under way is awaited. A second one ends it at once, and leaves that unknown. A terminal
/// that is closed does the same as Ctrl-C, unless it was started by `nohup`.
///
/// With --callback-listen, callbacks resolve unknown rows, those of earlier runs too: a row is then told once more, as
/// accepted. A callback counts only if exactly one row without an answer has its recipient, its template and its time; so
/// no other program must send that template to those recipients meanwhile. Callbacks that came while no run listened are
/// lost to it; to share them with your own receiver, have `callback listen --forward-to` hand them on. A row of which no
/// callback came stays unknown.
///
/// Where the settings have a guard, its limits apply to each row. Without redis_url they count this run alone, and the
/// next one from the beginning. A row that is denied is left, with the limit as the reason and the seconds in retry_after.
/// The run does not wait for it, since limits can last for days: the same command later sends it, unless its prefix is not
/// allowed. Where a limit on all sends together is reached (sends, spend), the run ends. With --sandbox there is no guard.
///
/// Exit code: the first of these that applies. 6: rows are unknown. 4: it ended because the service asked to slow down
/// for too long. 5: rows are left. 3: rows were refused. 0: all were accepted.
#[derive(Args)]
#[command(
    subcommand_negates_reqs = true,
    override_usage = "engagelab-otp batch [OPTIONS] <FILE>\n       engagelab-otp batch <COMMAND>",
    after_help = "\
Examples:
  engagelab-otp batch customers.csv --template login --check
  engagelab-otp batch customers.csv --kind message -t order-shipped --rate 50/s
  engagelab-otp batch status customers.csv.journal
  engagelab-otp batch export customers.csv > sent.csv"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunArguments,
}

#[derive(Subcommand)]
enum Command {
    Status(status::Arguments),
    Export(export::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        None => run::run(&arguments.run),
        Some(Command::Status(arguments)) => status::run(arguments),
        Some(Command::Export(arguments)) => export::run(arguments),
    }
}
