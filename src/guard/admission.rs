//! Asking before anything is sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::builder::{GuardBuilder, Hook};
use super::charges::{Charges, Parts, SendSubject};
use super::denied::{AdmitError, Denied, LimitKind};
use super::event::{Decided, GuardedOperation, Verdict};
use super::ids::Ids;
use super::limits::Limits;
use super::pepper::{Pepper, Subject};
use super::permit::{Began, CheckPermit, Permit, Ticket};
use super::prefix::{ByPrefix, counted};
use super::settlement::Settlement;
use super::store::{ChargeId, Decision, Enforcement, MemoryStore, Store, StoreError};
use crate::api::types::MessageId;
use crate::clock::Clock;
use crate::{InvalidInput, Recipient, TemplateId};

/// Asked before anything is sent. Clones share what they count.
#[derive(Clone)]
pub struct Guard(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<dyn Store>,
    pub(super) limits: Limits,
    /// All prefixes that the limits name.
    pub(super) prefixes: ByPrefix<()>,
    pub(super) pepper: Pepper,
    pub(super) enforcement: Enforcement,
    pub(super) fails_open: bool,
    pub(super) local: Option<Local>,
    pub(super) hook: Option<Box<Hook>>,
    pub(super) ids: Ids,
    pub(super) clock: Arc<dyn Clock>,
    /// By how many seconds the clocks of the store and of the service may differ.
    pub(super) tolerance: u64,
    /// How often this process has found out which message a send was.
    pub(super) told: Mutex<u64>,
    pub(super) resolved: Condvar,
    pub(super) tally: Tally,
}

/// What holds while the store does not answer.
pub(super) struct Local {
    pub(super) store: MemoryStore,
    pub(super) limits: Limits,
    prefixes: ByPrefix<()>,
}

/// How much was decided so far, by this guard alone.
#[derive(Default)]
pub(super) struct Tally {
    admitted: AtomicU64,
    unsettled: AtomicU64,
    denied: [AtomicU64; LimitKind::ALL.len()],
}

/// A send that is asked about.
#[derive(Clone, Copy)]
#[must_use = "nothing is asked until it is given to `admit`"]
pub struct GuardedSend<'a> {
    operation: GuardedOperation,
    pub(super) to: &'a Recipient,
    requester: Option<&'a str>,
    template: Option<&'a TemplateId>,
    /// For how long its answer is awaited.
    limit: Duration,
    /// Whether nothing is admitted when the store does not answer, whatever the guard is told.
    closed: bool,
}

impl<'a> GuardedSend<'a> {
    /// A one-time password that the service makes up.
    pub const fn otp(to: &'a Recipient) -> Self {
        Self::new(GuardedOperation::SendOtp, to)
    }

    /// A code of the caller's own. The service is never asked about it, and so it counts for no
    /// [unverified budget](Limits::unverified).
    pub const fn code(to: &'a Recipient) -> Self {
        Self::new(GuardedOperation::SendCode, to)
    }

    /// A notice. As a [code](Self::code), it counts for no unverified budget.
    pub const fn message(to: &'a Recipient) -> Self {
        Self::new(GuardedOperation::SendMessage, to)
    }

    const fn new(operation: GuardedOperation, to: &'a Recipient) -> Self {
        Self { operation, to, requester: None, template: None, limit: AN_HOUR, closed: false }
    }

    /// Says on whose behalf: an IP address, a session, an account. It becomes a key, and is kept nowhere.
    pub const fn requester(mut self, requester: &'a str) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Registers the send with its template, so that a callback can tell which message it is, should its answer be lost.
    /// All sends of the template must go through guards with the same store for that: one that does not could be taken for
    /// one that did.
    pub const fn template(mut self, template: &'a TemplateId) -> Self {
        self.template = Some(template);
        self
    }

    /// For how long its answer is awaited: an hour unless set; a [`GuardedClient`](crate::guard::GuardedClient) sets it. It
    /// matters where the process dies before the send is settled, if it has a [template](Self::template): no message that was
    /// sent later than this is taken for it.
    pub const fn answered_within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(super) const fn closed(mut self) -> Self {
        self.closed = true;
        self
    }
}

/// Shows enough of the recipient to tell two apart.
impl fmt::Debug for GuardedSend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedSend")
            .field("operation", &self.operation)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// A check of a code that is asked about.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is asked until it is given to `admit_check`"]
pub struct GuardedCheck<'a> {
    message: &'a MessageId,
}

impl<'a> GuardedCheck<'a> {
    /// A code for this message.
    pub const fn of(message: &'a MessageId) -> Self {
        Self { message }
    }
}

