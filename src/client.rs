//! The facade: every operation, in terms of types that cannot hold nonsense.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::api::types::{
    MessageId, MessageTemplateReference, SendCodeRequest, SendMessageRequest, SendOtpRequest,
    TemplateDetails, TemplateReference, TemplateSummary, VerifyOtpRequest,
};
use crate::api::{Operation, operations};
use crate::builder::ClientBuilder;
use crate::http::call::Executor;
use crate::http::parameters::Parameters;
use crate::http::transport::ConnectionUse;
use crate::receipt::SendReceipt;
use crate::verification::Verification;
use crate::{
    Api, Code, Credentials, Error, InvalidInput, Recipient, TemplateDefinition, TemplateId, TemplateRef,
};

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
    /// Whether the service repeats message and code in a verification's response. Until that is seen, and again when it
    /// has not, a verification gets a connection of its own: there, its response needs no proof of whose it is.
    echoes: Arc<AtomicBool>,
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

    /// How long each whole call may take.
    #[cfg(feature = "guard")]
    pub(crate) fn budget(&self) -> Duration {
        self.api.budget
    }

    pub(crate) fn new(executor: Executor, budget: Duration) -> Self {
        Self { api: Api { executor: Arc::new(executor), budget }, echoes: Arc::default() }
    }

    /// The same client with another limit for each whole call: attempts, and the pauses between them.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use std::time::Duration;
    ///
    /// let templates = client.with_timeout(Duration::from_secs(2)).list_templates()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_timeout(&self, limit: Duration) -> Self {
        Self { api: Api { budget: limit, ..self.api.clone() }, ..self.clone() }
    }

    /// Uses other credentials from now on: for every attempt that begins after this, of all clones of this client.
    ///
    /// ```
    /// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
    /// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
    /// use engagelab_otp::Credentials;
    ///
    /// client.replace_credentials(&Credentials::new("new-key", "new-secret")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If they do not fit a header; those in use stay.
    pub fn replace_credentials(&self, credentials: &Credentials) -> Result<(), InvalidInput> {
        self.api.executor.authorization.replace(credentials)
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
        let request = SendOtpRequest::new(to, TemplateReference::try_from(template)?);
        self.send(&operations::SEND_OTP, &request)
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
        let request = SendCodeRequest::new(to, code, TemplateReference::try_from(template)?);
        self.send(&operations::SEND_CODE, &request)
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
        let request = SendMessageRequest::new(to, MessageTemplateReference::try_from(template)?);
        self.send(&operations::SEND_MESSAGE, &request)
    }

    /// Checks the code that a user typed.
    ///
    /// # Errors
    ///
    /// See [`Error`]. If its outcome is unknown, the code may be spent: a second check of the right code can
    /// then come to [`Verification::ExpiredOrUsed`].
    ///
    /// A response that names another message or code is not believed, and one that leaves either out is believed only
    /// over a connection that carried nothing else. The first verification of a client has such a connection, and so
    /// have all that follow one whose response left something out.
    pub fn verify_otp(&self, message: &MessageId, code: &Code) -> Result<Verification, Error> {
        let request = VerifyOtpRequest::checked(message, code)?;
        let connection =
            if self.echoes.load(Ordering::Relaxed) { ConnectionUse::Pooled } else { ConnectionUse::Own };
        let operation = &operations::VERIFY_OTP;
        let response = match self.api.respond(operation, &Parameters::default(), Some(&request), connection) {
            Ok(response) => response,
            Err(error) => return Verification::of_error(&error).ok_or(error),
        };
        self.echoes.store(Verification::is_echo(&response), Ordering::Relaxed);
        Verification::of_response(&request, &response).map_err(|unproven| {
            Error::of_unproven_answer(operation.id, unproven.as_str(), response.head.headers)
        })
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
        match self.api.delete_template(id.as_str()) {
            Err(error) if error.is_gone_since() => Ok(()),
            result => result.map(drop),
        }
    }

    fn send<B: Serialize>(&self, operation: &Operation, request: &B) -> Result<SendReceipt, Error> {
        let response =
            self.api.respond(operation, &Parameters::default(), Some(request), ConnectionUse::Pooled)?;
        let receipt = SendReceipt::from(response);
        if receipt.message_id.is_empty() {
            // Nobody could verify that message, or find it again.
            let why = "it names no message";
            return Err(Error::of_unproven_answer(operation.id, why, receipt.into_headers()));
        }
        Ok(receipt)
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

fn channels(strategy: Option<&str>) -> Vec<crate::Channel> {
    let names = strategy.unwrap_or_default().split('|').map(str::trim);
    names.filter(|name| !name.is_empty()).map(crate::Channel::from).collect()
}
