//! What becomes of a message, as it is reported to the user; the module's page has the whole table.

use std::fmt;

use super::pdu::{ShortMessage, Status};
use super::{DeliveryReport, ReportState};

/// The number of a submission, counted by its client from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubmissionId(pub(crate) u64);

impl SubmissionId {
    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The service has taken a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which submission this answers.
    pub submission: SubmissionId,
    /// The id under which the service reports on the message. Empty where the service gave none.
    pub message_id: String,
}

/// What is known of a submission of an earlier process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmissionState {
    /// It may have been sent, and was not answered.
    Unknown,
    /// The service took it, and has not reported on it.
    Accepted {
        /// The id under which the service reports on it.
        message_id: String,
    },
    /// The service has reported on it.
    Reported {
        /// The id under which the service reports on it.
        message_id: String,
        /// The last state that was reported.
        state: ReportState,
    },
}

/// Something that happened without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A delivery report. A report that the service repeats is given once.
    ///
    /// Where a second report contradicts a final one, both are given: the first is the message's outcome.
    Report {
        /// The submission reported on, if this client made it and knows its id.
        submission: Option<SubmissionId>,
        /// What the service said.
        report: DeliveryReport,
    },
    /// No final report came within the limit, or before the client was closed.
    ReportTimeout {
        /// The submission.
        submission: SubmissionId,
        /// The id that the service gave it.
        message_id: String,
    },
    /// An answer that came after its submission had been reported as unknown. A final report that came before it was
    /// told under the id alone, and is not told again.
    LateAnswer {
        /// The submission.
        submission: SubmissionId,
        /// The id under which the message was accepted, or why it was refused.
        answer: Result<String, Status>,
    },
    /// A submission of an earlier process, on a client with a
    /// [journal](crate::smpp::SmppConfig::journal), that has not been
    /// [acknowledged](crate::smpp::SmppClient::acknowledge). It is told first of all, after every restart.
    Recovered {
        /// The submission: its number is the same in every process.
        submission: SubmissionId,
        /// What the message was [named](crate::smpp::Message::reference) by its sender.
        reference: String,
        /// What is known of it. Reports that come later find it.
        state: SubmissionState,
    },
    /// A message that is no report, such as an answer from a phone.
    Message(ShortMessage),
}
