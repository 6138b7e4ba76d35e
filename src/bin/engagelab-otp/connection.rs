//! A client of the service or of a sandbox, as the arguments and the settings say.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use engagelab_otp::api::Operation;
use engagelab_otp::api::operations::BASE_URL;
use engagelab_otp::sandbox::demo;
use engagelab_otp::{Attempt, Client, Credentials, Error, Proxy, RetryPolicy, RootCertificates, Timeouts};

use crate::explain::{self, Target};
use crate::failure::Failure;
use crate::file;
use crate::output::{counted, detail, say, seconds, warn};
use crate::sandbox::REST_LISTEN;
use crate::setting_groups::API;
use crate::settings::{Origin, Settings, Source, variable};
use crate::signals::AtSignal;

/// Options of the commands that call the API.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Talk to the service at this address
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    base_url: Option<String>,
    /// Give up after so many seconds, repeats included
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = crate::value::within(1..=3600))]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) roots: Roots,
}

/// Which certificates are trusted.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Roots {
    /// Trust the root certificates in this PEM file, and no others; unless given, those of SSL_CERT_FILE
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    ca_cert: Option<PathBuf>,
}

impl Roots {
    /// Whether an option names certificates.
    pub(crate) fn is_named(&self) -> bool {
        self.ca_cert.is_some()
    }

    /// The certificates that were named, as PEM; none if Mozilla's count.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.read_or(None)
    }

    /// The same; where no option names any, those of this setting count, which has this name.
    pub(crate) fn read_or(&self, setting: Option<(PathBuf, String)>) -> Result<Option<Vec<u8>>, Failure> {
        let option = self.ca_cert.clone().map(|path| (path, "--ca-cert".to_owned()));
        let (path, named_by) = match (option.or(setting), variable(CERTIFICATES)?) {
            (Some(named), _) => named,
            (None, Some(path)) => (PathBuf::from(path), CERTIFICATES.to_owned()),
            (None, None) => return Ok(None),
        };
        detail(&format!("The certificates in {} are trusted, as {named_by} says.", path.display()));
        let pem = file::read(&path, &named_by, LARGEST)?;
        if !pem.windows(BEGINS.len()).any(|octets| octets == BEGINS) {
            let what = format!("{named_by} {}: holds no certificate in PEM form", path.display());
            return Err(Failure::usage(what).with("kind", "settings"));
        }
        Ok(Some(pem))
    }
}

/// A client, and what it was made from, as far as that may be shown.
pub(crate) struct Session {
    client: Client,
    pub(crate) base_url: String,
    pub(crate) key: String,
    pub(crate) origin: Origin,
    /// Nothing that is done reaches anybody.
    pub(crate) is_sandbox: bool,
}

impl Connection {
    /// A client. Nothing is sent yet.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        self.open_with(RetryPolicy::new())
    }

    /// A client that repeats nothing by itself.
    pub(crate) fn open_without_repeats(&self) -> Result<Session, Failure> {
        self.open_with(RetryPolicy::never())
    }

    fn open_with(&self, retry: RetryPolicy) -> Result<Session, Failure> {
        self.source.check()?;
        let (credentials, base_url, origin) = if self.source.sandbox {
            let url = self.base_url.clone().unwrap_or_else(|| format!("http://{REST_LISTEN}"));
            check_url(&url, true)?;
            (Credentials::new(demo::DEV_KEY, demo::DEV_SECRET)?, url, Origin::Sandbox)
        } else {
            self.real()?
        };
        let key = credentials.key().to_owned();
        let mut builder = Client::builder(credentials)
            .base_url(&base_url)
            .timeouts(Timeouts::new().total(Duration::from_secs(self.timeout)))
            .user_agent_suffix(concat!("engagelab-otp-cli/", env!("CARGO_PKG_VERSION")))
            .retry(retry)
            .on_attempt(watch);
        if self.source.sandbox {
            builder = builder.allow_plain_http().proxy(Proxy::None);
        }
        if is_plain(&base_url) {
            if self.roots.is_named() {
                warn("--ca-cert is not used: the address begins with http://");
            }
        } else if let Some(pem) = self.roots.read()? {
            builder = builder.roots(RootCertificates::Only(pem));
        }
        let client = builder.build().map_err(|error| {
            let target = Target { base_url: &base_url, is_sandbox: self.source.sandbox };
            explain::failure(&error, &target)
        })?;
        detail(&format!("The service is at {base_url}."));
        Ok(Session { client, base_url, key, origin, is_sandbox: self.source.sandbox })
    }

    fn real(&self) -> Result<(Credentials, String, Origin), Failure> {
        let settings = self.source.settings(&API)?;
        let Settings { values: [Some(key), Some(secret), base_url], origin } = settings else {
            return Err(API.missing(&settings, &[0, 1]));
        };
        let url = self.base_url.clone().or(base_url).unwrap_or_else(|| BASE_URL.to_owned());
        check_url(&url, false)?;
        Ok((Credentials::new(key, secret)?, url, origin))
    }
}

