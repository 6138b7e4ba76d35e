//! The kinds of PDU, as the number in their header. Numbers without a name here survive as themselves.

use std::fmt;

/// The `command_id` of a PDU: what it asks for, or what it answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Command(pub u32);

impl Command {
    /// Answer to a PDU that could not be understood.
    pub const GENERIC_NACK: Self = Self(0x8000_0000);
    /// Hands a message to the service.
    pub const SUBMIT_SM: Self = Self(0x0000_0004);
    /// Answer to [`SUBMIT_SM`](Self::SUBMIT_SM).
    pub const SUBMIT_SM_RESP: Self = Self(0x8000_0004);
    /// Hands a message or a delivery report to the client.
    pub const DELIVER_SM: Self = Self(0x0000_0005);
    /// Answer to [`DELIVER_SM`](Self::DELIVER_SM).
    pub const DELIVER_SM_RESP: Self = Self(0x8000_0005);
    /// Ends a session in good order.
    pub const UNBIND: Self = Self(0x0000_0006);
    /// Answer to [`UNBIND`](Self::UNBIND).
    pub const UNBIND_RESP: Self = Self(0x8000_0006);
    /// Opens a session that sends and receives.
    pub const BIND_TRANSCEIVER: Self = Self(0x0000_0009);
    /// Answer to [`BIND_TRANSCEIVER`](Self::BIND_TRANSCEIVER).
    pub const BIND_TRANSCEIVER_RESP: Self = Self(0x8000_0009);
    /// Asks whether the other end is still there.
    pub const ENQUIRE_LINK: Self = Self(0x0000_0015);
    /// Answer to [`ENQUIRE_LINK`](Self::ENQUIRE_LINK).
    pub const ENQUIRE_LINK_RESP: Self = Self(0x8000_0015);

    /// Whether this is an answer. Answers are never answered, not even with a `generic_nack`.
    pub const fn is_response(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }

    /// The standard's name of this command, if this crate speaks it.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::GENERIC_NACK => "generic_nack",
            Self::SUBMIT_SM => "submit_sm",
            Self::SUBMIT_SM_RESP => "submit_sm_resp",
            Self::DELIVER_SM => "deliver_sm",
            Self::DELIVER_SM_RESP => "deliver_sm_resp",
            Self::UNBIND => "unbind",
            Self::UNBIND_RESP => "unbind_resp",
            Self::BIND_TRANSCEIVER => "bind_transceiver",
            Self::BIND_TRANSCEIVER_RESP => "bind_transceiver_resp",
            Self::ENQUIRE_LINK => "enquire_link",
            Self::ENQUIRE_LINK_RESP => "enquire_link_resp",
            _ => return None,
        })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command {:#010x}", self.0),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
