//! `engagelab-otp send-code`

use clap::Args;
use engagelab_otp::api::operations::SEND_CODE;

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::{self, Confirmation};
use crate::send_args::SendArgs;

/// Send a one-time password that you made up.
///
/// The code is asked for on a terminal, and else read from standard input. The service does not remember it:
/// compare it yourself. Prints what `send` prints.
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
    let hint = "Type the code when asked, or give it on standard input.";
    let letter = arguments.addressed.check(arguments.language.as_deref(), hint)?;
    let session = arguments.connection.open()?;
    if arguments.consent.dry_run {
        let body = letter.preview(true);
        return dry_run::show(&session, &SEND_CODE, SEND_CODE.path, Some(&body), &arguments.output);
    }
    let code = prompt::code()?;
    arguments.consent.obtain(&letter.question(&session.base_url), session.is_sandbox)?;
    let template = letter.template()?;
    let receipt = session.call(|client| client.send_code(&letter.to, &code, &template))?;
    letter.report(&receipt, &arguments.output)
}
