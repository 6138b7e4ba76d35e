//! What a recipient would read: a template's text with its variables filled in.

use std::collections::BTreeMap;

use crate::api::types::{Channel, DefaultText, EmailText, Language, TemplateDefinition};

/// The text of a message by this channel. A variable without a value stays as it stands in the template.
pub(crate) fn render(
    template: &TemplateDefinition,
    channel: &Channel,
    language: Option<&Language>,
    params: &BTreeMap<String, String>,
    code: Option<&str>,
) -> String {
    let brand = template.brand_name.as_deref().unwrap_or("Sandbox");
    let ttl = template.verify_code_config.as_ref().map(|config| config.verify_code_ttl.to_string());
    let own = |default: Option<&DefaultText>| own_text(brand, code, ttl.as_deref(), default);
    let fill = |text: &str, preset: Option<&BTreeMap<String, String>>| {
        fill(text, |name| match name {
            "code" => code.or_else(|| params.get(name).map(String::as_str)),
            "brand_name" => Some(brand),
            "ttl" => ttl.as_deref(),
            name => params.get(name).or_else(|| preset?.get(name)).map(String::as_str),
        })
    };
    match channel {
        Channel::Sms => {
            let config = template.sms_config.as_ref();
            match config.and_then(|config| config.template_custom_config.as_ref()) {
                Some(custom) => fill(&custom.custom_content, None),
                None => own(config.and_then(|config| config.template_default_config.as_ref())),
            }
        }
        Channel::Email => match template.email_config.as_ref().and_then(|config| mail(config, language)) {
            Some(mail) => {
                fill(&format!("{}\n\n{}", mail.pre_subject, mail.template_content), Some(&mail.pre_param_map))
            }
            None => own(None),
        },
        Channel::Voice => own(template.voice_config.as_ref().map(|config| &config.template_default_config)),
        _ => own(template.whatsapp_config.as_ref().map(|config| &config.template_default_config)),
    }
}

fn mail<'a>(
    config: &'a crate::api::types::EmailConfig,
    language: Option<&Language>,
) -> Option<&'a EmailText> {
    let texts = &config.template_custom_configs;
    texts.iter().find(|text| Some(&text.language) == language).or_else(|| texts.first())
}

fn own_text(brand: &str, code: Option<&str>, ttl: Option<&str>, parts: Option<&DefaultText>) -> String {
    let mut sentences = vec![match code {
        Some(code) => format!("{code} is your {brand} code."),
        None => format!("A message from {brand}."),
    }];
    if parts.is_some_and(|parts| parts.contain_security) {
        sentences.push("Do not share it.".to_owned());
    }
    if let (true, Some(ttl)) = (parts.is_some_and(|parts| parts.contain_expire), ttl) {
        sentences.push(format!("It is good for {ttl} minutes."));
    }
    sentences.join(" ")
}

fn fill<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let known = after.split_once("}}").and_then(|(name, rest)| Some((value(name.trim())?, rest)));
        if let Some((value, after)) = known {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push_str("{{");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_without_a_value_stay_and_values_are_not_read_as_variables() {
        let value = |name: &str| match name {
            "code" => Some("{{brand}}"),
            "brand" => Some("Shop"),
            _ => None,
        };
        let text = "{{brand}}: {{ code }} {{missing}} {{ {{code}} }} {{";
        assert_eq!(fill(text, value), "Shop: {{brand}} {{missing}} {{ {{brand}} }} {{");
    }
}
