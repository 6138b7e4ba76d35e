//! A template as `template create` takes it, made of what the service tells of it.

use engagelab_otp::{TemplateDefinition, TemplateDetails};
use serde_json::{Value, json};

use crate::failure::Failure;

/// The definition that would make the same template again.
pub(super) fn of(details: &TemplateDetails) -> Result<TemplateDefinition, Failure> {
    let mut value = json!(details);
    if let Some(members) = value.as_object_mut() {
        for told in ["status", "created_time", "audit_remark"] {
            members.remove(told);
        }
        // What is empty was left out when the template was made.
        members.retain(|_, member| !member.is_null() && *member != "");
        if let Some(sms) = members.get_mut("sms_config").and_then(Value::as_object_mut) {
            sms.remove("template_parts");
            let other = if sms.get("template_type") == Some(&json!(2)) {
                "template_default_config"
            } else {
                "template_custom_config"
            };
            sms.remove(other);
        }
    }
    TemplateDefinition::try_from(value).map_err(|invalid| {
        Failure::usage(format!(
            "no definition can be made of what the service tells of this template: {invalid}"
        ))
        .with("kind", "invalid_input")
        .with("field", invalid.field())
        .with("rule", invalid.rule())
    })
}
