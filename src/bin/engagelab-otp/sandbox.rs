//! `engagelab-otp sandbox`

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Args;
use engagelab_otp::sandbox::{
    CallbackFault, DeliveryResponse, Fault, Redelivery, Sandbox, SandboxBuilder, SmppFault, Speed,
    TEST_RECIPIENTS, demo,
};
use engagelab_otp::{Credentials, TemplateStatus};

use crate::failure::Failure;
use crate::profile::Profile;

/// Run the service on this machine: REST, SMPP, callbacks, and a console to open in a browser.
///
/// Nothing is delivered to anybody. Stop it with Ctrl-C.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to listen for REST, and for browsers; with port 0, a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = REST_LISTEN)]
    listen: SocketAddr,
    /// Where to listen for SMPP
    #[arg(long, value_name = "ADDRESS:PORT", default_value = SMPP_LISTEN)]
    smpp_listen: SocketAddr,
    /// Do not listen for SMPP
    #[arg(long, conflicts_with_all = ["smpp_listen", "smpp_fault"])]
    no_smpp: bool,
    /// Let messages reach their end at once, and failed callbacks come again soon
    #[arg(long)]
    fast: bool,
    /// Know the API key of this file alone, and sign callbacks with its [callback]; see the profile in the main help
    #[arg(long, short = 'P', value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    profile: Option<PathBuf>,
    /// What becomes of new templates: approved, pending or rejected
    #[arg(long, value_name = "STATUS", default_value = "approved", value_parser = review)]
    new_templates: TemplateStatus,
    /// Remember so many messages
    #[arg(long, value_name = "NUMBER", default_value = "50000")]
    history: usize,
    /// Post callbacks there; can be given several times
    #[arg(long, value_name = "URL")]
    callback_url: Vec<String>,
    /// Put at most so many rows into one callback
    #[arg(long, value_name = "NUMBER", default_value = "20")]
    callback_rows: usize,
    /// How a callback comes again: signed-anew or as-it-was
    #[arg(long, value_name = "HOW", default_value = "signed-anew", value_parser = redelivery)]
    redelivery: Redelivery,
    /// Have every request go wrong: lost-answer, stall, reset, rate-limited[=SECONDS], html-error,
    /// slow-body[=MILLIS]; the request header X-Sandbox-Fault takes the same, for one request
    #[arg(long, value_name = "FAULT")]
    fault: Option<Fault>,
    /// Have every callback go wrong: duplicate, late[=SECONDS], reordered, replayed, forged
    #[arg(long, value_name = "FAULT")]
    callback_fault: Option<CallbackFault>,
    /// Have SMPP go wrong: unanswered, late-answers, duplicate-reports, report-first, odd-reports,
    /// throttle, garbage, half-open, no-heartbeat, cut, cut-unanswered
    #[arg(long, value_name = "FAULT")]
    smpp_fault: Option<SmppFault>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sandbox = start(arguments)?;
    // Nobody may be reading; the sandbox runs all the same.
    drop(introduce(&sandbox, arguments.profile.is_some()));
    loop {
        thread::park();
    }
}

fn start(arguments: &Arguments) -> Result<Sandbox, Failure> {
    let mut builder = Sandbox::builder()
        .listen(arguments.listen)
        .new_templates_are(arguments.new_templates)
        .history(arguments.history)
        .speed(if arguments.fast { Speed::Fast } else { Speed::Real })
        .redelivery(arguments.redelivery)
        .callback_rows(arguments.callback_rows);
    if !arguments.no_smpp {
        builder = builder.smpp_listen(arguments.smpp_listen);
    }
    if let Some(path) = &arguments.profile {
        builder = with_profile(builder, &mut Profile::read(path)?)?;
    }
    for url in &arguments.callback_url {
        builder = builder.callback_url(url).map_err(Failure::usage)?;
    }
    if let Some(fault) = arguments.fault {
        builder = builder.fault(fault);
    }
    if let Some(fault) = arguments.callback_fault {
        builder = builder.callback_fault(fault);
    }
    if let Some(fault) = arguments.smpp_fault {
        builder = builder.smpp_fault(fault);
    }
    builder.start().map_err(Failure::usage)
}

