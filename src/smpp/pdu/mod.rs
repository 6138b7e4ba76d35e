//! The wire format: PDUs as octets, and octets as PDUs.
//!
//! Nothing here knows of sockets, sessions or time. Reading is tolerant: unknown commands, statuses and optional
//! parameters survive, and answers may lack their body. Writing is strict: a field that breaks the standard is an error
//! naming it.
//!
//! ```
//! use engagelab_otp::smpp::pdu::{Body, Pdu, Status};
//!
//! let mut octets = Vec::new();
//! Pdu { status: Status::OK, sequence: 7, body: Body::EnquireLink }.encode(&mut octets)?;
//! assert_eq!(octets, [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7]);
//! assert_eq!(Pdu::decode(&octets)?.body, Body::EnquireLink);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bind;
mod command;
mod field;
mod frame;
mod short_message;
mod status;
mod tlv;

pub use bind::Bind;
pub use command::Command;
pub use frame::{FrameAndRest, HEADER_LENGTH, Header, MAXIMUM_LENGTH, split_frame};
pub use short_message::{Address, ShortMessage};
pub use status::Status;
pub use tlv::Tlvs;

pub(crate) use field::latin1;
pub(crate) use frame::Deframer;
pub(crate) use short_message::masked;

use crate::InvalidInput;
use field::{Fields, write_text};

/// One protocol data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// How the request went; zero in requests.
    pub status: Status,
    /// The number that ties an answer to its request: 1 to 0x7FFFFFFF in requests.
    pub sequence: u32,
    /// What the PDU says.
    pub body: Body,
}

/// What a PDU says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Opens a session.
    BindTransceiver(Bind),
    /// Answers a bind: `system_id` closed by a zero, then optional parameters. No body where the status is an error.
    BindTransceiverResp {
        /// The name of the service's system.
        system_id: String,
        /// Optional parameters, such as the version spoken.
        tlvs: Tlvs,
    },
    /// Hands a message to the service.
    SubmitSm(ShortMessage),
    /// Answers a submission: `message_id` closed by a zero, then optional parameters. No body where the status is an error.
    SubmitSmResp {
        /// The id under which the service reports on the message.
        message_id: String,
        /// Optional parameters.
        tlvs: Tlvs,
    },
    /// Hands a message or a report to the client.
    DeliverSm(ShortMessage),
    /// Answers a delivery: an empty `message_id`, that is one zero.
    DeliverSmResp,
    /// Asks whether the other end is there. No body.
    EnquireLink,
    /// Answers that it is. No body.
    EnquireLinkResp,
    /// Ends the session. No body.
    Unbind,
    /// Answers that it has ended. No body.
    UnbindResp,
    /// Says that a PDU was not understood. No body.
    GenericNack,
    /// A command that this crate does not speak, with its body as it came.
    Other {
        /// The command.
        command: Command,
        /// The body, raw.
        octets: Vec<u8>,
    },
}

impl Pdu {
    /// Reads one whole frame, as [`split_frame`] cuts it.
    ///
    /// # Errors
    ///
    /// When a request's fields end too early. Answers are read with whatever they bring.
    pub fn decode(frame: &[u8]) -> Result<Self, InvalidInput> {
        let header = Header::read(frame).ok_or(InvalidInput::new("header", "must be 16 octets"))?;
        let body = frame.get(HEADER_LENGTH..).unwrap_or_default();
        Ok(Self { status: header.status, sequence: header.sequence, body: Body::read(header.command, body)? })
    }

    /// Appends the PDU to `out`.
    ///
    /// # Errors
    ///
    /// When a field breaks the standard. `out` is then as it was.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), InvalidInput> {
        let command = self.body.command();
        let sequence_rule = InvalidInput::new("sequence_number", "must be 1 to 0x7fffffff in requests");
        if !command.is_response() && !(1..=MAXIMUM_SEQUENCE).contains(&self.sequence) {
            return Err(sequence_rule);
        }
        let start = out.len();
        out.extend_from_slice(&[0; HEADER_LENGTH]);
        let written = self.body.write(self.status, out).and_then(|()| {
            let is_short = out.len() - start <= MAXIMUM_LENGTH;
            InvalidInput::unless(is_short, "command_length", "must be at most 131072 octets")
        });
        if written.is_err() {
            out.truncate(start);
            return written;
        }
        let header = Header { command, status: self.status, sequence: self.sequence };
        header.write_over(out.get_mut(start..).unwrap_or_default());
        Ok(())
    }
}

