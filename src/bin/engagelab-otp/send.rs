//! `engagelab-otp send`

use clap::Args;
use engagelab_otp::api::operations::SEND_OTP;

use crate::addressed::Addressed;
use crate::ask::Consent;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::Output;
use crate::preview;

/// Send a one-time password that the service makes up.
///
/// Prints the message's id, which `verify` wants; as JSON {"message_id": "…", "channel": "sms"}. The channel is
/// null if the service does not name one.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    addressed: Addressed,
    /// The language of the text, such as en or zh_CN
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    #[command(flatten)]
    consent: Consent,
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
        return preview::show(&session, &SEND_OTP, SEND_OTP.path, Some(&body), &arguments.output);
    }
    arguments.consent.obtain(&letter.question(&session.base_url), session.is_sandbox)?;
    let template = letter.template()?;
    let receipt = session.call(|client| client.send_otp(&letter.to, &template))?;
    letter.report(&receipt, &arguments.output)
}
