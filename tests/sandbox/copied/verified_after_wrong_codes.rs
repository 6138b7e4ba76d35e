use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, TemplateRef};

#[test]
fn a_message_to_6590000003_is_verified() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "+6590000003".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let id = client.send_otp(&to, &template)?.message_id;
    let right = Code::new(sandbox.code(&id).ok_or("the message has no code")?)?;
    let wrong = Code::new(if right.expose() == "000000" { "111111" } else { "000000" })?;
    for _ in 0..3 {
        assert!(!client.verify_otp(&id, &wrong)?.is_verified());
    }
    sandbox.advance(Duration::from_secs(1));
    assert!(!client.verify_otp(&id, &wrong)?.is_verified());
    assert!(client.verify_otp(&id, &right)?.is_verified());
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(9);
    let expected = [
        "plan sms",
        "target_valid sms",
        "sent sms",
        "verified_failed sms",
        "verified_failed sms",
        "verified_failed sms",
        "delivered sms",
        "verified_failed sms",
        "verified sms",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
