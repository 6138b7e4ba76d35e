//! The templates that a new sandbox has.

use std::time::SystemTime;

use super::account::{Account, Template};
use crate::api::types::{
    ChannelStrategy, CodeConfig, CustomSmsText, DefaultText, EmailConfig, EmailText, Language, SmsConfig,
    SmsPurpose, TemplateDefinition, TemplateId, TemplateStatus, VoiceConfig, WhatsappConfig,
};

pub(super) fn account(created: SystemTime) -> Account {
    let mut account = Account::default();
    for definition in [everywhere(), whatsapp(), own_code()] {
        let template = Template { definition, status: TemplateStatus::Approved, created };
        // The ids differ, so none is refused.
        drop(account.add_template(template));
    }
    account
}

fn everywhere() -> TemplateDefinition {
    definition("sandbox-otp-tpl", "sms|voice|email")
        .sms_config(SmsConfig::new(1).template_default_config(DefaultText::new(true, true)))
        .voice_config(VoiceConfig::new(1, DefaultText::new(false, false)))
        .email_config(mail())
}

fn whatsapp() -> TemplateDefinition {
    definition("sandbox-otp-tpl-wa", "whatsapp")
        .whatsapp_config(WhatsappConfig::new(1, DefaultText::new(true, true)))
}

fn own_code() -> TemplateDefinition {
    let text = CustomSmsText::new(SmsPurpose::Authentication, "Your code is {{code}}.");
    definition("sandbox-custom-tpl", "sms|email")
        .sms_config(SmsConfig::new(2).template_custom_config(text))
        .email_config(mail())
}

fn definition(id: &str, strategy: &str) -> TemplateDefinition {
    TemplateDefinition::new(TemplateId(id.to_owned()), ChannelStrategy(strategy.to_owned()))
        .description("A template of the sandbox".to_owned())
        .brand_name("Sandbox".to_owned())
        .verify_code_config(CodeConfig::new(1, 6, 5))
}

fn mail() -> EmailConfig {
    let text = EmailText::new(
        Language::Default,
        "sandbox@example.com".to_owned(),
        "Your code".to_owned(),
        "Your code is {{code}}.".to_owned(),
    );
    EmailConfig::new("Sandbox").template_custom_configs(vec![text])
}
