//! The sandbox over SMPP: submissions become messages like any others, and their ends become delivery reports.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::account::Refusal;
use super::service::{SendRequest, Service};
use super::shared::Shared;
use crate::InvalidInput;
use crate::api::types::{ErrorCode, Language, TemplateParams};
use crate::smpp::Credentials;
use crate::smpp::pdu::Status;
use crate::smpp::smsc::{Decision, Faults, PlannedReport, Receipt, Smsc, Submission};

/// How SMPP links go wrong, until told otherwise. [`Smsc::set_faults`] has finer switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SmppFault {
    /// `unanswered`: submissions are acted on and not answered.
    Unanswered,
    /// `late-answers`: answers to submissions come five seconds late.
    LateAnswers,
    /// `duplicate-reports`: each report comes twice.
    DuplicateReports,
    /// `report-first`: reports that are due at once come before the answer that names their message.
    ReportFirst,
    /// `odd-reports`: the parameters of reports are not quite as the standard has them.
    OddReports,
    /// `throttle`: the next ten submissions are refused as too many.
    Throttle,
    /// `garbage`: in place of the next answer come octets that are no PDU.
    Garbage,
    /// `half-open`: everything is taken, and nothing is said.
    HalfOpen,
    /// `no-heartbeat`: `enquire_link` is not answered.
    NoHeartbeat,
    /// `cut`: the link is cut in the middle of the next PDU.
    Cut,
    /// `cut-unanswered`: the link is cut when the next submission has been acted on, without an answer.
    CutUnanswered,
}

impl SmppFault {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Unanswered,
        Self::LateAnswers,
        Self::DuplicateReports,
        Self::ReportFirst,
        Self::OddReports,
        Self::Throttle,
        Self::Garbage,
        Self::HalfOpen,
        Self::NoHeartbeat,
        Self::Cut,
        Self::CutUnanswered,
    ];

    /// What the fault is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::LateAnswers => "late-answers",
            Self::DuplicateReports => "duplicate-reports",
            Self::ReportFirst => "report-first",
            Self::OddReports => "odd-reports",
            Self::Throttle => "throttle",
            Self::Garbage => "garbage",
            Self::HalfOpen => "half-open",
            Self::NoHeartbeat => "no-heartbeat",
            Self::Cut => "cut",
            Self::CutUnanswered => "cut-unanswered",
        }
    }

    /// The switches that it stands for.
    pub fn faults(self) -> Faults {
        let none = Faults::default();
        match self {
            Self::Unanswered => Faults { leave_unanswered: true, ..none },
            Self::LateAnswers => Faults { answer_after: Some(Duration::from_secs(5)), ..none },
            Self::DuplicateReports => Faults { extra_reports: 1, ..none },
            Self::ReportFirst => Faults { report_first: true, ..none },
            Self::OddReports => Faults { off_spec_parameters: true, ..none },
            Self::Throttle => Faults { throttle: 10, ..none },
            Self::Garbage => Faults { garbage: Some(b"\0\0\0\x05?".repeat(4)), ..none },
            Self::HalfOpen => Faults { half_open: true, ..none },
            Self::NoHeartbeat => Faults { ignore_enquire_link: true, ..none },
            Self::Cut => Faults { cut_after_octets: Some(7), ..none },
            Self::CutUnanswered => Faults { cut_after_submissions: Some(1), ..none },
        }
    }
}

impl fmt::Display for SmppFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SmppFault {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let found = Self::ALL.into_iter().find(|fault| fault.as_str() == text.trim());
        found.ok_or_else(|| {
            let rule = "an SMPP fault is unanswered, late-answers, duplicate-reports, report-first, odd-reports, \
                        throttle, garbage, half-open, no-heartbeat, cut or cut-unanswered";
            InvalidInput::new("smpp_fault", rule)
        })
    }
}

/// A delivery report that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) message: String,
    pub(super) to: String,
    pub(super) error: Option<ErrorCode>,
}

/// Listens for SMPP, and starts the thread that sends what is reported later.
pub(super) fn start(address: SocketAddr, shared: &Arc<Shared>) -> io::Result<(Arc<Smsc>, JoinHandle<()>)> {
    let credentials =
        Credentials::new(SYSTEM_ID, PASSWORD).map_err(|invalid| io::Error::other(invalid.to_string()))?;
    let submit = {
        let shared = shared.clone();
        move |submission: &Submission| shared.update(|service, now| service.decide(submission, now))
    };
    // The messages themselves are kept by the account.
    let smsc = Arc::new(Smsc::builder(credentials).submit(submit).keep(1_000).start(&address.to_string())?);
    let (reporter, shared) = (smsc.clone(), shared.clone());
    let run = move || {
        while let Some(Report { message, to, error }) = shared.next_report() {
            reporter.report(match error {
                None => Receipt::delivered(&message, &to),
                Some(error) => Receipt::failed(&message, &to, number(error)),
            });
        }
    };
    let thread = thread::Builder::new().name("sandbox-smpp".to_owned()).spawn(run)?;
    Ok((smsc, thread))
}

impl Service {
    fn decide(&mut self, submission: &Submission, now: std::time::SystemTime) -> Decision {
        match self.submit(submission, now) {
            Ok(message_id) => {
                // What happens at once is reported with the answer, so that the answer comes first.
                self.tick(now);
                let (own, others) = self.reports.drain(..).partition(|report| report.message == message_id);
                self.reports = others;
                let own: VecDeque<Report> = own;
                let planned =
                    |report: Report| PlannedReport { after: Duration::ZERO, error: report.error.map(number) };
                let reports = own.into_iter().map(planned).collect();
                Decision::Accept { message_id, reports }
            }
            Err((_, Refusal(code, _))) => Decision::Reject(status(code)),
        }
    }

    fn submit(
        &mut self,
        submission: &Submission,
        now: std::time::SystemTime,
    ) -> Result<String, (u16, Refusal)> {
        let Submission { recipient, template, language, params, code, .. } = submission;
        let language = language.as_deref().map(Language::from);
        let own_code = code.clone().or_else(|| params.get("code").cloned());
        let made = match own_code {
            None if submission.service_type == "MSG" => self.made_code(template, recipient)?,
            _ => None,
        };
        let (code, life) = made.map_or((own_code, None), |(code, life)| (Some(code), Some(life)));
        let letter = SendRequest {
            to: recipient,
            template,
            language: language.as_ref(),
            params: Some(&TemplateParams::from(params.clone())),
            code,
            life,
            by_smpp: true,
        };
        self.send(letter, now).map(|message| message.id.0.clone())
    }
}

fn status(code: ErrorCode) -> Status {
    match code {
        ErrorCode::InvalidParameter | ErrorCode::InvalidPhoneNumber => Status::INVALID_PARAMETER,
        ErrorCode::Internal => Status::SYSTEM_ERROR,
        _ => Status::SUBMIT_FAILED,
    }
}

fn number(code: ErrorCode) -> u32 {
    u32::try_from(code.value()).unwrap_or_default()
}

/// The name to bind with.
pub(super) const SYSTEM_ID: &str = "sandbox_demo";

/// The password to bind with: SMPP has room for eight characters.
pub(super) const PASSWORD: &str = "sandbox";
