//! The callbacks by which unknown rows of a batch are resolved.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use engagelab_otp::batch::{Batch, BatchOptions, Resolver};
use engagelab_otp::callback::{Event, Retry, Server};
use engagelab_otp::guard::Guard;

use crate::callback::keys::Keys;
use crate::callback::listen::report;
use crate::failure::{Failure, chain};
use crate::output::{say, warn};
use crate::settings::Source;

#[derive(Args)]
pub(super) struct Callbacks {
    /// Receive callbacks here, without TLS, and resolve unknown rows by them; with port 0, on a free port
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = crate::value::address)]
    callback_listen: Option<SocketAddr>,
    /// After the last row, wait so many seconds for callbacks of unknown rows
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "callback_listen", value_parser = crate::value::within(0..=86400))]
    callback_wait: u64,
}

impl Callbacks {
    pub(super) fn are_awaited(&self) -> bool {
        self.callback_listen.is_some()
    }

    pub(super) fn options(&self, options: BatchOptions) -> BatchOptions {
        match self.callback_listen {
            Some(_) => options.resolve_by_callbacks(Duration::from_secs(self.callback_wait)),
            None => options,
        }
    }

    /// Listens, as long as what is given back lives. What callbacks are signed with comes from the settings.
    pub(super) fn listen(
        &self,
        source: &Source,
        batch: &Batch,
        guard: Option<Guard>,
    ) -> Result<Option<Listening>, Failure> {
        let Some(address) = self.callback_listen else { return Ok(None) };
        let keys = Keys::find(source)?;
        let resolver = batch.resolver();
        let handler = move |callback: &engagelab_otp::callback::ReceivedCallback<'_>| {
            callback.events().iter().try_for_each(|event| take(event, &resolver, guard.as_ref()))
        };
        let server = Server::builder(keys.receiver()?.build()?)
            .observer(|event| report(&event))
            .start(address, handler)
            .map_err(|error| Failure::usage(format!("cannot listen on {address}: {error}")))?;
        say(&format!("Callbacks: listening on http://{}, which checks {}.", server.address(), keys.checks()));
        Ok(Some(Listening(server)))
    }
}

/// Has an event taken in, or come again.
fn take(event: &Event, resolver: &Resolver, guard: Option<&Guard>) -> Result<(), Retry> {
    let again = |error: &dyn std::error::Error| {
        warn(&format!("a callback is let come again: {}", chain(error)));
        Retry::new()
    };
    resolver.observe(event).map_err(|error| again(&error))?;
    let Some(guard) = guard else { return Ok(()) };
    guard.observe(event).map_err(|error| again(&error))
}

/// Listens as long as it lives.
pub(super) struct Listening(Server);

impl Drop for Listening {
    fn drop(&mut self) {
        // The last one still gets its answer.
        self.0.shut_down(Duration::from_secs(3));
    }
}
