//! What an operator wants to see of a client.

use std::time::Duration;

/// A link, as [`SmppClient::links`](crate::smpp::SmppClient::links) finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkStatus {
    /// Where it connects to.
    pub address: String,
    /// Where in its life it is.
    pub phase: LinkPhase,
    /// Submissions that wait for their answer.
    pub outstanding: usize,
    /// How many may wait at a time.
    pub window: usize,
    /// Submissions that were accepted in the last second.
    pub accepted_last_second: usize,
    /// How long the last submission that was answered took.
    pub submit_round_trip: Option<Duration>,
    /// How long the last `enquire_link` that was answered took.
    pub enquire_round_trip: Option<Duration>,
    /// How long the link still takes no message, because the service asked to slow down or by its own rate.
    pub paused: Option<Duration>,
    /// Submissions that were answered with a request to slow down.
    pub throttled: u64,
    /// How often it was bound. All but the first were reconnects.
    pub binds: u64,
    /// Attempts to connect that came to no session.
    pub failed_attempts: u64,
}

/// Where in its life a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkPhase {
    /// On its way: the name, the connection, TLS, the bind; or waiting for a session to be free.
    Connecting,
    /// Messages can be sent over it.
    Bound,
    /// Lost, or not come about: it is opened again after a while.
    Waiting,
    /// Not to be opened again: the client is closed, nothing is to be reconnected, or the service refuses the
    /// credentials.
    Stopped,
}

/// What a client holds of accepted messages, as [`SmppClient::reports`](crate::smpp::SmppClient::reports) finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportStatus {
    /// Accepted messages that wait for their final report.
    pub awaiting: usize,
    /// Reports that wait for the answer which names their message.
    pub early: usize,
    /// Events that wait to be fetched.
    pub events: usize,
    /// Reports that were answered with "temporarily not" because there was no room for them.
    pub refused: u64,
    /// Accepted messages that were let go without an event, because none was fetched.
    pub forgotten: u64,
}
