//! Who gets a message.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidInput;
use crate::api::limits::RECIPIENT_ADDRESS_LENGTH;
use crate::api::types::RecipientAddress;

/// A phone number in international form, or an e-mail address. `Debug` and `Display` show only enough of it
/// to tell two apart. Serialised, it is whole: a queue of messages to send needs it.
///
/// ```
/// use engagelab_otp::Recipient;
///
/// let phone: Recipient = "+6591234567".parse()?;
/// assert_eq!(phone.expose(), "+6591234567");
/// assert_eq!(phone.to_string(), "+65…67");
/// assert!("6591234567".parse::<Recipient>().is_err());
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Recipient(String);

impl Recipient {
    /// A phone number: `+`, then 7 to 15 digits that begin with the country code.
    ///
    /// # Errors
    ///
    /// If the number breaks that rule. Spaces and dashes break it too: remove them first.
    pub fn phone(number: &str) -> Result<Self, InvalidInput> {
        let refuse = |rule| Err(InvalidInput::new(FIELD, rule));
        let Some(digits) = number.strip_prefix('+') else {
            return refuse("must begin with `+` and the country code");
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse("must be digits only after the `+`: no letters, spaces or dashes");
        }
        if !PHONE_DIGITS.contains(&digits.len()) {
            return refuse("must have 7 to 15 digits, country code included (E.164)");
        }
        if digits.starts_with('0') {
            return refuse("must have a country code that does not begin with 0");
        }
        Ok(Self(number.to_owned()))
    }

    /// An e-mail address.
    ///
    /// # Errors
    ///
    /// If it is not of the form `name@domain.tld`, is too long, or holds what a mail program could take for more than
    /// this one address: white space, commas, angle brackets, a query, characters that are not seen.
    pub fn email(address: &str) -> Result<Self, InvalidInput> {
        let refuse = |rule| Err(InvalidInput::new(FIELD, rule));
        InvalidInput::unless_of(RECIPIENT_ADDRESS_LENGTH.contains_length(address), FIELD, || {
            format!("must be {}", RECIPIENT_ADDRESS_LENGTH.characters())
        })?;
        if !address.chars().all(stands_in_an_address) {
            return refuse(
                "must be one plain e-mail address: no white space, no invisible characters, no full-width forms, none of `,;:<>()[]\"\\?&`",
            );
        }
        match address.split_once('@') {
            Some((local, domain)) if !local.is_empty() && is_domain(domain) => Ok(Self(address.to_owned())),
            _ => refuse("must be an e-mail address like `name@domain.tld`"),
        }
    }

    /// The whole address. Keep it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is an e-mail address; else it is a phone number.
    pub fn is_email(&self) -> bool {
        self.0.contains('@')
    }
}

/// With an `@` it is read as an e-mail address, else as a phone number.
impl FromStr for Recipient {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        if text.contains('@') {
            return Self::email(text);
        }
        InvalidInput::unless(
            text.starts_with('+'),
            FIELD,
            "must begin with `+` and the country code, or be an e-mail address",
        )?;
        Self::phone(text)
    }
}

impl TryFrom<String> for Recipient {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        text.parse()
    }
}

impl TryFrom<&RecipientAddress> for Recipient {
    type Error = InvalidInput;

    fn try_from(address: &RecipientAddress) -> Result<Self, InvalidInput> {
        address.expose().parse()
    }
}

impl From<&Recipient> for RecipientAddress {
    fn from(recipient: &Recipient) -> Self {
        recipient.0.as_str().into()
    }
}

/// Shows the ends of a phone number, or the first letter and the domain of an e-mail address.
impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((local, domain)) = self.0.split_once('@') {
            let first = local.chars().next().unwrap_or_default();
            write!(f, "{first}…@{domain}")
        } else {
            // ASCII, and at least 8 long: the slices are in bounds.
            write!(f, "{}…{}", &self.0[..3], &self.0[self.0.len() - 2..])
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

const FIELD: &str = "to";

/// How many digits a phone number has, country code included (E.164). The document says it in the pattern of
/// `RecipientAddress`, and a test holds both together.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Whether a character can stand in an address without a second meaning: in a list of addresses, in the form
/// `Name <address>`, in a `mailto:` URL, or to an eye that does not see it.
fn stands_in_an_address(c: char) -> bool {
    let second_meaning =
        matches!(c, ',' | ';' | ':' | '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\\' | '?' | '&');
    !(second_meaning || c.is_whitespace() || c.is_control() || is_invisible(c) || is_other_form(c))
}

/// Full-width, small and other forms, and the full stops of other scripts. Programs that normalise an address (NFKC, as
/// names of domains are) read them as the ASCII characters, which end the address, or make it another: `․` is a dot then,
/// and so is a part of `⒈`.
fn is_other_form(c: char) -> bool {
    matches!(
        c,
        '\u{37E}'
            | '\u{2024}'..='\u{2026}'
            | '\u{2047}'..='\u{2049}'
            | '\u{207D}'..='\u{207E}'
            | '\u{208D}'..='\u{208E}'
            | '\u{2474}'..='\u{24B5}'
            | '\u{2A74}'
            | '\u{3002}'
            | '\u{3200}'..='\u{3243}'
            | '\u{33C2}'
            | '\u{33C7}'
            | '\u{33D8}'
            | '\u{FE10}'..='\u{FE19}'
            | '\u{FE30}'..='\u{FE48}'
            | '\u{FE50}'..='\u{FE6F}'
            | '\u{FF01}'..='\u{FF61}'
            | '\u{FFE0}'..='\u{FFE6}'
            | '\u{1F100}'..='\u{1F10A}'
            | '\u{1F110}'..='\u{1F129}'
    )
}

/// Characters that are not seen, or that change the order in which others are seen: those of Unicode's properties
/// `Default_Ignorable_Code_Point` and `Bidi_Control`.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Labels of letters, digits and dashes, in any script, and at least two of them.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
    };
    domain.contains('.') && domain.split('.').all(label)
}
