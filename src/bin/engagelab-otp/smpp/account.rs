//! Where to connect over SMPP, and as whom.

use std::time::Duration;

use clap::Args;
use engagelab_otp::sandbox::demo;
use engagelab_otp::smpp::{Credentials, SmppConfig};

use crate::connection::is_nearby;
use crate::failure::Failure;
use crate::sandbox::SMPP_LISTEN;
use crate::setting_groups::SMPP;
use crate::settings::{Settings, Source};

/// Options of the commands that speak SMPP.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Account {
    /// Connect to this host and port
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
    /// Speak TLS
    #[cfg(feature = "rustls")]
    #[arg(long)]
    tls: bool,
    /// Give up waiting for the answer after so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = crate::value::within(1..=3600))]
    timeout: u64,
    #[cfg(feature = "rustls")]
    #[command(flatten)]
    roots: crate::connection::Roots,
}

/// What counts where nothing is given.
impl Default for Account {
    fn default() -> Self {
        Self {
            address: None,
            #[cfg(feature = "rustls")]
            tls: false,
            timeout: 10,
            #[cfg(feature = "rustls")]
            roots: crate::connection::Roots::default(),
        }
    }
}

impl Account {
    /// What a command has that speaks SMPP as well as HTTP.
    pub(crate) fn of(
        address: Option<String>,
        #[cfg(feature = "rustls")] tls: bool,
        connection: &crate::connection::Connection,
    ) -> Self {
        Self {
            address,
            #[cfg(feature = "rustls")]
            tls,
            timeout: connection.timeout,
            #[cfg(feature = "rustls")]
            roots: connection.roots.clone(),
        }
    }

    /// The address, and everything else that connecting takes.
    pub(crate) fn config(&self, source: &Source) -> Result<(String, SmppConfig), Failure> {
        source.check()?;
        let (credentials, configured) = if source.sandbox {
            (Credentials::new(demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD)?, Some(SMPP_LISTEN.to_owned()))
        } else {
            let settings = source.settings(&SMPP)?;
            let Settings { values: [Some(system_id), Some(password), address], .. } = settings else {
                return Err(SMPP.missing(&settings, &[0, 1]));
            };
            (Credentials::new(&system_id, &password)?, address)
        };
        let address = self.address.clone().or(configured).ok_or_else(no_address)?;
        let host = host(&address)?;
        if source.sandbox && !is_nearby(host) {
            return Err(Failure::usage(
                "with --sandbox, --address must be on this machine or a private network",
            ));
        }
        let timeout = Duration::from_secs(self.timeout);
        let config = SmppConfig::new(&address, credentials)
            .connect_timeout(timeout)
            .bind_timeout(timeout)
            .response_timeout(timeout)
            .submit_timeout(timeout)
            .reconnect(None);
        #[cfg(feature = "rustls")]
        if !self.tls && self.roots.is_named() {
            return Err(Failure::usage("--ca-cert goes with --tls, over SMPP")
                .with_advice("Without TLS nobody's certificate is looked at."));
        }
        #[cfg(feature = "rustls")]
        if self.tls {
            use engagelab_otp::smpp::SmppTls;
            let tls = match self.roots.read()? {
                Some(pem) => SmppTls::with_root_certificates(&pem)?,
                None => SmppTls::with_webpki_roots(),
            };
            return Ok((address, config.tls(tls)));
        }
        Ok((address, config))
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
