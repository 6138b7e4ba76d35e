//! The status in a PDU's header: names, and what to do about them. Unknown numbers survive as themselves.

use std::fmt;

/// The `command_status` of an answer. Zero is success.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(pub u32);

/// One row of the table below: constant, number, name on the wire, what to do.
macro_rules! statuses {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal, $advice:literal;)*) => {
        impl Status {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*

            /// The standard's name of this status, if it is one of those listed here.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }

            /// What the sender can do about it.
            pub const fn advice(self) -> &'static str {
                match self.0 {
                    $($number => $advice,)*
                    _ => "ask the service what this status means",
                }
            }
        }
    };
}

statuses! {
    /// Success.
    OK = 0x00, "ESME_ROK", "nothing to do";
    /// A length inside the message is wrong.
    INVALID_MESSAGE_LENGTH = 0x01, "ESME_RINVMSGLEN", "correct the message";
    /// The PDU's own length is wrong.
    INVALID_COMMAND_LENGTH = 0x02, "ESME_RINVCMDLEN", "the two ends disagree on the protocol; report a defect";
    /// The command is not known or not allowed.
    INVALID_COMMAND = 0x03, "ESME_RINVCMDID", "the service does not take this command";
    /// The command is not allowed before or after the bind.
    INVALID_BIND_STATE = 0x04, "ESME_RINVBNDSTS", "bind first";
    /// The session is already bound.
    ALREADY_BOUND = 0x05, "ESME_RALYBND", "use the session that is bound";
    /// An internal error of the service.
    SYSTEM_ERROR = 0x08, "ESME_RSYSERR", "try again later";
    /// The destination address is wrong.
    INVALID_DESTINATION = 0x0B, "ESME_RINVDSTADR", "correct the recipient";
    /// The bind failed.
    BIND_FAILED = 0x0D, "ESME_RBINDFAIL", "check the credentials and the address the connection comes from";
    /// The password is wrong.
    INVALID_PASSWORD = 0x0E, "ESME_RINVPASWD", "check the password";
    /// The system id is wrong.
    INVALID_SYSTEM_ID = 0x0F, "ESME_RINVSYSID", "check the system id";
    /// The queue at the other end is full.
    QUEUE_FULL = 0x14, "ESME_RMSGQFUL", "send more slowly; the sender pauses by itself";
    /// A parameter does not meet the requirements.
    INVALID_PARAMETER = 0x32, "ESME_RINVPARAM", "correct the parameters";
    /// Sending failed; the service documents the template as the usual reason.
    SUBMIT_FAILED = 0x45, "ESME_RSUBMITFAIL", "check the template and its channels";
    /// The text of the message is not in the format the service reads.
    INVALID_CONTENT = 0x55, "ESME_RINVNUMMSGS", "check the text and its data coding";
    /// Too many messages in too short a time.
    THROTTLED = 0x58, "ESME_RTHROTTLED", "send more slowly; the sender pauses by itself";
    /// The receiver cannot take the message now.
    RECEIVER_TEMPORARY = 0x64, "ESME_RX_T_APPN", "deliver it again later";
    /// The receiver will never take the message.
    RECEIVER_PERMANENT = 0x65, "ESME_RX_P_APPN", "do not deliver it again";
    /// An error the service could not name.
    UNKNOWN_ERROR = 0xFF, "ESME_RUNKNOWNERR", "ask the service, naming the recipient and the time";
}

impl Status {
    /// Whether the status means success.
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether the status, in answer to a bind, says that these credentials will not do.
    pub const fn refuses_login(self) -> bool {
        matches!(self, Self::INVALID_PASSWORD | Self::INVALID_SYSTEM_ID | Self::BIND_FAILED)
    }

    /// Whether the status asks the whole sender to slow down.
    pub const fn asks_to_slow_down(self) -> bool {
        matches!(self, Self::THROTTLED | Self::QUEUE_FULL)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#04x})", self.0),
            None => write!(f, "status {:#010x}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
