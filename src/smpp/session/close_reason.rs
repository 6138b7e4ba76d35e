//! Why a session ended.

use std::fmt;

use crate::InvalidInput;
use crate::smpp::pdu::Status;

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
    BindRefused(Status),
    BindUnanswered,
    PeerUnbound,
    Unbound,
    UnbindUnanswered,
    LinkSilent,
    PeerDoesNotRead,
    OutOfStep(InvalidInput),
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BindRefused(status) => write!(f, "the bind was refused with {status}"),
            Self::BindUnanswered => f.write_str("the bind was not answered in time"),
            Self::PeerUnbound => f.write_str("the service unbound"),
            Self::Unbound => f.write_str("unbound as asked"),
            Self::UnbindUnanswered => f.write_str("the unbind was not answered in time"),
            Self::LinkSilent => f.write_str("enquire_link was not answered in time"),
            Self::PeerDoesNotRead => f.write_str("the service does not read what is sent to it"),
            Self::OutOfStep(error) => write!(f, "the stream is out of step: {error}"),
        }
    }
}