impl Body {
    /// The command this body belongs to.
    pub const fn command(&self) -> Command {
        match self {
            Self::BindTransceiver(_) => Command::BIND_TRANSCEIVER,
            Self::BindTransceiverResp { .. } => Command::BIND_TRANSCEIVER_RESP,
            Self::SubmitSm(_) => Command::SUBMIT_SM,
            Self::SubmitSmResp { .. } => Command::SUBMIT_SM_RESP,
            Self::DeliverSm(_) => Command::DELIVER_SM,
            Self::DeliverSmResp => Command::DELIVER_SM_RESP,
            Self::EnquireLink => Command::ENQUIRE_LINK,
            Self::EnquireLinkResp => Command::ENQUIRE_LINK_RESP,
            Self::Unbind => Command::UNBIND,
            Self::UnbindResp => Command::UNBIND_RESP,
            Self::GenericNack => Command::GENERIC_NACK,
            Self::Other { command, .. } => *command,
        }
    }

    fn read(command: Command, body: &[u8]) -> Result<Self, InvalidInput> {
        Ok(match command {
            Command::BIND_TRANSCEIVER => Self::BindTransceiver(Bind::read(body)?),
            Command::SUBMIT_SM => Self::SubmitSm(ShortMessage::read(body)?),
            Command::DELIVER_SM => Self::DeliverSm(ShortMessage::read(body)?),
            Command::BIND_TRANSCEIVER_RESP => {
                let (system_id, tlvs) = read_name(body);
                Self::BindTransceiverResp { system_id, tlvs }
            }
            Command::SUBMIT_SM_RESP => {
                let (message_id, tlvs) = read_name(body);
                Self::SubmitSmResp { message_id, tlvs }
            }
            Command::DELIVER_SM_RESP => Self::DeliverSmResp,
            Command::ENQUIRE_LINK => Self::EnquireLink,
            Command::ENQUIRE_LINK_RESP => Self::EnquireLinkResp,
            Command::UNBIND => Self::Unbind,
            Command::UNBIND_RESP => Self::UnbindResp,
            Command::GENERIC_NACK => Self::GenericNack,
            _ => Self::Other { command, octets: body.to_vec() },
        })
    }

    fn write(&self, status: Status, out: &mut Vec<u8>) -> Result<(), InvalidInput> {
        match self {
            Self::BindTransceiver(bind) => bind.write(out),
            Self::SubmitSm(message) | Self::DeliverSm(message) => message.write(out),
            Self::BindTransceiverResp { .. } | Self::SubmitSmResp { .. } if !status.is_ok() => Ok(()),
            Self::BindTransceiverResp { system_id, tlvs } => {
                write_text(out, "system_id", system_id, 15, "must be at most 15 characters")?;
                out.extend_from_slice(tlvs.octets());
                Ok(())
            }
            Self::SubmitSmResp { message_id, tlvs } => {
                write_text(out, "message_id", message_id, 64, "must be at most 64 characters")?;
                out.extend_from_slice(tlvs.octets());
                Ok(())
            }
            Self::DeliverSmResp => {
                out.push(0);
                Ok(())
            }
            Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::Unbind
            | Self::UnbindResp
            | Self::GenericNack => Ok(()),
            Self::Other { octets, .. } => {
                out.extend_from_slice(octets);
                Ok(())
            }
        }
    }
}

/// The highest sequence number; after it comes one.
pub(crate) const MAXIMUM_SEQUENCE: u32 = 0x7FFF_FFFF;

fn read_name(body: &[u8]) -> (String, Tlvs) {
    let mut fields = Fields::new(body);
    let name = fields.lenient_text();
    (name, Tlvs::from_octets(fields.rest()))
}
