//! What tests ask of a sandbox: codes and messages by recipient, behaviours of recipients, and expectations.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};
use std::time::Duration;

use serde_json::Value;

use super::Sandbox;
use super::model::{Message, Refusal, Seed};
use crate::api::Operation;
use crate::api::types::{ErrorCode, MessageId};
use crate::test_recipients::RecipientBehavior;
use crate::{InvalidInput, Recipient};

impl Sandbox {
    /// The newest message to a recipient.
    pub fn last_message_to(&self, recipient: &Recipient) -> Option<Message> {
        self.shared.read(|state| {
            let mut newest = state.model.messages().iter().rev();
            newest.find(|message| message.to == recipient.expose()).cloned()
        })
    }

    /// Waits until a message with a code was sent to a recipient, and gives the newest code; none if that takes longer
    /// than ten seconds.
    ///
    /// ```
    /// use engagelab_otp::sandbox::Sandbox;
    /// use engagelab_otp::{Client, TemplateRef};
    ///
    /// let sandbox = Sandbox::start()?;
    /// let client = Client::for_sandbox(&sandbox)?;
    /// let user = "+6591234567".parse()?;
    /// // In a test, the program under test does this, perhaps in another thread.
    /// client.send_otp(&user, &TemplateRef::new("sandbox-otp-tpl")?)?;
    /// assert_eq!(sandbox.wait_for_code(&user).map(|code| code.len()), Some(6));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_for_code(&self, recipient: &Recipient) -> Option<String> {
        let code = || {
            self.shared.read(|state| {
                let mut newest = state.model.messages().iter().rev();
                newest.find_map(|message| {
                    let is_theirs = message.to == recipient.expose();
                    is_theirs.then(|| message.code.clone()).flatten()
                })
            })
        };
        self.wait_for(CODE_TIMEOUT, |_| code().is_some());
        code()
    }

    /// Sets what becomes of messages to a recipient.
    ///
    /// ```
    /// use engagelab_otp::sandbox::Sandbox;
    /// use engagelab_otp::{Client, ErrorCode, TemplateRef};
    ///
    /// let sandbox = Sandbox::start()?;
    /// let client = Client::for_sandbox(&sandbox)?;
    /// let user = "+6591234567".parse()?;
    /// sandbox.on(&user).is_refused_with(ErrorCode::Unsubscribed);
    /// let error = client.send_otp(&user, &TemplateRef::new("sandbox-otp-tpl")?).unwrap_err();
    /// assert_eq!(error.api().map(|api| api.code()), Some(ErrorCode::Unsubscribed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on(&self, recipient: &Recipient) -> On<'_> {
        On { sandbox: self, of: recipient.expose().to_owned() }
    }

    /// Sets what becomes of messages of a template, but for recipients of whom something was set.
    pub fn on_template(&self, id: &crate::TemplateId) -> On<'_> {
        On { sandbox: self, of: id.as_str().to_owned() }
    }

    /// Delivers a message now, whatever was to become of it; false if no message has this id, or its delivery has ended. Its
    /// code still counts.
    ///
    /// ```
    /// use engagelab_otp::sandbox::Sandbox;
    /// use engagelab_otp::{Client, ErrorCode, MessageStatus, TemplateRef};
    ///
    /// let sandbox = Sandbox::start()?;
    /// let client = Client::for_sandbox(&sandbox)?;
    /// let receipt = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
    /// assert!(sandbox.fail_now(&receipt.message_id, ErrorCode::HandsetOff));
    /// let status = sandbox.message(&receipt.message_id).and_then(|message| message.status().cloned());
    /// assert_eq!(status, Some(MessageStatus::DeliveredFailed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deliver_now(&self, message: &MessageId) -> bool {
        self.shared.update(|state, now| state.model.end_delivery(&message.0, None, now)).is_ok()
    }

    /// Has a message fail now with this error, whatever was to become of it; false if no message has this id, or its
    /// delivery has ended. Its code still counts.
    pub fn fail_now(&self, message: &MessageId, code: ErrorCode) -> bool {
        self.shared.update(|state, now| state.model.end_delivery(&message.0, Some(code), now)).is_ok()
    }

    /// Has the code of a message expire now; false if it has none that still counts.
    pub fn expire_now(&self, message: &MessageId) -> bool {
        self.shared.update(|state, now| state.model.expire_now(&message.0, now)).is_ok()
    }

    /// Everything as in a new sandbox, but for the addresses of callbacks: no messages, requests, callbacks and faults,
    /// the built-in templates alone, and the clock's own time.
    pub fn reset(&self) {
        self.shared.rewind();
        self.shared.update(super::state::State::reset);
        #[cfg(feature = "smpp")]
        if let Some(smsc) = self.smsc() {
            smsc.set_faults(crate::smpp::smsc::Faults::default());
        }
    }

    /// Fills it with templates and behaviours, as a file for `engagelab-otp sandbox --seed` holds them:
    /// `{"templates": […], "behaviors": {"+6591234567": "failed=5012"}}`. A template replaces one with the same id.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or something in it breaks a rule; the error names the place. Nothing of it has been taken
    /// then.
    pub fn seed(&self, seed: &Value) -> Result<(), InvalidInput> {
        let seed = Seed::read(seed)?;
        let sown = self.shared.update(|state, now| state.model.sow(seed, now));
        sown.map_err(|Refusal { field, message, .. }| {
            InvalidInput::of(field.unwrap_or("seed".into()), message)
        })
    }

    /// How often an operation was asked for so far, refused or not.
    pub fn count(&self, operation: &Operation) -> u64 {
        self.shared.read(|state| state.requests.count(operation.id))
    }

    /// Whether an operation was asked for as often as expected, since the start or the last reset.
    ///
    /// ```
    /// use engagelab_otp::api::operations;
    /// use engagelab_otp::sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start()?;
    /// sandbox.verify_count(&operations::SEND_OTP, 0)?;
    /// let unmet = sandbox.verify_count(&operations::VERIFY_OTP, 1..).unwrap_err();
    /// assert_eq!(unmet.to_string(), "verifyOtp was asked for 0 times, and 1 or more were expected");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it was not.
    pub fn verify_count(
        &self,
        operation: &'static Operation,
        expected: impl Into<Times>,
    ) -> Result<(), UnmetExpectation> {
        let (expected, found) = (expected.into(), self.count(operation));
        let met = found >= expected.least && expected.most.is_none_or(|most| found <= most);
        if met { Ok(()) } else { Err(UnmetExpectation { operation: operation.id, expected, found }) }
    }
}

