//! The order in which channels are tried.

use std::fmt;
use std::str::FromStr;

use crate::InvalidInput;
use crate::api::types::Channel;

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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
        check(!channels.is_empty(), "a strategy has at least one channel")?;
        let known = channels.iter().all(|channel| !matches!(channel, Channel::Other(_)));
        check(known, "the channels are whatsapp, sms, email and voice")?;
        let once = (1..channels.len()).all(|index| !channels[..index].contains(&channels[index]));
        check(once, "each channel stands there once")?;
        let alone = channels.len() == 1 || !channels.contains(&Channel::Email);
        check(alone, "email cannot be combined with other channels")?;
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
