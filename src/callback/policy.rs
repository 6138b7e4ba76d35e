//! What is required of a sender, and whether headers meet it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use subtle::ConstantTimeEq as _;

use super::error::ReceiveError;
use super::header::SignedParts;
use super::read::Limits;
use super::replay::{Claim, InFlight, ReplayStore, Reservation};
use super::request::CallbackHeaders;
use super::sign::{SigningKey, sha256};

pub(super) struct Policy {
    pub(super) keys: Vec<SigningKey>,
    /// SHA-256 of each value that is accepted.
    pub(super) authorizations: Vec<[u8; 32]>,
    pub(super) sources: Option<Vec<IpAddr>>,
    /// Seconds.
    pub(super) past: u64,
    pub(super) future: u64,
    /// The last second of the time before the start, whose signatures may have been used already.
    pub(super) before_start: Option<u64>,
    pub(super) deferred: AtomicU64,
    pub(super) limits: Limits,
    pub(super) store: Arc<dyn ReplayStore>,
}

/// A genuine signature, not yet bound to a body.
#[derive(Clone, Copy)]
pub(super) struct Signed {
    signature: [u8; 32],
    second: u64,
}

impl Policy {
    /// Whether the sender can be trusted, and the signature if one is required.
    pub(super) fn trust(
        &self,
        headers: &CallbackHeaders<'_>,
        now: u64,
    ) -> Result<Option<Signed>, ReceiveError> {
        if let Some(allowed) = &self.sources {
            let source = headers.source.map(|source| source.to_canonical());
            if !source.is_some_and(|source| allowed.contains(&source)) {
                return Err(ReceiveError::SourceNotAllowed);
            }
        }
        if !self.authorizations.is_empty() {
            let value = headers.authorization.ok_or(ReceiveError::AuthorizationMissing)?;
            // Digests are compared, so that neither content nor length show in the time that it takes.
            let found = sha256(value);
            if !self.authorizations.iter().any(|wanted| wanted.ct_eq(&found).into()) {
                return Err(ReceiveError::AuthorizationWrong);
            }
        }
        if self.keys.is_empty() {
            return Ok(None);
        }
        let header = headers.signature.map_err(ReceiveError::SignatureMalformed)?;
        let parts = match header {
            None | Some("") => return Err(ReceiveError::SignatureMissing),
            Some(header) => SignedParts::parse(header).map_err(ReceiveError::SignatureMalformed)?,
        };
        self.verify(&parts)?;
        self.check_age(parts.seconds, now)?;
        if self.before_start.is_some_and(|last| parts.seconds <= last) {
            self.deferred.fetch_add(1, Ordering::Relaxed);
            return Err(ReceiveError::SignedBeforeStart);
        }
        Ok(Some(Signed { signature: parts.signature, second: parts.seconds }))
    }

    /// What a store remembers of a signature that came with this body.
    pub(super) fn claim(&self, signed: &Signed, body: &[u8]) -> Claim {
        let last_second = signed.second.saturating_add(self.past);
        Claim::new(signed.signature, sha256(body), signed.second, last_second)
    }

    /// Binds the signature to the body, and takes the claim. `None` if the same was handled to the end: a duplicate.
    ///
    /// The age is judged again, since reading the body took its time; and the store judges its horizon under its own lock,
    /// since others may have read a later time meanwhile.
    pub(super) fn reserve(&self, claim: Claim, now: u64) -> Result<Option<InFlight>, ReceiveError> {
        self.check_age(claim.signed_second(), now)?;
        match self.store.reserve(&claim, now).map_err(ReceiveError::Store)? {
            Reservation::Reserved(lease) => Ok(Some(InFlight::new(Arc::clone(&self.store), claim, lease))),
            Reservation::Done => Ok(None),
            Reservation::InFlight => Err(ReceiveError::InFlight),
            Reservation::OtherBody => Err(ReceiveError::Replayed),
            Reservation::Forgotten => Err(ReceiveError::Forgotten),
        }
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
}

/// Shows what is required, and nothing of what must not be known.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("keys", &self.keys)
            .field("authorizations", &self.authorizations.len())
            .field("sources", &self.sources)
            .field("past_seconds", &self.past)
            .field("future_seconds", &self.future)
            .field("before_start", &self.before_start)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
