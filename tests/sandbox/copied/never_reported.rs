use std::time::Duration;

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Code, TemplateRef};

#[test]
fn a_message_to_10000000003_is_verified() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "+10000000003".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?;
    let id = client.send_otp(&to, &template)?.message_id;
    let right = Code::new(sandbox.code(&id).ok_or("the message has no code")?)?;
    assert!(client.verify_otp(&id, &right)?.is_verified());
    sandbox.advance(Duration::from_secs(60));
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    assert!(timeline.is_empty(), "{timeline:?}");
    Ok(())
}
