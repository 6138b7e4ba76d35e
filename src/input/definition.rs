//! A template to create, checked before it is sent.

use crate::InvalidInput;
use crate::api::types::{self, Channel, Language, SmsPurpose};
use crate::input::strategy::Strategy;
use crate::input::template::TemplateId;

/// A template to create. What is here keeps the service's rules, as far as they are documented.
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
#[derive(Clone, Debug, PartialEq)]
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

    pub(crate) fn to_wire(&self) -> types::TemplateDefinition {
        let mut wire = types::TemplateDefinition::new(
            types::TemplateId(self.id.as_str().to_owned()),
            types::ChannelStrategy(self.strategy.to_string()),
        );
        wire.description.clone_from(&self.description);
        wire.brand_name.clone_from(&self.brand_name);
        wire.verify_code_config = self.code.as_ref().map(CodeConfig::to_wire);
        wire.whatsapp_config =
            self.whatsapp.map(|text| types::WhatsappConfig::new(SERVICE_TEXT, text.to_wire()));
        wire.voice_config = self.voice.map(|text| types::VoiceConfig::new(SERVICE_TEXT, text.to_wire()));
        wire.sms_config = self.sms.as_ref().map(SmsText::to_wire);
        wire.email_config = self.email.as_ref().map(EmailConfig::to_wire);
        wire.pwa_config = self.pwa.as_ref().map(PwaConfig::to_wire);
        wire
    }
}

/// Collects what a template is made of; [`build`](Self::build) checks it.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TemplateDefinitionBuilder(TemplateDefinition);

impl TemplateDefinitionBuilder {
    /// What the template is for, in up to 255 characters. Only you see it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// The brand that the text speaks for, in 2 to 10 characters.
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
        if let Some(description) = &definition.description {
            let fits = description.chars().count() <= 255;
            InvalidInput::unless(fits, "description", "a description has at most 255 characters")?;
        }
        if let Some(brand_name) = &definition.brand_name {
            let fits = (2..=10).contains(&brand_name.chars().count());
            InvalidInput::unless(fits, "brand_name", "a brand name has 2 to 10 characters")?;
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
            InvalidInput::unless(configured, field, "each channel of the strategy has its configuration")?;
        }
        if let (Some(code), true) = (&definition.code, definition.strategy.contains(&Channel::Whatsapp)) {
            let allowed = matches!(code.minutes, 1 | 5 | 10);
            let rule = "with whatsapp in the strategy, codes live 1, 5 or 10 minutes";
            InvalidInput::unless(allowed, "verify_code_config.verify_code_ttl", rule)?;
        }
        if let Some(email) = &definition.email {
            let field = "email_config.template_custom_configs";
            for (index, text) in email.texts.iter().enumerate() {
                let twice = email.texts[..index].iter().any(|earlier| earlier.language == text.language);
                InvalidInput::unless(!twice, field, "the mail is written once in each language")?;
                let names = || text.params.iter().map(|(name, _)| name);
                let once = names()
                    .enumerate()
                    .all(|(index, name)| !names().take(index).any(|earlier| earlier == name));
                let field = "email_config.template_custom_configs.pre_param_map";
                InvalidInput::unless(once, field, "each variable is given once")?;
            }
        }
        Ok(definition)
    }
}

/// How codes are made, and how long they live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeConfig {
    characters: CodeAlphabet,
    length: u8,
    minutes: u8,
}

impl CodeConfig {
    /// Codes of 4 to 10 of these characters, that live 1 to 10 minutes; with WhatsApp 1, 5 or 10.
    ///
    /// # Errors
    ///
    /// If the length or the life is out of range.
    pub fn new(characters: CodeAlphabet, length: u8, minutes: u8) -> Result<Self, InvalidInput> {
        let (length_field, life_field) =
            ("verify_code_config.verify_code_len", "verify_code_config.verify_code_ttl");
        InvalidInput::unless((4..=10).contains(&length), length_field, "a code has 4 to 10 characters")?;
        InvalidInput::unless((1..=10).contains(&minutes), life_field, "a code lives 1 to 10 minutes")?;
        Ok(Self { characters, length, minutes })
    }

    fn to_wire(&self) -> types::CodeConfig {
        types::CodeConfig::new(self.characters.0, self.length, self.minutes)
    }
}

/// The characters that codes are made of; join several with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeAlphabet(u8);

impl CodeAlphabet {
    /// 0 to 9.
    pub const DIGITS: Self = Self(1);
    /// a to z.
    pub const LOWER_CASE: Self = Self(2);
    /// A to Z.
    pub const UPPER_CASE: Self = Self(4);
}

