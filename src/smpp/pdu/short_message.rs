//! The body that `submit_sm` and `deliver_sm` share.

use std::fmt;

use super::Tlvs;
use super::field::{Fields, latin1, write_text};
use crate::InvalidInput;

/// A message on its way to a phone, or a message or report on its way to the client.
///
/// ```text
/// octets  field
/// 1..6    service_type, closed by a zero
/// 1       source_addr_ton          1  source_addr_npi        1..21  source_addr, closed by a zero
/// 1       dest_addr_ton            1  dest_addr_npi          1..21  destination_addr, closed by a zero
/// 1       esm_class                1  protocol_id            1      priority_flag
/// 1|17    schedule_delivery_time, closed by a zero
/// 1|17    validity_period, closed by a zero
/// 1       registered_delivery      1  replace_if_present     1      data_coding
/// 1       sm_default_msg_id        1  sm_length              0..254 short_message
/// n       optional parameters
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// Which service the message uses, at most five characters.
    pub service_type: String,
    /// Where the message comes from. The OTP service leaves it empty.
    pub source: Address,
    /// Where the message goes. In a report: the recipient of the message reported on.
    pub destination: Address,
    /// Mode and kind of the message. The OTP service sends reports with zero here.
    pub esm_class: u8,
    /// Protocol of the network; zero.
    pub protocol_id: u8,
    /// Priority; zero.
    pub priority_flag: u8,
    /// When to deliver; empty is at once.
    pub schedule_delivery_time: String,
    /// Until when to try; empty leaves it to the service.
    pub validity_period: String,
    /// One asks for a delivery report.
    pub registered_delivery: u8,
    /// Whether an earlier message is replaced; zero.
    pub replace_if_present: u8,
    /// How the text is written; see [`Coding`](crate::smpp::Coding).
    pub data_coding: u8,
    /// A message stored at the service; zero.
    pub sm_default_msg_id: u8,
    /// The text, up to 254 octets. Longer ones travel as [`Tlvs::MESSAGE_PAYLOAD`].
    pub short_message: Vec<u8>,
    /// Optional parameters, as they came.
    pub tlvs: Tlvs,
}

/// An address with its type of number and numbering plan.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// Type of number, such as [`INTERNATIONAL`](Self::INTERNATIONAL).
    pub ton: u8,
    /// Numbering plan, such as [`ISDN`](Self::ISDN).
    pub npi: u8,
    /// The address itself, at most twenty characters.
    pub number: String,
}

impl ShortMessage {
    /// The text's octets, wherever they travel.
    pub fn text_octets(&self) -> &[u8] {
        match self.tlvs.find(Tlvs::MESSAGE_PAYLOAD) {
            Some(payload) if self.short_message.is_empty() => payload,
            _ => &self.short_message,
        }
    }

    pub(super) fn read(body: &[u8]) -> Result<Self, InvalidInput> {
        let mut fields = Fields::new(body);
        let mut message = Self {
            service_type: fields.text("service_type")?,
            source: Address::read(&mut fields, ["source_addr_ton", "source_addr_npi", "source_addr"])?,
            destination: Address::read(&mut fields, ["dest_addr_ton", "dest_addr_npi", "destination_addr"])?,
            esm_class: fields.octet("esm_class")?,
            protocol_id: fields.octet("protocol_id")?,
            priority_flag: fields.octet("priority_flag")?,
            schedule_delivery_time: fields.text("schedule_delivery_time")?,
            validity_period: fields.text("validity_period")?,
            registered_delivery: fields.octet("registered_delivery")?,
            replace_if_present: fields.octet("replace_if_present")?,
            data_coding: fields.octet("data_coding")?,
            sm_default_msg_id: fields.octet("sm_default_msg_id")?,
            ..Self::default()
        };
        let length = usize::from(fields.octet("sm_length")?);
        message.short_message = fields.octets("short_message", length)?.to_vec();
        message.tlvs = Tlvs::from_octets(fields.rest());
        Ok(message)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), InvalidInput> {
        write_text(out, "service_type", &self.service_type, 5, "must be at most 5 characters")?;
        self.source.write(out, "source_addr")?;
        self.destination.write(out, "destination_addr")?;
        out.extend_from_slice(&[self.esm_class, self.protocol_id, self.priority_flag]);
        write_time(out, "schedule_delivery_time", &self.schedule_delivery_time)?;
        write_time(out, "validity_period", &self.validity_period)?;
        out.extend_from_slice(&[
            self.registered_delivery,
            self.replace_if_present,
            self.data_coding,
            self.sm_default_msg_id,
        ]);
        let length = u8::try_from(self.short_message.len()).ok().filter(|length| *length <= 254);
        out.push(length.ok_or(InvalidInput::new("short_message", "must be at most 254 octets"))?);
        out.extend_from_slice(&self.short_message);
        if !self.short_message.is_empty() && self.tlvs.find(Tlvs::MESSAGE_PAYLOAD).is_some() {
            return Err(InvalidInput::new(
                "short_message",
                "must be empty where message_payload carries the text",
            ));
        }
        out.extend_from_slice(self.tlvs.octets());
        Ok(())
    }
}

impl Address {
    /// `ton` of a number that begins with its country code.
    pub const INTERNATIONAL: u8 = 1;
    /// `npi` of the numbers of telephones.
    pub const ISDN: u8 = 1;

    fn read(fields: &mut Fields<'_>, names: [&'static str; 3]) -> Result<Self, InvalidInput> {
        Ok(Self {
            ton: fields.octet(names[0])?,
            npi: fields.octet(names[1])?,
            number: fields.text(names[2])?,
        })
    }

    fn write(&self, out: &mut Vec<u8>, field: &'static str) -> Result<(), InvalidInput> {
        out.extend_from_slice(&[self.ton, self.npi]);
        write_text(out, field, &self.number, 20, "must be at most 20 characters")
    }
}

fn write_time(out: &mut Vec<u8>, field: &'static str, value: &str) -> Result<(), InvalidInput> {
    let rule = "must be empty, or 16 characters";
    if !matches!(value.len(), 0 | 16) {
        return Err(InvalidInput::new(field, rule));
    }
    write_text(out, field, value, 16, rule)
}

/// A text may hold a code and an address is a phone number: neither is shown.
impl fmt::Debug for ShortMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortMessage")
            .field("service_type", &self.service_type)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("registered_delivery", &self.registered_delivery)
            .field("data_coding", &self.data_coding)
            .field("short_message", &format_args!("{} octets", self.short_message.len()))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

/// The last two digits at most.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.number))
    }
}

/// A number as it may be logged: `…65`.
pub(crate) fn masked(number: &str) -> String {
    let digits = latin1(number.as_bytes());
    match digits.char_indices().rev().nth(1) {
        Some((at, _)) if digits.len() > 4 => format!("…{}", &digits[at..]),
        _ => "…".to_owned(),
    }
}
