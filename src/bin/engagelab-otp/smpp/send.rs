//! `engagelab-otp smpp send`

use std::time::Duration;

use clap::{Args, ValueEnum};
use engagelab_otp::Outcome;
use engagelab_otp::sandbox::demo;
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::{
    ConnectError, ConnectErrorKind, Credentials, Event, Events, Message, ReportState, SmppClient, SmppConfig,
    SubmitError, SubmitErrorKind,
};
use engagelab_otp::{Language, Recipient, TemplateId, TemplateRef};
use serde_json::{Value, json};

use crate::connection::{Settings, Source, missing};
use crate::dry_run::{MASK, masked_params};
use crate::failure::{Exit, Failure, LOST_SEND, chain};
use crate::output::{Output, say};
use crate::prompt::{self, Confirmation};
use crate::send_args::{params, sent};

/// Send one message over SMPP.
///
/// Prints the message's id, and with --wait the state that its delivery report tells; as JSON {"message_id": "…",
/// "state": "delivered"}, where the state is null if it was not waited for, or did not come.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A phone number with + and country code
    to: String,
    /// The template's id
    #[arg(long, value_name = "ID")]
    template: String,
    /// What it is: a code of your own, which is asked for or read from standard input; a notification, or a code that
    /// the service makes up; or an offer
    #[arg(long, value_name = "KIND", default_value = "code")]
    kind: Kind,
    /// The language of the text, such as en or zh_CN
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// The value of one of the template's variables; can be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// Wait so many seconds for the delivery report
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: Option<u64>,
    #[command(flatten)]
    consent: Confirmation,
    #[command(flatten)]
    output: Output,
    /// Connect to this host and port
    #[arg(long, value_name = "HOST:PORT", help_heading = "Connection")]
    address: Option<String>,
    /// Speak TLS
    #[cfg(feature = "rustls")]
    #[arg(long, help_heading = "Connection")]
    tls: bool,
    /// Give up waiting for the answer after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", help_heading = "Connection",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Code,
    Notification,
    Marketing,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let to: Recipient = Recipient::phone(&arguments.to)?;
    let template: TemplateId = arguments.template.parse()?;
    let hint = "Leave --kind at `code`, and type the code when asked or give it on standard input.";
    let params = params(&arguments.params, hint)?;
    let (address, config) = arguments.config()?;
    if arguments.consent.dry_run {
        let mut content = json!({
            "id": template.as_str(),
            "language": arguments.language.as_deref().unwrap_or("default"),
            "params": masked_params(&params),
        });
        if arguments.kind == Kind::Code {
            content["code"] = json!(MASK);
        }
        return preview(arguments, &address, &to, &content);
    }
    let mut filled = TemplateRef::from(template.clone());
    if let Some(language) = &arguments.language {
        filled = filled.language(Language::from(language.as_str()));
    }
    filled = params.iter().fold(filled, |filled, (name, value)| filled.param(name, value));
    let message = match arguments.kind {
        Kind::Code => Message::code(&to, &filled, &prompt::code()?)?,
        Kind::Notification => Message::notification(&to, &filled)?,
        Kind::Marketing => Message::marketing(&to, &filled)?,
    };
    let question = format!("Send `{template}` to {to} through {address}, for real?");
    arguments.consent.obtain(&question, arguments.source.sandbox)?;

    let (client, events) = SmppClient::connect(&config).map_err(|error| not_connected(&error))?;
    let accepted = client.submit(&message).map_err(not_accepted)?;
    say(&format!("On its way to {to}."));
    let state = arguments.wait.and_then(|seconds| report(events, Duration::from_secs(seconds)));
    if let (Some(_), None) = (arguments.wait, &state) {
        say("No delivery report came in that time.");
    }
    client.shutdown();
    let id = &accepted.message_id;
    let text = state.as_ref().map_or_else(|| id.clone(), |state| format!("{id}\t{state}"));
    let json = json!({ "message_id": id, "state": state });
    arguments.output.print_table(&[text], &json).map_err(|failure| sent(id, &failure))
}

