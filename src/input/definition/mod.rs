//! A template to create, checked before it is sent.

mod code;
mod email;
mod pwa;
mod text;

use serde::{Deserialize, Serialize, Serializer};

pub use code::{CodeAlphabet, CodeConfig};
pub use email::{EmailConfig, EmailText};
pub use pwa::PwaConfig;
pub use text::{CustomSmsText, DefaultText, SmsText};

use crate::InvalidInput;
use crate::api::limits::{TEMPLATE_DEFINITION_BRAND_NAME_LENGTH, TEMPLATE_DEFINITION_DESCRIPTION_LENGTH};
use crate::api::types::{self, Channel};
use crate::input::json;
use crate::input::strategy::Strategy;
use crate::input::template_id::TemplateId;

/// A template to create. What is here keeps the service's rules, as far as they are documented.
///
/// It is read and written in the document's JSON form. What breaks a rule is refused while it is read, with the field
/// and the rule, and so is a field that nobody knows.
///
/// ```
/// use engagelab_otp::{CodeAlphabet, CodeConfig, DefaultText, SmsText, TemplateDefinition, TemplateId};
///
/// let definition = TemplateDefinition::builder(TemplateId::new("login")?, "whatsapp|sms".parse()?)
///     .brand_name("Example")
///     .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5)?)
///     .whatsapp(DefaultText::new().with_security_notice())
///     .sms(SmsText::Default(DefaultText::new().with_expiry_notice()))
///     .build()?;
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct TemplateDefinition {
    id: TemplateId,
    strategy: Strategy,
    description: Option<String>,
    brand_name: Option<String>,
    code: Option<CodeConfig>,
    whatsapp: Option<DefaultText>,
    sms: Option<SmsText>,
    voice: Option<DefaultText>,
    email: Option<EmailConfig>,
    pwa: Option<PwaConfig>,
}

impl TemplateDefinition {
    /// A template with this id that is sent by these channels. Configure each of them.
    pub fn builder(id: TemplateId, strategy: Strategy) -> TemplateDefinitionBuilder {
        TemplateDefinitionBuilder(Self {
            id,
            strategy,
            description: None,
            brand_name: None,
            code: None,
            whatsapp: None,
            sms: None,
            voice: None,
            email: None,
            pwa: None,
        })
    }

    /// The template's id.
    pub fn id(&self) -> &TemplateId {
        &self.id
    }

    /// The channels that it is sent by.
    pub fn strategy(&self) -> &Strategy {
        &self.strategy
    }
}

impl From<&TemplateDefinition> for types::TemplateDefinition {
    fn from(definition: &TemplateDefinition) -> Self {
        let mut wire = Self::new(&definition.id, &definition.strategy);
        wire.description.clone_from(&definition.description);
        wire.brand_name.clone_from(&definition.brand_name);
        wire.verify_code_config = definition.code.as_ref().map(Into::into);
        wire.whatsapp_config = definition.whatsapp.map(Into::into);
        wire.sms_config = definition.sms.as_ref().map(Into::into);
        wire.voice_config = definition.voice.map(Into::into);
        wire.email_config = definition.email.as_ref().map(Into::into);
        wire.pwa_config = definition.pwa.as_ref().map(Into::into);
        wire
    }
}

impl TryFrom<&types::TemplateDefinition> for TemplateDefinition {
    type Error = InvalidInput;

