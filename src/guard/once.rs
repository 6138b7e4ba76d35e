//! Sends that happen once, whoever asks for them and however often: by a key of the caller's own.
//!
//! ```text
//!             claim                     receipt
//!  (no key) ─────────▶ claimed ───────────────────────▶ accepted
//!      ▲                │  │ │  refused by the service
//!      │ not sent, 429, │  │ └─────────────────────────▶ rejected
//!      └────────────────┘  │  lost, or the holder died
//!         denied           └─────────────────────────▶ unknown ──▶ accepted, when a callback has told
//! ```

use std::fmt;
use std::time::Duration;

use super::admission::GuardedSend;
use super::client::{GuardedClient, GuardedError};
use super::denied::AdmitError;
use super::message::LIFE;
use super::octets::{Reader, write_number, write_octets, write_option};
use super::pepper::{Digests, Kind, Subject};
use super::resolution::Unresolved;
use super::settlement::Settlement;
use super::store::{ChargeId, Key, Store, StoreError, Version};
use crate::api::types::{Channel, ErrorCode, MessageId};
use crate::{Code, Error, InvalidInput, Outcome, Recipient, SendReceipt, TemplateRef};

/// A send that happens once. [`GuardedClient::once`] gives it.
///
/// Of all calls with the same key, in all threads and all processes that share the store, one sends, after the guard has
/// admitted it; the others wait for what it comes to, and get the same receipt. If nobody knows what became of it, or its
/// holder died, nothing is sent a second time: the key reads unknown from then on, unless a callback tells which message
/// it is. What was not sent, was denied, or was answered with 429 leaves the key free.
///
/// A key is remembered for 25 hours after the last change. After that, it is a new one.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::TemplateRef;
/// use engagelab_otp::guard::{Guard, MemoryStore, Pepper};
///
/// let guarded = Guard::recommended(MemoryStore::default(), Pepper::random()?)?.client(&client);
/// let (to, template) = ("+6591234567".parse()?, TemplateRef::new("sandbox-otp-tpl")?);
/// let first = guarded.once("login 4711").send_otp(&to, &template)?;
/// let again = guarded.once("login 4711").send_otp(&to, &template)?;
/// assert_eq!(first.message_id, again.message_id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "nothing is sent until one of its methods is called"]
pub struct SendOnce<'a> {
    client: &'a GuardedClient,
    key: &'a str,
}

impl GuardedClient {
    /// A send that happens once for this key: an order, a login attempt. It is always closed when the store does not
    /// answer, whatever the guard's [`Fail`](crate::guard::Fail) is.
    pub const fn once<'a>(&'a self, key: &'a str) -> SendOnce<'a> {
        SendOnce { client: self, key }
    }
}

