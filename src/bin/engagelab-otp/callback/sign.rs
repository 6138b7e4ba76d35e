//! `engagelab-otp callback sign`

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::json;

use super::keys::Keys;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Source;

/// Make the header that signs a callback, to try a receiver with.
///
/// Prints the header as `curl -H "$(engagelab-otp callback sign)"` takes it; as JSON {"name": "X-CALLBACK-ID",
/// "value": "…"}. The signature does not cover the body.
#[derive(Args)]
#[command(after_help = "\
Example:
  curl -H \"$(engagelab-otp callback sign)\" -d @callback.json http://127.0.0.1:8080/")]
pub(crate) struct Arguments {
    /// The time to sign, in seconds since 1970; now unless given
    #[arg(long, value_name = "SECONDS", value_parser = crate::value::seconds)]
    at: Option<u64>,
    /// The nonce to sign; a random one unless given
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let time = time(arguments.at)?;
    let nonce = arguments.nonce.clone().unwrap_or_else(|| format!("{:016x}", fastrand::u64(..)));
    let value = Keys::find(&arguments.source)?.signer()?.header(time, &nonce)?;
    arguments.output.print(&format!("{NAME}: {value}"), &json!({ "name": NAME, "value": value }))
}

/// The time that was given, or the time of day.
pub(super) fn time(seconds: Option<u64>) -> Result<SystemTime, Failure> {
    let given = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    seconds
        .map_or(Some(SystemTime::now()), given)
        .ok_or_else(|| Failure::usage("--at is too far in the future"))
}

pub(super) const NAME: &str = "X-CALLBACK-ID";
