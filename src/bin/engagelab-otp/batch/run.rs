//! `engagelab-otp batch FILE`

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use engagelab_otp::batch::{
    Batch, BatchErrorKind, BatchOptions, Durability, Ended, Input, RowState, Summary, Transport,
};
use engagelab_otp::smpp::SmppClient;

use super::ask;
use super::callbacks::Callbacks;
use super::limits;
use super::progress::{self, Signals};
use super::results::Results;
use super::settings::{RowArguments, failure, rate};
use crate::callback::keys::Keys;
use crate::connection::Connection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::output::{Output, counted, say, seconds, warn};
use crate::prompt::Confirmation;
use crate::settings::Source;
use crate::smpp::account::{Account, Endpoint};
use crate::smpp::outcome::not_connected;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(super) struct RunArguments {
    /// The file of recipients: CSV with a header, or JSON Lines
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
    #[command(flatten)]
    rows: RowArguments,
    /// Check the file, and send nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Leave out rows that are bad, and send the others
    #[arg(long)]
    skip_invalid: bool,
    /// The journal; unless given, FILE.journal
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    journal: Option<PathBuf>,
    /// What the journal survives: the loss of power, or the end of the process alone, which is faster
    #[arg(long, value_name = "WHAT", default_value = "power")]
    durability: Survives,
    /// Have so many requests under way at a time
    #[arg(long, short, value_name = "NUMBER", default_value = "16", value_parser = crate::value::within(1..=1024))]
    workers: u64,
    /// Send so many requests a second at most, by all workers together
    #[arg(long, short, value_name = "NUMBER/s", value_parser = rate)]
    rate: Option<NonZeroUsize>,
    /// Send rows once more that were refused before
    #[arg(long)]
    retry_rejected: bool,
    /// Send rows once more of which it is unknown whether they were sent: some recipients may get two messages
    #[arg(long)]
    resend_unknown: bool,
    /// Write each row's result to this file, behind what is there; - for standard output
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    results: Option<PathBuf>,
    /// Send over SMPP
    #[arg(long, conflicts_with = "base_url")]
    smpp: bool,
    /// Connect to this host and port, over SMPP
    #[arg(long, value_name = "HOST:PORT", requires = "smpp")]
    address: Option<String>,
    /// Speak TLS, over SMPP, also where the settings do not say so
    #[cfg(feature = "rustls")]
    #[arg(long, requires = "smpp")]
    tls: bool,
    #[command(flatten)]
    callbacks: Callbacks,
    #[command(flatten)]
    metrics: Metrics,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

/// What the journal survives.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Survives {
    Power,
    Process,
}

pub(super) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let Some(file) = &arguments.file else { return Err(Failure::usage("FILE must be given")) };
    let mut options = arguments.rows.options(file)?;
    if arguments.smpp {
        options = options.over_smpp();
    }
    let mut input = Input::check(file, options).map_err(|error| failure(&error))?;
    let refused = ask::problems(&input, arguments.skip_invalid);
    if arguments.check {
        ask::checked(&input, &arguments.output)?;
    }
    match refused {
        Some(refused) => return Err(refused),
        None if arguments.check => return check_guard(&arguments.connection.source),
        None => {}
    }
    if arguments.confirmation.dry_run {
        let rows = input.first(ask::SHOWN).map_err(|error| failure(&error))?;
        return ask::dry_run(&rows, input.rows(), &arguments.output);
    }
    if arguments.skip_invalid {
        input = input.skip_invalid();
    }
    arguments.metrics.serve()?;
    let source = &arguments.connection.source;
    if arguments.callbacks.are_awaited() {
        // Before anything is connected or locked.
        Keys::find(source)?;
    }
    let mut is_shared = false;
    let guard = match limits::configured(source)? {
        Some(configured) => {
            say(&format!("Guard: {configured}."));
            is_shared = configured.is_shared();
            Some(configured.open(input.rows())?)
        }
        None => None,
    };
    let mut place = arguments.place()?;
    if let Some(guard) = &guard {
        place.transport = place.transport.guarded(guard.clone());
    }
    let results = Results::open(arguments.results.as_deref())?;
    results.must_not_be(file, "the input")?;
    let batch =
        Batch::open(input, place.transport, arguments.options()).map_err(|error| match error.kind() {
            BatchErrorKind::Journal => failure(&error).with_advice(
                "Nothing was sent. --journal names a place where there is room, and you may write.",
            ),
            _ => failure(&error),
        })?;
    results.must_not_be(batch.journal(), "the journal")?;
    ask::torn(batch.torn());
    let listening = arguments.callbacks.listen(source, &batch, guard)?;
    let to_send = batch.to_send();
    if to_send > 0 {
        let what = arguments.rows.what();
        ask::confirm(
            &arguments.confirmation,
            &batch,
            arguments.resend_unknown,
            &what,
            &place.name,
            place.is_sandbox,
        )?;
    }
    let signals = Signals::watch(&batch)
        .map_err(|error| Failure::usage(format!("signals cannot be watched for: {error}")))?;
    let summary = thread::scope(|scope| {
        let (ends, ended) = mpsc::channel();
        let batch = &batch;
        scope.spawn(move || progress::tell(batch, to_send, &ended));
        let summary = batch.run(|result| {
            if let Err(error) = results.write(result) {
                batch.stopper().stop();
                results.failed(error);
            }
        });
        drop(ends);
        summary
    });
    drop((signals, listening));
    let lost = results.finish();
    tell(&summary, &batch);
    outcome(&summary, lost, is_shared)
}

