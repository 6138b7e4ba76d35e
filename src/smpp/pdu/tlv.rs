//! Optional parameters, kept as the octets that came: nothing is dropped because it is unknown or ill-sized.
//!
//! ```text
//! octets  field
//! 2       tag
//! 2       length of the value
//! n       value
//! ```

use std::fmt;

use crate::InvalidInput;

/// The optional parameters at the end of a PDU, raw.
///
/// Reading never fails: a parameter that claims more octets than there are ends the list, and what follows stays
/// in [`octets`](Self::octets).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tlvs {
    octets: Vec<u8>,
}

impl Tlvs {
    /// The message's text, where it is too long for `short_message`.
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    /// The id of the message a report is about.
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
    /// The state of the message a report is about.
    pub const MESSAGE_STATE: u16 = 0x0427;
    /// The version of the protocol the service speaks.
    pub const SC_INTERFACE_VERSION: u16 = 0x0210;

    /// An empty list.
    pub const fn new() -> Self {
        Self { octets: Vec::new() }
    }

    /// Takes the octets at the end of a PDU as they are.
    pub fn from_octets(octets: &[u8]) -> Self {
        Self { octets: octets.to_vec() }
    }

    /// Adds one parameter.
    ///
    /// # Errors
    ///
    /// When the value is longer than the 65,535 octets that its length field can tell.
    pub fn push(&mut self, tag: u16, value: &[u8]) -> Result<(), InvalidInput> {
        let length = u16::try_from(value.len())
            .map_err(|_| InvalidInput::new("optional parameter", "must be at most 65535 octets"))?;
        self.octets.extend_from_slice(&tag.to_be_bytes());
        self.octets.extend_from_slice(&length.to_be_bytes());
        self.octets.extend_from_slice(value);
        Ok(())
    }

    /// The parameters in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[u8])> {
        let mut rest = self.octets.as_slice();
        std::iter::from_fn(move || {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let [tag_high, tag_low, length_high, length_low] = *head;
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let value = tail.get(..length)?;
            rest = tail.get(length..)?;
            Some((u16::from_be_bytes([tag_high, tag_low]), value))
        })
    }

    /// The value of the first parameter with this tag.
    pub fn find(&self, tag: u16) -> Option<&[u8]> {
        self.iter().find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// Everything that stood behind the mandatory fields, readable as parameters or not.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }
}

/// Tags and lengths only: a value may hold a code.
impl fmt::Debug for Tlvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.iter().map(|(tag, value)| (format!("{tag:#06x}"), format!("{} octets", value.len()))),
            )
            .finish()
    }
}
