//! What callbacks and reports say of messages, whichever process they come to.

use super::admission::{Guard, Inner};
use super::message::LIFE;
use super::octets::{Reader, write_number, write_octets, write_option};
use super::pepper::{Digests, Kind};
#[cfg(feature = "callback")]
use super::registry::MAX_MESSAGE_ID;
use super::store::{MAX_RECORD, Store, StoreError};
use crate::api::types::{Channel, ErrorCode, MessageId, MessageStatus};
use crate::lifecycle::{Lifecycle, Money, Observation, Observed};

impl Guard {
    /// Takes in what a callback says of a message: which of the sends it is whose answers were lost, that its code was
    /// verified, what it cost, and where it stands. It can be said more than once, in any order, to any process that shares
    /// the store. Other events are passed over.
    ///
    /// # Errors
    ///
    /// If the store cannot say. Answer the callback with 503 then: it comes again.
    #[cfg(feature = "callback")]
    pub fn observe(&self, event: &crate::callback::Event) -> Result<(), StoreError> {
        let Some(observation) = event.observation() else { return Ok(()) };
        if let Some(named) = NamedSend::of(event) {
            let registry = self.0.pepper.registry(&named.to, &named.template);
            self.0.seen(&registry, &named.message, named.sent)?;
        }
        self.observe_message(&observation)
    }

    /// Takes in what was said of a message otherwise than by a callback: by an SMPP report, as
    /// `DeliveryReport::observation` gives it.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn observe_message(&self, observation: &Observation) -> Result<(), StoreError> {
        let message = observation.message_id();
        let costs = self.0.add(observation)?.costs();
        if let [cost] = &*costs {
            self.cost(message, cost)?;
        }
        if *observation.status() == MessageStatus::Verified {
            self.verified(message)?;
        }
        Ok(())
    }

    /// What was said of a message within the last day, to any process that shares the store.
    ///
    /// # Errors
    ///
    /// If the store cannot say.
    pub fn lifecycle(&self, message: &MessageId) -> Result<Option<Lifecycle>, StoreError> {
        for key in self.0.message(message).keys(Kind::Lifecycle) {
            if let Some(record) = self.0.store.read(key)? {
                return Ok(read(message, &record.value));
            }
        }
        Ok(None)
    }
}

/// What a callback tells a send by whose answer was lost.
#[cfg(feature = "callback")]
pub(crate) struct NamedSend {
    pub(crate) message: MessageId,
    pub(crate) to: crate::Recipient,
    pub(crate) template: crate::TemplateId,
    /// When it was sent, in seconds since 1970.
    pub(crate) sent: u64,
}

#[cfg(feature = "callback")]
impl NamedSend {
    /// None if the callback does not name all of it, or names a message as no receipt could, or at a length that no id has.
    pub(crate) fn of(event: &crate::callback::Event) -> Option<Self> {
        let (observation, report) = (event.observation()?, event.status()?);
        observation
            .message_id()
            .check()
            .ok()
            .filter(|()| observation.message_id().len() <= MAX_MESSAGE_ID)?;
        Some(Self {
            message: observation.message_id().clone(),
            to: event.expose_to()?.parse().ok()?,
            template: crate::TemplateId::new(report.template_key()?).ok()?,
            sent: u64::try_from(report.msg_time()?).ok()?,
        })
    }
}

impl Inner {
    /// Adds an observation to those that are remembered, unless it says nothing new.
    fn add(&self, observation: &Observation) -> Result<Lifecycle, StoreError> {
        let message = observation.message_id();
        let digests: Digests = self.message(message);
        for _ in 0..ATTEMPTS {
            let mut found = None;
            for key in digests.keys(Kind::Lifecycle) {
                if let Some(record) = self.store.read(key)? {
                    found = Some((key, record));
                    break;
                }
            }
            let (key, version, mut octets) = match found {
                Some((key, record)) => (key, Some(record.version), record.value),
                None => (digests.key(Kind::Lifecycle, 0), None, vec![FORM]),
            };
            let mut lifecycle = read(message, &octets).unwrap_or_else(|| {
                octets = vec![FORM];
                Lifecycle::new(message.clone())
            });
            // A few dozen are all that a message comes to; thousands are nobody's.
            if lifecycle.observe(observation) == Observed::Known || octets.len() > MOST_OCTETS {
                return Ok(lifecycle);
            }
            write(&mut octets, observation);
            // Nothing that the service says is as long, and it would come again if it were refused.
            if octets.len() > MAX_RECORD {
                return Ok(lifecycle);
            }
            if self.store.swap(key, version, self.ids.version(), Some(&octets), LIFE)? {
                return Ok(lifecycle);
            }
        }
        Err(StoreError::Unavailable("a record was changed by others again and again".into()))
    }
}

fn read(message: &MessageId, octets: &[u8]) -> Option<Lifecycle> {
    let mut reader = Reader(octets);
    if reader.octet()? != FORM {
        return None;
    }
    let mut lifecycle = Lifecycle::new(message.clone());
    while !reader.0.is_empty() {
        let mut observation = Observation::new(message.clone(), MessageStatus::from(&*reader.text()?));
        if let Some(channel) = reader.option(Reader::text)? {
            observation = observation.on_channel(Channel::from(&*channel));
        }
        if let Some(seconds) = reader.option(Reader::number)? {
            observation = observation.at(seconds.cast_signed());
        }
        if let Some(error) = reader.option(Reader::number)? {
            observation = observation.with_error(error.cast_signed());
        }
        if let Some((amount, currency)) = reader.option(|reader| Some((reader.text()?, reader.text()?)))? {
            observation = observation.with_cost(Money::new(amount.parse().ok()?, currency));
        }
        lifecycle.observe(&observation);
    }
    Some(lifecycle)
}

fn write(octets: &mut Vec<u8>, observation: &Observation) {
    write_octets(octets, observation.status().as_str().as_bytes());
    write_option(octets, observation.channel(), |octets, channel| {
        write_octets(octets, channel.as_str().as_bytes());
    });
    write_option(octets, observation.seconds(), |octets, seconds| {
        write_number(octets, seconds.cast_unsigned());
    });
    write_option(octets, observation.error().map(ErrorCode::value), |octets, error| {
        write_number(octets, error.cast_unsigned());
    });
    write_option(octets, observation.cost(), |octets, cost| {
        write_octets(octets, cost.amount().to_string().as_bytes());
        write_octets(octets, cost.currency().as_bytes());
    });
}

const FORM: u8 = 1;
const ATTEMPTS: usize = 64;
const MOST_OCTETS: usize = 8 << 10;
