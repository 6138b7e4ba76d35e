//! `engagelab-otp send`

use clap::Args;
use engagelab_otp::api::operations::SEND_OTP;

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::Confirmation;
use crate::send_args::SendArgs;

/// Send a one-time password that the service makes up.
///
/// Prints the message's id, which `verify` wants; as JSON {"message_id": "…", "channel": "sms"}. The channel is
/// null if the service does not name one.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    addressed: SendArgs,
    /// The language of the text, such as en or zh_CN
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    #[command(flatten)]
    consent: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let hint = "`send-code` sends a code of your own, and asks for it.";
    let letter = arguments.addressed.check(arguments.language.as_deref(), hint)?;
    let session = arguments.connection.open()?;
    if arguments.consent.dry_run {
        let body = letter.preview(false);
        return dry_run::show(&session, &SEND_OTP, SEND_OTP.path, Some(&body), &arguments.output);
    }
    arguments.consent.obtain(&letter.question(&session.base_url), session.is_sandbox)?;
    let template = letter.template()?;
    let receipt = session.call(|client| client.send_otp(&letter.to, &template))?;
    letter.report(&receipt, &arguments.output)
}
