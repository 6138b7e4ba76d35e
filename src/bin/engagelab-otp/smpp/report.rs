//! Waiting for the delivery report of the one message that was sent.

use std::time::{Duration, Instant};

use engagelab_otp::smpp::{Event, Events, ReportState};

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

/// Waits for a final report.
pub(super) fn wait(mut events: Events, timeout: Duration) -> Wait {
    let end = Instant::now() + timeout;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match events.next_timeout(left) {
            Some(Event::Report { submission: Some(_), report }) if !is_passing(report.state()) => {
                return Wait::Reported {
                    state: match report.state() {
                        ReportState::Other(state) => state.clone(),
                        state => format!("{state:?}").to_ascii_lowercase(),
                    },
                    delivered: *report.state() == ReportState::Delivered,
                };
            }
            // The client waits far longer for reports than this does, unless its link is gone.
            Some(Event::ReportTimeout { .. }) => return Wait::LinkLost,
            Some(_) => {}
            None if Instant::now() < end => return Wait::LinkLost,
            None => return Wait::TimeUp,
        }
    }
}

fn is_passing(state: &ReportState) -> bool {
    matches!(state, ReportState::Enroute | ReportState::Accepted)
}
