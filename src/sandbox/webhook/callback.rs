//! A callback that the sandbox made, and every attempt to deliver it.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::api::types::MessageId;

/// A callback: some rows, for one address.
#[derive(Clone)]
#[non_exhaustive]
pub struct Callback {
    /// Its number. Numbers count up from 1.
    pub id: u64,
    /// Where it goes.
    pub url: String,
    /// Whether it is the check of the address, which has no rows.
    pub is_address_check: bool,
    /// The messages that its rows are about.
    pub messages: Vec<MessageId>,
    /// The body, as it travels. Keep it out of logs.
    pub body: String,
    /// What was tried, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// How it stands.
    pub state: CallbackState,
    /// When it was made.
    pub made: SystemTime,
    /// How many rows it has.
    pub(crate) rows: usize,
    /// The signature that it went out with first.
    pub(crate) first_signature: Option<String>,
}

/// How a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackState {
    /// It waits, or is under way.
    Waiting,
    /// It was answered with 200.
    Delivered,
    /// It failed, and is due again at this time.
    Failing {
        /// When it is due again.
        next: SystemTime,
    },
    /// It failed, and is not repeated any more.
    GivenUp,
}

/// One attempt to deliver a callback.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// The value of `X-CALLBACK-ID` that it carried; none if callbacks are not signed.
    pub signature: Option<String>,
    /// What came of it.
    pub answer: DeliveryResponse,
}

/// What came of an attempt to deliver a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryResponse {
    /// An answer. Only 200 is a yes.
    Status {
        /// Its status.
        status: u16,
        /// How its body begins.
        body: String,
    },
    /// No answer, and why not.
    None(String),
}

impl DeliveryResponse {
    /// Whether the callback is delivered.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Status { status: 200, .. })
    }
}

/// Bodies, which hold addresses, never show.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