impl SendOnce<'_> {
    /// As [`GuardedClient::send_otp`].
    ///
    /// # Errors
    ///
    /// See [`OnceError`].
    pub fn send_otp(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, OnceError> {
        let call = || self.client.client.send_otp(to, template);
        self.send(GuardedSend::otp(to), ["otp", to.expose(), "", &whole(template)], template, call)
    }

    /// As [`GuardedClient::send_code`].
    ///
    /// # Errors
    ///
    /// See [`OnceError`].
    pub fn send_code(
        &self,
        to: &Recipient,
        code: &Code,
        template: &TemplateRef,
    ) -> Result<SendReceipt, OnceError> {
        let call = || self.client.client.send_code(to, code, template);
        let arguments = ["code", to.expose(), code.expose(), &whole(template)];
        self.send(GuardedSend::code(to), arguments, template, call)
    }

    /// As [`GuardedClient::send_message`].
    ///
    /// # Errors
    ///
    /// See [`OnceError`].
    pub fn send_message(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, OnceError> {
        let call = || self.client.client.send_message(to, template);
        self.send(GuardedSend::message(to), ["message", to.expose(), "", &whole(template)], template, call)
    }

    fn send(
        &self,
        send: GuardedSend<'_>,
        arguments: [&str; 4],
        template: &TemplateRef,
        call: impl FnOnce() -> Result<SendReceipt, Error>,
    ) -> Result<SendReceipt, OnceError> {
        if self.key.is_empty() {
            let error = InvalidInput::new("key", "must not be empty").into();
            return Err(OnceError::Guarded(GuardedError::Call { error, unresolved: None }));
        }
        let guard = &self.client.guard.0;
        let key = guard.pepper.digests(Subject::Once, &[self.key]);
        let arguments = guard.pepper.digests(Subject::Arguments, &arguments);
        let registry = guard.pepper.registry(send.to, template.id());
        let patience = self.client.client.budget().saturating_add(HANDOVER);
        let mut claim = Claim {
            arguments: arguments.own,
            patience: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
            state: State::Claimed,
            charge: None,
        };
        let mut pause = FIRST_PAUSE;
        let held = loop {
            match self.find(&key)? {
                None => {
                    let key = key.key(Kind::Once, 0);
                    let version = guard.ids.version();
                    if guard.store.swap(key, None, version, Some(&claim.encode()), LIFE)? {
                        break Held { client: self.client, key, version };
                    }
                }
                Some((found, age)) => {
                    if ![Some(arguments.own), arguments.other].contains(&Some(found.arguments)) {
                        return Err(OnceError::OtherArguments);
                    }
                    if let Some(told) = self.tell(found, age, registry)? {
                        return told;
                    }
                    guard.clock.sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        };
        let permit = match self.client.admit(send.closed(), template) {
            Ok(permit) => permit,
            Err(error) => {
                held.free()?;
                return Err(OnceError::Guarded(error.into()));
            }
        };
        // Without it, nobody could tell the one that is lost from others; and a claim that was lost must not send.
        claim.charge = Some(permit.charge());
        let held = match held.write(&claim) {
            Ok(Some(held)) => held,
            result => {
                self.client.guard.note(&permit.settle(Settlement::NotSent));
                return Err(result.err().map_or(OnceError::Lost, OnceError::Store));
            }
        };
        let result = self.client.settle(permit, call());
        claim.state = match &result {
            Ok(receipt) => State::Accepted(receipt.message_id.0.clone(), channel(receipt)),
            Err(GuardedError::Call { error, .. }) if error.outcome() == Outcome::Unknown => State::Unknown,
            Err(GuardedError::Call { error, .. })
                if error.outcome() == Outcome::Rejected && !error.is_throttled() =>
            {
                let code = error.api().map(|api| api.code().value());
                State::Rejected { status: error.status().unwrap_or_default(), code }
            }
            // Not sent, or a 429.
            Err(_) => {
                self.client.guard.note(&held.free());
                return result.map_err(OnceError::Guarded);
            }
        };
        // What it came to is what the caller must know, also where it cannot be written down: then the key reads unknown.
        self.client.guard.note(&held.write(&claim).map(drop));
        result.map_err(OnceError::Guarded)
    }

    fn find(&self, key: &Digests) -> Result<Option<(Claim, Duration)>, OnceError> {
        for key in key.keys(Kind::Once) {
            if let Some(record) = self.client.guard.0.store.read(key)? {
                let unreadable =
                    || StoreError::Unavailable("a record is none that this version can read".into());
                return Ok(Some((Claim::decode(&record.value).ok_or_else(unreadable)?, record.age)));
            }
        }
        Ok(None)
    }

    /// What somebody else's call came to; nothing while that is open.
    fn tell(
        &self,
        found: Claim,
        age: Duration,
        registry: Digests,
    ) -> Result<Option<Result<SendReceipt, OnceError>>, OnceError> {
        let receipt = |id: String, channel: Option<String>| {
            SendReceipt::of(MessageId(id), channel.as_deref().map(Channel::from))
        };
        match found.state {
            State::Accepted(id, channel) => Ok(Some(Ok(receipt(id, channel)))),
            State::Rejected { status, code } => {
                Ok(Some(Err(OnceError::Rejected { status, code: code.map(ErrorCode::from) })))
            }
            State::Claimed if age < Duration::from_millis(found.patience) => Ok(None),
            State::Claimed | State::Unknown => {
                let guard = self.client.guard.clone();
                let unresolved = found.charge.map(|charge| Unresolved { guard, registry, charge });
                let message = unresolved.as_ref().map(Unresolved::message_id).transpose()?.flatten();
                Ok(Some(match message {
                    Some(message) => Ok(receipt(message.0, None)),
                    None => Err(OnceError::Unknown(unresolved)),
                }))
            }
        }
    }
}

/// A key that was claimed here.
struct Held<'a> {
    client: &'a GuardedClient,
    key: Key,
    version: Version,
}

impl Held<'_> {
    /// Writes the claim anew; gives nothing if it is no longer there.
    fn write(mut self, claim: &Claim) -> Result<Option<Self>, StoreError> {
        let guard = &self.client.guard.0;
        let version = guard.ids.version();
        let done = guard.store.swap(self.key, Some(self.version), version, Some(&claim.encode()), LIFE)?;
        self.version = version;
        Ok(done.then_some(self))
    }

    fn free(self) -> Result<(), StoreError> {
        let guard = &self.client.guard.0;
        guard.store.swap(self.key, Some(self.version), guard.ids.version(), None, LIFE).map(drop)
    }
}

struct Claim {
    arguments: [u8; 14],
    /// For how many milliseconds its holder may be at work.
    patience: u64,
    state: State,
    charge: Option<ChargeId>,
}

enum State {
    Claimed,
    Accepted(String, Option<String>),
    Rejected { status: u16, code: Option<i64> },
    Unknown,
}

impl Claim {
    fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORM];
        octets.extend(self.arguments);
        write_number(&mut octets, self.patience);
        write_option(&mut octets, self.charge, |octets, charge| octets.extend(charge.octets()));
        match &self.state {
            State::Claimed => octets.push(0),
            State::Accepted(id, channel) => {
                octets.push(1);
                write_octets(&mut octets, id.as_bytes());
                write_option(&mut octets, channel.as_deref(), |octets, name| {
                    write_octets(octets, name.as_bytes());
                });
            }
            State::Rejected { status, code } => {
                octets.push(2);
                write_number(&mut octets, (*status).into());
                write_option(&mut octets, *code, |octets, code| write_number(octets, code.cast_unsigned()));
            }
            State::Unknown => octets.push(3),
        }
        octets
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        if reader.octet()? != FORM {
            return None;
        }
        Some(Self {
            arguments: reader.array()?,
            patience: reader.number()?,
            charge: reader.option(Reader::array)?.map(ChargeId::new),
            state: match reader.octet()? {
                0 => State::Claimed,
                1 => State::Accepted(reader.text()?, reader.option(Reader::text)?),
                2 => State::Rejected {
                    status: u16::try_from(reader.number()?).ok()?,
                    code: reader.option(Reader::number)?.map(u64::cast_signed),
                },
                3 => State::Unknown,
                _ => return None,
            },
        })
    }
}

