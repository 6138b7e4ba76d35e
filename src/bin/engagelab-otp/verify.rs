//! `engagelab-otp verify`

use clap::Args;
use engagelab_otp::api::operations::VERIFY_OTP;
use engagelab_otp::{MessageId, Verification};
use serde_json::json;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::CodeInput;

/// Check the code that a user typed.
///
/// The code is asked for on the terminal, or read from standard input with --code-stdin. Prints verified (exit code
/// 0), wrong_code or expired_or_used (exit code 1); as JSON {"message_id": "…", "verified": true, "result":
/// "verified"}.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp verify 1725407449772531712
  printf %s \"$CODE\" | engagelab-otp verify \"$ID\" --code-stdin && echo welcome")]
pub(crate) struct Arguments {
    /// The id that `send` printed
    message_id: String,
    #[command(flatten)]
    code: CodeInput,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let id = MessageId::new(&arguments.message_id)?;
    let session = arguments.connection.open()?;
    let code = arguments.code.read()?;
    let verification = session.act(&VERIFY_OTP, |client| client.verify_otp(&id, &code))?;
    let (result, done) = match verification {
        Verification::Verified => ("verified", "the code is right (verified), and is spent now"),
        Verification::WrongCode => ("wrong_code", "the code is wrong (wrong_code)"),
        Verification::ExpiredOrUsed => {
            ("expired_or_used", "the code has expired or was used before (expired_or_used)")
        }
    };
    let verified = verification.is_verified();
    let json = json!({ "message_id": id.as_str(), "verified": verified, "result": result });
    arguments.output.print_result(result, &json, done)?;
    if verified { Ok(()) } else { Err(Failure::no()) }
}

/// For those who give the code as an argument.
pub(crate) const CODE_HINT: &str = crate::send_code::CODE_HINT;