/// What becomes of messages to a recipient, or of a template: [`Sandbox::on`].
#[must_use = "nothing is set until one of its methods is called"]
pub struct On<'a> {
    sandbox: &'a Sandbox,
    of: String,
}

impl On<'_> {
    /// Every channel fails with this error, after the send was accepted.
    pub fn fails_with(self, code: ErrorCode) {
        self.behaves(Some(RecipientBehavior::Failed(code)));
    }

    /// Sends are refused with this error.
    pub fn is_refused_with(self, code: ErrorCode) {
        self.behaves(Some(RecipientBehavior::Refused(code)));
    }

    /// Messages are delivered so long after the send.
    pub fn is_delivered_after(self, after: Duration) {
        self.behaves(Some(RecipientBehavior::Delivered { after }));
    }

    /// The first channel fails, and the next one delivers.
    pub fn falls_back(self) {
        self.behaves(Some(RecipientBehavior::FirstChannelFails));
    }

    /// Nothing is ever reported.
    pub fn is_silent(self) {
        self.behaves(Some(RecipientBehavior::Silent));
    }

    /// The service's codes are this one.
    pub fn has_code(self, code: &crate::Code) {
        self.behaves(Some(RecipientBehavior::Code(code.expose().to_owned().into())));
    }

    /// As usual again.
    pub fn is_as_usual(self) {
        self.behaves(None);
    }

    fn behaves(self, behavior: Option<RecipientBehavior>) {
        // It is refused beyond ten thousand of them, which no test sets.
        drop(self.sandbox.shared.update(|state, _| state.model.set_behavior(&self.of, behavior)));
    }
}

/// How often something is expected: a number, or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    least: u64,
    most: Option<u64>,
}

impl From<u64> for Times {
    fn from(times: u64) -> Self {
        Self { least: times, most: Some(times) }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(times: RangeInclusive<u64>) -> Self {
        Self { least: *times.start(), most: Some(*times.end()) }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(times: RangeFrom<u64>) -> Self {
        Self { least: times.start, most: None }
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(times: RangeToInclusive<u64>) -> Self {
        Self { least: 0, most: Some(times.end) }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) if most == self.least => write!(f, "{most}"),
            Some(most) => write!(f, "{} to {most}", self.least),
            None => write!(f, "{} or more", self.least),
        }
    }
}

/// An operation was not asked for as often as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmetExpectation {
    operation: &'static str,
    expected: Times,
    found: u64,
}

impl fmt::Display for UnmetExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, expected, found } = self;
        write!(f, "{operation} was asked for {found} times, and {expected} were expected")
    }
}

impl std::error::Error for UnmetExpectation {}

/// How long a code is waited for.
const CODE_TIMEOUT: Duration = Duration::from_secs(10);