/// Whether the settings of a guard are good. Nothing is connected.
fn check_guard(source: &Source) -> Result<(), Failure> {
    if let Some(configured) = limits::configured(source)? {
        say(&format!("Guard: good, {configured}."));
    }
    Ok(())
}

/// Over what it is sent, and the words for it.
struct Place {
    transport: Transport,
    name: String,
    is_sandbox: bool,
}

impl RunArguments {
    fn options(&self) -> BatchOptions {
        let workers = usize::try_from(self.workers).ok().and_then(NonZeroUsize::new);
        let mut options = BatchOptions::new().durability(match self.durability {
            Survives::Power => Durability::Power,
            Survives::Process => Durability::Process,
        });
        if let Some(workers) = workers {
            options = options.workers(workers);
        }
        if let Some(rate) = self.rate {
            options = options.rate(rate);
        }
        if let Some(path) = &self.journal {
            options = options.journal(path);
        }
        if self.retry_rejected {
            options = options.retry_rejected();
        }
        if self.resend_unknown {
            options = options.resend_unknown();
        }
        self.callbacks.options(options.patience(PATIENCE))
    }

    /// Connects over SMPP; over HTTP nothing is sent yet.
    fn place(&self) -> Result<Place, Failure> {
        let is_sandbox = self.connection.source.sandbox;
        if !self.smpp {
            let session = self.connection.open_without_repeats()?;
            let name = session.place();
            return Ok(Place { transport: Transport::http(session.into_client()), name, is_sandbox });
        }
        let account = Account::of(
            self.address.clone(),
            #[cfg(feature = "rustls")]
            self.tls,
            &self.connection,
        );
        let Endpoint { address, config, .. } = account.endpoint(&self.connection.source)?;
        // One place in the window for each worker, and a link that is lost is opened again.
        let window = usize::try_from(self.workers).unwrap_or(usize::MAX);
        let config = config.window(window).reconnect(Some(engagelab_otp::smpp::Reconnect::default()));
        let (client, _) =
            SmppClient::connect(&config).map_err(|error| not_connected(&error, &address, is_sandbox))?;
        Ok(Place { transport: Transport::smpp(client, &config), name: address, is_sandbox })
    }
}

/// What it came to, for whoever reads along.
fn tell(summary: &Summary, batch: &Batch) {
    say(&ask::counts(&summary.counts));
    for ((state, reason), count) in &summary.reasons {
        say(&format!("  {count} {state}: {}", ask::reason(reason)));
    }
    match summary.resolved {
        0 => {}
        1 => say("  1 row that was unknown was accepted: a callback names its message"),
        rows => say(&format!("  {rows} rows that were unknown were accepted: callbacks name their messages")),
    }
    if !summary.not_journalled.is_empty() {
        let mut rows = summary.not_journalled.clone();
        rows.sort_unstable();
        let rows: Vec<_> = rows.iter().map(u32::to_string).collect();
        warn(&format!(
            "the journal does not hold what became of rows {}; the next run takes them for unknown",
            rows.join(", ")
        ));
    }
    say(&format!("Journal: {}", batch.journal().display()));
}

