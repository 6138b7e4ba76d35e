//! A request whose headers were checked, and whose body is still to be read.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::delivery::{AddressCheck, Batch, Delivery};
use super::error::ReceiveError;
use super::policy::{Policy, Signed};
use super::read;
use super::sign::unix_seconds;

/// The headers of a request, checked before its body is read, so that nobody can make a server hold a megabyte without
/// a signature. Made by [`Receiver::check`](super::Receiver::check).
///
/// It borrows nothing, so that it can be kept while the body comes in, and moved to another thread.
#[must_use = "a callback is taken by reading its body"]
pub struct CheckedHeaders {
    policy: Arc<Policy>,
    trust: Result<Option<Signed>, ReceiveError>,
    content_length: Option<u64>,
    /// Counts the request, also where its body is not read.
    #[cfg(feature = "metrics")]
    count: Option<crate::metrics::CallbackCount>,
}

impl CheckedHeaders {
    /// A body of this size, whoever sends it, is no address check.
    pub const ADDRESS_CHECK_LIMIT: usize = 64;

    pub(super) fn new(
        policy: Arc<Policy>,
        trust: Result<Option<Signed>, ReceiveError>,
        content_length: Option<u64>,
    ) -> Self {
        let trust = trust.and_then(|trust| match content_length {
            Some(length) if usize::try_from(length).map_or(true, |length| length > policy.limits.bytes) => {
                Err(ReceiveError::BodyTooLarge { limit: policy.limits.bytes })
            }
            _ => Ok(trust),
        });
        #[cfg(feature = "metrics")]
        let count = trust.as_ref().map_or_else(ReceiveError::name, |_| "body_not_read");
        Self {
            policy,
            trust,
            content_length,
            #[cfg(feature = "metrics")]
            count: Some(crate::metrics::CallbackCount(count)),
        }
    }

    /// How many octets of the body to read at most; what is beyond them need not be read. [`read`](CheckedHeaders::read)
    /// refuses a body that is as long as this.
    ///
    /// Without a valid header these are [64](CheckedHeaders::ADDRESS_CHECK_LIMIT): enough to recognise an address check,
    /// which may be unsigned.
    pub fn bytes_to_read(&self) -> usize {
        match self.trust {
            Ok(_) => self.policy.limits.bytes.saturating_add(1),
            Err(_) => Self::ADDRESS_CHECK_LIMIT,
        }
    }

    /// Why the request is refused whatever its body is, if that is certain by now: answer, and read nothing.
    pub fn refusal(&self) -> Option<&ReceiveError> {
        let may_be_check = self.content_length.is_none_or(|length| length < Self::ADDRESS_CHECK_LIMIT as u64);
        self.trust.as_ref().err().filter(|_| !may_be_check)
    }

    /// Takes the body, by the system's clock; see [`read_at`](CheckedHeaders::read_at).
    ///
    /// # Errors
    ///
    /// As [`read_at`](CheckedHeaders::read_at).
    pub fn read(self, body: &[u8]) -> Result<Delivery, ReceiveError> {
        self.read_at(body, SystemTime::now())
    }

    /// Takes the body: the bytes as they came, before anything has parsed them. `now` is the time of day at which it was
    /// there.
    ///
    /// The signature is bound to the body once the body is known to be whole and readable, and not before: a body that was
    /// cut on its way must not stand in the way of the whole one.
    ///
    /// The rule for the **address check**, which the service makes when the address is saved in its console: a body of
    /// less than [64 octets](CheckedHeaders::ADDRESS_CHECK_LIMIT) that is empty, or an object without members, is one,
    /// whoever sends it and however it is signed. It is answered with 200, since it cannot carry an event, and the service
    /// does not say whether it signs it. Nothing is concluded from it.
    ///
    /// # Errors
    ///
    /// If the request is not to be trusted, was cut, is being handled elsewhere, or cannot be read. Single rows
    /// that cannot be read are no error: they stand in [`Batch::unreadable`].
    #[cfg_attr(not(feature = "metrics"), allow(unused_mut))]
    pub fn read_at(mut self, body: &[u8], now: SystemTime) -> Result<Delivery, ReceiveError> {
        #[cfg(feature = "metrics")]
        let count = self.count.take();
        let result = self.judge(body, now);
        #[cfg(feature = "metrics")]
        if let Some(mut count) = count {
            count.0 = match &result {
                Ok(Delivery::Events(_)) => "events",
                Ok(Delivery::AddressCheck(_)) => "address_check",
                Ok(Delivery::Duplicate) => "duplicate",
                Err(refusal) => refusal.name(),
            };
        }
        result
    }

    fn judge(self, body: &[u8], now: SystemTime) -> Result<Delivery, ReceiveError> {
        let now = unix_seconds(now);
        let is_whole = self.content_length.is_none_or(|length| length == body.len() as u64);
        let is_check = is_whole && body.len() < Self::ADDRESS_CHECK_LIMIT && read::is_address_check(body);
        let signed = match self.trust {
            Ok(signed) => signed,
            Err(refusal) if is_check => {
                return Ok(Delivery::AddressCheck(AddressCheck::new(Some(refusal), None)));
            }
            Err(refusal) => return Err(refusal),
        };
        let limits = &self.policy.limits;
        if body.len() > limits.bytes {
            return Err(ReceiveError::BodyTooLarge { limit: limits.bytes });
        }
        if !is_whole {
            return Err(ReceiveError::BodyIncomplete);
        }
        if is_check {
            return answer_check(&self.policy, signed, body, now);
        }
        let content = read::read(body, limits)?;
        let in_flight = match signed {
            None => None,
            Some(signed) => match self.policy.reserve(self.policy.claim(&signed, body), now)? {
                Some(in_flight) => Some(in_flight),
                None => return Ok(Delivery::Duplicate),
            },
        };
        Ok(Delivery::Events(Batch::new(content, in_flight)))
    }
}

/// Shows whether the headers are trusted, and nothing of what they say.
impl fmt::Debug for CheckedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedHeaders")
            .field("refusal", &self.trust.as_ref().err())
            .field("content_length", &self.content_length)
            .finish_non_exhaustive()
    }
}

/// A signed check is remembered like any other callback, or its header could be used with a body.
fn answer_check(
    policy: &Policy,
    signed: Option<Signed>,
    body: &[u8],
    now: u64,
) -> Result<Delivery, ReceiveError> {
    let Some(signed) = signed else { return Ok(Delivery::AddressCheck(AddressCheck::new(None, None))) };
    let claim = policy.claim(&signed, body);
    let bound = policy.reserve(claim, now).and_then(|in_flight| match in_flight {
        Some(in_flight) => in_flight.commit().map_err(ReceiveError::Store),
        None => Ok(()),
    });
    match bound {
        Err(ReceiveError::Store(failure)) => Err(ReceiveError::Store(failure)),
        Err(refusal) => Ok(Delivery::AddressCheck(AddressCheck::new(Some(refusal), None))),
        Ok(()) => Ok(Delivery::AddressCheck(AddressCheck::new(None, Some(claim)))),
    }
}
