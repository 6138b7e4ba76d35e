//! From a request to events, or to a refusal.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

use super::body::{self, Limits};
use super::builder::ReceiverBuilder;
use super::delivery::{AddressCheck, Batch, Delivery};
use super::error::ReceiveError;
use super::header::SignedParts;
use super::replay::{Claim, InFlight, ReplayStore};
use super::request::CallbackRequest;
use super::sign::{SigningKey, unix_seconds};

/// Takes callbacks: checks who sent them, that they are new, and reads them.
///
/// It does no I/O, has no clock, and can be shared between threads. Make one and keep it: it remembers the
/// signatures that it has seen.
///
/// ```
/// use std::time::SystemTime;
/// use engagelab_otp::callback::{Delivery, CallbackRequest, Receiver, Signer};
///
/// let receiver = Receiver::builder().secret("shop", "a secret")?.build()?;
///
/// // What the server received; here from the test signer.
/// let now = SystemTime::now();
/// let header = Signer::new("shop", "a secret")?.header(now, "k2f8r1")?;
/// let body = br#"{"total":1,"rows":[{"message_id":"17","status":{"message_status":"delivered"}}]}"#;
///
/// let incoming = CallbackRequest::new(body).with_signature(Some(&header));
/// let status = match receiver.receive(&incoming, now) {
///     Ok(Delivery::Events(batch)) => {
///         for event in batch.events() {
///             println!("{event:?}");
///         }
///         batch.commit()?; // only now is the callback done; dropping the batch lets it come again
///         200
///     }
///     Ok(Delivery::AddressCheck(_) | Delivery::Duplicate) => 200,
///     Err(refusal) => refusal.http_status(),
/// };
/// assert_eq!(status, 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Receiver {
    pub(super) keys: Vec<SigningKey>,
    /// SHA-256 of each value that is accepted.
    pub(super) authorizations: Vec<[u8; 32]>,
    pub(super) sources: Option<Vec<IpAddr>>,
    /// Seconds.
    pub(super) past: u64,
    pub(super) future: u64,
    pub(super) limits: Limits,
    pub(super) store: Arc<dyn ReplayStore>,
}

impl Receiver {
    /// What must be configured: [`secret`](ReceiverBuilder::secret) or
    /// [`authorization`](ReceiverBuilder::authorization), or both.
    pub fn builder() -> ReceiverBuilder {
        ReceiverBuilder::default()
    }

    /// Takes one request. `now` is the time of day.
    ///
    /// The rule for the **address check**, which the service makes when the address is saved in its console:
    /// a body that is empty, or an object without members, is one, whoever sends it and however it is signed.
    /// It is answered with 200, since it cannot carry an event, and the service does not say whether it signs
    /// it. Nothing is concluded from it.
    ///
    /// # Errors
    ///
    /// If the request is not to be trusted, is being handled elsewhere, or cannot be read. Single rows
    /// that cannot be read are no error: they stand in [`Batch::unreadable`].
    pub fn receive(&self, incoming: &CallbackRequest<'_>, now: SystemTime) -> Result<Delivery, ReceiveError> {
        let now = unix_seconds(now);
        let trusted = self.trust(incoming, now);
        if body::is_address_check(incoming.body) {
            return self.answer_check(trusted, now);
        }
        let in_flight = match trusted? {
            None => None,
            Some(claim) => match InFlight::reserve(&self.store, claim, now)? {
                Some(in_flight) => Some(in_flight),
                None => return Ok(Delivery::Duplicate),
            },
        };
        // From here on, a refusal drops the claim and thereby releases it: the callback may come again.
        let content = body::read(incoming.body, &self.limits)?;
        Ok(Delivery::Events(Batch::new(content, in_flight)))
    }

    /// Whether the sender can be trusted, and what is to be remembered of a signature.
    fn trust(&self, incoming: &CallbackRequest<'_>, now: u64) -> Result<Option<Claim>, ReceiveError> {
        if let Some(allowed) = &self.sources {
            let source = incoming.source.map(|source| source.to_canonical());
            if !source.is_some_and(|source| allowed.contains(&source)) {
                return Err(ReceiveError::SourceNotAllowed);
            }
        }
        if !self.authorizations.is_empty() {
            let value = incoming.authorization.ok_or(ReceiveError::AuthorizationMissing)?;
            // Digests are compared, so that neither content nor length show in the time that it takes.
            let found = sha256(value);
            if !self.authorizations.iter().any(|wanted| wanted.ct_eq(&found).into()) {
                return Err(ReceiveError::AuthorizationWrong);
            }
        }
        if self.keys.is_empty() {
            return Ok(None);
        }
        let header = incoming.signature.map_err(ReceiveError::SignatureMalformed)?;
        let parts = match header {
            None | Some("") => return Err(ReceiveError::SignatureMissing),
            Some(header) => SignedParts::parse(header).map_err(ReceiveError::SignatureMalformed)?,
        };
        self.verify(&parts)?;
        self.check_age(parts.seconds, now)?;
        Ok(Some(Claim {
            fingerprint: sha256(&parts.signature),
            body_digest: sha256(incoming.body),
            last_second: parts.seconds.saturating_add(self.past),
        }))
    }

    fn verify(&self, parts: &SignedParts<'_>) -> Result<(), ReceiveError> {
        let mut known = false;
        for key in self.keys.iter().filter(|key| key.user() == parts.user) {
            known = true;
            if bool::from(key.tag(parts).as_ref().ct_eq(&parts.signature)) {
                return Ok(());
            }
        }
        Err(if known { ReceiveError::SignatureWrong } else { ReceiveError::UnknownUser })
    }

    fn check_age(&self, seconds: u64, now: u64) -> Result<(), ReceiveError> {
        let (age, ahead) = (now.saturating_sub(seconds), seconds.saturating_sub(now));
        if age > self.past {
            Err(ReceiveError::TooOld { seconds: age })
        } else if ahead > self.future {
            Err(ReceiveError::TooNew { seconds: ahead })
        } else {
            Ok(())
        }
    }

    /// A signed check is remembered like any other callback, or its header could be used with a body.
    fn answer_check(
        &self,
        trusted: Result<Option<Claim>, ReceiveError>,
        now: u64,
    ) -> Result<Delivery, ReceiveError> {
        let bound = match trusted {
            Ok(Some(claim)) => InFlight::reserve(&self.store, claim, now).and_then(|reserved| {
                reserved.map_or(Ok(()), |in_flight| in_flight.commit().map_err(ReceiveError::Store))
            }),
            Ok(None) => Ok(()),
            Err(refusal) => Err(refusal),
        };
        match bound {
            Err(ReceiveError::Store(failure)) => Err(ReceiveError::Store(failure)),
            bound => Ok(Delivery::AddressCheck(AddressCheck::new(bound.err()))),
        }
    }
}

/// Shows what is required, and nothing of what must not be known.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("keys", &self.keys)
            .field("authorizations", &self.authorizations.len())
            .field("sources", &self.sources)
            .field("past_seconds", &self.past)
            .field("future_seconds", &self.future)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(digest(&SHA256, bytes).as_ref());
    array
}