/// The exit code, with what to do.
fn outcome(summary: &Summary, results_lost: Option<Failure>, is_shared: bool) -> Result<(), Failure> {
    let counts = summary.counts;
    let why = match &summary.ended {
        None => String::new(),
        Some(Ended::Asked) => match &results_lost {
            Some(lost) => format!("; {}", lost.reason),
            None => "; it was stopped".to_owned(),
        },
        Some(Ended::RateLimited) => "; the service asked to slow down for too long".to_owned(),
        Some(Ended::Unavailable(what)) => format!("; the service cannot be used: {}", ask::reason(what)),
        Some(Ended::Denied(limit)) => format!("; no row may pass any more: {}", ask::reason(limit)),
        Some(Ended::Refused(code)) => format!("; the service refuses this account: {}", ask::reason(code)),
        Some(Ended::Journal(what) | Ended::Input(what)) => format!("; {what}"),
        Some(_) => "; it ended early".to_owned(),
    };
    let ended = |exit, reason: String, advice: &str| {
        Err(Failure::new(exit, reason).with_advice(advice).with("kind", "batch"))
    };
    let are = |count: u64, what: &str| {
        let are = if count == 1 { "is" } else { "are" };
        format!("{} {are} {what}{why}", counted(count, "row"))
    };
    if counts.unknown > 0 || !summary.not_journalled.is_empty() {
        let count = counts.unknown.max(u64::try_from(summary.not_journalled.len()).unwrap_or_default());
        if counts.unknown == 0 {
            return ended(
                Exit::Unknown,
                are(count, "not in the journal"),
                "They were answered: the results say how. The next run takes them for unknown: do not send them again \
                 with --resend-unknown.",
            );
        }
        return ended(
            Exit::Unknown,
            are(count, "unknown"),
            "They may have been sent. The same command again sends what is left, and leaves these alone; \
             --resend-unknown sends them too, and some recipients may get two messages.",
        );
    }
    if summary.ended == Some(Ended::RateLimited) {
        return ended(
            Exit::RateLimited,
            are(counts.left, "left"),
            "Wait a while, then run the same command again; --rate sends more slowly.",
        );
    }
    if counts.left > 0 {
        let never = summary.reasons.get(&(RowState::Left, "guard_prefix".to_owned()));
        let never = never.copied().unwrap_or_default();
        let advice = match &summary.ended {
            Some(Ended::Refused(_)) => {
                "Correct the key, its secret or its rights first; the same command then goes on."
            }
            _ if results_lost.is_some() => {
                "The same command again goes on with them. What was sent before stands in the journal: `batch export` \
                 shows each row."
            }
            _ if never == counts.left => NOT_ALLOWED,
            _ => "The same command again goes on with them.",
        };
        let mut advice = advice.to_owned();
        if never > 0 && never < counts.left {
            advice = format!("{advice} But {} of them {NEVER}", counted(never, "row"));
        }
        let seconds = summary.retry_after.map(seconds);
        if let Some(seconds) = seconds {
            let when = if is_shared {
                format!("the first may pass in {seconds} s.")
            } else {
                format!(
                    "wait {seconds} s yourself to keep its limits, since the count begins anew with each run unless \
                     Redis keeps it (guard.redis_url)."
                )
            };
            advice = format!("The guard denied some of them: {when} {advice}");
        }
        return ended(Exit::NotSent, are(counts.left, "left"), &advice).map_err(|failure| match seconds {
            Some(seconds) => failure.with("retry_after", seconds),
            None => failure,
        });
    }
    if let Some(lost) = results_lost {
        return Err(lost);
    }
    if counts.rejected > 0 {
        return ended(
            Exit::Rejected,
            are(counts.rejected, "rejected"),
            "`batch export` shows which. --retry-rejected sends them once more.",
        );
    }
    Ok(())
}

/// Of rows that the guard will never let pass as it is configured.
const NOT_ALLOWED: &str = "The guard does not allow their prefixes (guard.allow, guard.deny): the same command again does \
                           not send them as long as that is so.";
const NEVER: &str =
    "will not be sent as long as the guard does not allow their prefixes (guard.allow, guard.deny).";

/// How long a run waits for a service that takes nothing.
const PATIENCE: Duration = Duration::from_secs(600);
