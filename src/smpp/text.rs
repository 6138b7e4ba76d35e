//! Texts as octets: UTF-16 by default, ASCII where it is asked for.

use std::borrow::Cow;

use super::pdu::latin1;
use crate::InvalidInput;

/// How a message's text is written into octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// `data_coding` 0x08: two octets a character, and `{}` arrive as they are. The service recommends it.
    #[default]
    Ucs2,
    /// `data_coding` 0x00, "the default alphabet of the service", ASCII only. Half the size; but where the other end
    /// takes it for the alphabet of GSM 03.38, `{`, `}`, `"` and others turn into other letters.
    ServiceDefault,
}

impl Coding {
    /// The number in `data_coding`.
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Ucs2 => 0x08,
            Self::ServiceDefault => 0x00,
        }
    }

    pub(crate) fn encode(self, text: &str) -> Result<Vec<u8>, InvalidInput> {
        match self {
            Self::Ucs2 => {
                let mut octets = Vec::with_capacity(text.len() * 2);
                text.encode_utf16().for_each(|unit| octets.extend_from_slice(&unit.to_be_bytes()));
                Ok(octets)
            }
            Self::ServiceDefault if text.is_ascii() => Ok(text.as_bytes().to_vec()),
            Self::ServiceDefault => {
                Err(InvalidInput::new("text", "ASCII where the service's default alphabet is chosen"))
            }
        }
    }
}

/// Reads a text by its `data_coding`; what cannot be read becomes U+FFFD, never an error.
pub(crate) fn decode(octets: &[u8], data_coding: u8) -> Cow<'_, str> {
    if data_coding != Coding::Ucs2.data_coding() {
        return match std::str::from_utf8(octets) {
            Ok(text) if octets.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(latin1(octets)),
        };
    }
    let units = octets.chunks(2).map(|pair| match *pair {
        [high, low] => u16::from_be_bytes([high, low]),
        // Half a character at the end.
        _ => 0xFFFD,
    });
    Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
