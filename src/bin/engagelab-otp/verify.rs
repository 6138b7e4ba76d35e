//! `engagelab-otp verify`

use clap::Args;
use engagelab_otp::Verification;
use serde_json::json;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt;

/// Check the code that a user typed.
///
/// The code is asked for on a terminal, and else read from standard input. Prints verified (exit code 0),
/// wrong_code or expired_or_used (exit code 1); as JSON {"message_id": "…", "verified": true, "result": "verified"}.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The id that `send` printed
    message_id: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let session = arguments.connection.open()?;
    let id = &arguments.message_id;
    let code = prompt::code()?;
    let verification = session.call(|client| client.verify_otp(&id.clone().into(), &code))?;
    let result = match verification {
        Verification::Verified => "verified",
        Verification::WrongCode => "wrong_code",
        Verification::ExpiredOrUsed => "expired_or_used",
    };
    let verified = verification.is_verified();
    arguments.output.print(result, &json!({ "message_id": id, "verified": verified, "result": result }))?;
    if verified { Ok(()) } else { Err(Failure::not_verified()) }
}
