//! The templates that there are, and those that a new sandbox has.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::refusal::Refusal;
use crate::api::types::{
    ChannelStrategy, CodeConfig, CustomSmsText, DefaultText, EmailConfig, EmailText, ErrorCode, Language,
    SmsConfig, SmsPurpose, TemplateDefinition, TemplateId, TemplateStatus, VoiceConfig, WhatsappConfig,
};
use crate::sandbox::clock::earlier;

/// A template and what became of its review.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Shared, since every send reads it.
    pub(crate) definition: Arc<TemplateDefinition>,
    pub(crate) status: TemplateStatus,
    pub(crate) created: SystemTime,
    /// Whether it is one that a new sandbox has. Those play the vendor's demonstrations, with channels of their own.
    pub(crate) is_builtin: bool,
}

/// All templates, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Templates(Vec<Template>);

impl Templates {
    /// Those of a new sandbox.
    pub(crate) fn builtin(created: SystemTime) -> Self {
        let mut templates = Self(Vec::new());
        templates.restore_builtin(created);
        templates
    }

    /// Puts the built-in templates back as they were.
    pub(crate) fn restore_builtin(&mut self, created: SystemTime) {
        for definition in [everywhere(), whatsapp(), own_code()] {
            self.0.retain(|template| template.definition.template_id != definition.template_id);
            let status = TemplateStatus::Approved;
            let definition = Arc::new(definition);
            self.0.push(Template { definition, status, created, is_builtin: true });
        }
    }

    pub(crate) fn add(&mut self, template: Template) -> Result<(), Refusal> {
        if self.get(&template.definition.template_id.0).is_ok() {
            return Err(Refusal::rule("template_id", "a template with this id exists already"));
        }
        if self.0.len() >= MOST_TEMPLATES {
            return Err(Refusal::rule("template_id", format!("{MOST_TEMPLATES} templates are the most")));
        }
        let weight =
            |template: &Template| serde_json::to_vec(&*template.definition).map_or(0, |text| text.len());
        // What stands already is weighed only if the new one is anything but light.
        let new = weight(&template);
        if new > LIGHT && new + self.0.iter().map(weight).sum::<usize>() > MOST_TEXT {
            let rule = format!("the texts of all templates take at most {} MiB", MOST_TEXT >> 20);
            return Err(Refusal::rule("template_id", rule));
        }
        self.0.push(template);
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.iter()
    }

    pub(crate) fn get(&self, id: &str) -> Result<&Template, Refusal> {
        self.0.iter().find(|template| template.definition.template_id.0 == id).ok_or_else(not_found)
    }

    /// Ends a template's review, or begins it anew.
    pub(crate) fn set_status(&mut self, id: &str, status: TemplateStatus) -> Result<(), Refusal> {
        let found = self.0.iter_mut().find(|template| template.definition.template_id.0 == id);
        found.ok_or_else(not_found)?.status = status;
        Ok(())
    }

    /// Moves all times back by as much as the clock is put back.
    pub(crate) fn rewind(&mut self, by: Duration) {
        for template in &mut self.0 {
            template.created = earlier(template.created, by);
        }
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<Template, Refusal> {
        let found = self.0.iter().position(|template| template.definition.template_id.0 == id);
        Ok(self.0.remove(found.ok_or_else(not_found)?))
    }
}

fn not_found() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "no template has this id").about("template.id")
}

const MOST_TEMPLATES: usize = 1_000;

/// The most octets of all templates, light ones aside.
const MOST_TEXT: usize = 16 * 1024 * 1024;

/// The most octets of a template that is as templates are.
const LIGHT: usize = 16 * 1024;

fn everywhere() -> TemplateDefinition {
    definition("sandbox-otp-tpl", "sms|voice")
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
    definition("sandbox-custom-tpl", "sms")
        .sms_config(SmsConfig::new(2).template_custom_config(text))
        .email_config(mail())
}

fn definition(id: &str, strategy: &str) -> TemplateDefinition {
    TemplateDefinition::new(TemplateId(id.to_owned()), ChannelStrategy(strategy.to_owned()))
        .description("A template of the sandbox".to_owned())
        .brand_name("Sandbox".to_owned())
        .verify_code_config(CodeConfig::new(1, 6, 5))
}

/// Addresses are reached by it too, though no strategy may name e-mail beside other channels.
fn mail() -> EmailConfig {
    let text = EmailText::new(
        Language::Default,
        "sandbox@example.com".to_owned(),
        "Your code".to_owned(),
        "Your code is {{code}}.".to_owned(),
    );
    EmailConfig::new("Sandbox").template_custom_configs(vec![text])
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::sandbox::model::rules;

    #[test]
    fn long_texts_of_templates_do_not_fill_the_memory() {
        let mut templates = Templates(Vec::new());
        let long = |id: &str| Template {
            definition: Arc::new(definition(id, "sms").description("x".repeat(MOST_TEXT / 3))),
            status: TemplateStatus::Approved,
            created: UNIX_EPOCH,
            is_builtin: false,
        };
        assert_eq!(templates.add(long("a")), Ok(()));
        assert_eq!(templates.add(long("b")), Ok(()));
        assert!(templates.add(long("c")).is_err());
        let light = Template { definition: Arc::new(definition("d", "sms")), ..long("d") };
        assert_eq!(templates.add(light), Ok(()));
    }

    #[test]
    fn the_built_in_templates_keep_the_rules_for_templates() {
        for template in Templates::builtin(UNIX_EPOCH).iter() {
            assert_eq!(rules::definition(&template.definition), Ok(()));
        }
    }
}
