//! What is sent by e-mail.

use crate::api::Bounds;
use crate::api::limits::{
    EMAIL_CONFIG_TEMPLATE_NAME_LENGTH, EMAIL_TEXT_PRE_SUBJECT_LENGTH, EMAIL_TEXT_TEMPLATE_CONTENT_LENGTH,
};
use crate::api::types::{self, Language};
use crate::{InvalidInput, Recipient};

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
        let name = filled("email_config.template_name", EMAIL_CONFIG_TEMPLATE_NAME_LENGTH, name)?;
        Ok(Self { name, texts: Vec::new() })
    }

    /// With the mail in one more language.
    #[must_use]
    pub fn text(mut self, text: EmailText) -> Self {
        self.texts.push(text);
        self
    }

    /// What only the finished whole can be checked for.
    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        for (index, text) in self.texts.iter().enumerate() {
            let twice = self.texts[..index].iter().any(|earlier| earlier.language == text.language);
            InvalidInput::unless(!twice, TEXTS, "must have each language once")?;
            text.check_params()?;
        }
        Ok(())
    }
}

impl TryFrom<&types::EmailConfig> for EmailConfig {
    type Error = InvalidInput;

    fn try_from(wire: &types::EmailConfig) -> Result<Self, InvalidInput> {
        let config = Self::new(wire.template_name.as_str())?;
        wire.template_custom_configs
            .iter()
            .try_fold(config, |config, text| Ok(config.text(EmailText::try_from(text)?)))
    }
}

impl From<&EmailConfig> for types::EmailConfig {
    fn from(config: &EmailConfig) -> Self {
        let texts: Vec<_> = config.texts.iter().map(types::EmailText::from).collect();
        Self::new(config.name.as_str()).template_custom_configs(texts)
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
        language.check("email_config.template_custom_configs.language")?;
        let from = from.into();
        let field = "email_config.template_custom_configs.pre_from_mail";
        Recipient::email(&from).map_err(|invalid| InvalidInput::of(field, invalid.rule().to_owned()))?;
        let field = "email_config.template_custom_configs.pre_subject";
        let subject = filled(field, EMAIL_TEXT_PRE_SUBJECT_LENGTH, subject)?;
        let field = "email_config.template_custom_configs.template_content";
        let content = filled(field, EMAIL_TEXT_TEMPLATE_CONTENT_LENGTH, content)?;
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

    fn check_params(&self) -> Result<(), InvalidInput> {
        for (index, (name, _)) in self.params.iter().enumerate() {
            let twice = self.params[..index].iter().any(|(earlier, _)| earlier == name);
            let field = "email_config.template_custom_configs.pre_param_map";
            InvalidInput::unless(!twice, field, "must give each variable once")?;
        }
        Ok(())
    }
}

impl TryFrom<&types::EmailText> for EmailText {
    type Error = InvalidInput;

    fn try_from(wire: &types::EmailText) -> Result<Self, InvalidInput> {
        let text = Self::new(
            wire.language.clone(),
            wire.pre_from_mail.as_str(),
            wire.pre_subject.as_str(),
            wire.template_content.as_str(),
        )?;
        let params = wire.pre_param_map.iter().map(|(name, value)| (name.clone(), value.clone()));
        Ok(Self { from_name: wire.pre_from_name.clone(), params: params.collect(), ..text })
    }
}

impl From<&EmailText> for types::EmailText {
    fn from(text: &EmailText) -> Self {
        let mut wire = Self::new(
            text.language.clone(),
            text.from.as_str(),
            text.subject.as_str(),
            text.content.as_str(),
        );
        wire.pre_from_name.clone_from(&text.from_name);
        wire.pre_param_map = text.params.iter().cloned().collect();
        wire
    }
}

fn filled(field: &'static str, limit: Bounds, text: impl Into<String>) -> Result<String, InvalidInput> {
    let text = text.into();
    let fits = limit.contains_length(&text) && !text.trim().is_empty();
    InvalidInput::unless_of(fits, field, || {
        format!("must be {}, not white space alone", limit.characters())
    })?;
    Ok(text)
}

const TEXTS: &str = "email_config.template_custom_configs";
