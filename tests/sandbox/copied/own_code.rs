use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, TemplateRef};

#[test]
fn a_message_to_sandbox_example_com_is_delivered() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "sandbox@example.com".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let id = client.send_code(&to, &Code::new("A1b2C3")?, &template)?.message_id;
    sandbox.advance(Duration::from_secs(1));
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(4);
    let expected = [
        "plan email",
        "target_valid email",
        "sent email",
        "delivered email",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
