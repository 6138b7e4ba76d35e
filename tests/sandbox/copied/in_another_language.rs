use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{Client, Language, TemplateRef};

#[test]
fn a_message_to_10000000005_is_sent() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().manual_clock().start()?;
    let client = Client::for_sandbox(&sandbox)?;
    let to = "+10000000005".parse()?;
    let template = TemplateRef::new("sandbox-otp-tpl")?.language(Language::new("zh_CN")?).param("app", "Example");
    let id = client.send_otp(&to, &template)?.message_id;
    let mut timeline = Vec::new();
    for entry in sandbox.message(&id).ok_or("the message is not remembered")?.timeline {
        let error = entry.error.map(|error| format!(" {}", error.value())).unwrap_or_default();
        timeline.push(format!("{} {}{error}", entry.status, entry.channel));
    }
    timeline.truncate(3);
    let expected = [
        "plan sms",
        "target_valid sms",
        "sent sms",
    ];
    assert_eq!(timeline, expected);
    Ok(())
}
