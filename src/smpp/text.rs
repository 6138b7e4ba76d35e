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
            Self::Ucs2 if text.is_ascii() => {
                let mut octets = vec![0; text.len() * 2];
                octets.chunks_exact_mut(2).zip(text.bytes()).for_each(|(unit, octet)| unit[1] = octet);
                Ok(octets)
            }
            Self::Ucs2 => {
                let mut octets = Vec::with_capacity(text.len() * 2);
                text.encode_utf16().for_each(|unit| octets.extend_from_slice(&unit.to_be_bytes()));
                Ok(octets)
            }
            Self::ServiceDefault if text.is_ascii() => Ok(text.as_bytes().to_vec()),
            Self::ServiceDefault => {
                Err(InvalidInput::new("text", "must be ASCII where the service's default alphabet is chosen"))
            }
        }
    }
}

/// Reads a text by its `data_coding`; what cannot be read becomes U+FFFD, never an error.
pub(crate) fn decode(octets: &[u8], data_coding: u8) -> Cow<'_, str> {
    if data_coding == Coding::ServiceDefault.data_coding() && octets.contains(&gsm::ESCAPE) {
        return Cow::Owned(gsm::decode(octets));
    }
    if data_coding != Coding::Ucs2.data_coding() {
        return match std::str::from_utf8(octets) {
            Ok(text) if octets.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(latin1(octets)),
        };
    }
    Cow::Owned(match octets {
        // Some senders mark the order of octets, and may then use the other one.
        [0xFF, 0xFE, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xFE, 0xFF, text @ ..] | text => {
            ascii_of_ucs2(text).unwrap_or_else(|| utf16(text, u16::from_be_bytes))
        }
    })
}

fn utf16(octets: &[u8], unit: impl Fn([u8; 2]) -> u16) -> String {
    let units = octets.chunks(2).map(|pair| match *pair {
        [first, second] => unit([first, second]),
        // Half a character at the end.
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Most texts are ASCII, whatever they are written in.
fn ascii_of_ucs2(octets: &[u8]) -> Option<String> {
    let (units, []) = octets.as_chunks::<2>() else { return None };
    let all = units.iter().fold(0, |all, unit| all | u16::from_ne_bytes(*unit));
    let low = || units.iter().map(|[_, low]| *low).collect();
    if u16::from_be(all) < 0x80 { String::from_utf8(low()).ok() } else { None }
}

/// The default alphabet of GSM 03.38, one character an octet.
///
/// "The default alphabet of the service" is ASCII for some senders and this for others. A text with braces tells which
/// it is: here they are written with an escape, which no text in ASCII holds.
mod gsm {
    pub(super) const ESCAPE: u8 = 0x1B;

    pub(super) fn decode(octets: &[u8]) -> String {
        let mut octets = octets.iter().copied();
        std::iter::from_fn(|| {
            let octet = octets.next()?;
            Some(if octet == ESCAPE { octets.next().map_or(UNREADABLE, extension) } else { basic(octet) })
        })
        .collect()
    }

    fn basic(octet: u8) -> char {
        BASIC.chars().nth(usize::from(octet)).unwrap_or(UNREADABLE)
    }

    fn extension(octet: u8) -> char {
        match octet {
            0x0A => '\u{0C}',
            0x14 => '^',
            0x28 => '{',
            0x29 => '}',
            0x2F => '\\',
            0x3C => '[',
            0x3D => '~',
            0x3E => ']',
            0x40 => '|',
            0x65 => '€',
            // The standard has receivers show the basic character where they do not know the extension.
            other => basic(other),
        }
    }

    const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

    /// The 128 characters in order; that of the escape never shows.
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

    #[test]
    fn the_alphabet_has_its_size() {
        assert_eq!(BASIC.chars().count(), 128);
        assert_eq!((basic(0x11), basic(0x40), basic(0x61), basic(0x7F)), ('_', '¡', 'a', 'à'));
    }
}
