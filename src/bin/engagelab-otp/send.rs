//! `engagelab-otp send`

use clap::Args;
use engagelab_otp::api::operations::SEND_OTP;

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::Confirmation;
use crate::send_args::{LanguageArg, SendArgs};

/// Send a one-time password that the service makes up.
///
/// Prints the message's id, which `verify` takes; as JSON {"message_id": "…", "channel": "sms",
/// "request_id": null}. What the service does not name is null.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp send +6598765432 --template login
  ID=$(engagelab-otp send +6598765432 -t login -l en -y)")]
pub(crate) struct Arguments {
    #[command(flatten)]
    send: SendArgs,
    #[command(flatten)]
    language: LanguageArg,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let send = arguments.send.check(arguments.language.language.as_deref(), CODE_HINT)?;
    let session = arguments.connection.open()?;
    if arguments.confirmation.dry_run {
        let body = send.masked_body();
        return dry_run::show(&session, &SEND_OTP, SEND_OTP.path, Some(&body), &arguments.output);
    }
    arguments.confirmation.obtain(&send.question(&session), session.is_sandbox)?;
    let receipt = session.act(&SEND_OTP, |client| client.send_otp(&send.to, &send.template))?;
    send.report(&receipt, &arguments.output)
}

/// For those who give a code to this command.
pub(crate) const CODE_HINT: &str = "`send-code` sends a code of your own, and asks for it.";
