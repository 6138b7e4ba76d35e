//! The facade: every operation, in terms of types that cannot hold nonsense.

use std::sync::Arc;
use std::time::Duration;

use crate::api::operations;
use crate::api::types::{
    ErrorCode, MessageId, MessageTemplateReference, SendCodeRequest, SendMessageRequest, SendOtpRequest,
    SendReceipt, TemplateDetails, TemplateReference, TemplateSummary, VerifyOtpRequest,
};
use crate::builder::ClientBuilder;
use crate::http::call::Executor;
use crate::{Api, Code, Credentials, Error, Outcome, Recipient, TemplateDefinition, TemplateId, TemplateRef};

/// A client of the service. Clones share connections; all methods take `&self` and block.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::{Code, Recipient, TemplateRef, Verification};
///
/// let to: Recipient = "+6591234567".parse()?;
/// let receipt = client.send_otp(&to, &TemplateRef::new("sandbox-otp-tpl")?)?;
/// # let typed = sandbox.code(&receipt.message_id).expect("a code was made");
/// match client.verify_otp(&receipt.message_id, &Code::new(typed)?)? {
///     Verification::Verified => println!("welcome"),
///     Verification::WrongCode => println!("wrong code, try again"),
///     Verification::ExpiredOrUsed => println!("that code no longer counts"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    api: Api,
}

/// What a check of a code came to. Only one of them is a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a code that was checked is not thereby a right one"]
pub enum Verification {
    /// The right code. It is spent now.
    Verified,
    /// A wrong code. The user may try again.
    WrongCode,
    /// The code has expired, or was verified before (error 3003).
    ExpiredOrUsed,
}

impl Verification {
    /// Whether the code was the right one.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Verified)
    }
}

