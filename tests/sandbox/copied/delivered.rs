use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, TemplateRef};

#[test]
fn a_message_to_6590000001_is_verified_timeout() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "+6590000001".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let id = client.send_otp(&to, &template)?.message_id;
    sandbox.advance(Duration::from_secs(300));
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(5);
    let expected = [
        "plan sms",
        "target_valid sms",
        "sent sms",
        "delivered sms",
        "verified_timeout sms",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
