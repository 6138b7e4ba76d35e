//! Switches by which the server does what servers should not do.

use std::time::Duration;

/// How the server misbehaves. By default it does not.
///
/// ```
/// use engagelab_otp::smpp::smsc::Faults;
///
/// let twice = Faults { extra_reports: 1, ..Faults::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Faults {
    /// Submissions are recorded and not answered.
    pub leave_unanswered: bool,
    /// Answers to submissions come so much later.
    pub answer_after: Option<Duration>,
    /// Each report is sent so many times more.
    pub extra_reports: u32,
    /// Reports that are due at once are sent before the answer that names their message.
    pub report_first: bool,
    /// Reports carry an id without its closing zero, and a state of four octets.
    pub off_spec_parameters: bool,
    /// So many of the next submissions are refused with `ESME_RTHROTTLED`.
    pub throttle: u32,
    /// These octets are sent in place of the next answer to a submission.
    pub garbage: Option<Vec<u8>>,
    /// Everything is taken and nothing is said, as on a link whose other end has vanished.
    pub half_open: bool,
    /// `enquire_link` is not answered.
    pub ignore_enquire_link: bool,
    /// The link is cut after so many more octets have been sent, in the middle of a PDU if need be.
    pub cut_after_octets: Option<usize>,
    /// The link is cut after so many more submissions have been recorded, with their answers unsent.
    pub cut_after_submissions: Option<usize>,
}