    fn try_from(wire: &types::TemplateDefinition) -> Result<Self, InvalidInput> {
        let whatsapp = wire.whatsapp_config.as_ref().map(|config| {
            let field = "whatsapp_config.template_type";
            DefaultText::of_channel(field, config.template_type, &config.template_default_config)
        });
        let voice = wire.voice_config.as_ref().map(|config| {
            let field = "voice_config.template_type";
            DefaultText::of_channel(field, config.template_type, &config.template_default_config)
        });
        let definition = Self {
            id: (&wire.template_id).try_into()?,
            strategy: wire.send_channel_strategy.parse()?,
            description: wire.description.clone(),
            brand_name: wire.brand_name.clone(),
            code: wire.verify_code_config.as_ref().map(TryInto::try_into).transpose()?,
            whatsapp: whatsapp.transpose()?,
            sms: wire.sms_config.as_ref().map(TryInto::try_into).transpose()?,
            voice: voice.transpose()?,
            email: wire.email_config.as_ref().map(TryInto::try_into).transpose()?,
            pwa: wire.pwa_config.as_ref().map(Into::into),
        };
        TemplateDefinitionBuilder(definition).build()
    }
}

impl TryFrom<serde_json::Value> for TemplateDefinition {
    type Error = InvalidInput;

    fn try_from(value: serde_json::Value) -> Result<Self, InvalidInput> {
        Self::try_from(&json::read::<types::TemplateDefinition>("template", &value)?)
    }
}

impl Serialize for TemplateDefinition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        types::TemplateDefinition::from(self).serialize(serializer)
    }
}

/// Collects what a template is made of; [`build`](Self::build) checks it.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TemplateDefinitionBuilder(TemplateDefinition);

impl TemplateDefinitionBuilder {
    /// What the template is for. Only you see it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// The brand that the text speaks for.
    pub fn brand_name(mut self, brand_name: impl Into<String>) -> Self {
        self.0.brand_name = Some(brand_name.into());
        self
    }

    /// How codes are made. Needed when the template carries a code.
    pub fn code(mut self, code: CodeConfig) -> Self {
        self.0.code = Some(code);
        self
    }

    /// What is sent by WhatsApp.
    pub fn whatsapp(mut self, text: DefaultText) -> Self {
        self.0.whatsapp = Some(text);
        self
    }

    /// What is sent by SMS.
    pub fn sms(mut self, text: SmsText) -> Self {
        self.0.sms = Some(text);
        self
    }

    /// What is said in a call.
    pub fn voice(mut self, text: DefaultText) -> Self {
        self.0.voice = Some(text);
        self
    }

    /// What is sent by e-mail.
    pub fn email(mut self, email: EmailConfig) -> Self {
        self.0.email = Some(email);
        self
    }

    /// The progressive web app whose address the text can carry.
    pub fn pwa(mut self, pwa: PwaConfig) -> Self {
        self.0.pwa = Some(pwa);
        self
    }

    /// The definition, if it keeps the rules.
    ///
    /// # Errors
    ///
    /// If a channel of the strategy has no configuration, the description or the brand name is too short or too
    /// long, or codes live for a time that WhatsApp does not allow.
    pub fn build(self) -> Result<TemplateDefinition, InvalidInput> {
        let definition = self.0;
        for (field, text, limit) in [
            ("description", &definition.description, TEMPLATE_DEFINITION_DESCRIPTION_LENGTH),
            ("brand_name", &definition.brand_name, TEMPLATE_DEFINITION_BRAND_NAME_LENGTH),
        ] {
            let fits = text.as_ref().is_none_or(|text| limit.contains_length(text));
            InvalidInput::unless_of(fits, field, || format!("must be {}", limit.characters()))?;
        }
        for channel in definition.strategy.channels() {
            let (field, configured) = match channel {
                Channel::Whatsapp => ("whatsapp_config", definition.whatsapp.is_some()),
                Channel::Sms => ("sms_config", definition.sms.is_some()),
                Channel::Voice => ("voice_config", definition.voice.is_some()),
                Channel::Email => ("email_config", definition.email.is_some()),
                // A strategy holds known channels only.
                Channel::Other(_) => continue,
            };
            InvalidInput::unless(configured, field, "must be given, since the strategy names the channel")?;
        }
        if let (Some(code), true) = (&definition.code, definition.strategy.contains(&Channel::Whatsapp)) {
            code.check_whatsapp()?;
        }
        if let Some(email) = &definition.email {
            email.check()?;
        }
        Ok(definition)
    }
}
