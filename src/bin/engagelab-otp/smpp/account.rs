//! Where to connect over SMPP, and as whom.

use std::time::Duration;

use clap::Args;
use engagelab_otp::sandbox::demo;
use engagelab_otp::smpp::{Credentials, SmppConfig};

#[cfg(feature = "rustls")]
use crate::connection::Roots;
use crate::connection::{Connection, is_nearby};
use crate::failure::Failure;
use crate::sandbox::SMPP_LISTEN;
use crate::setting_groups::SMPP;
use crate::settings::{Origin, Settings, Source};

/// Options of the commands that speak SMPP.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Account {
    /// Connect to this host and port
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
    /// Speak TLS, also where the settings do not say so
    #[cfg(feature = "rustls")]
    #[arg(long)]
    tls: bool,
    /// Give up waiting for the answer after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = crate::value::within(1..=3600))]
    timeout: u64,
    #[cfg(feature = "rustls")]
    #[command(flatten)]
    roots: Roots,
    /// Whether roots can be named that nothing here needs.
    #[cfg(feature = "rustls")]
    #[arg(skip)]
    needs_no_roots: bool,
}

/// Where it is, and everything that connecting takes.
pub(crate) struct Endpoint {
    pub(crate) address: String,
    pub(crate) config: SmppConfig,
    pub(crate) is_secured: bool,
}

impl Account {
    /// What a command has that speaks SMPP as well as HTTP.
    pub(crate) fn of(
        address: Option<String>,
        #[cfg(feature = "rustls")] tls: bool,
        connection: &Connection,
    ) -> Self {
        Self {
            address,
            #[cfg(feature = "rustls")]
            tls,
            timeout: connection.timeout,
            #[cfg(feature = "rustls")]
            roots: connection.roots.clone(),
            #[cfg(feature = "rustls")]
            needs_no_roots: false,
        }
    }

    /// As the settings say, for a short look. Root certificates that were named may be for HTTPS alone.
    pub(crate) fn of_settings(connection: &Connection) -> Self {
        Self {
            timeout: SHORT_TIMEOUT,
            #[cfg(feature = "rustls")]
            needs_no_roots: true,
            ..Self::of(
                None,
                #[cfg(feature = "rustls")]
                false,
                connection,
            )
        }
    }

    pub(crate) fn endpoint(&self, source: &Source) -> Result<Endpoint, Failure> {
        source.check()?;
        let settings = if source.sandbox {
            let [id, password, address] =
                [demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD, SMPP_LISTEN].map(|text| Some(text.to_owned()));
            Settings { values: [id, password, address, None, None], origin: Origin::Sandbox }
        } else {
            source.settings(&SMPP)?
        };
        let Settings { values: [Some(system_id), Some(password), configured, tls, ca_cert], origin } =
            settings
        else {
            return Err(SMPP.missing(&settings, &[0, 1]));
        };
        let address = self.address.clone().or(configured).ok_or_else(no_address)?;
        let host = host(&address)?;
        if source.sandbox && !is_nearby(host) {
            return Err(Failure::usage(
                "with --sandbox, --address must be on this machine or a private network",
            ));
        }
        let timeout = Duration::from_secs(self.timeout);
        let config = SmppConfig::new(&address, Credentials::new(&system_id, &password)?)
            .connect_timeout(timeout)
            .bind_timeout(timeout)
            .response_timeout(timeout)
            .submit_timeout(timeout)
            .reconnect(None);
        let is_on = is_on(tls.as_deref())?;
        let (config, is_secured) = self.secured(config, is_on, ca_cert, &origin)?;
        Ok(Endpoint { address, config, is_secured })
    }

    /// With TLS, if an option or the settings say so.
    #[cfg(feature = "rustls")]
    fn secured(
        &self,
        config: SmppConfig,
        is_on: bool,
        ca_cert: Option<String>,
        origin: &Origin,
    ) -> Result<(SmppConfig, bool), Failure> {
        use engagelab_otp::smpp::SmppTls;
        let [.., tls_setting, ca_setting] = &SMPP.settings;
        if !self.tls && !is_on {
            let unused = match ca_cert {
                Some(_) => format!("{} goes with {}", ca_setting.named(), tls_setting.named()),
                None if self.roots.is_named() && !self.needs_no_roots => {
                    format!("--ca-cert goes with --tls or {}, over SMPP", tls_setting.named())
                }
                None => return Ok((config, false)),
            };
            return Err(Failure::usage(unused)
                .with_advice("Without TLS nobody's certificate is looked at.")
                .with("kind", "settings"));
        }
        let named = ca_cert.map(|path| (origin.beside(&path), ca_setting.named()));
        let tls = match self.roots.read_or(named)? {
            Some(pem) => SmppTls::with_root_certificates(&pem)?,
            None => SmppTls::with_webpki_roots(),
        };
        Ok((config.tls(tls), true))
    }

    #[cfg(not(feature = "rustls"))]
    #[expect(clippy::unused_self, reason = "with TLS, options count too")]
    fn secured(
        &self,
        config: SmppConfig,
        is_on: bool,
        ca_cert: Option<String>,
        _: &Origin,
    ) -> Result<(SmppConfig, bool), Failure> {
        if !is_on && ca_cert.is_none() {
            return Ok((config, false));
        }
        let [.., tls, _] = &SMPP.settings;
        Err(Failure::usage(format!(
            "{} cannot be used: this program was built without the feature rustls",
            tls.named()
        ))
        .with("kind", "settings"))
    }
}

/// What the setting for TLS says.
fn is_on(text: Option<&str>) -> Result<bool, Failure> {
    let [.., tls, _] = &SMPP.settings;
    match text {
        None => Ok(false),
        Some(text) => text.parse().map_err(|_| {
            Failure::usage(format!("{} must be true or false", tls.named())).with("kind", "settings")
        }),
    }
}

/// The host of `HOST:PORT`; an IPv6 address stands in brackets.
fn host(address: &str) -> Result<&str, Failure> {
    let parts = address.rsplit_once(':').filter(|(host, port)| {
        let whole =
            !host.is_empty() && (!host.contains(':') || (host.starts_with('[') && host.ends_with(']')));
        whole && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    parts.map(|(host, _)| host).ok_or_else(|| {
        Failure::usage("the SMPP address must be HOST:PORT, with a port from 1 to 65535")
            .with_advice("The port comes with the account; an IPv6 address stands in brackets.")
            .with("kind", "settings")
    })
}

fn no_address() -> Failure {
    Failure::usage(format!("no SMPP address: neither --address nor {} is given", SMPP.settings[2].variable))
        .with_advice(format!(
            "It can stand in a profile as {} too. The service's host is {}; its port comes with the account.",
            SMPP.settings[2].key,
            SmppConfig::HOST
        ))
        .with("kind", "settings")
}

/// How long a short look takes at most, in seconds, for each step.
const SHORT_TIMEOUT: u64 = 10;
