//! The recipients whose behaviour is fixed, as the vendor describes its own sandbox: one table, which the sandbox
//! and the SMPP server act by, and from which help, pages and documentation are made.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::InvalidInput;
use crate::api::types::{Channel, ErrorCode};

/// What becomes of messages to a recipient. In text: `delivered=2` (seconds), `code=123456`, `refused=5011`,
/// `failed=5012`, `silent`, `first-channel-fails`, `all-channels-fail`.
///
/// ```
/// use engagelab_otp::ErrorCode;
/// use engagelab_otp::sandbox::RecipientBehavior;
///
/// let behavior: RecipientBehavior = "failed=5018".parse()?;
/// assert_eq!(behavior, RecipientBehavior::Failed(ErrorCode::HandsetOff));
/// assert_eq!(behavior.to_string(), "failed=5018");
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecipientBehavior {
    /// The first channel delivers, so long after the send.
    Delivered {
        /// How long after the send.
        after: Duration,
    },
    /// The first channel delivers, and the code is this one, whatever the template says.
    Code(Cow<'static, str>),
    /// The send is refused with this error.
    Refused(ErrorCode),
    /// The send is accepted, and every channel fails with this error.
    Failed(ErrorCode),
    /// The send is accepted, and nothing is ever reported.
    Silent,
    /// The first channel fails, and the next one delivers.
    FirstChannelFails,
    /// Every channel fails, each with an error of its own.
    AllChannelsFail,
}

impl RecipientBehavior {
    /// How each is written.
    pub(crate) const FORMS: &'static [&'static str] = &[
        "delivered[=SECONDS]",
        "code=CODE",
        "refused=ERROR",
        "failed=ERROR",
        "silent",
        "first-channel-fails",
        "all-channels-fail",
    ];
}

impl Default for RecipientBehavior {
    fn default() -> Self {
        Self::Delivered { after: Duration::from_secs(1) }
    }
}

impl fmt::Display for RecipientBehavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered { after } => write!(f, "delivered={}", after.as_secs_f64()),
            Self::Code(code) => write!(f, "code={code}"),
            Self::Refused(error) => write!(f, "refused={error}"),
            Self::Failed(error) => write!(f, "failed={error}"),
            Self::Silent => f.write_str("silent"),
            Self::FirstChannelFails => f.write_str("first-channel-fails"),
            Self::AllChannelsFail => f.write_str("all-channels-fail"),
        }
    }
}

impl FromStr for RecipientBehavior {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let error = |value: &str| value.parse::<ErrorCode>().ok().filter(|code| code.value() > 0);
        let after = |value: &str| {
            let seconds = value.parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
            seconds.map(Duration::from_secs_f64)
        };
        let read = match (name, value) {
            ("delivered", None) => Some(Self::default()),
            ("delivered", Some(value)) => after(value).map(|after| Self::Delivered { after }),
            ("code", Some(value)) => {
                let code = crate::Code::new(value).ok().filter(|code| code.expose().len() <= LONGEST_CODE);
                code.map(|code| Self::Code(code.expose().to_owned().into()))
            }
            ("refused", Some(value)) => error(value).map(Self::Refused),
            ("failed", Some(value)) => error(value).map(Self::Failed),
            ("silent", None) => Some(Self::Silent),
            ("first-channel-fails", None) => Some(Self::FirstChannelFails),
            ("all-channels-fail", None) => Some(Self::AllChannelsFail),
            _ => None,
        };
        read.ok_or_else(|| {
            let (last, others) = Self::FORMS.split_last().unwrap_or((&"", &[]));
            InvalidInput::of("behavior", format!("must be {} or {last}", others.join(", ")))
        })
    }
}

/// The longest code that a recipient can be given, in octets: thousands of them are remembered.
const LONGEST_CODE: usize = 256;

/// A recipient whose behaviour is fixed.
#[derive(Debug)]
#[non_exhaustive]
pub struct TestRecipient {
    /// The phone number or e-mail address.
    pub address: &'static str,
    /// What becomes of messages to it, in words.
    pub explanation: &'static str,
    /// What becomes of messages to it.
    pub behavior: RecipientBehavior,
    /// The channels that the vendor's description names; they are tried for the templates that a new sandbox has.
    /// Templates of the user's own are tried by their own channels.
    pub channels: &'static [Channel],
}