impl Client {
    /// A client as the environment says: `ENGAGELAB_DEV_KEY`, `ENGAGELAB_DEV_SECRET`, and perhaps
    /// `ENGAGELAB_OTP_BASE_URL`.
    ///
    /// # Errors
    ///
    /// If a variable is missing, or holds what [`ClientBuilder::build`] refuses.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder(Credentials::from_env()?).base_url_from_env()?.build()
    }

    /// A client of a sandbox.
    ///
    /// # Errors
    ///
    /// If the sandbox listens where plain `http` is not allowed: beyond loopback.
    #[cfg(feature = "sandbox")]
    pub fn for_sandbox(sandbox: &crate::sandbox::Sandbox) -> Result<Self, Error> {
        Self::builder(sandbox.credentials()).base_url(sandbox.url()).build()
    }

    /// A client with these credentials, to be configured.
    pub fn builder(credentials: Credentials) -> ClientBuilder {
        ClientBuilder::new(credentials)
    }

    pub(crate) fn new(executor: Executor, budget: Duration) -> Self {
        Self { api: Api { executor: Arc::new(executor), budget } }
    }

    /// The same client with another limit for each whole call: attempts, and the pauses between them.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use std::time::Duration;
    ///
    /// let templates = client.with_timeout(Duration::from_secs(2)).templates()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_timeout(&self, limit: Duration) -> Self {
        Self { api: Api { budget: limit, ..self.api.clone() } }
    }

    /// The generated functions, for what this facade does not cover. They do not check their input.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Sends a one-time password that the service makes up.
    ///
    /// Keep the receipt's `message_id` with the login attempt: [`verify_otp`](Self::verify_otp) wants it.
    ///
    /// # Errors
    ///
    /// See [`Error`]. If its outcome is unknown, the message may have been delivered: sending again may deliver
    /// and bill a second one.
    pub fn send_otp(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, Error> {
        self.api.send_otp(&SendOtpRequest::new(to, TemplateReference::try_from(template)?))
    }

    /// Sends a one-time password that you made up. The service does not remember it: compare it yourself.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::{Code, TemplateRef};
    ///
    /// let to = "+6591234567".parse()?;
    /// let receipt = client.send_code(&to, &Code::new("398210")?, &TemplateRef::new("sandbox-otp-tpl")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_otp`](Self::send_otp).
    pub fn send_code(
        &self,
        to: &Recipient,
        code: &Code,
        template: &TemplateRef,
    ) -> Result<SendReceipt, Error> {
        self.api.send_code(&SendCodeRequest::new(to, code, TemplateReference::try_from(template)?))
    }

    /// Sends a notice, an offer, or a code of your own as the parameter `code`.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::TemplateRef;
    ///
    /// let template = TemplateRef::new("sandbox-custom-tpl")?.param("code", "398210");
    /// let receipt = client.send_message(&"user@example.com".parse()?, &template)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_otp`](Self::send_otp). A template with a language is refused: custom messages have none.
    pub fn send_message(&self, to: &Recipient, template: &TemplateRef) -> Result<SendReceipt, Error> {
        self.api.send_message(&SendMessageRequest::new(to, MessageTemplateReference::try_from(template)?))
    }

    /// Checks the code that a user typed.
    ///
    /// # Errors
    ///
    /// See [`Error`]. If its outcome is unknown, the code may be spent: a second check of the right code can
    /// then come to [`Verification::ExpiredOrUsed`].
    pub fn verify_otp(&self, message: &MessageId, code: &Code) -> Result<Verification, Error> {
        let request = VerifyOtpRequest::checked(message, code)?;
        match self.api.verify_otp(&request) {
            Ok(result) => {
                let same_message = result.message_id.as_ref().is_none_or(|answered| answered == message);
                let same_code =
                    result.verify_code.as_ref().is_none_or(|answered| answered.expose() == code.expose());
                if !(same_message && same_code) {
                    return Err(Error::of_answer_to_another_call(operations::VERIFY_OTP.id));
                }
                Ok(if result.verified { Verification::Verified } else { Verification::WrongCode })
            }
            Err(error) if is_expired_or_used(&error) => Ok(Verification::ExpiredOrUsed),
            Err(error) => Err(error),
        }
    }

    /// Creates a template. It can be sent once its status is approved.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::{CodeAlphabet, CodeConfig, DefaultText, SmsText, TemplateDefinition, TemplateId};
    ///
    /// let definition = TemplateDefinition::builder(TemplateId::new("login")?, "sms".parse()?)
    ///     .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5)?)
    ///     .sms(SmsText::Default(DefaultText::new().with_security_notice()))
    ///     .build()?;
    /// client.create_template(&definition)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn create_template(&self, definition: &TemplateDefinition) -> Result<(), Error> {
        self.api.create_template(&definition.into()).map(drop)
    }

    /// All templates, without what their channels say.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// for template in client.list_templates()? {
    ///     println!("{:?}: {:?}", template.template_id, template.status);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn list_templates(&self) -> Result<Vec<TemplateSummary>, Error> {
        self.api.list_templates().map(|list| list.0)
    }

    /// One template, with what its channels say.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::{TemplateId, TemplateStatus};
    ///
    /// let details = client.get_template(&TemplateId::new("sandbox-otp-tpl")?)?;
    /// assert_eq!(details.status, Some(TemplateStatus::Approved));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn get_template(&self, id: &TemplateId) -> Result<TemplateDetails, Error> {
        self.api.get_template(id.as_str())
    }

    /// Deletes a template.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::TemplateId;
    ///
    /// client.delete_template(&TemplateId::new("sandbox-custom-tpl")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`]. A delete whose answer was lost is repeated, and counts as done if the template is then
    /// gone.
    pub fn delete_template(&self, id: &TemplateId) -> Result<(), Error> {
        self.api.delete_template(id.as_str()).map(drop)
    }
}

impl TemplateSummary {
    /// The channels of the strategy, in order; channels that this version does not know are kept.
    pub fn channels(&self) -> Vec<crate::Channel> {
        channels(self.send_channel_strategy.as_deref())
    }
}

impl TemplateDetails {
    /// The channels of the strategy, in order; channels that this version does not know are kept.
    pub fn channels(&self) -> Vec<crate::Channel> {
        channels(self.send_channel_strategy.as_deref())
    }
}

/// Whether the service refused a check for the code's state. With 5xx or 429 it did not get so far.
fn is_expired_or_used(error: &Error) -> bool {
    let broken = error.api().is_some_and(|api| api.code() == ErrorCode::RuleBroken);
    broken && error.outcome() == Outcome::Rejected && error.status() != Some(429)
}

fn channels(strategy: Option<&str>) -> Vec<crate::Channel> {
    let names = strategy.unwrap_or_default().split('|').map(str::trim);
    names.filter(|name| !name.is_empty()).map(crate::Channel::from).collect()
}
