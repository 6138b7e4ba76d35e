//! Which service is talked to, and as whom. Nothing secret comes from the command line.

use std::env::{self, VarError};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use engagelab_otp::api::operations::BASE_URL;
use engagelab_otp::sandbox::demo;
use engagelab_otp::{Client, Credentials, Error, Timeouts};

use crate::failure::{Exit, Failure};
use crate::profile::Profile;

/// Where credentials come from, for every command that needs some.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Source {
    /// Take credentials from this file, and not from the environment
    #[arg(long, value_name = "PATH", conflicts_with = "sandbox")]
    profile: Option<PathBuf>,
    /// Talk to a sandbox on this machine, with its demo credentials
    #[arg(long)]
    pub(crate) sandbox: bool,
}

/// Options of the commands that call the API.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    #[command(flatten)]
    source: Source,
    /// Talk to the service at this address
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Give up after so many seconds, repeats included
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// A client, and what it was made from, as far as that may be shown.
pub(crate) struct Session {
    client: Client,
    pub(crate) base_url: String,
    pub(crate) key: String,
    /// Nothing that is done reaches anybody.
    pub(crate) is_sandbox: bool,
}

impl Connection {
    /// A client. Nothing is sent yet.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        let (credentials, base_url) = if self.source.sandbox {
            let url = self.base_url.clone().unwrap_or_else(|| SANDBOX.to_owned());
            if !is_loopback(&url) {
                return Err(Failure::usage("with --sandbox, --base-url is an address of this machine"));
            }
            (Credentials::new(demo::DEV_KEY, demo::DEV_SECRET)?, url)
        } else {
            self.real()?
        };
        let key = credentials.key().to_owned();
        let client = Client::builder(credentials)
            .base_url(&base_url)
            .timeouts(Timeouts::new().total(Duration::from_secs(self.timeout)))
            .user_agent_suffix(concat!("engagelab-otp-cli/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Session { client, base_url, key, is_sandbox: self.source.sandbox })
    }

    fn real(&self) -> Result<(Credentials, String), Failure> {
        let names = ["ENGAGELAB_DEV_KEY", "ENGAGELAB_DEV_SECRET"];
        let Settings { values, profile } =
            self.source.settings(names, |profile| [profile.dev_key.take(), profile.dev_secret.take()])?;
        let [Some(key), Some(secret)] = values else { return Err(missing(names, "dev_key and dev_secret")) };
        let base_url = match (&self.base_url, variable("ENGAGELAB_OTP_BASE_URL")?) {
            (Some(url), _) => url.clone(),
            (None, Some(url)) => url,
            (None, None) => profile.base_url.unwrap_or_else(|| BASE_URL.to_owned()),
        };
        Ok((Credentials::new(key, secret)?, base_url))
    }
}

impl Session {
    /// Makes a call. Where the sandbox cannot be reached, there most likely is none.
    pub(crate) fn call<T>(&self, call: impl FnOnce(&Client) -> Result<T, Error>) -> Result<T, Failure> {
        call(&self.client).map_err(|error| {
            let failure = Failure::from(error);
            if self.is_sandbox && failure.exit == Exit::NotSent {
                failure.with_advice("Is a sandbox running? `engagelab-otp sandbox` starts one.")
            } else {
                failure
            }
        })
    }
}

/// Values of the same kind from one place: they are never mixed.
pub(crate) struct Settings<const N: usize> {
    pub(crate) values: [Option<String>; N],
    pub(crate) profile: Profile,
}

impl Source {
    /// The named variables of the environment if one of them is set and no profile was asked for, else what `pick`
    /// finds in the profile.
    pub(crate) fn settings<const N: usize>(
        &self,
        names: [&'static str; N],
        pick: impl FnOnce(&mut Profile) -> [Option<String>; N],
    ) -> Result<Settings<N>, Failure> {
        if self.profile.is_none() {
            let mut values = [const { None }; N];
            for (value, name) in values.iter_mut().zip(names) {
                *value = variable(name)?;
            }
            if values.iter().any(Option::is_some) {
                return Ok(Settings { values, profile: Profile::default() });
            }
        }
        let mut profile = Profile::find(self.profile.as_deref())?;
        Ok(Settings { values: pick(&mut profile), profile })
    }
}

/// What to do when there are no credentials.
pub(crate) fn missing<const N: usize>(names: [&str; N], fields: &str) -> Failure {
    Failure::usage(format!("no credentials: neither {} nor {fields} in a profile", names.join(" and ")))
        .with_advice("`engagelab-otp --help` tells where they are looked for; --sandbox needs none.")
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{name} in the environment is not UTF-8")))
        }
    }
}

fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Where the subcommand `sandbox` listens unless told otherwise.
const SANDBOX: &str = "http://127.0.0.1:8035";
