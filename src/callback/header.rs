//! The header `X-CALLBACK-ID`, read strictly.
//!
//! The signature covers timestamp, nonce and user name written one after the other, with nothing between
//! them. What tells one reading from another is the form alone, and so the form is not negotiable here: a
//! timestamp has ten digits, and no part stands there twice.

use std::fmt;

/// The name of the header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-callback-id";

/// The longest header that is looked at, in bytes.
pub(crate) const MAX_HEADER: usize = 1024;

/// The longest nonce that is accepted, in bytes.
pub(crate) const MAX_NONCE: usize = 256;

/// The parts of the header. They are well formed, which does not make them true.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignedParts<'a> {
    /// The ten digits, as they were signed.
    pub(crate) timestamp: &'a str,
    pub(crate) seconds: u64,
    pub(crate) nonce: &'a str,
    pub(crate) user: &'a str,
    pub(crate) signature: [u8; 32],
}

impl<'a> SignedParts<'a> {
    pub(crate) fn parse(header: &'a str) -> Result<Self, SignatureHeaderError> {
        if header.len() > MAX_HEADER {
            return Err(SignatureHeaderError::TooLong);
        }
        // Spaces are allowed where they separate parts, and are caught inside of values.
        if !header.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            return Err(SignatureHeaderError::NotAscii);
        }
        let [mut timestamp, mut nonce, mut user, mut signature] = [None; 4];
        for part in header.split(';') {
            let part = part.trim_start_matches([' ', '\t']);
            if part.is_empty() {
                continue;
            }
            let (name, value) = part.split_once('=').ok_or(SignatureHeaderError::NoValue)?;
            let (name, slot) = match name {
                "timestamp" => ("timestamp", &mut timestamp),
                "nonce" => ("nonce", &mut nonce),
                "username" => ("username", &mut user),
                "signature" => ("signature", &mut signature),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(SignatureHeaderError::Repeated(name));
            }
        }
        let timestamp = timestamp.ok_or(SignatureHeaderError::Missing("timestamp"))?;
        let nonce = nonce.ok_or(SignatureHeaderError::Missing("nonce"))?;
        let user = user.ok_or(SignatureHeaderError::Missing("username"))?;
        let signature = signature.ok_or(SignatureHeaderError::Missing("signature"))?;
        if !is_nonce(nonce) {
            return Err(SignatureHeaderError::Nonce);
        }
        if user.is_empty() {
            return Err(SignatureHeaderError::Missing("username"));
        }
        Ok(Self {
            timestamp,
            seconds: ten_digits(timestamp).ok_or(SignatureHeaderError::Timestamp)?,
            nonce,
            user,
            signature: from_hex(signature).ok_or(SignatureHeaderError::Signature)?,
        })
    }
}

/// What is wrong with the form of a signature header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureHeaderError {
    /// It is longer than 1,024 bytes.
    TooLong,
    /// It holds other characters than those of printable ASCII.
    NotAscii,
    /// A part has no `=`.
    NoValue,
    /// This part, or the whole header, stands there more than once.
    Repeated(&'static str),
    /// This part is not there, or is empty.
    Missing(&'static str),
    /// The timestamp is not ten digits.
    Timestamp,
    /// The nonce is empty, longer than 256 bytes, or holds spaces.
    Nonce,
    /// The signature is not 64 hexadecimal digits.
    Signature,
}

impl fmt::Display for SignatureHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("longer than 1024 bytes"),
            Self::NotAscii => f.write_str("not printable ASCII"),
            Self::NoValue => f.write_str("a part without a value"),
            Self::Repeated(what) => write!(f, "{what} stands there more than once"),
            Self::Missing(what) => write!(f, "{what} is missing"),
            Self::Timestamp => f.write_str("the timestamp is not ten digits"),
            Self::Nonce => f.write_str("the nonce is empty, too long or holds spaces"),
            Self::Signature => f.write_str("the signature is not 64 hexadecimal digits"),
        }
    }
}

