//! Who decides what becomes of a submission.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::RefusedPdu;
use crate::api::types::ErrorCode;
use crate::smpp::pdu::{Status, masked};
use crate::test_recipients::{RecipientBehavior, TestRecipient, channel_error};

/// A submission that the server could read, as it asks its [`SubmitHandler`] about it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// The number of the link it came over, counted from one.
    pub link: u64,
    /// `MSG`, `CODE` or `MRKT`.
    pub service_type: String,
    /// The recipient, with `+`.
    pub recipient: String,
    /// The id of the template.
    pub template: String,
    /// The language, if one is named.
    pub language: Option<String>,
    /// The code, in a `CODE` message.
    pub code: Option<String>,
    /// The values for the template's variables.
    pub params: BTreeMap<String, String>,
}

/// A code and a whole number never show.
impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("link", &self.link)
            .field("service_type", &self.service_type)
            .field("recipient", &masked(&self.recipient))
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// What becomes of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is accepted under this id, and these reports follow by themselves. Others can be sent with
    /// [`Smsc::report`](super::Smsc::report).
    Accept {
        /// The id: ASCII, at most 64 characters.
        message_id: String,
        /// The reports that follow.
        reports: Vec<PlannedReport>,
    },
    /// It is refused.
    Reject(Status),
}

/// A report that follows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedReport {
    /// How long after the answer.
    pub after: Duration,
    /// What it says: `None` is delivered, a number is the error for which it was not.
    pub error: Option<u32>,
}

/// Decides what becomes of submissions. It is asked by the thread of the link, which waits for the answer.
pub trait SubmitHandler: Send + Sync + 'static {
    /// Decides about one submission.
    fn decide(&self, submission: &Submission) -> Decision;

    /// Is told of what the server refused by itself. Does nothing unless it is implemented.
    fn refused(&self, refused: &RefusedPdu) {
        let _ = refused;
    }
}

impl<F: Fn(&Submission) -> Decision + Send + Sync + 'static> SubmitHandler for F {
    fn decide(&self, submission: &Submission) -> Decision {
        self(submission)
    }
}

/// The fixed outcomes that the vendor documents for its test recipients. Any other recipient is delivered to at once.
#[derive(Debug)]
pub struct TestRecipients {
    last_id: AtomicU64,
}

impl Default for TestRecipients {
    fn default() -> Self {
        // Ids of the size that the service gives out: too large for a floating-point number.
        Self { last_id: AtomicU64::new(1_725_407_449_772_531_711) }
    }
}

impl SubmitHandler for TestRecipients {
    fn decide(&self, submission: &Submission) -> Decision {
        let report = |after, error| vec![PlannedReport { after, error }];
        let failed = |error: ErrorCode| report(Duration::ZERO, u32::try_from(error.value()).ok());
        let recipient = TestRecipient::find(&submission.recipient);
        let reports = match recipient.map(|recipient| (&recipient.behavior, recipient.channels)) {
            Some((RecipientBehavior::Refused(ErrorCode::InvalidPhoneNumber), _)) => {
                return Decision::Reject(Status::INVALID_PARAMETER);
            }
            Some((RecipientBehavior::Refused(_), _)) => return Decision::Reject(Status::SUBMIT_FAILED),
            // One second is what a channel takes in the sandbox, which has a clock; here it is at once.
            Some((RecipientBehavior::Delivered { after }, [])) if *after > Duration::from_secs(1) => {
                report(*after, None)
            }
            Some((RecipientBehavior::Failed(error), _)) => failed(*error),
            Some((RecipientBehavior::AllChannelsFail, channels)) => {
                failed(channels.last().map_or(ErrorCode::Unreachable, channel_error))
            }
            Some((RecipientBehavior::Silent, _)) => Vec::new(),
            _ => report(Duration::ZERO, None),
        };
        let message_id = (self.last_id.fetch_add(1, Ordering::Relaxed) + 1).to_string();
        Decision::Accept { message_id, reports }
    }
}