impl TestRecipient {
    /// The entry of the table for an address.
    pub fn find(address: &str) -> Option<&'static Self> {
        TEST_RECIPIENTS.iter().find(|recipient| recipient.address == address)
    }
}

/// The error that a channel fails with when every channel is to.
pub(crate) fn channel_error(channel: &Channel) -> ErrorCode {
    match channel {
        Channel::Whatsapp => ErrorCode::NotRegistered,
        Channel::Voice => ErrorCode::HandsetOff,
        _ => ErrorCode::Unreachable,
    }
}

/// Makes the table, and its documentation of the same words.
macro_rules! test_recipients {
    ($($address:literal => $explanation:literal, $behavior:expr, $channels:expr;)*) => {
        /// The recipients whose behaviour is fixed. Messages to anybody else are delivered after a second.
        ///
        /// | recipient | what becomes of a message |
        /// |---|---|
        $(#[doc = concat!("| `", $address, "` | ", $explanation, " |")])*
        pub static TEST_RECIPIENTS: &[TestRecipient] = &[
            $(TestRecipient {
                address: $address,
                explanation: $explanation,
                behavior: $behavior,
                channels: $channels,
            },)*
        ];
    };
}

const fn delivered(seconds: u64) -> RecipientBehavior {
    RecipientBehavior::Delivered { after: Duration::from_secs(seconds) }
}

test_recipients! {
    "+10000000000" => "delivered after 2 s", delivered(2), &[];
    "+10000000010" => "delivered at once", delivered(0), &[];
    "+10000000005" => "delivered, and the code is 123456", RecipientBehavior::Code(Cow::Borrowed("123456")), &[];
    "sandbox@example.com" => "delivered by e-mail", delivered(1), &[];
    "+10000000001" => "refused: 5011, not a phone number",
        RecipientBehavior::Refused(ErrorCode::InvalidPhoneNumber), &[];
    "+10000000011" => "refused: 5013, on a block list", RecipientBehavior::Refused(ErrorCode::Blocked), &[];
    "+10000000012" => "refused: 5019, unsubscribed", RecipientBehavior::Refused(ErrorCode::Unsubscribed), &[];
    "+10000000099" => "refused: 3004, sent again too soon",
        RecipientBehavior::Refused(ErrorCode::ResentTooSoon), &[];
    "+10000000002" => "not delivered: 5012, unreachable", RecipientBehavior::Failed(ErrorCode::Unreachable), &[];
    "+10000000018" => "not delivered: 5018, handset off", RecipientBehavior::Failed(ErrorCode::HandsetOff), &[];
    "+10000000003" => "accepted, and nothing is ever reported", RecipientBehavior::Silent, &[];
    "+10000000004" => "the first channel (WhatsApp) fails, the next (SMS) delivers",
        RecipientBehavior::FirstChannelFails, &[Channel::Whatsapp, Channel::Sms];
    "+10000000014" => "every channel (WhatsApp, SMS, voice) fails",
        RecipientBehavior::AllChannelsFail, &[Channel::Whatsapp, Channel::Sms, Channel::Voice];
    "+10000000024" => "delivered by WhatsApp", delivered(1), &[Channel::Whatsapp];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_behavior_is_called_is_how_it_is_asked_for() {
        for recipient in TEST_RECIPIENTS {
            assert_eq!(recipient.behavior.to_string().parse(), Ok(recipient.behavior.clone()));
        }
        for text in ["", "gone", "delivered=-1", "delivered=NaN", "refused", "failed=x", "code=", "silent=1"]
        {
            assert!(text.parse::<RecipientBehavior>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_recipient_stands_in_the_table_once() {
        for recipient in TEST_RECIPIENTS {
            let same = TEST_RECIPIENTS.iter().filter(|other| other.address == recipient.address);
            assert_eq!(same.count(), 1, "{}", recipient.address);
        }
    }
}
