//! `engagelab-otp sandbox`

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Args;
use engagelab_otp::sandbox::{
    Activity, CallbackFault, DeliveryResponse, Fault, Redelivery, Sandbox, SandboxBuilder, SmppFault, Speed,
    TEST_RECIPIENTS, demo,
};
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::{Credentials, InvalidInput, TemplateStatus};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::lines::Lines;
use crate::metrics::Metrics;
use crate::named;
use crate::output;
use crate::profile::Profile;
use crate::signals::EndSignals;
use crate::standard_output;
use crate::value;

/// Run the service on this machine: REST, SMPP, callbacks, and a console to open in a browser.
///
/// Nothing is delivered to anybody. Prints a line for each request and each callback, unless told to be --quiet. Stop it
/// with Ctrl-C, SIGTERM or SIGHUP: what is under way is answered first; a second signal does not wait for that. Beyond
/// loopback, the console and the control API want a token: that of ENGAGELAB_SANDBOX_TOKEN, or one that is printed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp sandbox
  engagelab-otp sandbox --listen 0.0.0.0:8035 --profile sandbox.toml
  engagelab-otp sandbox --fault rate-limited=7 --fast")]
pub(crate) struct Arguments {
    /// Where to listen for REST, and for browsers; with port 0, a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = REST_LISTEN, value_parser = value::address)]
    listen: SocketAddr,
    /// Where to listen for SMPP
    #[arg(long, value_name = "ADDRESS:PORT", default_value = SMPP_LISTEN, value_parser = value::address)]
    smpp_listen: SocketAddr,
    /// Do not listen for SMPP
    #[arg(long, conflicts_with_all = ["smpp_listen", "smpp_fault"])]
    no_smpp: bool,
    /// Let messages reach their end at once, and failed callbacks come again soon
    #[arg(long)]
    fast: bool,
    /// Be reachable by this name too, whatever the port; addresses, localhost and names without a dot need not be given
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Fill it with the templates and behaviours of this JSON file: {"templates": [...],
    /// "behaviors": {"+6590000000": "failed=5012"}}; a mistake in it is named with its place, and nothing starts
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Ask a sandbox that runs there whether it is well, and end: 0 if it is
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = value::address)]
    health: Option<SocketAddr>,
    /// Know the API key of this file alone, and sign callbacks with its [callback], as `engagelab-otp --help` shows it. Its
    /// secrets are shown nowhere
    #[arg(long, short = 'P', value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    profile: Option<PathBuf>,
    /// What becomes of new templates
    #[arg(long, value_name = "STATUS", default_value = "approved", value_parser = named::reviews())]
    new_templates: TemplateStatus,
    #[command(flatten)]
    metrics: Metrics,
    /// Remember so many messages
    #[arg(long, value_name = "NUMBER", default_value = "50000", value_parser = value::count)]
    history: usize,
    /// Post callbacks there, to a URL without user and password; can be given several times
    #[arg(long, value_name = "URL")]
    callback_url: Vec<String>,
    /// Put at most so many rows into one callback
    #[arg(long, value_name = "NUMBER", default_value = "20", value_parser = value::count)]
    callback_rows: usize,
    /// How a callback comes again
    #[arg(long, value_name = "HOW", default_value = "signed-anew", value_parser = named::redeliveries())]
    redelivery: Redelivery,
    /// Have every request go wrong; the request header X-Sandbox-Fault takes the same, for one request. A value can
    /// follow some names, as in rate-limited=7
    #[arg(long, value_name = "FAULT", value_parser = named::faults())]
    fault: Option<Fault>,
    /// Have every callback go wrong
    #[arg(long, value_name = "FAULT", value_parser = named::callback_faults())]
    callback_fault: Option<CallbackFault>,
    /// Have SMPP go wrong
    #[arg(long, value_name = "FAULT", value_parser = named::smpp_faults())]
    smpp_fault: Option<SmppFault>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(address) = arguments.health {
        return health(address).map_err(|error| Failure::new(Exit::NotSent, format!("{address}: {error}")));
    }
    let token = token(arguments)?;
    // Before signals are caught: a pipe or a command can make it wait.
    let lines = (!output::mode().quiet).then(Lines::start).transpose().map_err(Failure::usage)?;
    let builder = configure(arguments, token.as_deref(), lines.clone())?;
    // Before anything is started, so that no signal is missed; the first process of a container has no default for them.
    let mut signals = EndSignals::catch()
        .map_err(|error| Failure::usage(format!("signals cannot be watched for: {error}")))?;
    arguments.metrics.serve()?;
    let sandbox = Arc::new(builder.start().map_err(Failure::usage)?);
    // The address of callbacks is checked meanwhile, and the end does not wait for that.
    thread::spawn({
        let sandbox = sandbox.clone();
        // Nobody may be reading; the sandbox runs all the same.
        move || drop(introduce(&sandbox, token.as_deref()))
    });
    signals.wait();
    thread::spawn(move || {
        if signals.wait() {
            process::exit(Exit::Done.code().into());
        }
    });
    sandbox.shut_down(LAST_ANSWERS);
    if let Some(lines) = lines {
        lines.finish();
    }
    Ok(())
}

/// Asks a sandbox whether it is well.
fn health(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
    stream.set_read_timeout(Some(HEALTH_TIMEOUT))?;
    stream.write_all(b"GET /sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other("no sandbox that is well answers there"))
    }
}

