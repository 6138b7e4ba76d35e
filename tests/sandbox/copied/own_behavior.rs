use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, TemplateRef};

#[test]
fn a_message_to_6590000010_is_delivered_failed() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    sandbox.seed(&serde_json::from_str(
        r#"{
  "behaviors": {
    "+6590000010": "failed=5018"
  }
}"#,
    )?)?;
    let to = "+6590000010".parse()?;
    let template = TemplateRef::new("sandbox-custom-tpl")?.param("__proto__", "'\"").param("code", "4711");
    let id = client.send_message(&to, &template)?.message_id;
    sandbox.advance(Duration::from_secs(1));
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(4);
    let expected = [
        "plan sms",
        "target_valid sms",
        "sent sms",
        "delivered_failed sms 5018",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