impl std::ops::BitOr for CodeAlphabet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

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

    fn to_wire(self) -> types::DefaultText {
        types::DefaultText::new(self.security_notice, self.expiry_notice)
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

impl SmsText {
    fn to_wire(&self) -> types::SmsConfig {
        match self {
            Self::Default(text) => {
                types::SmsConfig::new(SERVICE_TEXT).template_default_config(text.to_wire())
            }
            Self::Custom(text) => types::SmsConfig::new(OWN_TEXT).template_custom_config(text.to_wire()),
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
        InvalidInput::unless(!content.is_empty(), field, "a text is not empty")?;
        let carries_code = purpose != SmsPurpose::Authentication || content.contains("{{code}}");
        InvalidInput::unless(carries_code, field, "an authentication text contains `{{code}}`")?;
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
            "countries are codes of two capital letters, like HK",
        )?;
        Ok(self)
    }

    fn to_wire(&self) -> types::CustomSmsText {
        let wire = types::CustomSmsText::new(self.purpose, self.content.clone());
        if self.countries.is_empty() { wire } else { wire.custom_country_codes(self.countries.join(",")) }
    }
}

/// What is sent by e-mail: one mail for each language, or the service's own text.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailConfig {
    name: String,
    texts: Vec<EmailText>,
}

impl EmailConfig {
    /// A mail template with this name. Without a text of yours the service's own is sent.
    ///
    /// # Errors
    ///
    /// If the name is empty.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidInput> {
        let name = filled("email_config.template_name", name)?;
        Ok(Self { name, texts: Vec::new() })
    }

    /// With the mail in one more language.
    #[must_use]
    pub fn text(mut self, text: EmailText) -> Self {
        self.texts.push(text);
        self
    }

    fn to_wire(&self) -> types::EmailConfig {
        let texts: Vec<_> = self.texts.iter().map(EmailText::to_wire).collect();
        types::EmailConfig::new(self.name.clone()).template_custom_configs(texts)
    }
}

/// A mail in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailText {
    language: Language,
    from_name: Option<String>,
    from: String,
    subject: String,
    content: String,
    params: Vec<(String, String)>,
}

impl EmailText {
    /// A mail from an address, with a subject and a body of text or HTML; variables as `{{name}}`.
    ///
    /// # Errors
    ///
    /// If the address is not one, or the subject or the body is empty.
    pub fn new(
        language: Language,
        from: impl Into<String>,
        subject: impl Into<String>,
        content: impl Into<String>,
    ) -> Result<Self, InvalidInput> {
        let field = "email_config.template_custom_configs.language";
        InvalidInput::unless(!language.as_str().is_empty(), field, "a language is not empty")?;
        let from = from.into();
        let address = crate::Recipient::email(&from).is_ok();
        InvalidInput::unless(
            address,
            "email_config.template_custom_configs.pre_from_mail",
            "the sender is an e-mail address",
        )?;
        let subject = filled("email_config.template_custom_configs.pre_subject", subject)?;
        let content = filled("email_config.template_custom_configs.template_content", content)?;
        Ok(Self { language, from_name: None, from, subject, content, params: Vec::new() })
    }

    /// With the sender's name.
    #[must_use]
    pub fn from_name(mut self, name: impl Into<String>) -> Self {
        self.from_name = Some(name.into());
        self
    }

    /// With a value for a variable, for sends that give none.
    #[must_use]
    pub fn default_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    fn to_wire(&self) -> types::EmailText {
        let mut wire = types::EmailText::new(
            self.language.clone(),
            self.from.clone(),
            self.subject.clone(),
            self.content.clone(),
        );
        wire.pre_from_name.clone_from(&self.from_name);
        wire.pre_param_map = self.params.iter().cloned().collect();
        wire
    }
}

/// A progressive web app whose address the text can carry as `{{pwa_url}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PwaConfig {
    platform: Option<String>,
    code: Option<String>,
}

impl PwaConfig {
    /// Without platform and code.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The platform that the app runs on.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// The app's code on that platform.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    fn to_wire(&self) -> types::PwaConfig {
        let mut wire = types::PwaConfig::new();
        wire.pwa_platform.clone_from(&self.platform);
        wire.pwa_code.clone_from(&self.code);
        wire
    }
}

fn filled(field: &'static str, text: impl Into<String>) -> Result<String, InvalidInput> {
    let text = text.into();
    InvalidInput::unless(!text.trim().is_empty(), field, "the text is not empty")?;
    Ok(text)
}

/// `template_type` of the service's own text.
const SERVICE_TEXT: i64 = 1;

/// `template_type` of a text of one's own.
const OWN_TEXT: i64 = 2;
