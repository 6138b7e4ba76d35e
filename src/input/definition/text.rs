//! What is sent by SMS and WhatsApp, and said in calls.

use crate::InvalidInput;
use crate::api::limits::CUSTOM_SMS_TEXT_CUSTOM_CONTENT_LENGTH;
use crate::api::types::{self, SmsPurpose};

/// The service's own text, and which sentences it has beside the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DefaultText {
    security_notice: bool,
    expiry_notice: bool,
}

impl DefaultText {
    /// The code alone.
    #[must_use]
    pub const fn new() -> Self {
        Self { security_notice: false, expiry_notice: false }
    }

    /// With a warning not to share the code.
    #[must_use]
    pub const fn with_security_notice(mut self) -> Self {
        self.security_notice = true;
        self
    }

    /// With a sentence that says how long the code lives.
    #[must_use]
    pub const fn with_expiry_notice(mut self) -> Self {
        self.expiry_notice = true;
        self
    }

    /// Of a channel that sends this text and no other.
    pub(super) fn of_channel(
        field: &'static str,
        template_type: i64,
        wire: &types::DefaultText,
    ) -> Result<Self, InvalidInput> {
        let rule = "must be 1, the service's own text";
        InvalidInput::unless(template_type == DEFAULT_TEXT, field, rule)?;
        Ok(wire.into())
    }
}

impl From<&types::DefaultText> for DefaultText {
    fn from(wire: &types::DefaultText) -> Self {
        Self { security_notice: wire.contain_security, expiry_notice: wire.contain_expire }
    }
}

impl From<DefaultText> for types::DefaultText {
    fn from(text: DefaultText) -> Self {
        Self::new(text.security_notice, text.expiry_notice)
    }
}

impl From<DefaultText> for types::WhatsappConfig {
    fn from(text: DefaultText) -> Self {
        Self::new(DEFAULT_TEXT, text)
    }
}

impl From<DefaultText> for types::VoiceConfig {
    fn from(text: DefaultText) -> Self {
        Self::new(DEFAULT_TEXT, text)
    }
}

/// What is sent by SMS.
#[derive(Clone, Debug, PartialEq)]
pub enum SmsText {
    /// The service's own text.
    Default(DefaultText),
    /// A text of your own.
    Custom(CustomSmsText),
}

impl TryFrom<&types::SmsConfig> for SmsText {
    type Error = InvalidInput;

    fn try_from(wire: &types::SmsConfig) -> Result<Self, InvalidInput> {
        match (wire.template_type, &wire.template_default_config, &wire.template_custom_config) {
            (DEFAULT_TEXT, Some(text), None) => Ok(Self::Default(text.into())),
            (CUSTOM_TEXT, None, Some(text)) => CustomSmsText::try_from(text).map(Self::Custom),
            _ => Err(InvalidInput::new(
                "sms_config.template_type",
                "must be 1 with template_default_config, or 2 with template_custom_config",
            )),
        }
    }
}

impl From<&SmsText> for types::SmsConfig {
    fn from(text: &SmsText) -> Self {
        match text {
            SmsText::Default(text) => Self::new(DEFAULT_TEXT).template_default_config(*text),
            SmsText::Custom(text) => Self::new(CUSTOM_TEXT).template_custom_config(text),
        }
    }
}

/// An SMS text of your own.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomSmsText {
    purpose: SmsPurpose,
    content: String,
    countries: Vec<String>,
}

impl CustomSmsText {
    /// A text with variables as `{{name}}`.
    ///
    /// # Errors
    ///
    /// If it is empty, or if it is for authentication and does not contain `{{code}}`.
    pub fn new(purpose: SmsPurpose, content: impl Into<String>) -> Result<Self, InvalidInput> {
        let content = content.into();
        let field = "sms_config.template_custom_config.custom_content";
        let limit = CUSTOM_SMS_TEXT_CUSTOM_CONTENT_LENGTH;
        let fits = limit.contains_length(&content);
        InvalidInput::unless_of(fits, field, || format!("must be {}", limit.characters()))?;
        let carries_code = purpose != SmsPurpose::Authentication || content.contains("{{code}}");
        InvalidInput::unless(carries_code, field, "must contain `{{code}}` if it is for authentication")?;
        Ok(Self { purpose, content, countries: Vec::new() })
    }

    /// For these countries only: ISO 3166 codes of two capital letters.
    ///
    /// # Errors
    ///
    /// If there is none, or one is not of that form.
    pub fn countries<I>(mut self, codes: I) -> Result<Self, InvalidInput>
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.countries = codes.into_iter().map(Into::into).collect();
        let two_letters =
            |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        InvalidInput::unless(
            !self.countries.is_empty() && self.countries.iter().all(two_letters),
            "sms_config.template_custom_config.custom_country_codes",
            "must be codes of two capital letters, like HK",
        )?;
        Ok(self)
    }
}

impl TryFrom<&types::CustomSmsText> for CustomSmsText {
    type Error = InvalidInput;

    fn try_from(wire: &types::CustomSmsText) -> Result<Self, InvalidInput> {
        let text = Self::new(wire.custom_sub_type, wire.custom_content.as_str())?;
        match &wire.custom_country_codes {
            Some(codes) => text.countries(codes.split(',').map(str::trim)),
            None => Ok(text),
        }
    }
}

impl From<&CustomSmsText> for types::CustomSmsText {
    fn from(text: &CustomSmsText) -> Self {
        let wire = Self::new(text.purpose, text.content.as_str());
        if text.countries.is_empty() { wire } else { wire.custom_country_codes(text.countries.join(",")) }
    }
}

/// `template_type` of the service's own text.
const DEFAULT_TEXT: i64 = 1;

/// `template_type` of a text of one's own.
const CUSTOM_TEXT: i64 = 2;
