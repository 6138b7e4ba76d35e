//! `engagelab-otp callback verify`

use std::io::{self, Read as _};
use std::path::PathBuf;

use clap::Args;
use engagelab_otp::callback::{CallbackRequest, Delivery, ReceiveError};
use serde_json::json;

use super::keys::Keys;
use super::sign::{NAME, time};
use crate::failure::Failure;
use crate::file;
use crate::output::Output;
use crate::settings::Source;

/// Check whether a callback is genuine.
///
/// Takes its header X-CALLBACK-ID, with or without the name, and its body as it came. Prints genuine (exit code 0) or why it is
/// not (exit code 1); as JSON {"genuine": true, "events": 1, "unreadable": 0} or {"genuine": false, "reason": "…",
/// "http_status": 401}. An empty body is an address check, and says nothing about who sent it.
#[derive(Args)]
#[command(after_help = "\
Example:
  engagelab-otp callback verify --signature \"$(engagelab-otp callback sign)\" callback.json")]
pub(crate) struct Arguments {
    /// The header X-CALLBACK-ID
    #[arg(long, value_name = "VALUE")]
    signature: String,
    /// The body; - for standard input
    #[arg(default_value = "-", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The time when it came, in seconds since 1970; now unless given
    #[arg(long, value_name = "SECONDS", value_parser = crate::value::seconds)]
    at: Option<u64>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let now = time(arguments.at)?;
    let receiver = Keys::find(&arguments.source)?.signature_receiver()?.build()?;
    let body = body(arguments)?;
    let incoming = CallbackRequest::new(&body).with_signature(Some(value(&arguments.signature)));
    let (events, unreadable) = match receiver.receive_at(&incoming, now) {
        Ok(Delivery::Events(batch)) => (batch.events().len(), batch.unreadable().len()),
        Ok(Delivery::AddressCheck(check)) => match check.would_refuse() {
            Some(refusal) => return not_genuine(arguments, refusal),
            None => (0, 0),
        },
        // A receiver that was just made has seen nothing before.
        Ok(Delivery::Duplicate) => (0, 0),
        Err(refusal) => return not_genuine(arguments, &refusal),
    };
    let json = json!({ "genuine": true, "events": events, "unreadable": unreadable });
    arguments.output.print("genuine", &json)
}

/// The header's value, where it was given with its name as `callback sign` prints it.
fn value(header: &str) -> &str {
    match header.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case(NAME) => value.trim(),
        _ => header.trim(),
    }
}

fn not_genuine(arguments: &Arguments, refusal: &ReceiveError) -> Result<(), Failure> {
    let (reason, status) = (refusal.to_string(), refusal.http_status());
    let json = json!({ "genuine": false, "reason": reason, "http_status": status });
    arguments.output.print(&format!("not genuine: {reason}"), &json)?;
    Err(Failure::no())
}

fn body(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    if arguments.file.as_os_str() != "-" {
        return file::read(&arguments.file, "body", LARGEST);
    }
    let mut body = Vec::new();
    let read = io::stdin().lock().take(LARGEST as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| Failure::usage(format!("cannot read the body from standard input: {error}")))?;
    Ok(body)
}

/// More than the receiver's own limit, so that it says what is too large.
const LARGEST: usize = 2 << 20;
