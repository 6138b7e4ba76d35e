//! A template's file: the shape of the document's `TemplateDefinition`, with nothing unknown let through.

#![expect(clippy::struct_field_names, reason = "the names are the document's")]

use std::collections::BTreeMap;

use engagelab_otp::{
    CodeAlphabet, CodeConfig, CustomSmsText, DefaultText, EmailConfig, EmailText, Language, PwaConfig,
    SmsPurpose, SmsText, TemplateDefinition, TemplateId,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    template_id: String,
    send_channel_strategy: String,
    description: Option<String>,
    brand_name: Option<String>,
    verify_code_config: Option<Code>,
    whatsapp_config: Option<Service>,
    voice_config: Option<Service>,
    sms_config: Option<Sms>,
    email_config: Option<Email>,
    pwa_config: Option<Pwa>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    verify_code_type: u8,
    verify_code_len: u8,
    verify_code_ttl: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    contain_security: bool,
    contain_expire: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    template_type: u8,
    template_default_config: Sentences,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sms {
    template_type: u8,
    template_default_config: Option<Sentences>,
    template_custom_config: Option<OwnText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnText {
    custom_sub_type: SmsPurpose,
    custom_content: String,
    custom_country_codes: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Email {
    template_name: String,
    #[serde(default)]
    template_custom_configs: Vec<Mail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    language: String,
    pre_from_name: Option<String>,
    pre_from_mail: String,
    pre_subject: String,
    template_content: String,
    #[serde(default)]
    pre_param_map: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pwa {
    pwa_platform: Option<String>,
    pwa_code: Option<String>,
}

impl Definition {
    /// The definition, if it keeps the service's rules.
    pub(super) fn check(self) -> Result<TemplateDefinition, String> {
        let mut builder = TemplateDefinition::builder(
            TemplateId::new(self.template_id).map_err(said)?,
            self.send_channel_strategy.parse().map_err(said)?,
        );
        if let Some(description) = self.description {
            builder = builder.description(description);
        }
        if let Some(brand_name) = self.brand_name {
            builder = builder.brand_name(brand_name);
        }
        if let Some(code) = self.verify_code_config {
            builder = builder.code(code.check()?);
        }
        if let Some(text) = self.whatsapp_config {
            builder = builder.whatsapp(text.check("whatsapp_config")?);
        }
        if let Some(text) = self.voice_config {
            builder = builder.voice(text.check("voice_config")?);
        }
        if let Some(text) = self.sms_config {
            builder = builder.sms(text.check()?);
        }
        if let Some(email) = self.email_config {
            builder = builder.email(email.check()?);
        }
        if let Some(pwa) = self.pwa_config {
            let config = pwa.pwa_platform.into_iter().fold(PwaConfig::new(), PwaConfig::platform);
            builder = builder.pwa(pwa.pwa_code.into_iter().fold(config, PwaConfig::code));
        }
        builder.build().map_err(said)
    }
}

impl Code {
    fn check(&self) -> Result<CodeConfig, String> {
        let sets = [(1, CodeAlphabet::DIGITS), (2, CodeAlphabet::LOWER_CASE), (4, CodeAlphabet::UPPER_CASE)];
        let chosen = sets.into_iter().filter(|(bit, _)| self.verify_code_type & bit != 0).map(|(_, set)| set);
        let characters = chosen.reduce(|sets, set| sets | set).filter(|_| self.verify_code_type < 8);
        let characters = characters.ok_or(
            "invalid verify_code_config.verify_code_type: a sum of 1 (digits), 2 (lower case) and 4 (upper case)",
        )?;
        CodeConfig::new(characters, self.verify_code_len, self.verify_code_ttl).map_err(said)
    }
}

impl Sentences {
    fn text(&self) -> DefaultText {
        let text = DefaultText::new();
        let text = if self.contain_security { text.with_security_notice() } else { text };
        if self.contain_expire { text.with_expiry_notice() } else { text }
    }
}

impl Service {
    fn check(&self, field: &str) -> Result<DefaultText, String> {
        if self.template_type == 1 {
            Ok(self.template_default_config.text())
        } else {
            Err(format!("invalid {field}.template_type: it is 1, the service's own text"))
        }
    }
}

impl Sms {
    fn check(self) -> Result<SmsText, String> {
        match (self.template_type, self.template_default_config, self.template_custom_config) {
            (1, Some(sentences), None) => Ok(SmsText::Default(sentences.text())),
            (2, None, Some(own)) => {
                let text = CustomSmsText::new(own.custom_sub_type, own.custom_content).map_err(said)?;
                match own.custom_country_codes {
                    Some(codes) => {
                        text.countries(codes.split(',').map(str::trim)).map(SmsText::Custom).map_err(said)
                    }
                    None => Ok(SmsText::Custom(text)),
                }
            }
            _ => Err("invalid sms_config.template_type: 1 with template_default_config, or 2 with \
                      template_custom_config"
                .to_owned()),
        }
    }
}

impl Email {
    fn check(self) -> Result<EmailConfig, String> {
        let config = EmailConfig::new(self.template_name).map_err(said)?;
        self.template_custom_configs
            .into_iter()
            .try_fold(config, |config, mail| Ok(config.text(mail.check()?)))
    }
}

impl Mail {
    fn check(self) -> Result<EmailText, String> {
        let language = Language::from(self.language.as_str());
        let text = EmailText::new(language, self.pre_from_mail, self.pre_subject, self.template_content)
            .map_err(said)?;
        let text = self.pre_from_name.into_iter().fold(text, EmailText::from_name);
        Ok(self.pre_param_map.into_iter().fold(text, |text, (name, value)| text.default_param(name, value)))
    }
}

fn said(invalid: engagelab_otp::InvalidInput) -> String {
    invalid.to_string()
}
