//! `engagelab-otp doctor`: looks at everything between here and the service, and says of each what is wrong.
//!
//! Nothing is sent to anybody: of the API it only reads, and over SMPP it binds and leaves.

mod endpoint;
mod proxy;

use std::io;

use clap::Args;
use engagelab_otp::Client;
use engagelab_otp::smpp::SmppClient;
use serde_json::json;

use crate::batch::limits;
use crate::callback::keys::Keys;
use crate::connection::{Connection, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, counted};
use crate::setting_groups::{CALLBACK, SMPP};
use crate::settings::Origin;
use crate::smpp::account::{Account, Endpoint};
use crate::smpp::outcome::not_connected;
use crate::wrap;

/// Look for what keeps this from working: settings, proxy, names, TLS, clock, key, callbacks, SMPP, guard.
///
/// Prints one line for each check: good, bad with what to do, or skipped. Nothing is sent to anybody. The exit code
/// is that of the first check which is bad; as JSON {"healthy": true, "checks": [{"name": "clock", "state": "good",
/// "finding": "…", "advice": null}, …]}.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp doctor
  engagelab-otp doctor --profile prod.toml --verbose")]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

/// What a check came to.
struct Check {
    name: &'static str,
    finding: String,
    state: State,
}

enum State {
    Good,
    Skipped,
    Bad { exit: Exit, advice: String },
}

impl Check {
    fn good(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, finding: finding.into(), state: State::Good }
    }

    fn skipped(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, finding: finding.into(), state: State::Skipped }
    }

    fn bad(name: &'static str, exit: Exit, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, finding: finding.into(), state: State::Bad { exit, advice: advice.into() } }
    }

    fn is_bad(&self) -> bool {
        matches!(self.state, State::Bad { .. })
    }

    fn failed(name: &'static str, failure: Failure) -> Self {
        Self::bad(name, failure.exit, failure.reason, failure.advice.unwrap_or_default())
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut checks = Vec::new();
    match arguments.connection.open() {
        Ok(session) => {
            checks.push(Check::good("settings", format!("the key {} of {}", session.key, session.origin)));
            let of_endpoint = endpoint::check(&session, &arguments.connection);
            let is_reached = of_endpoint.iter().all(|check| check.name == endpoint::CLOCK || !check.is_bad());
            checks.extend(of_endpoint);
            checks.push(if is_reached {
                credentials(&session)
            } else {
                Check::skipped("credentials", "not tried, since the service was not reached")
            });
        }
        Err(failure) => checks.push(Check::failed("settings", failure)),
    }
    checks.push(callbacks(arguments));
    checks.push(smpp(arguments));
    checks.push(guard(arguments));
    print(&checks, &arguments.output)
}

fn credentials(session: &Session) -> Check {
    match session.call(Client::list_templates) {
        Ok(templates) => Check::good(
            "credentials",
            format!("the key may read: {}", counted(templates.len() as u64, "template")),
        ),
        Err(failure) => Check::failed("credentials", failure),
    }
}

fn callbacks(arguments: &Arguments) -> Check {
    let name = "callbacks";
    let source = &arguments.connection.source;
    if !source.sandbox {
        match source.settings(&CALLBACK) {
            Ok(settings)
                if settings.values.iter().all(Option::is_none) && settings.origin != Origin::Environment =>
            {
                return Check::skipped(name, "no callback settings");
            }
            Ok(_) => {}
            Err(failure) => return Check::failed(name, failure),
        }
    }
    let keys = Keys::find(source).and_then(|keys| keys.receiver().map(|_| keys));
    match keys {
        Ok(keys) if keys.checks_signature() => {
            Check::good(name, format!("{} would be checked", keys.checks()))
        }
        Ok(keys) => Check::bad(
            name,
            Exit::Usage,
            format!("{} would be checked", keys.checks()),
            "Set a user and a secret too, here and in the service's console: a value of Authorization can be replayed.",
        ),
        Err(failure) => Check::failed(name, failure),
    }
}

fn smpp(arguments: &Arguments) -> Check {
    let name = "smpp";
    let source = &arguments.connection.source;
    if !source.sandbox {
        match source.settings(&SMPP) {
            Ok(settings) if settings.values.iter().all(Option::is_none) => {
                return Check::skipped(name, "no SMPP account");
            }
            Ok(_) => {}
            Err(failure) => return Check::failed(name, failure),
        }
    }
    let endpoint = match Account::of_settings(&arguments.connection).endpoint(source) {
        Ok(endpoint) => endpoint,
        Err(failure) => return Check::failed(name, failure),
    };
    let Endpoint { address, config, is_secured } = endpoint;
    match SmppClient::connect(&config) {
        Ok((client, _)) => {
            client.shutdown();
            Check::good(name, format!("bound at {address}, with{} TLS", if is_secured { "" } else { "out" }))
        }
        // A sandbox can run without SMPP.
        Err(error) if source.sandbox => Check::skipped(name, format!("none at {address}: {error}")),
        Err(error) => Check::failed(name, not_connected(&error, &address, false)),
    }
}

/// The settings of a guard, and its store.
fn guard(arguments: &Arguments) -> Check {
    let name = "guard";
    let source = &arguments.connection.source;
    let configured = match limits::configured(source) {
        Ok(None) if source.sandbox => return Check::skipped(name, "a sandbox has none"),
        Ok(None) => return Check::skipped(name, "no guard settings"),
        Ok(Some(configured)) => configured,
        Err(failure) => return Check::failed(name, failure),
    };
    let finding = configured.to_string();
    match configured.open(0) {
        Ok(_) => Check::good(name, finding),
        Err(failure) => Check::failed(name, failure),
    }
}

fn print(checks: &[Check], output: &Output) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    let mut exit = None;
    for Check { name, finding, state } in checks {
        let (word, advice) = match state {
            State::Good => ("good", None),
            State::Skipped => ("skipped", None),
            State::Bad { exit: of_check, advice } => {
                exit = exit.or(Some(*of_check));
                ("bad", Some(advice).filter(|advice| !advice.is_empty()))
            }
        };
        lines.push(format!("{word:<8} {name:<12} {finding}"));
        lines.extend(advice.map(|advice| format!("{:22}{advice}", "")));
        objects.push(json!({ "name": name, "state": word, "finding": finding, "advice": advice }));
    }
    let lines: Vec<_> = lines.iter().map(|line| wrap::for_terminal(line, io::stdout(), 22)).collect();
    output.print_table(&lines, &json!({ "healthy": exit.is_none(), "checks": objects }))?;
    match exit {
        None => Ok(()),
        Some(exit) => Err(Failure::new(exit, "")),
    }
}
