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
mod prices;
mod track;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use decimal::{Decimal, Money};
pub use observation::Observation;
use track::Track;

use crate::Strategy;
use crate::api::types::{Channel, ErrorCode, MessageId, MessageStatus};
use observation::normal;

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
    message_id: Box<str>,
    strategy: Option<Arc<Strategy>>,
    code_check: CodeCheck,
    /// By channel, in order: a message is tried on a few.
    tracks: Vec<Track>,
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
    /// This is the end: the code was verified, or will never be; or the message was delivered and carries none; or the
    /// last channel of the strategy has failed, and the service tries no other.
    ///
    /// A failure can be taken back, by a delivery that is reported late: what was delivered counts, whatever was said
    /// before. [`Observed::Revised`] tells of that. Nothing takes a delivery back.
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
    /// It said something new after the end, and where the message stands is another place now.
    Revised,
    /// All of it was known.
    Known,
    /// It is about another message, and was passed over.
    OtherMessage,
}

impl Lifecycle {
    /// A message that nothing was heard of.
    pub fn new(message_id: impl Into<MessageId>) -> Self {
        Self {
            message_id: message_id.into().0.into(),
            strategy: None,
            code_check: CodeCheck::Unknown,
            tracks: Vec::new(),
        }
    }

    /// Says which channels are tried: the strategy of the template.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Self {
        self.with_shared_strategy(Arc::new(strategy))
    }

    /// Says which channels are tried, by a strategy that many messages share, which saves its memory.
    #[must_use]
    pub fn with_shared_strategy(mut self, strategy: Arc<Strategy>) -> Self {
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
        if *observation.message_id.0 != *self.message_id {
            return Observed::OtherMessage;
        }
        let end = self.end();
        let place = self.tracks.binary_search_by(|track| track.channel.cmp(&observation.channel));
        let place = place.unwrap_or_else(|place| {
            // Vectors grow by doubling, and most messages have one track or two.
            self.tracks.reserve_exact(1);
            self.tracks.insert(place, Track::new(observation.channel.clone()));
            place
        });
        if !self.tracks[place].observe(observation) {
            Observed::Known
        } else if end.is_some() && end != self.end() {
            Observed::Revised
        } else {
            Observed::New
        }
    }

    /// Where the message stands, if nothing more can come.
    fn end(&self) -> Option<MessageStatus> {
        (self.finality() == Finality::Final).then(|| self.status().cloned()).flatten()
    }

    /// The message.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Where the message stands; `None` before anything was heard.
    ///
    /// Once it was delivered anywhere, that is what counts, and then what became of the code. Before that, it
    /// is what happens on the channel that is being tried.
    pub fn status(&self) -> Option<&MessageStatus> {
        self.standing().map(|standing| standing.track.standing())
    }

    /// The channel that [`status`](Lifecycle::status) is about, if it is known.
    pub fn channel(&self) -> Option<&Channel> {
        let standing = self.standing()?;
        // What became of a code may be said without a channel; the delivery then tells it.
        let delivered = || self.named().filter(|track| track.arrived()).max_by_key(|track| self.order(track));
        match standing.channel {
            Some(channel) => Some(channel),
            None if standing.track.arrived() => delivered()?.channel.as_ref(),
            None => None,
        }
    }

    /// Why it failed, if the message stands at a failure and the reason is known.
    pub fn error(&self) -> Option<ErrorCode> {
        let track = self.standing()?.track;
        if track.failed() { track.error() } else { None }
    }

    /// Whether anything more can come. (Rows about what is already past can always come; they do not change
    /// what is said here. What can change an end is said at [`Finality::Final`].)
    ///
    /// After a wrong code the answer is [`Open`](Finality::Open): the user can try again until the code's time
    /// is over.
    pub fn finality(&self) -> Finality {
        let Some(Standing { channel, track, doubtful }) = self.standing() else { return Finality::Open };
        let finality = match track.standing() {
            MessageStatus::Verified | MessageStatus::VerifiedTimeout => Finality::Final,
            MessageStatus::Delivered => match self.code_check {
                CodeCheck::ByService => Finality::Open,
                CodeCheck::Never => Finality::Final,
                CodeCheck::Unknown => Finality::Unknown,
            },
            _ if track.failed() => self.finality_of_failure(channel),
            _ => Finality::Open,
        };
        if doubtful && finality == Finality::Open { Finality::Unknown } else { finality }
    }

    fn finality_of_failure(&self, channel: Option<&Channel>) -> Finality {
        let Some(channels) = self.strategy.as_deref().map(Strategy::channels) else {
            return Finality::Unknown;
        };
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
        self.track(channel).map(Track::statuses).unwrap_or_default()
    }

    /// What the message cost, by currency: each channel counted once, however often the service names its
    /// price. Of several prices for the same channel in the same currency, the highest counts:
    /// [`price_ranges`](Lifecycle::price_ranges) has the others.
    ///
    /// A price that was named without a channel is taken for one of those that were named with one, and counts if it is
    /// higher than all of them together.
    pub fn costs(&self) -> Vec<Money> {
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for (currency, range) in self.named().flat_map(|track| track.prices.ranges()) {
            let sum = sums.entry(currency).or_default();
            *sum = *sum + range.highest;
        }
        for (currency, range) in self.track(None).into_iter().flat_map(|track| track.prices.ranges()) {
            let sum = sums.entry(currency).or_insert(range.highest);
            *sum = range.highest.max(*sum);
        }
        sums.into_iter().map(|(currency, sum)| Money::new(sum, currency)).collect()
    }

    /// What the message cost on one channel, by currency.
    pub fn costs_on(&self, channel: Option<&Channel>) -> Vec<Money> {
        let ranges = self.track(channel).into_iter().flat_map(|track| track.prices.ranges());
        ranges.map(|(currency, range)| Money::new(range.highest, currency)).collect()
    }

    /// Where several prices were named for the same channel in the same currency: the lowest and the highest of each. A
    /// lower one may be a refund, or a correction; the service does not say which, so it is not set off against the cost.
    pub fn price_ranges(&self) -> Vec<(Option<&Channel>, Money, Money)> {
        let ranges = |track: &Track| track.prices.ranges().into_iter();
        let all =
            self.tracks.iter().flat_map(|track| ranges(track).map(|range| (track.channel.as_ref(), range)));
        let differing = all.filter(|(_, (_, range))| range.lowest != range.highest);
        differing
            .map(|(channel, (currency, range))| {
                (channel, Money::new(range.lowest, currency.clone()), Money::new(range.highest, currency))
            })
            .collect()
    }

    fn track(&self, channel: Option<&Channel>) -> Option<&Track> {
        let channel = channel.cloned().and_then(normal);
        self.tracks.iter().find(|track| track.channel == channel)
    }

    fn named(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(|track| track.channel.is_some())
    }

    /// What tells where the message stands.
    fn standing(&self) -> Option<Standing<'_>> {
        let leading = self.tracks.iter().max_by_key(|track| self.order(track))?;
        let standing = |track, doubtful| Standing { channel: leading.channel.as_ref(), track, doubtful };
        let (Some(named), Some(unnamed)) =
            (self.named().max_by_key(|track| self.order(track)), self.track(None))
        else {
            return Some(standing(leading, false));
        };
        if !unnamed.failed() || named.arrived() {
            return Some(standing(leading, false));
        }
        // A failure without a channel is one of the channel that is being tried at the time.
        let later = unnamed.latest().zip(named.latest()).map(|(failed, tried)| failed.cmp(&tried));
        let channel = named.channel.as_ref();
        Some(match (named.failed(), later) {
            (_, Some(Ordering::Less)) | (true, Some(Ordering::Equal)) => {
                Standing { channel, track: named, doubtful: false }
            }
            (false, Some(_)) => Standing { channel, track: unnamed, doubtful: false },
            (true, Some(Ordering::Greater)) | (_, None) => Standing { channel, track: named, doubtful: true },
        })
    }

    /// What leads is greater. Times are whole seconds and may be missing, so that they come after the
    /// strategy, which is certain; and of two channels in the same second, the one that has not failed was
    /// begun later. The name comes last, to leave nothing to the order of arrival.
    fn order<'a>(&self, track: &'a Track) -> impl Ord + use<'a> {
        let channel = track.channel.as_ref();
        let place = channel.and_then(|channel| {
            self.strategy.as_ref()?.channels().iter().position(|listed| listed == channel)
        });
        let arrived = track.arrived().then(|| track.rank());
        (arrived, place, track.latest(), !track.failed(), track.rank(), channel)
    }
}

