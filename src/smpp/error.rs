//! Why a client could not connect, and why a message was not accepted.

use std::fmt;
use std::io;

use super::SubmissionId;
use super::pdu::Status;
use crate::InvalidInput;
use crate::Outcome;

/// Why no session came about.
#[derive(Debug)]
pub struct ConnectError {
    kind: ConnectErrorKind,
    source: Option<io::Error>,
}

/// The kinds of [`ConnectError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// A setting cannot be used.
    Config(InvalidInput),
    /// The journal cannot be opened.
    Journal,
    /// The host's name was not found.
    Resolve,
    /// No connection to any of the host's addresses.
    Connect,
    /// TLS was not agreed on, and not because of the certificate.
    Tls,
    /// The certificate of the other end is not trusted, not valid at this time, or of another name. Trying again does not
    /// help.
    Certificate,
    /// The link was closed before the bind was answered. This is how the service answers wrong credentials, and
    /// addresses it does not allow.
    ClosedDuringBind,
    /// The bind was answered with an error.
    BindRefused(Status),
    /// The bind was not answered in time.
    BindUnanswered,
    /// What came back was not SMPP.
    Protocol,
}

impl ConnectError {
    pub(crate) const fn new(kind: ConnectErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) const fn io(kind: ConnectErrorKind, source: io::Error) -> Self {
        Self { kind, source: Some(source) }
    }

    /// What went wrong.
    pub fn kind(&self) -> ConnectErrorKind {
        self.kind.clone()
    }

    /// Whether the other end turned the bind away, so that trying again soon is of no use.
    pub(crate) const fn is_refused_bind(&self) -> bool {
        matches!(self.kind, ConnectErrorKind::ClosedDuringBind | ConnectErrorKind::BindRefused(_))
    }

    /// Whether the service says that the credentials are wrong, so that trying again is of no use at all.
    pub(crate) const fn is_refused_login(&self) -> bool {
        matches!(self.kind, ConnectErrorKind::BindRefused(status) if status.refuses_login())
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ConnectErrorKind::Config(input) => input.fmt(f),
            ConnectErrorKind::Journal => f.write_str("the journal of submissions cannot be opened"),
            ConnectErrorKind::Resolve => f.write_str("the host's name was not found"),
            ConnectErrorKind::Connect => f.write_str("no connection to the service"),
            ConnectErrorKind::Tls => f.write_str("no TLS with the service"),
            ConnectErrorKind::Certificate => f.write_str("the service's certificate is not trusted"),
            ConnectErrorKind::ClosedDuringBind => f.write_str(
                "the service closed the link during the bind; check the credentials and the address you connect from",
            ),
            ConnectErrorKind::BindRefused(status) => {
                write!(f, "the bind was refused with {status}; {}", status.advice())
            }
            ConnectErrorKind::BindUnanswered => f.write_str("the bind was not answered in time"),
            ConnectErrorKind::Protocol => f.write_str("the service does not speak SMPP"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// Why a message was not accepted, and what that leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitError {
    kind: SubmitErrorKind,
    submission: Option<SubmissionId>,
}

/// The kinds of [`SubmitError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitErrorKind {
    /// The message cannot be written.
    InvalidMessage(InvalidInput),
    /// The window stayed full, or the sender paused, for as long as a submission may wait.
    NoRoom,
    /// There was no link for as long as a submission may wait, or it is not to be opened again.
    NoLink,
    /// The client has been shut down.
    ShutDown,
    /// The journal holds as many submissions as it may that have not been
    /// [acknowledged](crate::smpp::SmppClient::acknowledge).
    Unacknowledged,
    /// The submission could not be written to the journal.
    NotJournalled,
    /// The link was lost before the message could have left.
    LostBeforeSending,
    /// The service refused the message.
    Rejected(Status),
    /// No answer came in time.
    Unanswered,
    /// The link was lost after the message may have left.
    LostAfterSending,
}

impl SubmitError {
    pub(crate) const fn new(kind: SubmitErrorKind, submission: Option<SubmissionId>) -> Self {
        Self { kind, submission }
    }

    /// What went wrong.
    pub fn kind(&self) -> SubmitErrorKind {
        self.kind.clone()
    }

    /// How much is known: whether the message can be handed in again without being sent twice.
    pub const fn outcome(&self) -> Outcome {
        match self.kind {
            SubmitErrorKind::InvalidMessage(_)
            | SubmitErrorKind::NoRoom
            | SubmitErrorKind::NoLink
            | SubmitErrorKind::ShutDown
            | SubmitErrorKind::Unacknowledged
            | SubmitErrorKind::NotJournalled
            | SubmitErrorKind::LostBeforeSending => Outcome::NotSent,
            SubmitErrorKind::Rejected(_) => Outcome::Rejected,
            SubmitErrorKind::Unanswered | SubmitErrorKind::LostAfterSending => Outcome::Unknown,
        }
    }

    /// The submission, if it got as far as a link.
    pub const fn submission(&self) -> Option<SubmissionId> {
        self.submission
    }

    /// The status with which the service refused the message.
    pub const fn status(&self) -> Option<Status> {
        match self.kind {
            SubmitErrorKind::Rejected(status) => Some(status),
            _ => None,
        }
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            SubmitErrorKind::InvalidMessage(input) => write!(f, "not sent: {input}"),
            SubmitErrorKind::NoRoom => f.write_str("not sent: the window stayed full or paused"),
            SubmitErrorKind::NoLink => f.write_str("not sent: no link to the service"),
            SubmitErrorKind::ShutDown => f.write_str("not sent: the client has been shut down"),
            SubmitErrorKind::Unacknowledged => {
                f.write_str("not sent: too many submissions in the journal are not acknowledged")
            }
            SubmitErrorKind::NotJournalled => f.write_str("not sent: the journal cannot be written"),
            SubmitErrorKind::LostBeforeSending => f.write_str("not sent: the link was lost before"),
            SubmitErrorKind::Rejected(status) => write!(f, "rejected with {status}; {}", status.advice()),
            SubmitErrorKind::Unanswered => f.write_str("outcome unknown: no answer in time"),
            SubmitErrorKind::LostAfterSending => f.write_str("outcome unknown: the link was lost"),
        }
    }
}

impl std::error::Error for SubmitError {}

impl From<InvalidInput> for SubmitError {
    fn from(input: InvalidInput) -> Self {
        Self::new(SubmitErrorKind::InvalidMessage(input), None)
    }
}
