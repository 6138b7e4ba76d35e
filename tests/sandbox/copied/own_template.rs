use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, TemplateRef};

#[test]
fn a_message_to_6590000008_is_verified_timeout() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    sandbox.seed(&serde_json::from_str(
        r##"{
  "templates": [
    {
      "send_channel_strategy": "whatsapp|sms",
      "sms_config": {
        "template_custom_config": {
          "custom_content": "\"#\u202e, }\\ Your code is {{code}}.",
          "custom_sub_type": "authentication"
        },
        "template_type": 2
      },
      "template_id": "login",
      "verify_code_config": {
        "verify_code_len": 4,
        "verify_code_ttl": 5,
        "verify_code_type": 1
      },
      "whatsapp_config": {
        "template_default_config": {
          "contain_expire": false,
          "contain_security": true
        },
        "template_type": 1
      }
    }
  ]
}"##,
    )?)?;
    let to = "+6590000008".parse()?;
    let template = TemplateRef::new("login")?;
    let id = client.send_otp(&to, &template)?.message_id;
    sandbox.advance(Duration::from_secs(300));
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(5);
    let expected = [
        "plan whatsapp",
        "target_valid whatsapp",
        "sent whatsapp",
        "delivered whatsapp",
        "verified_timeout whatsapp",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
