//! The client behind a guard: each call is asked about, made, and settled.

use std::fmt;
use std::sync::Arc;

use super::admission::{Guard, GuardedCheck, GuardedSend};
use super::denied::{AdmitError, Denied};
use super::permit::Permit;
use super::resolution::Unresolved;
use super::settlement::{CheckSettlement, Settlement};
use crate::api::types::MessageId;
use crate::{Client, Code, Error, Outcome, Recipient, SendReceipt, TemplateRef, Verification};

/// A [`Client`] that asks a [`Guard`] before each send and each check. Clones share both.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::guard::{Guard, MemoryStore, Pepper};
/// use engagelab_otp::{Code, TemplateRef};
///
/// let guard = Guard::recommended(MemoryStore::default(), Pepper::random()?)?;
/// let guarded = guard.client(&client).requester("203.0.113.7");
///
/// let receipt = guarded.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
/// let code = Code::new(sandbox.code(&receipt.message_id).ok_or("no code")?)?;
/// assert!(guarded.verify_otp(&receipt.message_id, &code)?.is_verified());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GuardedClient {
    pub(super) guard: Guard,
    pub(super) client: Client,
    pub(super) requester: Option<Arc<str>>,
}

impl Guard {
    /// This client, behind this guard.
    pub fn client(&self, client: &Client) -> GuardedClient {
        GuardedClient { guard: self.clone(), client: client.clone(), requester: None }
    }
}

impl GuardedClient {
    /// The same, on behalf of somebody: an IP address, a session, an account.
    /// [`Limits::per_requester`](crate::guard::Limits::per_requester) counts by it.
    #[must_use]
    pub fn requester(&self, requester: &str) -> Self {
        Self { requester: Some(requester.into()), ..self.clone() }
    }

    /// As [`Client::send_otp`].
    ///
    /// # Errors
    ///
    /// If the guard does not admit it, or as for [`Client::send_otp`].
    pub fn send_otp(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, GuardedError> {
        self.send(GuardedSend::otp(to), template, || self.client.send_otp(to, template))
    }

    /// As [`Client::send_code`].
    ///
    /// # Errors
    ///
    /// As for [`send_otp`](Self::send_otp).
    pub fn send_code(
        &self,
        to: &Recipient,
        code: &Code,
        template: &TemplateRef,
    ) -> Result<SendReceipt, GuardedError> {
        self.send(GuardedSend::code(to), template, || self.client.send_code(to, code, template))
    }

    /// As [`Client::send_message`].
    ///
    /// # Errors
    ///
    /// As for [`send_otp`](Self::send_otp).
    pub fn send_message(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, GuardedError> {
        self.send(GuardedSend::message(to), template, || self.client.send_message(to, template))
    }

    /// As [`Client::verify_otp`].
    ///
    /// # Errors
    ///
    /// If the guard does not admit it, or as for [`Client::verify_otp`].
    pub fn verify_otp(&self, message: &MessageId, code: &Code) -> Result<Verification, GuardedError> {
        let permit = self.guard.admit_check(&GuardedCheck::of(message))?;
        let result = self.client.verify_otp(message, code);
        self.guard.note(&permit.settle(CheckSettlement::from(&result)));
        result.map_err(|error| GuardedError::Call { error, unresolved: None })
    }

    pub(super) fn send(
        &self,
        send: GuardedSend<'_>,
        template: &TemplateRef,
        call: impl FnOnce() -> Result<SendReceipt, Error>,
    ) -> Result<SendReceipt, GuardedError> {
        let permit = self.admit(send, template)?;
        self.settle(permit, call())
    }

    pub(super) fn admit(&self, send: GuardedSend<'_>, template: &TemplateRef) -> Result<Permit, AdmitError> {
        let send = send.template(template.id()).answered_within(self.client.budget());
        match self.requester.as_deref() {
            Some(requester) => self.guard.admit(&send.requester(requester)),
            None => self.guard.admit(&send),
        }
    }

    pub(super) fn settle(
        &self,
        permit: Permit,
        result: Result<SendReceipt, Error>,
    ) -> Result<SendReceipt, GuardedError> {
        let unresolved = permit.unresolved();
        // What the call came to is what the caller must know, also where it cannot be written down.
        match result {
            Ok(receipt) => {
                self.guard.note(&permit.accepted(&receipt.message_id));
                Ok(receipt)
            }
            Err(error) => {
                let settlement = Settlement::from(&error);
                self.guard.note(&permit.settle(settlement));
                let unresolved = unresolved.filter(|_| settlement == Settlement::Unknown);
                Err(GuardedError::Call { error, unresolved })
            }
        }
    }
}

/// Why a guarded call did not succeed.
#[derive(Debug)]
#[non_exhaustive]
pub enum GuardedError {
    /// The guard did not admit it. Nothing was sent.
    NotAdmitted(AdmitError),
    /// The call failed.
    Call {
        /// How.
        error: Error,
        /// If nobody knows whether the message was sent: by this, a callback may tell.
        unresolved: Option<Unresolved>,
    },
}

impl GuardedError {
    /// Whether the service may have acted on the call.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NotAdmitted(error) => error.outcome(),
            Self::Call { error, .. } => error.outcome(),
        }
    }

    /// The limit that did not allow it, if one did not.
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::NotAdmitted(error) => error.denied(),
            Self::Call { .. } => None,
        }
    }

    /// How the call failed, if it was made.
    pub fn call(&self) -> Option<&Error> {
        match self {
            Self::NotAdmitted(_) => None,
            Self::Call { error, .. } => Some(error),
        }
    }

    /// If nobody knows whether the message was sent: by this, a callback may tell.
    pub fn unresolved(&self) -> Option<&Unresolved> {
        match self {
            Self::NotAdmitted(_) => None,
            Self::Call { unresolved, .. } => unresolved.as_ref(),
        }
    }
}

impl fmt::Display for GuardedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAdmitted(error) => error.fmt(f),
            Self::Call { error, .. } => error.fmt(f),
        }
    }
}

impl std::error::Error for GuardedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotAdmitted(error) => error.source(),
            Self::Call { error, .. } => error.source(),
        }
    }
}

impl From<AdmitError> for GuardedError {
    fn from(error: AdmitError) -> Self {
        Self::NotAdmitted(error)
    }
}
