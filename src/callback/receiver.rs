//! From a request to events, or to a refusal.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use super::checked::CheckedHeaders;
use super::delivery::Delivery;
use super::error::ReceiveError;
use super::policy::Policy;
use super::replay::{Claim, ReplayStoreError, Reservation};
use super::request::{CallbackHeaders, CallbackRequest};
use super::sign::unix_seconds;

/// Takes callbacks: checks who sent them, that they are new, and reads them.
///
/// It does no I/O, and can be shared between threads; clones are cheap, and share what they remember. Make one and keep
/// it: it remembers the signatures that it has seen.
///
/// ```
/// use std::time::SystemTime;
/// use engagelab_otp::callback::{CallbackHeaders, Delivery, Receiver, Signer};
///
/// let receiver = Receiver::builder().secret("shop", "a secret")?.build()?;
///
/// // What the server received; here from the test signer.
/// let header = Signer::new("shop", "a secret")?.header(SystemTime::now(), "k2f8r1")?;
/// let body = br#"{"total":1,"rows":[{"message_id":"17","status":{"message_status":"delivered"}}]}"#;
///
/// let checked = receiver.check(&CallbackHeaders::new().with_signature(Some(&header)));
/// // Here a server reads `checked.bytes_to_read()` octets of the body at most.
/// let status = match checked.read(body) {
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
#[derive(Clone, Debug)]
pub struct Receiver {
    policy: Arc<Policy>,
}

impl Receiver {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy) }
    }

    /// Checks the headers of a request by the system's clock; see [`check_at`](Receiver::check_at).
    pub fn check(&self, headers: &CallbackHeaders<'_>) -> CheckedHeaders {
        self.check_at(headers, SystemTime::now())
    }

    /// Checks the headers of a request before its body is read. `now` is the time of day.
    ///
    /// This refuses nothing yet, since an address check may be unsigned:
    /// [`refusal`](CheckedHeaders::refusal) tells what is certain, [`bytes_to_read`](CheckedHeaders::bytes_to_read) how
    /// much of the body is worth reading, and [`read`](CheckedHeaders::read) takes it.
    pub fn check_at(&self, headers: &CallbackHeaders<'_>, now: SystemTime) -> CheckedHeaders {
        let trust = self.policy.trust(headers, unix_seconds(now));
        CheckedHeaders::new(Arc::clone(&self.policy), trust, headers.content_length)
    }

    /// Takes a request whose body was read already, by the system's clock; see [`receive_at`](Receiver::receive_at).
    ///
    /// # Errors
    ///
    /// As [`CheckedHeaders::read_at`].
    pub fn receive(&self, request: &CallbackRequest<'_>) -> Result<Delivery, ReceiveError> {
        self.receive_at(request, SystemTime::now())
    }

    /// Takes a request whose body was read already: [`check_at`](Receiver::check_at) and
    /// [`read_at`](CheckedHeaders::read_at) in one step. `now` is the time of day.
    ///
    /// # Errors
    ///
    /// As [`CheckedHeaders::read_at`].
    pub fn receive_at(
        &self,
        request: &CallbackRequest<'_>,
        now: SystemTime,
    ) -> Result<Delivery, ReceiveError> {
        self.check_at(&request.headers, now).read_at(request.body, now)
    }

    /// Makes known to the store what was handled before a restart.
    pub(super) fn restore(&self, claims: &[Claim]) -> Result<(), ReplayStoreError> {
        let store = &self.policy.store;
        for claim in claims {
            // By the time that was signed, so that the store forgets none of the others for it.
            if let Reservation::Reserved(lease) = store.reserve(claim, claim.signed_second())? {
                store.commit(claim, lease)?;
            }
        }
        Ok(())
    }

    /// How many callbacks were put off because they were
    /// [signed before the start](super::ReceiverBuilder::defer_signed_before).
    pub fn deferred(&self) -> u64 {
        self.policy.deferred.load(Ordering::Relaxed)
    }
}