/// Why a send that happens once gave no receipt.
#[derive(Debug)]
#[non_exhaustive]
pub enum OnceError {
    /// The key was used before, with another recipient, template, code or kind of send. Nothing was sent.
    OtherArguments,
    /// The store cannot say. Nothing was sent by this call.
    Store(StoreError),
    /// The key was taken from this call before it sent anything: the store has forgotten it.
    Lost,
    /// This call did not succeed.
    Guarded(GuardedError),
    /// The call that had the key was refused by the service.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The service's code.
        code: Option<ErrorCode>,
    },
    /// Nobody knows what became of the call that had the key. It is not sent again; a callback may tell.
    Unknown(Option<Unresolved>),
}

impl OnceError {
    /// Whether the service may have acted on what this key stands for.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::OtherArguments | Self::Store(_) | Self::Lost => Outcome::NotSent,
            Self::Guarded(error) => error.outcome(),
            Self::Rejected { .. } => Outcome::Rejected,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }

    /// If nobody knows whether the message was sent: by this, a callback may tell.
    pub fn unresolved(&self) -> Option<&Unresolved> {
        match self {
            Self::Guarded(error) => error.unresolved(),
            Self::Unknown(unresolved) => unresolved.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for OnceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherArguments => f.write_str("not sent: the key was used before, for another send"),
            Self::Store(error) => write!(f, "not sent: {error}"),
            Self::Lost => f.write_str("not sent: the store has forgotten the key meanwhile"),
            Self::Guarded(error) => error.fmt(f),
            Self::Rejected { status, code: Some(code) } => {
                write!(f, "the send with this key was refused: error {code}, HTTP status {status}")
            }
            Self::Rejected { status, code: None } => {
                write!(f, "the send with this key was refused: HTTP status {status}")
            }
            Self::Unknown(_) => f.write_str(
                "outcome unknown: the send with this key may have been acted on, and is not repeated",
            ),
        }
    }
}

impl std::error::Error for OnceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Guarded(error) => error.source(),
            _ => None,
        }
    }
}

impl From<StoreError> for OnceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AdmitError> for OnceError {
    fn from(error: AdmitError) -> Self {
        Self::Guarded(error.into())
    }
}

/// All that a template says; nothing if it cannot be sent, which the call will say.
fn whole(template: &TemplateRef) -> String {
    serde_json::to_string(template).unwrap_or_default()
}

fn channel(receipt: &SendReceipt) -> Option<String> {
    receipt.send_channel.as_ref().map(|channel| channel.as_str().to_owned())
}

const FORM: u8 = 1;

/// What a holder may take besides its call: being admitted, and writing down what it came to.
const HANDOVER: Duration = Duration::from_secs(10);

/// How often it is looked what a call of somebody else came to.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