impl Guard {
    /// A guard with the [recommended limits](Limits::recommended), that is closed when its store does not answer.
    ///
    /// # Errors
    ///
    /// If the operating system gives no randomness.
    pub fn recommended(store: impl Store, pepper: Pepper) -> Result<Self, InvalidInput> {
        Self::builder(store).limits(Limits::recommended()).pepper(pepper).build()
    }

    /// A guard that counts there, to be configured.
    pub fn builder(store: impl Store) -> GuardBuilder {
        GuardBuilder::new(store)
    }

    /// Asks whether a send may leave. It is charged then, and what it came to must be said to the permit; a permit that
    /// nothing is said to counts as a send of which nobody knows.
    ///
    /// # Errors
    ///
    /// If a limit does not allow it, or the store cannot say: see [`Fail`](crate::guard::Fail). Nothing is charged where a
    /// limit does not allow it.
    pub fn admit(&self, send: &GuardedSend<'_>) -> Result<Permit, AdmitError> {
        let inner = &*self.0;
        let prefix = counted(&inner.prefixes, send.to);
        let asked = Asked { operation: send.operation, prefix: Some(prefix), closed: send.closed };
        let served = send.to.is_email() || inner.limits.is_allowed(send.to.expose());
        let not_served = (!served).then_some(Denied { limit: LimitKind::Prefix, retry_after: None });
        if let (Some(denied), Enforcement::Deny) = (not_served, inner.enforcement) {
            return Err(inner.deny(asked, denied));
        }
        let to = inner.pepper.recipient(send.to);
        let subject = SendSubject {
            is_otp: send.operation == GuardedOperation::SendOtp,
            to: send.to,
            recipient: to,
            requester: send
                .requester
                .filter(|_| inner.any_limits(|limits| limits.per_requester.is_some()))
                .map(|name| inner.pepper.digests(Subject::Requester, &[name])),
        };
        let charges = Charges::of_send(&inner.limits, prefix, &subject);
        let local = || {
            let local = inner.local.as_ref()?;
            Some(Charges::of_send(&local.limits, counted(&local.prefixes, send.to), &subject))
        };
        let registered = send.template.map(|template| (template, Began::now(&*inner.clock)));
        let ticket = inner.charge(self, asked, &charges, local, not_served)?;
        let mut permit = Permit { ticket, to, registry: None };
        if let (Some((template, began)), Some(at)) = (registered, permit.ticket.at) {
            let registry = inner.pepper.registry(send.to, template);
            let accepted = permit.ticket.accepted(&permit.ticket.parts, to);
            match inner.register(&registry, accepted, at, send.limit) {
                Ok(()) => permit.registry = Some((registry, began)),
                Err(_) if !send.closed && inner.goes_on() => {}
                Err(error) => {
                    self.note(&permit.settle(Settlement::NotSent));
                    return Err(inner.fail(asked, error));
                }
            }
        }
        Ok(permit)
    }

    /// Asks whether a code may be checked. It is charged then as a wrong one, and given back when it was a right one, or
    /// none at all.
    ///
    /// Codes are counted for the recipient where the message was sent through a guard with the same store, within the last
    /// day; else for the message alone. So its id must be one that your program has kept, and not one that it was handed: who
    /// may name any message may guess at each spelling of it anew.
    ///
    /// # Errors
    ///
    /// As for [`admit`](Self::admit).
    pub fn admit_check(&self, check: &GuardedCheck<'_>) -> Result<CheckPermit, AdmitError> {
        let inner = &*self.0;
        let asked = Asked { operation: GuardedOperation::Check, prefix: None, closed: false };
        let message = inner.pepper.digests(Subject::Message, &[check.message.as_str()]);
        let counts = inner.any_limits(|limits| limits.codes_per_recipient.is_some());
        let to = if counts { inner.recipient_of(&message) } else { None };
        let charges = Charges::of_check(&inner.limits, &message, to.as_ref());
        let local = || Some(Charges::of_check(&inner.local.as_ref()?.limits, &message, to.as_ref()));
        let ticket = inner.charge(self, asked, &charges, local, None)?;
        Ok(CheckPermit { ticket, message, to })
    }

