//! The sandbox over SMPP: submissions become messages like any others, and their ends become delivery reports.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::demo;
use super::masking;
use super::model::{SendCode, SendRequest};
use super::requests::RecordedRequest;
use super::shared::{Activity, Shared};
use super::state::{Report, State};
use crate::InvalidInput;
use crate::api::types::{ErrorCode, Language};
use crate::smpp::Credentials;
use crate::smpp::pdu::Status;
use crate::smpp::smsc::{
    Decision, Faults, PlannedReport, Receipt, RefusedPdu, Smsc, Submission, SubmitHandler,
};

/// A way in which SMPP links go wrong, until told otherwise. [`Smsc::set_faults`] has finer switches.
///
/// ```
/// use engagelab_otp::sandbox::SmppFault;
///
/// let fault: SmppFault = "throttle".parse()?;
/// assert_eq!(fault.faults().throttle, 10);
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Copy)]
pub struct SmppFault(&'static Row);

struct Row {
    name: &'static str,
    explanation: &'static str,
    set: fn(&mut Faults),
}

/// Makes the table of faults, and the rule that names them all.
macro_rules! smpp_faults {
    ($($name:literal, $explanation:literal, $set:expr;)*) => {
        static TABLE: [Row; [$($name),*].len()] =
            [$(Row { name: $name, explanation: $explanation, set: $set }),*];
        const RULE: &str = concat!("must be one of:" $(, " ", $name)*);
    };
}

smpp_faults! {
    "unanswered", "acted on, and not answered", |f| f.leave_unanswered = true;
    "late-answers", "answered five seconds late", |f| f.answer_after = Some(Duration::from_secs(5));
    "duplicate-reports", "each report comes twice", |f| f.extra_reports = 1;
    "report-first", "reports that are due at once come before the answer", |f| f.report_first = true;
    "odd-reports", "the parameters of reports are not as the standard has them", |f| f.off_spec_parameters = true;
    "throttle", "the next ten submissions are refused as too many", |f| f.throttle = 10;
    "garbage", "in place of the next answer come octets that are no PDU", |f| {
        f.garbage = Some(b"\0\0\0\x05?".repeat(4));
    };
    "half-open", "all is taken, and nothing is said", |f| f.half_open = true;
    "no-heartbeat", "enquire_link is not answered", |f| f.ignore_enquire_link = true;
    "cut", "the link is cut in the middle of the next PDU", |f| f.cut_after_octets = Some(7);
    "cut-unanswered", "the link is cut when the next submission has been acted on", |f| {
        f.cut_after_submissions = Some(1);
    };
}

impl SmppFault {
    /// All of them.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// What the fault is called.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it does, in words.
    pub const fn explanation(self) -> &'static str {
        self.0.explanation
    }

    /// The switches that it stands for.
    pub fn faults(self) -> Faults {
        let mut faults = Faults::default();
        (self.0.set)(&mut faults);
        faults
    }
}

impl PartialEq for SmppFault {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for SmppFault {}

impl fmt::Debug for SmppFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmppFault({})", self.name())
    }
}

impl fmt::Display for SmppFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SmppFault {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let found = Self::all().find(|fault| fault.name() == text.trim());
        found.ok_or_else(|| InvalidInput::new("smpp_fault", RULE))
    }
}

/// Listens for SMPP, and starts the thread that sends what is reported later.
pub(crate) fn start(address: SocketAddr, shared: &Arc<Shared>) -> io::Result<(Arc<Smsc>, JoinHandle<()>)> {
    let credentials = Credentials::new(demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD)
        .map_err(|invalid| io::Error::other(invalid.to_string()))?;
    let handler = Handler(shared.clone());
    // The messages themselves are kept by the model.
    let smsc = Arc::new(Smsc::builder(credentials).submit(handler).keep(1_000).start(&address.to_string())?);
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

/// Decides about submissions, and remembers them and what was refused.
struct Handler(Arc<Shared>);

impl SubmitHandler for Handler {
    fn decide(&self, submission: &Submission) -> Decision {
        let began = Instant::now();
        let (decision, record) = self.0.update(|state, now| {
            let mut record = RecordedRequest::over_smpp(SUBMIT, &described(submission), now);
            let decision = decide(state, submission, &mut record, now);
            record.took = began.elapsed();
            (decision, state.requests.add(record).clone())
        });
        self.0.observe(Activity::Request(&record));
        decision
    }

    fn refused(&self, refused: &RefusedPdu) {
        let record = self.0.update(|state, now| {
            let command = refused.command.to_string();
            let mut record = RecordedRequest::over_smpp(&command, refused.text.as_bytes(), now);
            record.smpp_status = refused.status.map(|status| status.0);
            let field = masking::field(&refused.field);
            record.reason = Some(format!("{field} {}", refused.rule));
            record.field = Some(field);
            state.requests.add(record).clone()
        });
        self.0.observe(Activity::Request(&record));
    }
}

/// A submission as the body that it would be over HTTP, so that fields have the names by which reasons call them.
fn described(submission: &Submission) -> Vec<u8> {
    let Submission { service_type, recipient, template, language, code, params, .. } = submission;
    let mut body = json!({
        "service_type": service_type,
        "to": recipient,
        "template": {"id": template, "params": params},
    });
    if let Some(language) = language {
        body["template"]["language"] = json!(language);
    }
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    body.to_string().into_bytes()
}

fn decide(
    state: &mut State,
    submission: &Submission,
    record: &mut RecordedRequest,
    now: SystemTime,
) -> Decision {
    let language = submission.language.as_deref().map(Language::from);
    let request = SendRequest {
        to: &submission.recipient,
        index: None,
        template: &submission.template,
        language: language.as_ref(),
        params: Some(&submission.params),
        code: match &submission.code {
            Some(code) => SendCode::Own(code),
            None if submission.service_type == "MSG" => SendCode::ParameterOrGenerated,
            None => SendCode::Parameter,
        },
        by_smpp: true,
    };
    let message_id = match state.model.send(&request, now) {
        Ok(message) => message.id.clone(),
        Err(refusal) => {
            let status = status(refusal.code);
            record.smpp_status = Some(status.0);
            record.refuse(refusal);
            return Decision::Reject(status);
        }
    };
    record.smpp_status = Some(Status::OK.0);
    record.concern(Some(message_id.clone()), 1);
    // What happens at once is reported with the answer, so that the answer comes first.
    state.tick(now);
    let reports = std::mem::take(&mut state.reports);
    let (own, others): (Vec<Report>, Vec<Report>) =
        reports.into_iter().partition(|report| report.message == message_id.0);
    state.reports = others.into();
    let planned = |report: Report| PlannedReport { after: Duration::ZERO, error: report.error.map(number) };
    let reports = own.into_iter().map(planned).collect();
    Decision::Accept { message_id: message_id.0, reports }
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

/// The command that submits a message.
const SUBMIT: &str = "submit_sm";
