//! `engagelab-otp send-code`

use clap::Args;
use engagelab_otp::api::operations::SEND_CODE;

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::{CodeInput, Confirmation};
use crate::send_args::{LanguageArg, SendArgs};

/// Send a one-time password that you made up.
///
/// The code is asked for on the terminal, or read from standard input with --code-stdin. The service does not
/// remember it: compare it yourself. Prints what `send` prints.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp send-code +6598765432 --template login
  make-code | engagelab-otp send-code +6598765432 -t login --code-stdin -y")]
pub(crate) struct Arguments {
    #[command(flatten)]
    send: SendArgs,
    #[command(flatten)]
    code: CodeInput,
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
        let body = send.masked_body_with_code();
        return dry_run::show(&session, &SEND_CODE, SEND_CODE.path, Some(&body), &arguments.output);
    }
    let code = arguments.code.read()?;
    arguments.confirmation.obtain(&send.question(&session), session.is_sandbox)?;
    let receipt = session.act(&SEND_CODE, |client| client.send_code(&send.to, &code, &send.template))?;
    send.report(&receipt, &arguments.output)
}

/// For those who give the code as an argument.
pub(crate) const CODE_HINT: &str =
    "Type the code when asked, or give it on standard input with --code-stdin.";