/// Where a message stands.
struct Standing<'a> {
    channel: Option<&'a Channel>,
    track: &'a Track,
    /// Whether a failure was reported of which nobody can say what it is about.
    doubtful: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_takes_at_most_300_octets_with_a_strategy_that_many_share() {
        let strategy: Arc<Strategy> = Arc::new("whatsapp|sms".parse().expect("a strategy"));
        let mut message = Lifecycle::new("1725407449772531712".to_owned()).with_shared_strategy(strategy);
        for (channel, price) in [(Channel::Whatsapp, "0.05"), (Channel::Sms, "0.0423")] {
            for status in [MessageStatus::Sent, MessageStatus::DeliveredFailed, MessageStatus::Delivered] {
                let price = Money::new(price.parse().expect("a price"), "USD");
                let observation = Observation::new("1725407449772531712".to_owned(), status);
                let observation = observation.on_channel(channel.clone()).at(1_791_763_207);
                message.observe(&observation.with_error(5018).with_cost(price));
            }
        }
        assert!(message.tracks.iter().all(|track| matches!(track.prices, prices::Prices::One(_))));
        let tracks = message.tracks.capacity() * size_of::<Track>();
        let octets = size_of::<Lifecycle>() + message.message_id.len() + tracks;
        assert!(octets <= 300, "{octets}");
    }
}