impl Arguments {
    /// Where to connect, and how.
    fn config(&self) -> Result<(String, SmppConfig), Failure> {
        let (credentials, profile_address) = if self.source.sandbox {
            (Credentials::new(demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD)?, Some(SANDBOX.to_owned()))
        } else {
            let Settings { values: [system_id, password, address], .. } =
                self.source.settings(NAMES, |profile| {
                    let smpp = &mut profile.smpp;
                    [smpp.system_id.take(), smpp.password.take(), smpp.address.take()]
                })?;
            let (Some(system_id), Some(password)) = (system_id, password) else {
                return Err(missing([NAMES[0], NAMES[1]], "smpp.system_id and smpp.password"));
            };
            (Credentials::new(&system_id, &password)?, address)
        };
        let address = self.address.clone().or(profile_address).ok_or_else(|| {
            Failure::usage(
                "no address: neither --address nor ENGAGELAB_SMPP_ADDRESS nor smpp.address in a profile",
            )
            .with_advice(format!(
                "The service's host is {}; its port comes with the account.",
                SmppConfig::HOST
            ))
        })?;
        if self.source.sandbox && !is_loopback(&address) {
            return Err(Failure::usage("with --sandbox, --address is an address of this machine"));
        }
        let timeout = Duration::from_secs(self.timeout);
        let config = SmppConfig::new(&address, credentials)
            .connect_timeout(timeout)
            .bind_timeout(timeout)
            .response_timeout(timeout)
            .submit_timeout(timeout)
            .reconnect(None);
        #[cfg(feature = "rustls")]
        if self.tls {
            return Ok((address, config.tls(engagelab_otp::smpp::SmppTls::with_webpki_roots())));
        }
        Ok((address, config))
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn preview(arguments: &Arguments, address: &str, to: &Recipient, content: &Value) -> Result<(), Failure> {
    let service = match arguments.kind {
        Kind::Code => "CODE",
        Kind::Notification => "MSG",
        Kind::Marketing => "MRKT",
    };
    let text =
        format!("submit_sm to {address}\nservice_type: {service}\ndestination_addr: {to}\n\n{content:#}");
    let json = json!({
        "command": "submit_sm",
        "address": address,
        "service_type": service,
        "destination_addr": to.to_string(),
        "content": content,
    });
    arguments.output.print(&text, &json)?;
    say("Nothing was sent.");
    Ok(())
}

/// The final state of the one message that was sent, if it becomes known in time.
fn report(mut events: Events, timeout: Duration) -> Option<String> {
    let end = std::time::Instant::now() + timeout;
    loop {
        let left = end.saturating_duration_since(std::time::Instant::now());
        match events.next_timeout(left)? {
            Event::Report { submission: Some(_), report } if !is_passing(report.state()) => {
                return Some(match report.state() {
                    ReportState::Other(state) => state.clone(),
                    state => format!("{state:?}").to_ascii_lowercase(),
                });
            }
            Event::ReportTimeout { .. } => return None,
            _ => {}
        }
    }
}

fn is_passing(state: &ReportState) -> bool {
    matches!(state, ReportState::Enroute | ReportState::Accepted)
}

fn not_connected(error: &ConnectError) -> Failure {
    let exit = match error.kind() {
        ConnectErrorKind::Config(_) => Exit::Usage,
        ConnectErrorKind::BindRefused(status) if status.asks_to_slow_down() => Exit::RateLimited,
        ConnectErrorKind::BindRefused(_) | ConnectErrorKind::ClosedDuringBind => Exit::Rejected,
        _ => Exit::NotSent,
    };
    let failure = Failure::new(exit, format!("{}; nothing was sent", chain(error)));
    if exit == Exit::NotSent { failure.with_advice("It is safe to run this again.") } else { failure }
}

fn not_accepted(error: SubmitError) -> Failure {
    let slow_down = error.status().is_some_and(Status::asks_to_slow_down);
    match (error.kind(), error.outcome()) {
        (SubmitErrorKind::InvalidMessage(input), _) => Failure::usage(input),
        (_, Outcome::NotSent) => {
            Failure::new(Exit::NotSent, error).with_advice("It is safe to run this again.")
        }
        (_, Outcome::Rejected) if slow_down => Failure::new(Exit::RateLimited, error)
            .with_advice("Nothing was done. Wait a while, then run it again."),
        (_, Outcome::Rejected) => Failure::new(Exit::Rejected, error),
        (_, Outcome::Unknown) => Failure::new(Exit::Unknown, error).with_advice(LOST_SEND),
    }
}

/// Where the subcommand `sandbox` listens unless told otherwise.
const SANDBOX: &str = "127.0.0.1:2775";

const NAMES: [&str; 3] = ["ENGAGELAB_SMPP_SYSTEM_ID", "ENGAGELAB_SMPP_PASSWORD", "ENGAGELAB_SMPP_ADDRESS"];