impl Session {
    /// Makes a call that acts. If a signal ends the program meanwhile, it says what that leaves open.
    pub(crate) fn act<T>(
        &self,
        operation: &Operation,
        call: impl FnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let interrupted = explain::interrupted(operation.id);
        let _at_signal = AtSignal::run(move || warn(&interrupted));
        self.call(call)
    }

    /// Makes a call.
    pub(crate) fn call<T>(&self, call: impl FnOnce(&Client) -> Result<T, Error>) -> Result<T, Failure> {
        call(&self.client).map_err(|error| explain::failure(&error, &self.target()))
    }

    /// The client itself.
    pub(crate) fn into_client(self) -> Client {
        self.client
    }

    pub(crate) fn target(&self) -> Target<'_> {
        Target { base_url: &self.base_url, is_sandbox: self.is_sandbox }
    }

    /// Where something is about to be done for real, and as whom, for the question before it.
    pub(crate) fn place(&self) -> String {
        format!("{}, with the key {} of {}", self.base_url, self.key, self.origin)
    }
}

/// Tells of a wait, which would look like a program that hangs, and with `--verbose` of every attempt.
fn watch(attempt: &Attempt) {
    match (attempt.retry_in, attempt.status) {
        (Some(pause), Some(429)) => {
            say(&format!(
                "The service asks to slow down; trying again in {}.",
                counted(seconds(pause), "second")
            ));
        }
        _ => detail(&attempt.to_string()),
    }
}

/// Whether an address can be used, in words that name the options of the command line; the library has the other rules.
fn check_url(url: &str, is_sandbox: bool) -> Result<(), Failure> {
    let uri = url.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    if is_sandbox && !host.is_empty() && !is_nearby(host) {
        return Err(Failure::usage("with --sandbox, the address must be on this machine or a private network")
            .with_advice(
                "That is localhost, a private IP address, or a name without dots, as compose files give. Codes travel \
                 readable there.",
            ));
    }
    if is_plain(url) && !is_sandbox && !is_loopback(host) {
        return Err(Failure::usage(
            "the service's address must begin with https://, unless it is on this machine",
        )
        .with_advice("With http://, the key and all codes could be read on the way."));
    }
    Ok(())
}

/// Whether nothing is encrypted on the way there.
fn is_plain(url: &str) -> bool {
    let uri = url.parse::<http::Uri>().ok();
    uri.as_ref().and_then(http::Uri::scheme_str).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether a host is this machine, or one that the public network does not reach.
pub(crate) fn is_nearby(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Some(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        None => {
            let host = host.to_ascii_lowercase();
            !host.contains('.') || PRIVATE.iter().any(|domain| host.ends_with(domain))
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// Domains that are never public.
const PRIVATE: [&str; 4] = [".localhost", ".local", ".internal", ".test"];

/// The largest file of certificates, in octets.
const LARGEST: usize = 16 << 20;

/// How a certificate begins in PEM form.
const BEGINS: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The variable by which OpenSSL and those who follow it are told what to trust.
const CERTIFICATES: &str = "SSL_CERT_FILE";
