//! What becomes of a message: where it stands, on which channel, what it cost, and whether more can come.
//!
//! A [`Lifecycle`] is fed with [`Observation`]s and stores nothing, so that rows can come late, twice and in any
//! order: what it says depends on which observations it has seen, and on nothing else. To bring one back after
//! a restart, feed it the same observations again.
//!
//! ```text
//!             one channel                                    the next channel of the strategy
//!  plan ─▶ target_valid ─▶ sent ─▶ delivered_failed ────────▶ plan ─▶ …
//!    │                      │                           ▲
//!    ├─▶ target_invalid ────┼───────────────────────────┤
//!    └─▶ sent_failed ───────┼───────────────────────────┘
//!                           ▼
//!                       delivered ─▶ verified_failed ─▶ verified
//!                           │             └───────────▶ verified_timeout
//!                           └─▶ verified, or verified_timeout
//! ```

mod decimal;
mod observation;
mod track;

use std::collections::BTreeMap;

pub use decimal::{Decimal, Money};
pub use observation::Observation;
use track::Track;

use crate::Strategy;
use crate::api::types::{Channel, ErrorCode, MessageId, MessageStatus};
use decimal::Amounts;

/// The life of one message.
///
/// ```
/// use engagelab_otp::lifecycle::{Finality, Lifecycle, Observation};
/// use engagelab_otp::{Channel, api::types::MessageStatus};
///
/// let failed = Observation::new("17".to_owned(), MessageStatus::DeliveredFailed).on_channel(Channel::Whatsapp);
///
/// let mut message = Lifecycle::new("17".to_owned());
/// message.observe(&failed);
/// assert_eq!(message.finality(), Finality::Unknown); // nobody said what else is tried
///
/// let mut message = Lifecycle::new("17".to_owned()).with_strategy("whatsapp|sms".parse()?);
/// message.observe(&failed);
/// assert_eq!(message.finality(), Finality::Open); // SMS follows
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    message_id: MessageId,
    strategy: Option<Strategy>,
    code_check: CodeCheck,
    /// What is not said to be about a channel stands under `None`.
    tracks: BTreeMap<Option<Channel>, Track>,
}

/// Whether the service will be asked to verify a code of the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CodeCheck {
    /// Nobody said.
    #[default]
    Unknown,
    /// The service made the code, and is asked whether it is right.
    ByService,
    /// The message carries no code, or one that the service is never asked about.
    Never,
}

/// Whether anything more can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finality {
    /// More can come.
    Open,
    /// This is the end.
    Final,
    /// That depends on what is not known: the strategy after a failure, or whether the service verifies the
    /// code after a delivery.
    Unknown,
}

/// What an observation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// It said something new.
    New,
    /// All of it was known.
    Known,
    /// It is about another message, and was passed over.
    OtherMessage,
}

impl Lifecycle {
    /// A message that nothing was heard of.
    pub fn new(message_id: impl Into<MessageId>) -> Self {
        Self {
            message_id: message_id.into(),
            strategy: None,
            code_check: CodeCheck::Unknown,
            tracks: BTreeMap::new(),
        }
    }

    /// Says which channels are tried: the strategy of the template.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// Says whether the service will be asked to verify a code of this message.
    #[must_use]
    pub fn with_code_check(mut self, code_check: CodeCheck) -> Self {
        self.code_check = code_check;
        self
    }

    /// Takes in what was said.
    pub fn observe(&mut self, observation: &Observation) -> Observed {
        if observation.message_id != self.message_id {
            return Observed::OtherMessage;
        }
        let track = self.tracks.entry(observation.channel.clone()).or_default();
        if track.observe(observation) { Observed::New } else { Observed::Known }
    }

    /// The message.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// Where the message stands; `None` before anything was heard.
    ///
    /// Once it was delivered anywhere, that is what counts, and then what became of the code. Before that, it
    /// is what happens on the channel that is being tried.
    pub fn status(&self) -> Option<&MessageStatus> {
        self.leading().map(|(_, track)| track.standing())
    }

