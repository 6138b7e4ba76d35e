//! SMPP 3.4: a blocking client for users with volume.
//!
//! It does not decide whether a message is sent again: it says what is known of each, and leaves repeating to the caller.

mod config;
mod credentials;
mod error;
mod fate;
mod input;
mod ledger;
mod message;
pub mod pdu;
mod report;
mod session;
mod text;

pub use config::{Reconnect, SmppConfig};
pub use credentials::Credentials;
pub use error::{ConnectError, ConnectErrorKind, SubmitError, SubmitErrorKind};
pub use fate::{Accepted, Event, SubmissionId};
pub use input::InvalidInput;
pub use message::Message;
pub use report::{DeliveryReport, ReportState};
pub use text::Coding;
