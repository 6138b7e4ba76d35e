//! `engagelab-otp smpp send`

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, ValueEnum};
use engagelab_otp::api::operations::SEND_OTP;
use engagelab_otp::smpp::{Message, SmppClient, SmppConfig};
use engagelab_otp::{Language, Recipient, TemplateId, TemplateRef};
use serde_json::{Value, json};

use super::account::{Account, Endpoint};
use super::outcome::{not_accepted, not_connected};
use super::report::{Wait, wait};
use crate::dry_run::{MASK, masked_params};
use crate::exit::Exit;
use crate::explain::interrupted;
use crate::failure::Failure;
use crate::output::{self, Output, say, warn};
use crate::prompt::{CodeInput, Confirmation};
use crate::send_args::{LanguageArg, Params};
use crate::settings::Source;
use crate::signals::AtSignal;
use crate::value;

/// Send one message over SMPP.
///
/// Prints the message's id, and with --wait the state that its delivery report tells (exit code 0 if it was delivered,
/// 1 if not, 6 if no report came); as JSON {"message_id": "…", "state": "delivered"}, where the state is null if it was
/// not waited for, or did not come.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp smpp send +6598765432 --template login
  engagelab-otp smpp send +6598765432 -t news --kind marketing -y --wait 60")]
pub(crate) struct Arguments {
    /// A phone number with + and country code
    to: String,
    /// The template's id
    #[arg(long, short, value_name = "ID")]
    template: String,
    /// What it is: a code of your own; a notification, or a code that the service makes up; or marketing
    #[arg(long, short, value_name = "KIND", default_value = "code")]
    kind: Kind,
    #[command(flatten)]
    code: CodeInput,
    #[command(flatten)]
    language: LanguageArg,
    #[command(flatten)]
    params: Params,
    /// Wait so many seconds for the delivery report
    #[arg(long, short, value_name = "SECONDS", value_parser = value::within(1..=3600))]
    wait: Option<u64>,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Code,
    Notification,
    Marketing,
}

impl Kind {
    /// `service_type` on the wire.
    const fn service_type(self) -> &'static str {
        match self {
            Self::Code => "CODE",
            Self::Notification => "MSG",
            Self::Marketing => "MRKT",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let to = recipient(&arguments.to)?;
    let template: TemplateId = arguments.template.parse()?;
    let params = arguments.params.check(CODE_HINT)?;
    if arguments.code.code_stdin && arguments.kind != Kind::Code {
        return Err(Failure::usage("--code-stdin goes with --kind code alone")
            .with_advice("A notification or a marketing message has no code of yours."));
    }
    if let Some(text) = &arguments.language.language {
        Language::new(text)?;
    }
    let Endpoint { address, config, .. } = arguments.account.endpoint(&arguments.source)?;
    if arguments.confirmation.dry_run {
        return show(arguments, &address, &to, &params);
    }
    let message = message(arguments, &to, &template, &params)?;
    let question = format!("Send `{template}` to {} through {address}, for real?", to.expose());
    arguments.confirmation.obtain(&question, arguments.source.sandbox)?;
    deliver(arguments, &to, &address, &config, &message)
}

/// A phone number. With an `@` it is told why it is none.
fn recipient(text: &str) -> Result<Recipient, Failure> {
    if text.contains('@') {
        return Err(Failure::usage("SMPP reaches phones alone, and this is an e-mail address")
            .with_advice("`engagelab-otp send` and `engagelab-otp message` reach it.")
            .with("kind", "invalid_input")
            .with("field", "to")
            .with("rule", "must be a phone number"));
    }
    Ok(Recipient::phone(text)?)
}

fn message(
    arguments: &Arguments,
    to: &Recipient,
    template: &TemplateId,
    params: &BTreeMap<String, String>,
) -> Result<Message, Failure> {
    let mut filled = TemplateRef::from(template.clone());
    if let Some(language) = &arguments.language.language {
        filled = filled.language(Language::new(language)?);
    }
    filled = params.iter().fold(filled, |filled, (name, value)| filled.param(name, value));
    Ok(match arguments.kind {
        Kind::Code => Message::code(to, &filled, &arguments.code.read()?)?,
        Kind::Notification => Message::notification(to, &filled)?,
        Kind::Marketing => Message::marketing(to, &filled)?,
    })
}

fn deliver(
    arguments: &Arguments,
    to: &Recipient,
    address: &str,
    config: &SmppConfig,
    message: &Message,
) -> Result<(), Failure> {
    let (client, events) = SmppClient::connect(config)
        .map_err(|error| not_connected(&error, address, arguments.source.sandbox))?;
    let accepted = {
        let _at_signal = AtSignal::run(|| warn(&interrupted(SEND_OTP.id)));
        client.submit(message).map_err(|error| not_accepted(&error))?
    };
    let id = accepted.message_id;
    let done = format!("the message was sent, and its id is {id}");
    let print = {
        let (id, output) = (id.clone(), arguments.output.clone());
        move |state: Option<&str>| {
            let text = state.map_or_else(|| id.clone(), |state| format!("{id}\t{state}"));
            let reported = state.map(|state| format!(", and its report says {state}")).unwrap_or_default();
            output.print_result(
                &text,
                &json!({ "message_id": id, "state": state }),
                &format!("{done}{reported}"),
            )
        }
    };
    let Some(seconds) = arguments.wait else {
        say(&format!("On its way to {to}."));
        client.shutdown();
        return print(None);
    };
    let interrupted = {
        let print = print.clone();
        move || {
            say("Interrupted. The message is on its way all the same.");
            if let Err(failure) = print(None) {
                output::report(&failure);
            }
        }
    };
    // Where signals cannot be waited for, the id is still printed at the end.
    let printed_at_signals = AtSignal::run(interrupted).ok();
    say(&format!("On its way to {to}. Waiting for the delivery report."));
    let waited = wait(events, Duration::from_secs(seconds));
    drop(printed_at_signals);
    client.shutdown();
    match waited {
        Wait::Reported { state, delivered } => {
            print(Some(&state))?;
            if delivered { Ok(()) } else { Err(Failure::no()) }
        }
        Wait::TimeUp => {
            print(None)?;
            Err(no_report(&format!("no delivery report came within {seconds} s")))
        }
        Wait::LinkLost => {
            print(None)?;
            Err(no_report("the connection was lost before a delivery report came"))
        }
    }
}

fn no_report(reason: &str) -> Failure {
    Failure::new(Exit::Unknown, reason)
        .with_advice(
            "The service has accepted the message: do not send it again. Its id tells it apart in reports.",
        )
        .with("kind", "no_report")
}

fn show(
    arguments: &Arguments,
    address: &str,
    to: &Recipient,
    params: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut content = json!({
        "id": arguments.template,
        "language": arguments.language.language.as_deref().unwrap_or("default"),
        "params": masked_params(params),
    });
    if arguments.kind == Kind::Code {
        content["code"] = json!(MASK);
    }
    let service = arguments.kind.service_type();
    let text =
        format!("submit_sm to {address}\nservice_type: {service}\ndestination_addr: {to}\n\n{content:#}");
    let json: Value = json!({
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

/// For those who give the code as an argument.
pub(crate) const CODE_HINT: &str =
    "Leave --kind at `code` and type the code when asked, or give it on standard input with --code-stdin.";
