//! `--metrics`: what is measured, in the text form that Prometheus reads.

mod recorder;
mod serve;
mod text;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use clap::Args;

use crate::failure::Failure;
use crate::output::say;
use recorder::Registry;

/// Where metrics are served.
#[derive(Args)]
pub(crate) struct Metrics {
    /// Serve metrics there for Prometheus, under /metrics; with port 0, a free port
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = crate::value::address)]
    metrics: Option<SocketAddr>,
}

impl Metrics {
    /// Measures from now on, and serves what was measured; nothing unless it was asked for.
    pub(crate) fn serve(&self) -> Result<(), Failure> {
        let Some(address) = self.metrics else { return Ok(()) };
        let failed = |error| Failure::usage(format!("cannot serve metrics on {address}: {error}"));
        let listener = TcpListener::bind(address).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let registry = Arc::new(Registry::default());
        ::metrics::set_global_recorder(registry.clone())
            .map_err(|_| Failure::usage("metrics are kept already"))?;
        engagelab_otp::metrics::describe();
        thread::spawn(move || serve::run(&listener, &registry));
        say(&format!("Metrics on http://{bound}/metrics"));
        Ok(())
    }
}
