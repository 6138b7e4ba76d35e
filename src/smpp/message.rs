//! The message a user hands in, as a type that cannot hold what the service would refuse for its form.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Coding;
use super::pdu::{Address, ShortMessage, Tlvs, masked};
use crate::InvalidInput;

/// A message to one recipient, built from a template of the account.
///
/// ```
/// use engagelab_otp::smpp::Message;
///
/// let message = Message::code("+6591234567", "sandbox-custom-tpl", "482913")?
///     .language("en")?
///     .param("brand_name", "Acme");
/// # assert!(!format!("{message:?}").contains("482913"));
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    service: Service,
    recipient: String,
    template: String,
    language: String,
    code: Option<String>,
    params: BTreeMap<String, String>,
    coding: Coding,
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
    /// When the recipient is no phone number with `+` and country code, the template id is empty or longer than 128
    /// characters, or the code is empty.
    pub fn code(recipient: &str, template: &str, code: &str) -> Result<Self, InvalidInput> {
        if code.is_empty() {
            return Err(InvalidInput::new("code", "at least one character"));
        }
        let message = Self::new(Service::Code, recipient, template)?;
        Ok(Self { code: Some(code.to_owned()), ..message })
    }

    /// A notification, or a code that the platform makes: service type `MSG`.
    ///
    /// # Errors
    ///
    /// When the recipient or the template id cannot be one, as for [`code`](Self::code).
    pub fn notification(recipient: &str, template: &str) -> Result<Self, InvalidInput> {
        Self::new(Service::Notification, recipient, template)
    }

    /// A marketing message: service type `MRKT`.
    ///
    /// # Errors
    ///
    /// When the recipient or the template id cannot be one, as for [`code`](Self::code).
    pub fn marketing(recipient: &str, template: &str) -> Result<Self, InvalidInput> {
        Self::new(Service::Marketing, recipient, template)
    }

    fn new(service: Service, recipient: &str, template: &str) -> Result<Self, InvalidInput> {
        if !is_international(recipient) {
            return Err(InvalidInput::new("recipient", "a + and 7 to 15 digits, the first not a zero"));
        }
        if template.is_empty() || template.chars().count() > 128 {
            return Err(InvalidInput::new("template id", "1 to 128 characters"));
        }
        Ok(Self {
            service,
            recipient: recipient.to_owned(),
            template: template.to_owned(),
            language: "default".to_owned(),
            code: None,
            params: BTreeMap::new(),
            coding: Coding::default(),
        })
    }

    /// The language of the template to use, such as `en` or `zh_CN`. By default the template's default language.
    ///
    /// # Errors
    ///
    /// When it is empty.
    pub fn language(self, language: &str) -> Result<Self, InvalidInput> {
        if language.is_empty() {
            return Err(InvalidInput::new("language", "at least one character"));
        }
        Ok(Self { language: language.to_owned(), ..self })
    }

    /// Fills a variable of the template. One that is given no value is sent as `{{name}}`.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.to_owned(), value.to_owned());
        self
    }

    /// How the text is written; [`Coding::Ucs2`] by default.
    #[must_use]
    pub fn coding(self, coding: Coding) -> Self {
        Self { coding, ..self }
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
            destination: Address { ton: INTERNATIONAL, npi: ISDN, number: self.recipient.clone() },
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
                    "at most 65535 octets once written (half as many characters in UCS2)",
                )
            })?;
        }
        Ok(message)
    }

    /// The body of `submit_sm`, ready to go behind a header.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, InvalidInput> {
        let message = self.to_short_message()?;
        let mut body = Vec::with_capacity(64 + message.short_message.len() + message.tlvs.octets().len());
        message.write(&mut body)?;
        Ok(body)
    }

    fn json(&self) -> String {
        let content = Content {
            id: &self.template,
            language: &self.language,
            code: self.code.as_deref(),
            params: &self.params,
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
    id: &'a str,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    params: &'a BTreeMap<String, String>,
}

/// A code, its parameters and a whole number never show.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("service", &self.service)
            .field("recipient", &masked(&self.recipient))
            .field("template", &self.template)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

pub(crate) fn is_international(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// Longer texts travel in `message_payload`.
const LONGEST_SHORT_MESSAGE: usize = 254;
const INTERNATIONAL: u8 = 1;
const ISDN: u8 = 1;
