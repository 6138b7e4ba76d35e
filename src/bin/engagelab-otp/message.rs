//! `engagelab-otp message`

use clap::Args;
use engagelab_otp::api::operations::SEND_MESSAGE;
use serde_json::json;

use crate::connection::Connection;
use crate::dry_run::{self, MASK};
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::{CodeInput, Confirmation};
use crate::send_args::SendArgs;

/// Send a notification or marketing message from one of your templates.
///
/// Prints what `send` prints. The text has the language of its template.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp message +6598765432 --template order-shipped --param order=1042
  engagelab-otp message someone@example.com -t welcome -y")]
pub(crate) struct Arguments {
    #[command(flatten)]
    send: SendArgs,
    /// Fill the variable `code` with a code that is asked for on the terminal
    #[arg(long, conflicts_with = "code_stdin")]
    with_code: bool,
    #[command(flatten)]
    code: CodeInput,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut send = arguments.send.check(None, CODE_HINT)?;
    let has_code = arguments.with_code || arguments.code.code_stdin;
    let session = arguments.connection.open()?;
    if arguments.confirmation.dry_run {
        let mut body = send.masked_body();
        if has_code {
            body["template"]["params"]["code"] = json!(MASK);
        }
        return dry_run::show(&session, &SEND_MESSAGE, SEND_MESSAGE.path, Some(&body), &arguments.output);
    }
    if has_code {
        send.template = send.template.param("code", arguments.code.read()?.expose());
    }
    arguments.confirmation.obtain(&send.question(&session), session.is_sandbox)?;
    let receipt = session.act(&SEND_MESSAGE, |client| client.send_message(&send.to, &send.template))?;
    send.report(&receipt, &arguments.output)
}

/// For those who give the code as an argument.
pub(crate) const CODE_HINT: &str =
    "Use --with-code and type the code when asked, or give it on standard input with --code-stdin.";