/// Says where everything is.
fn introduce(sandbox: &Sandbox, has_profile: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "REST       {}", sandbox.url())?;
    writeln!(out, "Console    {}/   (open it in a browser)", sandbox.url())?;
    if let Some(smsc) = sandbox.smsc() {
        let (system_id, password) = (demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD);
        writeln!(out, "SMPP       {}   system id {system_id}, password {password}", smsc.address())?;
    }
    if !sandbox.address().ip().is_loopback() {
        writeln!(out, "           Others can reach this, and the console shows codes without a password.")?;
    }
    for credentials in sandbox.keys() {
        // What came from a profile is known to whoever gave it, and to nobody else.
        let secret = if has_profile { "in the profile" } else { credentials.secret() };
        writeln!(out, "Key        {}   secret {secret}", credentials.key())?;
    }
    writeln!(out, "Templates  {}", sandbox.template_ids().join(", "))?;
    // An address is checked within three seconds.
    sandbox.wait_idle(Duration::from_secs(4));
    for check in sandbox.callbacks() {
        let outcome = match check.attempts.last().map(|attempt| &attempt.answer) {
            Some(answer) if answer.is_ok() => "the address check was answered with 200".to_owned(),
            Some(DeliveryResponse::Status { status, .. }) => {
                format!("the address check was answered with {status}, not 200")
            }
            Some(DeliveryResponse::None(reason)) => format!("the address check failed: {reason}"),
            _ => "the address check is under way".to_owned(),
        };
        writeln!(out, "Callbacks  {}   {outcome}", check.url)?;
    }
    writeln!(
        out,
        "\nRecipients with a behaviour of their own; messages to anybody else are delivered after a second:"
    )?;
    for recipient in TEST_RECIPIENTS {
        writeln!(out, "  {:<20} {}", recipient.address, recipient.explanation)?;
    }
    out.flush()
}

/// The account of a profile, so that the sandbox and its clients can share one file.
fn with_profile(mut builder: SandboxBuilder, profile: &mut Profile) -> Result<SandboxBuilder, Failure> {
    match (profile.take("dev_key"), profile.secret("dev_secret")?) {
        (Some(key), Some(secret)) => {
            builder = builder.credentials(Credentials::new(key, secret)?);
        }
        (None, None) => {}
        _ => return Err(Failure::usage("a profile must have dev_key and dev_secret, or neither")),
    }
    match (profile.take("callback.user"), profile.secret("callback.secret")?) {
        (Some(user), Some(secret)) => builder = builder.callback_secret(&user, &secret)?,
        (None, None) => {}
        _ => return Err(Failure::usage("a profile must have callback.user and callback.secret, or neither")),
    }
    match profile.take("callback.authorization") {
        Some(value) => Ok(builder.callback_authorization(&value)?),
        None => Ok(builder),
    }
}

fn review(text: &str) -> Result<TemplateStatus, String> {
    match text {
        "approved" => Ok(TemplateStatus::Approved),
        "pending" => Ok(TemplateStatus::Pending),
        "rejected" => Ok(TemplateStatus::Rejected),
        _ => Err("write approved, pending or rejected".to_owned()),
    }
}

fn redelivery(text: &str) -> Result<Redelivery, String> {
    match text {
        "signed-anew" => Ok(Redelivery::SignedAnew),
        "as-it-was" => Ok(Redelivery::AsItWas),
        _ => Err("write signed-anew or as-it-was".to_owned()),
    }
}

/// Where REST listens unless told otherwise, and `--sandbox` looks for it.
pub(crate) const REST_LISTEN: &str = "127.0.0.1:8035";

/// The same for SMPP.
pub(crate) const SMPP_LISTEN: &str = "127.0.0.1:2775";
