//! `engagelab-otp message`

use clap::Args;
use engagelab_otp::api::operations::SEND_MESSAGE;
use serde_json::json;

use crate::connection::Connection;
use crate::dry_run::{self, MASK};
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::{self, Confirmation};
use crate::send_args::SendArgs;

/// Send a notice, an offer, or a code of your own by a template of your own.
///
/// Prints what `send` prints. A custom message has the language of its template.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    addressed: SendArgs,
    /// Fill the variable `code` with what is typed when asked, or else stands on standard input
    #[arg(long)]
    with_code: bool,
    #[command(flatten)]
    consent: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let hint = "Use --with-code, and type the code when asked or give it on standard input.";
    let letter = arguments.addressed.check(None, hint)?;
    let session = arguments.connection.open()?;
    if arguments.consent.dry_run {
        let mut body = letter.preview(false);
        if arguments.with_code {
            body["template"]["params"]["code"] = json!(MASK);
        }
        return dry_run::show(&session, &SEND_MESSAGE, SEND_MESSAGE.path, Some(&body), &arguments.output);
    }
    let mut template = letter.template()?;
    if arguments.with_code {
        template = template.param("code", prompt::code()?.expose());
    }
    arguments.consent.obtain(&letter.question(&session.base_url), session.is_sandbox)?;
    let receipt = session.call(|client| client.send_message(&letter.to, &template))?;
    letter.report(&receipt, &arguments.output)
}
