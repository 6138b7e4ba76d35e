//! SMPP 3.4: a blocking client for users with volume.
//!
//! It does not decide whether a message is sent again: it says what is known of each, and leaves repeating to the caller.
//! How every message ends is the table of [`Accepted`], [`SubmitError`] and [`Event`]:
//!
//! | outcome | reported by |
//! |---|---|
//! | not sent | [`SubmitError`], outcome [`NotSent`](crate::Outcome::NotSent) |
//! | rejected | [`SubmitError`], outcome [`Rejected`](crate::Outcome::Rejected), with the service's status |
//! | unknown | [`SubmitError`], outcome [`Unknown`](crate::Outcome::Unknown) |
//! | accepted, then delivered or not | [`Accepted`], then [`Event::Report`] with a final state |
//! | accepted, then nothing | [`Accepted`], then [`Event::ReportTimeout`] |
//!
//! From the inside out: [`pdu`] reads and writes octets, a session keeps the protocol's rules, a ledger keeps the
//! messages' outcomes, [`SmppClient`] puts sockets and threads around them. [`smsc`] is the other end, for tests.

mod client;
mod config;
mod credentials;
mod endpoint;
mod error;
mod event;
mod ledger;
mod link;
mod message;
mod outgoing;
pub mod pdu;
mod reconnect;
mod report;
mod session;
pub mod smsc;
mod submission_journal;
mod text;
#[cfg(feature = "rustls")]
mod tls;

pub use client::{Events, LinkPhase, LinkStatus, ReportStatus, SmppClient, SubmitAll, Ticket};
pub use config::{Reconnect, SmppConfig};
pub use credentials::Credentials;
pub use endpoint::Endpoint;
pub use error::{ConnectError, ConnectErrorKind, SubmitError, SubmitErrorKind};
pub use event::{Accepted, Event, SubmissionId, SubmissionState};
pub use message::Message;
pub use report::{DeliveryReport, ReportState};
pub use text::Coding;
#[cfg(feature = "rustls")]
pub use tls::SmppTls;
