//! Over what rows are sent: HTTP, or SMPP.

use std::fmt;
use std::time::Duration;

use ring::digest::{Context, SHA256};

#[cfg(feature = "smpp")]
use super::input::message;
use super::input::{Kind, Row, hexadecimal};
use crate::{Client, Error, ErrorCodeClass, ErrorKind, Outcome, SendReceipt};
#[cfg(feature = "guard")]
use crate::{
    MessageId,
    guard::{Guard, GuardedSend, Settlement},
};
#[cfg(feature = "smpp")]
use crate::{
    smpp::pdu::Status,
    smpp::{SmppClient, SmppConfig, SubmitError, SubmitErrorKind},
};

/// Over what rows are sent, and as whom.
pub struct Transport {
    inner: Inner,
    account: String,
    #[cfg(feature = "guard")]
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
        Self::new(Inner::Http(client), account)
    }

    /// Over SMPP, with the client that was connected by this configuration. Its events are not looked at; drop them.
    #[cfg(feature = "smpp")]
    pub fn smpp(client: SmppClient, config: &SmppConfig) -> Self {
        let (system_id, addresses) = config.account();
        let mut parts = vec![&b"smpp"[..], system_id.as_bytes()];
        parts.extend(addresses.iter().map(|address| address.as_bytes()));
        Self::new(Inner::Smpp(client), fingerprint(&parts))
    }

    fn new(inner: Inner, account: String) -> Self {
        Self {
            inner,
            account,
            #[cfg(feature = "guard")]
            guard: None,
        }
    }

    /// With a guard, which is asked for a permit before each row is sent. A row that it denies is left, and a later run
    /// asks again; while the guard's store does not answer, the run waits.
    #[cfg(feature = "guard")]
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// A digest of the account: it tells two apart, and nothing else.
    pub(super) fn account(&self) -> &str {
        &self.account
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

    pub(super) fn send(&self, kind: Kind, row: &Row) -> Sent {
        #[cfg(feature = "guard")]
        if let Some(guard) = &self.guard {
            return self.send_guarded(guard, kind, row);
        }
        match self.send_now(kind, row) {
            Ok(accepted) => accepted.into(),
            Err(failed) => failed.into(),
        }
    }

    /// Asks for a permit before, and settles it afterwards.
    #[cfg(feature = "guard")]
    fn send_guarded(&self, guard: &Guard, kind: Kind, row: &Row) -> Sent {
        let asked = match kind {
            Kind::Otp => GuardedSend::otp(&row.to),
            Kind::Code => GuardedSend::code(&row.to),
            Kind::Message | Kind::Marketing => GuardedSend::message(&row.to),
        };
        let permit = match guard.admit(&asked) {
            Ok(permit) => permit,
            Err(error) => {
                return match error.denied() {
                    Some(denied) => Sent::Stayed {
                        reason: format!("guard_{}", denied.limit().as_str()),
                        try_again: false,
                    },
                    None => Sent::Stayed { reason: "guard_store".to_owned(), try_again: true },
                };
            }
        };
        let result = self.send_now(kind, row);
        let settled = match &result {
            Ok(accepted) => match MessageId::new(&accepted.message_id) {
                Ok(id) => permit.accepted(&id),
                Err(_) => permit.settle(Settlement::Accepted),
            },
            Err(Failed::Http(error)) => permit.settle(Settlement::from(error.as_ref())),
            #[cfg(feature = "smpp")]
            Err(Failed::Smpp(error)) => permit.settle(Settlement::from(error)),
        };
        if let Err(error) = settled {
            // What is not settled stays counted, as what is unknown does.
            log::warn!("a permit cannot be settled: {error}");
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
            message_id: receipt.message_id.as_str().to_owned(),
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
            if error.kind() == ErrorKind::Tls && is_certificate(error) {
                return Sent::Unusable("certificate_not_trusted".to_owned());
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

/// Whether the other end's certificate is at fault: waiting does not help then.
fn is_certificate(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.to_string().contains("certificate") {
            return true;
        }
        source = cause.source();
    }
    false
}

fn fingerprint(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    hexadecimal(&context.finish().as_ref()[..16])
}
