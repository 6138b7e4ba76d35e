//! The order in which channels are tried.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::InvalidInput;
use crate::api::types::{Channel, ChannelStrategy};

/// The channels to try, in order of fallback: each a channel that the service is known to have, each once.
///
/// ```
/// use engagelab_otp::{Channel, Strategy};
///
/// let strategy: Strategy = "whatsapp|sms".parse()?;
/// assert_eq!(strategy.channels(), [Channel::Whatsapp, Channel::Sms]);
/// assert!("sms|sms".parse::<Strategy>().is_err());
/// assert!("sms|email".parse::<Strategy>().is_err());
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Strategy(Vec<Channel>);

impl Strategy {
    /// These channels, in this order.
    ///
    /// # Errors
    ///
    /// If there is none, one is not known, one stands there twice, or email is combined with another.
    pub fn new(channels: impl IntoIterator<Item = Channel>) -> Result<Self, InvalidInput> {
        let channels: Vec<Channel> = channels.into_iter().collect();
        let check = |kept, rule: &'static str| InvalidInput::unless(kept, "send_channel_strategy", rule);
        check(!channels.is_empty(), "must have at least one channel")?;
        let known = channels.iter().all(|channel| !matches!(channel, Channel::Other(_)));
        check(known, "must be of the channels whatsapp, sms, email and voice, joined by `|`")?;
        let once = (1..channels.len()).all(|index| !channels[..index].contains(&channels[index]));
        check(once, "must have each channel once")?;
        let alone = channels.len() == 1 || !channels.contains(&Channel::Email);
        check(alone, "must have email alone, which cannot be combined with other channels")?;
        Ok(Self(channels))
    }

    /// The channels, in order.
    pub fn channels(&self) -> &[Channel] {
        &self.0
    }

    /// Whether this channel is one of them.
    pub fn contains(&self, channel: &Channel) -> bool {
        self.0.contains(channel)
    }
}

/// Channels joined by `|`.
impl FromStr for Strategy {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::new(text.split('|').map(Channel::from))
    }
}

impl TryFrom<String> for Strategy {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        text.parse()
    }
}

impl Serialize for Strategy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&Strategy> for ChannelStrategy {
    fn from(strategy: &Strategy) -> Self {
        Self(strategy.to_string())
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, channel) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("|")?;
            }
            f.write_str(channel.as_str())?;
        }
        Ok(())
    }
}
