use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, TemplateRef};

#[test]
fn a_message_to_10000000004_is_verified() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "+10000000004".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let id = client.send_otp(&to, &template)?.message_id;
    let right = Code::new(sandbox.code(&id).ok_or("the message has no code")?)?;
    let wrong = Code::new(if right.expose() == "000000" { "111111" } else { "000000" })?;
    sandbox.advance(Duration::from_secs(1));
    assert!(!client.verify_otp(&id, &wrong)?.is_verified());
    sandbox.advance(Duration::from_secs(1));
    assert!(client.verify_otp(&id, &right)?.is_verified());
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(8);
    let expected = [
        "plan whatsapp",
        "target_valid whatsapp",
        "sent whatsapp",
        "delivered_failed whatsapp 5020",
        "sent sms",
        "verified_failed sms",
        "delivered sms",
        "verified sms",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