    /// How often it could not be written down what something came to, so that it stays charged, since this guard was made.
    pub fn unsettled(&self) -> u64 {
        self.0.tally.unsettled.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, settled: &Result<(), StoreError>) {
        if settled.is_err() {
            self.0.tally.unsettled.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How much this guard has admitted, since it was made; what was only recorded included.
    pub fn admitted(&self) -> u64 {
        self.0.tally.admitted.load(Ordering::Relaxed)
    }

    /// How much of what this guard was asked about this limit has denied, or would have where it only records.
    pub fn denied(&self, limit: LimitKind) -> u64 {
        self.0.tally.of(limit).load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("limits", &self.0.limits)
            .field("enforcement", &self.0.enforcement)
            .field("admitted", &self.admitted())
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Whether this holds for the limits, or for those of this process.
    fn any_limits(&self, holds: impl Fn(&Limits) -> bool) -> bool {
        holds(&self.limits) || self.local.as_ref().is_some_and(|local| holds(&local.limits))
    }

    fn charge(
        &self,
        guard: &Guard,
        asked: Asked<'_>,
        charges: &Charges,
        local: impl FnOnce() -> Option<Charges>,
        not_served: Option<Denied>,
    ) -> Result<Ticket, AdmitError> {
        let id = self.ids.charge();
        let ticket = |parts, local, at| Ticket { guard: guard.clone(), id, parts, local, at };
        let result = self.store.charge(id, &charges.list, self.enforcement);
        let error = match result {
            Ok(answer) => {
                let denied = match answer.decision {
                    Decision::Charged => None,
                    Decision::Denied(excess) => {
                        return Err(self.deny(asked, charges.denied(&excess)));
                    }
                    Decision::Recorded(excess) => Some(charges.denied(&excess)),
                };
                self.admit(asked, not_served.or(denied));
                let local = self.charge_locally(id, local(), Enforcement::Record);
                return Ok(ticket(charges.parts, local.map(|(parts, _)| parts), Some(answer.at)));
            }
            Err(error) => error,
        };
        if asked.closed {
            return Err(self.fail(asked, error));
        }
        let records = self.enforcement == Enforcement::Record;
        // Whether the store has charged is not known. If it has, the charge is settled like any other.
        let unanswered = matches!(error, StoreError::Unavailable(_));
        if unanswered && !records && self.local.is_some() {
            let Some((parts, denied)) = self.charge_locally(id, local(), self.enforcement) else {
                return Err(self.fail(asked, error));
            };
            if let Some(denied) = denied {
                return Err(self.deny(asked, denied));
            }
            self.report(asked, Verdict::Unavailable { error: &error, admitted: true });
            return Ok(ticket(charges.parts, Some(parts), None));
        }
        if records || (unanswered && self.fails_open) {
            self.report(asked, Verdict::Unavailable { error: &error, admitted: true });
            return Ok(ticket(charges.parts, None, None));
        }
        Err(self.fail(asked, error))
    }

    /// Charges what this process counts by itself. None if it does not, or cannot.
    fn charge_locally(
        &self,
        id: ChargeId,
        charges: Option<Charges>,
        enforcement: Enforcement,
    ) -> Option<(Parts, Option<Denied>)> {
        let (local, charges) = (self.local.as_ref()?, charges?);
        let answer = local.store.charge(id, &charges.list, enforcement).ok()?;
        let denied = match answer.decision {
            Decision::Denied(excess) => Some(charges.denied(&excess)),
            Decision::Charged | Decision::Recorded(_) => None,
        };
        Some((charges.parts, denied))
    }

    /// Whether something may pass that the store did not answer to.
    fn goes_on(&self) -> bool {
        self.enforcement == Enforcement::Record || self.fails_open || self.local.is_some()
    }

    fn admit(&self, asked: Asked<'_>, would_deny: Option<Denied>) {
        match &would_deny {
            Some(denied) => {
                self.tally.of(denied.limit).fetch_add(1, Ordering::Relaxed);
                self.report(asked, Verdict::Recorded(denied));
            }
            None => self.report(asked, Verdict::Admitted),
        }
    }

    fn deny(&self, asked: Asked<'_>, denied: Denied) -> AdmitError {
        self.tally.of(denied.limit).fetch_add(1, Ordering::Relaxed);
        self.report(asked, Verdict::Denied(&denied));
        denied.into()
    }

    fn fail(&self, asked: Asked<'_>, error: StoreError) -> AdmitError {
        self.report(asked, Verdict::Unavailable { error: &error, admitted: false });
        error.into()
    }

    fn report(&self, asked: Asked<'_>, verdict: Verdict<'_>) {
        if verdict.is_admitted() {
            self.tally.admitted.fetch_add(1, Ordering::Relaxed);
        }
        let decided = Decided { operation: asked.operation, prefix: asked.prefix, verdict };
        #[cfg(feature = "metrics")]
        crate::metrics::guard_decision(&decided, asked.prefix.filter(|prefix| self.prefixes.names(prefix)));
        if let Some(hook) = &self.hook {
            hook(&decided);
        }
    }
}

impl Local {
    pub(super) fn new(limits: Limits, store: MemoryStore) -> Self {
        Self { prefixes: limits.named_prefixes(), limits, store }
    }
}

impl Tally {
    fn of(&self, limit: LimitKind) -> &AtomicU64 {
        &self.denied[limit as usize]
    }
}

/// Nobody waits longer for an answer, unless he says so.
const AN_HOUR: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy)]
struct Asked<'a> {
    operation: GuardedOperation,
    prefix: Option<&'a str>,
    closed: bool,
}