/// Whether this can stand in a header as a nonce.
pub(crate) fn is_nonce(nonce: &str) -> bool {
    (1..=MAX_NONCE).contains(&nonce.len())
        && nonce.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';')
}

/// A number of exactly ten ASCII digits. With any other width, digits could wander between timestamp and
/// nonce, and one captured signature would be good for several headers.
fn ten_digits(text: &str) -> Option<u64> {
    let digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "00000000000000000000000000000000000000000000000000000000000000fF";

    fn parse(head: &str) -> Result<(u64, String, String, u8), SignatureHeaderError> {
        let header = format!("{head};signature={SIGNATURE}");
        SignedParts::parse(&header)
            .map(|parts| (parts.seconds, parts.nonce.to_owned(), parts.user.to_owned(), parts.signature[31]))
    }

    #[test]
    fn parts_come_in_any_order_and_unknown_ones_are_passed_over() {
        let expected = Ok((1_791_763_200, "n=1".to_owned(), "shop".to_owned(), 255));
        assert_eq!(parse("timestamp=1791763200;nonce=n=1;username=shop"), expected);
        assert_eq!(parse("username=shop; v=2;;nonce=n=1;\ttimestamp=1791763200"), expected);
    }

    #[test]
    fn a_timestamp_has_ten_digits_and_nothing_else() {
        for timestamp in
            ["", "179176320", "17917632000", "1791763200000", "18446744073709551616", "+179176320"]
                .into_iter()
                .chain([
                    "-179176320",
                    " 1791763200",
                    "1791763200 ",
                    "179176 200",
                    "0x91763200",
                    "179176320.",
                    "1e90000000",
                ])
        {
            let found = parse(&format!("timestamp={timestamp};nonce=n;username=shop"));
            assert_eq!(found, Err(SignatureHeaderError::Timestamp), "{timestamp:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_refused() {
        let cases = [
            ("nonce=n;username=shop", SignatureHeaderError::Missing("timestamp")),
            ("timestamp=1791763200;username=shop", SignatureHeaderError::Missing("nonce")),
            ("timestamp=1791763200;nonce=n", SignatureHeaderError::Missing("username")),
            ("timestamp=1791763200;nonce=n;username=", SignatureHeaderError::Missing("username")),
            ("timestamp=1791763200;nonce=;username=shop", SignatureHeaderError::Nonce),
            ("timestamp=1791763200;nonce=a b;username=shop", SignatureHeaderError::Nonce),
            ("timestamp=1791763200;nonce=a;b;username=shop", SignatureHeaderError::NoValue),
            ("timestamp=1791763200;nonce=a;nonce=a;username=shop", SignatureHeaderError::Repeated("nonce")),
            ("timestamp=1791763200;nonce=ä;username=shop", SignatureHeaderError::NotAscii),
            ("timestamp=1791763200;nonce=a\r\n;username=shop", SignatureHeaderError::NotAscii),
        ];
        for (head, defect) in cases {
            assert_eq!(parse(head), Err(defect), "{head:?}");
        }
        let long = format!("timestamp=1791763200;nonce={};username=shop", "n".repeat(MAX_NONCE + 1));
        assert_eq!(parse(&long), Err(SignatureHeaderError::Nonce));
        assert_eq!(parse(&"x=1;".repeat(250_000)), Err(SignatureHeaderError::TooLong));
    }

    #[test]
    fn a_signature_is_64_hexadecimal_digits() {
        let head = "timestamp=1791763200;nonce=n;username=shop;signature=";
        for signature in ["", "ff", &SIGNATURE[1..], &SIGNATURE.replace('f', "g"), &format!("{SIGNATURE}0")] {
            let found = SignedParts::parse(&format!("{head}{signature}")).err();
            assert_eq!(found, Some(SignatureHeaderError::Signature), "{signature:?}");
        }
    }
}