/// The token of the control API and the page: that of the environment, or a new one where others can reach these.
fn token(arguments: &Arguments) -> Result<Option<String>, Failure> {
    match std::env::var(TOKEN) {
        Ok(token) if !token.is_empty() => Ok(Some(token)),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::usage(format!("{TOKEN} must be UTF-8"))),
        _ if arguments.listen.ip().is_loopback() => Ok(None),
        _ => {
            let mut octets = [0; 16];
            SystemRandom::new().fill(&mut octets).map_err(|_| {
                Failure::usage("the operating system gave no random numbers to make a token of")
            })?;
            Ok(Some(BASE64_URL_SAFE_NO_PAD.encode(octets)))
        }
    }
}

fn configure(
    arguments: &Arguments,
    token: Option<&str>,
    lines: Option<Lines>,
) -> Result<SandboxBuilder, Failure> {
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
    for host in &arguments.allow_host {
        let refused = |invalid: InvalidInput| Failure::usage(format!("--allow-host {}", invalid.rule()));
        builder = builder.allow_host(host).map_err(refused)?;
    }
    if let Some(token) = token {
        builder = builder.token(token);
    }
    if let Some(lines) = lines {
        builder = builder.observer(move |activity| lines.print(line(activity)));
    }
    if let Some(path) = &arguments.seed {
        let refused = |invalid: InvalidInput| {
            let mut failure = Failure::from(invalid);
            failure.reason = format!("--seed {}: {}", path.display(), failure.reason);
            failure
        };
        builder = builder.seed(&seed(path)?).map_err(refused)?;
    }
    Ok(builder)
}

fn seed(path: &Path) -> Result<Value, Failure> {
    let text = file::read(path, "--seed", LARGEST_SEED)?;
    serde_json::from_slice(&text).map_err(|error| {
        let (place, line, column) = (path.display(), error.line(), error.column());
        Failure::usage(format!("--seed {place}: line {line}, column {column}: this is not JSON"))
    })
}

/// One line for a request or a callback. It holds no body, no code and no address.
fn line(activity: Activity<'_>) -> String {
    match activity {
        Activity::Request(request) => {
            let status = match (request.status, request.smpp_status.map(Status)) {
                (_, Some(status)) => status.to_string(),
                (Some(status), None) => status.to_string(),
                (None, None) => "no answer".to_owned(),
            };
            // Whoever calls chooses the path, and is not to steer the terminal.
            let (method, path) = (request.method.escape_debug(), request.path.escape_debug());
            let mut call = if request.method.is_empty() {
                "what is no request".to_owned()
            } else {
                format!("{method} {path}")
            };
            if !request.query.is_empty() {
                let _ = write!(call, "?{}", request.query.escape_debug());
            }
            let mut line = format!("{call} {status} in {:.1} ms", request.took.as_secs_f64() * 1000.0);
            if let Some(error) = request.error {
                let _ = write!(line, " {error}");
            }
            if let Some(reason) = &request.reason {
                let _ = write!(line, ": {reason}");
            }
            if let Some(field) = request.field.as_deref().filter(|field| !line.contains(field)) {
                let _ = write!(line, " ({field})");
            }
            if let Some(message) = &request.message {
                let _ = write!(line, ", message {message}");
            }
            let others = request.messages().len().saturating_sub(1);
            if others > 0 {
                let _ = write!(line, " and {others} more");
            }
            if let Some(fault) = request.fault {
                let _ = write!(line, ", fault {fault}");
            }
            line
        }
        Activity::Callback(callback) => {
            let answer = callback.attempts.last().map(|attempt| &attempt.answer);
            let answer = match answer {
                Some(DeliveryResponse::Status { status, .. }) => format!("answered {status}"),
                Some(DeliveryResponse::None(reason)) => format!("not answered: {reason}"),
                _ => String::new(),
            };
            format!("callback {} to {} {answer}", callback.id, without_query(&callback.url))
        }
        _ => String::new(),
    }
}

/// An address as it is printed: its query may hold a secret, by which a receiver knows who calls.
fn without_query(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(url, _)| format!("{url}?…"))
}

/// Says where everything is.
fn introduce(sandbox: &Sandbox, token: Option<&str>) -> io::Result<()> {
    let mut out = standard_output::lock()?;
    writeln!(out, "REST       {}", sandbox.url())?;
    let encoded = |token| utf8_percent_encode(token, FRAGMENT);
    let fragment = token.map(|token| format!("#token={}", encoded(token))).unwrap_or_default();
    writeln!(out, "Console    {}/{fragment}   (open it in a browser)", sandbox.url())?;
    if let Some(smsc) = sandbox.smsc() {
        let (system_id, password) = (demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD);
        writeln!(out, "SMPP       {}   system id {system_id}, password {password}", smsc.address())?;
    }
    if !sandbox.address().ip().is_loopback() {
        let note = "Others can reach this by the machine's addresses; the console and the control API want the token.";
        writeln!(out, "           {note}")?;
    }
    for credentials in sandbox.keys() {
        // The published ones protect nothing. What came from a profile is known to whoever gave it, and to nobody else.
        let is_published = [demo::DEV_SECRET, demo::OTHER_DEV_SECRET].contains(&credentials.secret());
        let secret = if is_published { credentials.secret() } else { "in the profile" };
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
        writeln!(out, "Callbacks  {}   {outcome}", without_query(&check.url))?;
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

/// Where REST listens unless told otherwise, and `--sandbox` looks for it.
pub(crate) const REST_LISTEN: &str = "127.0.0.1:8035";

/// The same for SMPP.
pub(crate) const SMPP_LISTEN: &str = "127.0.0.1:2775";

/// The environment variable that holds the token of the control API.
const TOKEN: &str = "ENGAGELAB_SANDBOX_TOKEN";

/// What stands for something else in the fragment of an address, or is changed by a browser.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// In octets.
const LARGEST_SEED: usize = 64 << 20;

const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest that answers which are under way hold up the end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
