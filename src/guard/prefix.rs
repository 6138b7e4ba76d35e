//! Dial prefixes: the beginning of phone numbers, by which they are allowed, counted and priced.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::{InvalidInput, Recipient};

/// The beginning of phone numbers: `+`, the country code, and perhaps more digits: `+65`, `+1876`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialPrefix(Box<str>);

impl DialPrefix {
    /// The prefix as it is written, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DialPrefix {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let fits = (1..=MOST_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        // A whole number must not be one: prefixes are shown, and stand in the store as they are.
        let rule = "must be `+` and 1 to 6 digits, the first of them not 0";
        InvalidInput::unless(fits, "prefix", rule)?;
        Ok(Self(text.into()))
    }
}

impl fmt::Display for DialPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DialPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DialPrefix({self})")
    }
}

/// Something that holds for prefixes, each for all numbers that begin with it but those that begin with a longer one.
#[derive(Clone, Debug)]
pub(super) struct ByPrefix<T> {
    all: BTreeMap<DialPrefix, T>,
    /// Which lengths there are, a bit for each.
    lengths: u8,
}

impl<T> Default for ByPrefix<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), lengths: 0 }
    }
}

impl<T> ByPrefix<T> {
    pub(super) fn insert(&mut self, prefix: DialPrefix, what: T) {
        self.lengths |= 1 << prefix.as_str().len();
        self.all.insert(prefix, what);
    }

    pub(super) fn prefixes(&self) -> impl Iterator<Item = &DialPrefix> {
        self.all.keys()
    }

    #[cfg(feature = "metrics")]
    pub(super) fn names(&self, prefix: &str) -> bool {
        self.all.contains_key(prefix)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.all.values()
    }

    /// What holds for the longest prefix of this text that there is.
    pub(super) fn longest(&self, text: &str) -> Option<(&str, &T)> {
        let longest = text.len().min(MOST_DIGITS + 1);
        (2..=longest).rev().filter(|length| self.lengths & (1 << length) != 0).find_map(|length| {
            let (prefix, what) = self.all.get_key_value(text.get(..length)?)?;
            Some((prefix.as_str(), what))
        })
    }
}

impl std::borrow::Borrow<str> for DialPrefix {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a recipient counts for: the longest of the prefixes that were named, else the country code; all e-mail addresses
/// together.
pub(super) fn counted<'a>(named: &'a ByPrefix<()>, to: &'a Recipient) -> &'a str {
    if to.is_email() {
        return EMAIL;
    }
    let number = to.expose();
    named.longest(number).map_or_else(|| country_code(number), |(prefix, ())| prefix)
}

/// The country code that a number begins with, and its `+`, as the ITU assigns them (E.164): of one digit in zones 1 and
/// 7, of two where the table says so, else of three.
fn country_code(number: &str) -> &str {
    let digits = number.as_bytes().get(1..3).unwrap_or_default();
    let length = match digits {
        [b'1' | b'7', _] => 1,
        [b'2', b'0' | b'7']
        | [b'3', b'0'..=b'4' | b'6' | b'9']
        | [b'4', b'0' | b'1' | b'3'..=b'9']
        | [b'5', b'1'..=b'8']
        | [b'6', b'0'..=b'6']
        | [b'8', b'1' | b'2' | b'4' | b'6']
        | [b'9', b'0'..=b'5' | b'8'] => 2,
        _ => 3,
    };
    number.get(..=length).unwrap_or(number)
}

/// What stands for a prefix where the recipient has none.
pub(super) const EMAIL: &str = "email";

/// With more, a prefix could be a whole number.
const MOST_DIGITS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_counts_and_else_the_country_code() {
        let mut named = ByPrefix::default();
        for prefix in ["+1876", "+65", "+659"] {
            named.insert(prefix.parse().expect("a prefix"), ());
        }
        for (number, expected) in [
            ("+18765551234", "+1876"),
            ("+12025551234", "+1"),
            ("+6591234567", "+659"),
            ("+6581234567", "+65"),
            ("+8613812345678", "+86"),
            ("+85291234567", "+852"),
            ("+79161234567", "+7"),
            ("+447700900123", "+44"),
            ("+4230123456", "+423"),
            ("+971501234567", "+971"),
            ("+385912345678", "+385"),
            ("+10000000", "+1"),
            ("user@example.com", "email"),
        ] {
            assert_eq!(counted(&named, &number.parse().expect("a recipient")), expected, "{number}");
        }
    }

    #[test]
    fn nonsense_is_no_prefix() {
        for text in ["", "+", "65", "+0", "+6a", "+65 ", "+1234567", "+６５", "++65", "+-1"] {
            assert!(text.parse::<DialPrefix>().is_err(), "{text:?}");
        }
    }
}
