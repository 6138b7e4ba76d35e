//! Over what rows are sent: HTTP, or SMPP.

use std::fmt;
use std::time::Duration;

use ring::digest::{Context, SHA256};

#[cfg(feature = "smpp")]
use super::input::message;
use super::input::{Kind, Row, hexadecimal};
use crate::guard::{AdmitError, Guard, GuardedSend, LimitKind, Permit, Settlement, StoreError};
use crate::{Client, Error, ErrorCodeClass, ErrorKind, MessageId, Outcome, SendReceipt};
#[cfg(feature = "smpp")]
use crate::{
    smpp::pdu::Status,
    smpp::{SmppClient, SmppConfig, SubmitError, SubmitErrorKind},
};

/// Over what rows are sent, and as whom.
pub struct Transport {
    inner: Inner,
    account: String,
    /// How long an answer is awaited, whatever happens.
    limit: Duration,
    guard: Option<Guard>,
}

enum Inner {
    Http(Client),
    #[cfg(feature = "smpp")]
    Smpp(SmppClient),
}

/// What became of a row.
#[derive(Debug)]
pub(super) enum Sent {
    Accepted {
        message_id: String,
        channel: Option<String>,
    },
    Rejected(String),
    /// Refused because of who sends, not of what is sent: so would all others.
    Refused(String),
    /// It did not leave, and nothing will as things are.
    Unusable(String),
    /// Not acted on, since the service asks to slow down.
    Throttled(String, Option<Duration>),
    /// It did not leave. Where that may change by itself, it is tried again.
    Stayed {
        reason: String,
        try_again: bool,
    },
    Unknown(String),
}

impl Transport {
    /// Over HTTP. A client whose [retry policy](crate::RetryPolicy) is `never` leaves the pauses to the batch, which makes
    /// all workers pause together.
    pub fn http(client: Client) -> Self {
        let executor = &client.api().executor;
        // The key alone: a new secret does not make another account.
        let authorized = executor.authorization.current();
        let place = executor.transport.join("/").map(|uri| uri.to_string()).unwrap_or_default();
        let account = fingerprint(&[b"http", authorized.key.as_bytes(), place.as_bytes()]);
        let limit = client.budget();
        Self::new(Inner::Http(client), account, limit)
    }

    /// Over SMPP, with the client that was connected by this configuration. Its events are not looked at; drop them.
    #[cfg(feature = "smpp")]
    pub fn smpp(client: SmppClient, config: &SmppConfig) -> Self {
        let (system_id, addresses) = config.account();
        let mut parts = vec![&b"smpp"[..], system_id.as_bytes()];
        parts.extend(addresses.iter().map(|address| address.as_bytes()));
        let limit = config.submit_timeout.saturating_add(config.response_timeout);
        Self::new(Inner::Smpp(client), fingerprint(&parts), limit)
    }

    fn new(inner: Inner, account: String, limit: Duration) -> Self {
        Self { inner, account, limit, guard: None }
    }

    /// With a guard, which is asked for a permit before each row is sent, and before the journal says that it is about to
    /// be. A row that it denies is [left](super::RowState::Left) with the limit and the time until it may pass, nothing of
    /// it stands in the journal, and a later run asks again. A run does not wait for limits: they last up to a month, others
    /// may charge them meanwhile, and a run that goes on later costs nothing. Where a limit on all sends together denies
    /// one, it [ends](super::Ended::Denied). While the guard's store does not answer, the run waits.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// A digest of the account: it tells two apart, and nothing else.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// How long an answer is awaited, whatever happens.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn is_smpp(&self) -> bool {
        self.name() == "smpp"
    }

    pub(super) const fn name(&self) -> &'static str {
        match self.inner {
            Inner::Http(_) => "http",
            #[cfg(feature = "smpp")]
            Inner::Smpp(_) => "smpp",
        }
    }

    /// Asks the guard, if there is one, whether a row may be sent.
    pub(super) fn admit(&self, kind: Kind, row: &Row) -> Result<Admission, NotAdmitted> {
        let Some(guard) = &self.guard else { return Ok(Admission(None)) };
        let asked = match kind {
            Kind::Otp => GuardedSend::otp(&row.to),
            Kind::Code => GuardedSend::code(&row.to),
            Kind::Message | Kind::Marketing => GuardedSend::message(&row.to),
        };
        // Registered too: else a callback could be taken for another one's send to the same recipient.
        let asked = asked.template(row.template.id()).answered_within(self.limit);
        Ok(Admission(Some(guard.admit(&asked)?)))
    }

    /// Sends a row that was admitted, and says to the guard what it came to.
    pub(super) fn send(&self, kind: Kind, row: &Row, admission: Admission) -> Sent {
        let result = self.send_now(kind, row);
        if let Some(permit) = admission.0 {
            let settled = match &result {
                Ok(accepted) => match MessageId::new(&accepted.message_id) {
                    Ok(id) => permit.accepted(&id),
                    Err(_) => permit.settle(Settlement::Accepted),
                },
                Err(Failed::Http(error)) => permit.settle(Settlement::from(error.as_ref())),
                #[cfg(feature = "smpp")]
                Err(Failed::Smpp(error)) => permit.settle(Settlement::from(error)),
            };
            note(settled);
        }
        match result {
            Ok(accepted) => accepted.into(),
            Err(failed) => failed.into(),
        }
    }

    fn send_now(&self, kind: Kind, row: &Row) -> Result<Accepted, Failed> {
        match &self.inner {
            Inner::Http(client) => {
                let result = match (kind, &row.code) {
                    (Kind::Code, Some(code)) => client.send_code(&row.to, code, &row.template),
                    (Kind::Message | Kind::Marketing, _) => client.send_message(&row.to, &row.template),
                    _ => client.send_otp(&row.to, &row.template),
                };
                result.map(Accepted::from).map_err(|error| Failed::Http(Box::new(error)))
            }
            #[cfg(feature = "smpp")]
            Inner::Smpp(client) => {
                let submitted = message(kind, row).map_err(SubmitError::from);
                let accepted = submitted.and_then(|message| client.submit(&message)).map_err(Failed::Smpp)?;
                Ok(Accepted { message_id: accepted.message_id, channel: None })
            }
        }
    }
}