    /// The channel that [`status`](Lifecycle::status) is about, if it is known.
    pub fn channel(&self) -> Option<&Channel> {
        let (channel, track) = self.leading()?;
        // What became of a code may be said without a channel; the delivery then tells it.
        let delivered = || {
            let named = self.tracks.iter().filter(|(channel, _)| channel.is_some());
            let arrived = named.filter(|(_, track)| track.arrived());
            arrived.max_by_key(|(channel, track)| self.order(channel.as_ref(), track))
        };
        match channel {
            Some(channel) => Some(channel),
            None if track.arrived() => delivered()?.0.as_ref(),
            None => None,
        }
    }

    /// Why it failed, if the message stands at a failure and the reason is known.
    pub fn error(&self) -> Option<ErrorCode> {
        let (_, track) = self.leading()?;
        if track.failed() { track.error() } else { None }
    }

    /// Whether anything more can come. (Rows about what is already past can always come; they do not change
    /// what is said here.)
    ///
    /// After a wrong code the answer is [`Open`](Finality::Open): the user can try again until the code's time
    /// is over.
    pub fn finality(&self) -> Finality {
        let Some((channel, track)) = self.leading() else { return Finality::Open };
        match track.standing() {
            MessageStatus::Verified | MessageStatus::VerifiedTimeout => Finality::Final,
            MessageStatus::Delivered => match self.code_check {
                CodeCheck::ByService => Finality::Open,
                CodeCheck::Never => Finality::Final,
                CodeCheck::Unknown => Finality::Unknown,
            },
            _ if track.failed() => self.finality_of_failure(channel),
            _ => Finality::Open,
        }
    }

    fn finality_of_failure(&self, channel: Option<&Channel>) -> Finality {
        let Some(channels) = self.strategy.as_ref().map(Strategy::channels) else { return Finality::Unknown };
        match (channel, channels) {
            (Some(channel), [.., last]) if channel == last => Finality::Final,
            (Some(channel), _) if channels.contains(channel) => Finality::Open,
            (None, [_]) => Finality::Final,
            _ => Finality::Unknown,
        }
    }

    /// What was said about one channel, in the order of the service's list: each status once. Statuses that
    /// this version does not know come first.
    pub fn statuses_on(&self, channel: Option<&Channel>) -> Vec<&MessageStatus> {
        self.tracks.get(&channel.cloned()).map(Track::statuses).unwrap_or_default()
    }

    /// What the message cost, by currency: each channel counted once, however often the service names its
    /// price. Of several prices for the same channel in the same currency, the highest counts.
    pub fn costs(&self) -> Vec<Money> {
        let mut sums = Amounts::new();
        for (currency, &amount) in self.tracks.values().flat_map(Track::costs) {
            let sum = sums.entry(currency.clone()).or_default();
            *sum = *sum + amount;
        }
        sums.into_iter().map(|(currency, sum)| Money::new(sum, currency)).collect()
    }

    /// What the message cost on one channel, by currency.
    pub fn costs_on(&self, channel: Option<&Channel>) -> Vec<Money> {
        let track = self.tracks.get(&channel.cloned());
        track.into_iter().flat_map(Track::costs).map(|(currency, &cost)| Money::new(cost, currency)).collect()
    }

    /// The channel that tells where the message stands.
    fn leading(&self) -> Option<(Option<&Channel>, &Track)> {
        let tracks = self.tracks.iter().map(|(channel, track)| (channel.as_ref(), track));
        tracks.max_by_key(|(channel, track)| self.order(*channel, track))
    }

    /// What leads is greater. Times are whole seconds and may be missing, so that they come after the
    /// strategy, which is certain; and of two channels in the same second, the one that has not failed was
    /// begun later. The name comes last, to leave nothing to the order of arrival.
    fn order<'a>(&self, channel: Option<&'a Channel>, track: &Track) -> impl Ord + use<'a> {
        let place = channel.and_then(|channel| {
            self.strategy.as_ref()?.channels().iter().position(|listed| listed == channel)
        });
        let arrived = track.arrived().then(|| track.rank());
        (arrived, place, track.latest(), !track.failed(), track.rank(), channel)
    }
}
