//! What a sandbox can be filled with: templates, and what becomes of messages. It is read whole before any of it counts.

use serde_json::Value;

use super::{Refusal, rules};
use crate::api::types::TemplateDefinition;
use crate::input;
use crate::test_recipients::RecipientBehavior;
use crate::{InvalidInput, Recipient};

/// Templates, and behaviours by recipient or template.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(super) templates: Vec<TemplateDefinition>,
    pub(super) behaviors: Vec<(String, RecipientBehavior)>,
}

impl Seed {
    /// Reads `{"templates": […], "behaviors": {…}}`. An error names the place, as `templates[1].brand_name`.
    pub(crate) fn read(seed: &Value) -> Result<Self, InvalidInput> {
        let Value::Object(members) = seed else {
            return Err(InvalidInput::new("seed", "must be an object with `templates`, `behaviors` or both"));
        };
        if let Some(name) = members.keys().find(|name| !matches!(name.as_str(), "templates" | "behaviors")) {
            return Err(InvalidInput::of(
                name.clone(),
                "must be left out: known here are templates, behaviors",
            ));
        }
        let templates = match members.get("templates") {
            None => &Vec::new(),
            Some(Value::Array(templates)) => templates,
            Some(_) => return Err(InvalidInput::new("templates", "must be an array")),
        };
        let templates: Vec<TemplateDefinition> = templates
            .iter()
            .enumerate()
            .map(|(index, given)| template(index, given))
            .collect::<Result<_, _>>()?;
        for (index, template) in templates.iter().enumerate() {
            let same = |earlier: &TemplateDefinition| earlier.template_id == template.template_id;
            if let Some(earlier) = templates[..index].iter().position(same) {
                let rule = format!("must be another one than that of templates[{earlier}]");
                return Err(InvalidInput::of(format!("templates[{index}].template_id"), rule));
            }
        }
        let behaviors = match members.get("behaviors") {
            None => Vec::new(),
            Some(Value::Object(behaviors)) => behaviors.iter().map(behavior).collect::<Result<_, _>>()?,
            Some(_) => return Err(InvalidInput::new("behaviors", "must be an object")),
        };
        Ok(Self { templates, behaviors })
    }
}

fn template(index: usize, given: &Value) -> Result<TemplateDefinition, InvalidInput> {
    let place = |field: &str| match field {
        WHOLE => format!("templates[{index}]"),
        field => format!("templates[{index}].{field}"),
    };
    let definition: TemplateDefinition = input::read(WHOLE, given)
        .map_err(|invalid| InvalidInput::of(place(invalid.field()), invalid.rule().to_owned()))?;
    rules::definition(&definition).map_err(|Refusal { field, message, .. }| {
        InvalidInput::of(place(field.as_deref().unwrap_or(WHOLE)), message)
    })?;
    Ok(definition)
}

fn behavior((of, given): (&String, &Value)) -> Result<(String, RecipientBehavior), InvalidInput> {
    // No address stands in an error, however it is written.
    let is_address = of.contains('@') || of.bytes().filter(u8::is_ascii_digit).count() >= 5;
    let place = match of.parse::<Recipient>() {
        Ok(recipient) => format!("behaviors[{recipient}]"),
        Err(_) if is_address => format!("behaviors[{}…]", of.chars().take(3).collect::<String>()),
        Err(_) => format!("behaviors[{of:.80?}]"),
    };
    let Some(text) = given.as_str() else { return Err(InvalidInput::of(place, "must be a string")) };
    let behavior = text
        .parse()
        .map_err(|invalid: InvalidInput| InvalidInput::of(place.clone(), invalid.rule().to_owned()))?;
    super::check_behavior_of(of).map_err(|refusal| InvalidInput::of(place, refusal.message))?;
    Ok((of.clone(), behavior))
}

/// What a template is called where it is the whole that is wrong.
const WHOLE: &str = "template";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_in_a_seed_is_named_with_its_place() {
        let text = json!({"contain_security": true, "contain_expire": true});
        let good = json!({
            "template_id": "login", "send_channel_strategy": "sms",
            "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
            "sms_config": {"template_type": 1, "template_default_config": text},
        });
        let with = |pointer: &str, value: Value| {
            let mut changed = good.clone();
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            changed.pointer_mut(parent).expect("there")[name] = value;
            changed
        };
        for (seed, place) in [
            (json!([]), "seed"),
            (json!({"template": []}), "template"),
            (json!({"templates": {}}), "templates"),
            (json!({"templates": [good, 7]}), "templates[1]"),
            (json!({"templates": [good, good]}), "templates[1].template_id"),
            (json!({"templates": [with("/template_id", json!(7))]}), "templates[0].template_id"),
            (json!({"templates": [good, with("/brand", json!("x"))]}), "templates[1].brand"),
            (json!({"templates": [with("/brand_name", Value::Null)]}), "templates[0].brand_name"),
            (
                json!({"templates": [with("/verify_code_config/verify_code_len", json!(99))]}),
                "templates[0].verify_code_config.verify_code_len",
            ),
            (json!({"behaviors": []}), "behaviors"),
            (json!({"behaviors": {"login": 7}}), "behaviors[\"login\"]"),
            (json!({"behaviors": {"login": "gone"}}), "behaviors[\"login\"]"),
        ] {
            let invalid = Seed::read(&seed).expect_err(place);
            assert_eq!(invalid.field(), place, "{invalid}");
            assert!(invalid.rule().starts_with("must "), "{invalid}");
        }
        for (of, behavior) in [("+6591234567", "gone"), ("6591234567", "silent"), ("+65 9123 4567", "silent")]
        {
            let invalid = Seed::read(&json!({"behaviors": {(of): behavior}})).expect_err(of);
            assert!(!invalid.to_string().contains(of), "{invalid}");
        }
        assert!(Seed::read(&json!({"templates": [good], "behaviors": {"+6591234567": "silent"}})).is_ok());
        assert!(Seed::read(&json!({})).is_ok());
    }
}