/// Leave to send one row, by the guard if there is one.
pub(super) struct Admission(Option<Permit>);

impl Admission {
    /// It is not made use of.
    pub(super) fn withdraw(self) {
        if let Some(permit) = self.0 {
            note(permit.settle(Settlement::NotSent));
        }
    }
}

/// Why a guard admits a row not.
#[derive(Debug)]
pub(super) enum NotAdmitted {
    Denied {
        reason: String,
        retry_after: Option<Duration>,
        /// Whether the limit is one on all sends together: it denies the other rows as well.
        is_for_all: bool,
    },
    /// The guard's store has no room, and will not have any soon.
    Full,
    /// The guard's store does not answer.
    Unavailable,
}

impl From<AdmitError> for NotAdmitted {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Denied(denied) => Self::Denied {
                reason: format!("guard_{}", denied.limit().as_str()),
                retry_after: denied.retry_after(),
                is_for_all: matches!(denied.limit(), LimitKind::Sends | LimitKind::Spend),
            },
            AdmitError::Store(StoreError::Full) => Self::Full,
            AdmitError::Store(_) => Self::Unavailable,
        }
    }
}

/// What is not settled stays counted, as what is unknown does.
fn note(settled: Result<(), StoreError>) {
    if let Err(error) = settled {
        log::warn!("a permit cannot be settled: {error}");
    }
}

/// What the service took over.
struct Accepted {
    message_id: String,
    channel: Option<String>,
}

/// What it did not take, or may not have.
enum Failed {
    Http(Box<Error>),
    #[cfg(feature = "smpp")]
    Smpp(SubmitError),
}

impl From<SendReceipt> for Accepted {
    fn from(receipt: SendReceipt) -> Self {
        Self {
            message_id: receipt.message_id.0,
            channel: receipt.send_channel.map(|channel| channel.as_str().to_owned()),
        }
    }
}

impl From<Accepted> for Sent {
    fn from(Accepted { message_id, channel }: Accepted) -> Self {
        Self::Accepted { message_id, channel }
    }
}

impl From<Failed> for Sent {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Http(error) => over_http(&error),
            #[cfg(feature = "smpp")]
            Failed::Smpp(error) => over_smpp(&error),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transport").field(&self.name()).finish()
    }
}

fn over_http(error: &Error) -> Sent {
    let reason = match error.api() {
        Some(api) => api.code().value().to_string(),
        None => serde_json::to_value(error.kind())
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
    };
    let class = error.api().map(crate::ApiError::class);
    match error.outcome() {
        Outcome::NotSent => {
            if error.kind() == ErrorKind::Certificate {
                return Sent::Unusable(reason);
            }
            let lasting = error.kind() == ErrorKind::InvalidInput;
            Sent::Stayed { reason, try_again: !lasting }
        }
        Outcome::Unknown => Sent::Unknown(reason),
        Outcome::Rejected if error.is_throttled() => Sent::Throttled("429".to_owned(), error.retry_after()),
        Outcome::Rejected
            if matches!(class, Some(ErrorCodeClass::Authentication))
                || matches!(error.status(), Some(401 | 403))
                || (class.is_none() && error.status().is_some()) =>
        {
            let status = error.status().map(|status| format!("HTTP {status}")).unwrap_or_default();
            Sent::Refused(if class.is_some() { reason } else { status })
        }
        Outcome::Rejected => Sent::Rejected(reason),
    }
}

#[cfg(feature = "smpp")]
fn over_smpp(error: &SubmitError) -> Sent {
    let kind = error.kind();
    let reason = match &kind {
        SubmitErrorKind::Rejected(status) => {
            status.name().map_or_else(|| format!("{:#010x}", status.0), str::to_owned)
        }
        SubmitErrorKind::Unanswered => "timeout".to_owned(),
        SubmitErrorKind::LostAfterSending | SubmitErrorKind::LostBeforeSending => {
            "connection_lost".to_owned()
        }
        SubmitErrorKind::InvalidMessage(_) => "invalid_input".to_owned(),
        SubmitErrorKind::NoRoom => "no_room".to_owned(),
        _ => "no_link".to_owned(),
    };
    match (kind, error.outcome()) {
        (SubmitErrorKind::InvalidMessage(_), _) => Sent::Stayed { reason, try_again: false },
        (_, Outcome::NotSent) => Sent::Stayed { reason, try_again: true },
        (_, Outcome::Rejected) if error.status().is_some_and(Status::asks_to_slow_down) => {
            Sent::Throttled(reason, None)
        }
        (_, Outcome::Rejected) => Sent::Rejected(reason),
        (_, Outcome::Unknown) => Sent::Unknown(reason),
    }
}

fn fingerprint(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    hexadecimal(&context.finish().as_ref()[..16])
}
