//! Who gets a message.

use std::fmt;
use std::str::FromStr;

use crate::InvalidInput;
use crate::api::types::RecipientAddress;

/// A phone number in international form, or an e-mail address. `Debug` and `Display` show only enough of it
/// to tell two apart.
///
/// ```
/// use engagelab_otp::Recipient;
///
/// let phone: Recipient = "+6591234567".parse()?;
/// assert_eq!(phone.as_str(), "+6591234567");
/// assert_eq!(phone.to_string(), "+65…67");
/// assert!("6591234567".parse::<Recipient>().is_err());
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
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
            return refuse("a phone number begins with `+` and the country code");
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse("after the `+`, a phone number has digits only: no letters, spaces or dashes");
        }
        if !(7..=15).contains(&digits.len()) {
            return refuse("a phone number has 7 to 15 digits, country code included (E.164)");
        }
        if digits.starts_with('0') {
            return refuse("a country code does not begin with 0");
        }
        Ok(Self(number.to_owned()))
    }

    /// An e-mail address.
    ///
    /// # Errors
    ///
    /// If it is not of the form `name@domain.tld`, holds white space, or is longer than 254 characters.
    pub fn email(address: &str) -> Result<Self, InvalidInput> {
        let refuse = |rule| Err(InvalidInput::new(FIELD, rule));
        if address.chars().count() > 254 {
            return refuse("an e-mail address has at most 254 characters");
        }
        if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("an e-mail address holds no white space and no control characters");
        }
        match address.split_once('@') {
            Some((local, domain))
                if !local.is_empty()
                    && !domain.contains('@')
                    && domain.contains('.')
                    && domain.split('.').all(|label| !label.is_empty()) =>
            {
                Ok(Self(address.to_owned()))
            }
            _ => refuse("an e-mail address is `name@domain.tld`"),
        }
    }

    /// The whole address. Keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an e-mail address; else it is a phone number.
    pub fn is_email(&self) -> bool {
        self.0.contains('@')
    }

    pub(crate) fn to_wire(&self) -> RecipientAddress {
        self.0.as_str().into()
    }
}

/// With an `@` it is read as an e-mail address, else as a phone number.
impl FromStr for Recipient {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        if text.contains('@') { Self::email(text) } else { Self::phone(text) }
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
