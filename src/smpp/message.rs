//! The message a user hands in, as a type that cannot hold what the service would refuse for its form.

use std::fmt;

use serde::Serialize;

use super::Coding;
use super::ledger::DestinationKey;
use super::outgoing::Outgoing;
use super::pdu::{Address, ShortMessage, Tlvs};
use crate::api::types::{TemplateId, TemplateParams, TemplateReference};
use crate::{Code, InvalidInput, Language, Recipient, TemplateRef};

/// A message to one phone, built from a template of the account.
///
/// ```
/// use engagelab_otp::smpp::Message;
/// use engagelab_otp::{Code, Language, Recipient, TemplateRef};
///
/// let recipient = Recipient::phone("+6591234567")?;
/// let template = TemplateRef::new("sandbox-custom-tpl")?.language(Language::En).param("brand_name", "Acme");
/// let message = Message::code(&recipient, &template, &Code::new("482913")?)?;
/// # assert!(!format!("{message:?}").contains("482913"));
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Message {
    service: Service,
    recipient: Recipient,
    template: TemplateReference,
    code: Option<Code>,
    coding: Coding,
    reference: String,
}

/// What kind of message the service is asked to send: `service_type` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Code,
    Notification,
    Marketing,
}

impl Message {
    /// A message that carries a code which the caller made: service type `CODE`.
    ///
    /// # Errors
    ///
    /// When the recipient is an e-mail address, or the template's language or variables break a rule.
    pub fn code(recipient: &Recipient, template: &TemplateRef, code: &Code) -> Result<Self, InvalidInput> {
        let message = Self::new(Service::Code, recipient, template)?;
        Ok(Self { code: Some(code.clone()), ..message })
    }

    /// A notification, or a code that the platform makes: service type `MSG`.
    ///
    /// # Errors
    ///
    /// As for [`code`](Self::code).
    pub fn notification(recipient: &Recipient, template: &TemplateRef) -> Result<Self, InvalidInput> {
        Self::new(Service::Notification, recipient, template)
    }

    /// A marketing message: service type `MRKT`.
    ///
    /// # Errors
    ///
    /// As for [`code`](Self::code).
    pub fn marketing(recipient: &Recipient, template: &TemplateRef) -> Result<Self, InvalidInput> {
        Self::new(Service::Marketing, recipient, template)
    }

    fn new(service: Service, recipient: &Recipient, template: &TemplateRef) -> Result<Self, InvalidInput> {
        InvalidInput::unless(
            !recipient.is_email(),
            "to",
            "must be a phone number: SMPP reaches phones alone",
        )?;
        let template = TemplateReference::try_from(template)?;
        Ok(Self {
            service,
            recipient: recipient.clone(),
            template,
            code: None,
            coding: Coding::default(),
            reference: String::new(),
        })
    }

    /// How the text is written; [`Coding::Ucs2`] by default.
    #[must_use]
    pub fn coding(self, coding: Coding) -> Self {
        Self { coding, ..self }
    }

    /// What the sender calls the message, such as the number of an order. It is not sent: a client with a
    /// [journal](crate::smpp::SmppConfig::journal) repeats it after a restart.
    ///
    /// # Errors
    ///
    /// When it is longer than 255 octets.
    pub fn reference(self, reference: impl Into<String>) -> Result<Self, InvalidInput> {
        let reference = reference.into();
        InvalidInput::unless(reference.len() <= 255, "reference", "must be at most 255 octets")?;
        Ok(Self { reference, ..self })
    }

    /// The message as the wire has it: text in `short_message`, or in `message_payload` where it is longer than 254 octets.
    ///
    /// # Errors
    ///
    /// When the text is longer than `message_payload` can be, or cannot be written in the chosen coding.
    pub fn to_short_message(&self) -> Result<ShortMessage, InvalidInput> {
        let text = self.coding.encode(&self.json())?;
        let mut message = ShortMessage {
            service_type: self.service.as_str().to_owned(),
            destination: Address {
                ton: Address::INTERNATIONAL,
                npi: Address::ISDN,
                number: self.recipient.expose().to_owned(),
            },
            registered_delivery: 1,
            data_coding: self.coding.data_coding(),
            ..ShortMessage::default()
        };
        if text.len() <= LONGEST_SHORT_MESSAGE {
            message.short_message = text;
        } else {
            message.tlvs.push(Tlvs::MESSAGE_PAYLOAD, &text).map_err(|_| {
                InvalidInput::new(
                    "text",
                    "must be at most 65535 octets once written (half as many characters in UCS2)",
                )
            })?;
        }
        Ok(message)
    }

    /// The body of `submit_sm`, ready to go behind a header.
    pub(super) fn to_outgoing(&self) -> Result<Outgoing, InvalidInput> {
        let message = self.to_short_message()?;
        let mut body = Vec::with_capacity(64 + message.short_message.len() + message.tlvs.octets().len());
        message.write(&mut body)?;
        Ok(Outgoing {
            body,
            destination: DestinationKey::new(self.recipient.expose()),
            reference: self.reference.clone(),
        })
    }

    fn json(&self) -> String {
        let none = TemplateParams::default();
        let content = Content {
            id: &self.template.id,
            language: self.template.language.as_ref().unwrap_or(&Language::Default),
            code: self.code.as_ref().map(Code::expose),
            params: self.template.params.as_ref().unwrap_or(&none),
        };
        serde_json::to_string(&content).expect("strings under string keys are always JSON")
    }
}

impl Service {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "CODE",
            Self::Notification => "MSG",
            Self::Marketing => "MRKT",
        }
    }
}

/// The JSON that the service reads in place of a text.
#[derive(Serialize)]
struct Content<'a> {
    id: &'a TemplateId,
    language: &'a Language,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    params: &'a TemplateParams,
}

/// A code, its parameters and a whole number never show.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("service", &self.service)
            .field("recipient", &self.recipient)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// Longer texts travel in `message_payload`.
const LONGEST_SHORT_MESSAGE: usize = 254;
