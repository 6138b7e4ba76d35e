//! Waiting for the delivery report of the one message that was sent.

use std::time::{Duration, Instant};

use engagelab_otp::smpp::{Event, Events, ReportState};

use crate::failure::Failure;
use crate::terminal::AtSignal;

/// How the wait ended.
pub(super) enum Wait {
    /// A final report came.
    Reported {
        state: String,
        delivered: bool,
    },
    TimeUp,
    /// No report can come any more.
    LinkLost,
}

/// Waits for a final report. A signal that ends the program meanwhile has `interrupted` done first.
pub(super) fn wait(
    mut events: Events,
    timeout: Duration,
    interrupted: impl FnOnce() + Send + 'static,
) -> Result<Wait, Failure> {
    let _printed_at_signals = AtSignal::run(interrupted)
        .map_err(|error| Failure::usage(format!("cannot wait for signals: {error}")))?;
    let end = Instant::now() + timeout;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match events.next_within(left) {
            Some(Event::Report { submission: Some(_), report }) if !is_passing(report.state()) => {
                return Ok(Wait::Reported {
                    state: match report.state() {
                        ReportState::Other(state) => state.clone(),
                        state => format!("{state:?}").to_ascii_lowercase(),
                    },
                    delivered: *report.state() == ReportState::Delivered,
                });
            }
            // The client waits far longer for reports than this does, unless its link is gone.
            Some(Event::ReportTimeout { .. }) => return Ok(Wait::LinkLost),
            Some(_) => {}
            None if Instant::now() < end => return Ok(Wait::LinkLost),
            None => return Ok(Wait::TimeUp),
        }
    }
}

fn is_passing(state: &ReportState) -> bool {
    matches!(state, ReportState::Enroute | ReportState::Accepted)
}
