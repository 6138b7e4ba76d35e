//! A whole round with this crate, against a server that validates what passes.
//!
//! ```text
//! OTP_URL=… OTP_KEY=… OTP_SECRET=… cargo run --example round -- stateful
//! ```
//!
//! `stateful` expects what a service with a memory answers; `mock` takes any answer that can be read.

use std::env;
use std::error::Error;

use engagelab_otp::{
    Client, Code, CodeAlphabet, CodeConfig, Credentials, DefaultText, Language, Recipient, SmsText,
    TemplateDefinition, TemplateId, TemplateRef,
};

fn main() -> Result<(), Box<dyn Error>> {
    let given = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let stateful = env::args().nth(1).as_deref() == Some("stateful");
    let credentials = Credentials::new(given("OTP_KEY")?, given("OTP_SECRET")?)?;
    let client =
        Client::builder(credentials.clone()).base_url(given("OTP_URL")?).allow_plain_http().build()?;

    let id = TemplateId::new("rust/login")?;
    // sample createTemplate
    let definition = TemplateDefinition::builder(id.clone(), "sms".parse()?)
        .brand_name("Example")
        .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5)?)
        .sms(SmsText::Default(DefaultText::new().with_security_notice()))
        .build()?;
    client.create_template(&definition)?;
    // end
    // sample listTemplates
    let listed = client.list_templates()?;
    // end
    // sample getTemplate
    let details = client.get_template(&id)?;
    // end

    // sample sendOtp
    let to: Recipient = "+10000000005".parse()?;
    let template = TemplateRef::from(id.clone()).language(Language::En).param("app_name", "Example");
    let receipt = client.send_otp(&to, &template)?;
    // end
    // The mock answers with the document's example, which names this code, and the client insists on its own.
    let (wrong, right) = if stateful { ("000000", "123456") } else { ("398210", "398210") };
    let wrong = client.verify_otp(&receipt.message_id, &Code::new(wrong)?)?;
    // sample verifyOtp
    let verification = client.verify_otp(&receipt.message_id, &Code::new(right)?)?;
    // end
    // sample sendCode
    let to: Recipient = "user@example.com".parse()?;
    client.send_code(&to, &Code::new("a1B2")?, &TemplateRef::new("sandbox-custom-tpl")?)?;
    // end
    // sample sendMessage
    let to: Recipient = "+10000000005".parse()?;
    client.send_message(&to, &TemplateRef::new("sandbox-custom-tpl")?.param("code", "123456"))?;
    // end
    // sample deleteTemplate
    client.delete_template(&id)?;
    // end

    if stateful {
        let mine = listed
            .iter()
            .find(|template| template.template_id.as_deref() == Some(&id.to_string()))
            .ok_or("not listed")?;
        check(mine.sms_config.as_ref().and_then(|sms| sms.template_parts) == Some(1), "the list's parts")?;
        check(details.sms_config.is_some(), "the details")?;
        seen("send", "yes");
        check(!wrong.is_verified(), "a wrong code")?;
        seen("wrong code", "yes");
        check(verification.is_verified(), "the right code")?;
        seen("right code", "yes");
        let refused = client.send_otp(&"+10000000011".parse()?, &TemplateRef::new("sandbox-otp-tpl")?);
        let refused = refused.is_err_and(|error| error.api().is_some_and(|api| api.code().value() == 5013));
        check(refused, "an error with its code")?;
        seen("typed error", "yes");
        seen("templates", "yes");
        tomorrow(&given("TOMORROW_URL")?, &credentials)?;
    }
    Ok(())
}

/// A service whose answers hold what this version does not know, and an error with status 200.
fn tomorrow(url: &str, credentials: &Credentials) -> Result<(), Box<dyn Error>> {
    let client = Client::builder(credentials.clone()).base_url(url).allow_plain_http().build()?;
    let (to, template) = ("+10000000005".parse()?, TemplateRef::new("login")?);
    let receipt = client.send_otp(&to, &template)?;
    check(receipt.send_channel.is_some_and(|channel| channel.as_str() == "carrier-pigeon"), "a new channel")?;
    let listed = client.list_templates()?;
    check(listed[0].status.is_some_and(|status| status.value() == 9), "a new status")?;
    check(listed[1].template_id.as_deref() == Some("模版"), "an id beyond ASCII")?;
    let code = Code::new("123456")?;
    let refused = client.verify_otp(&receipt.message_id, &code).err().ok_or("a new error passed")?;
    check(refused.api().is_some_and(|api| api.code().value() == 7777), "a new error")?;
    seen("unknown values", "yes");
    let refused = client.send_code(&to, &code, &template).err().ok_or("an error passed for a receipt")?;
    check(refused.api().is_some_and(|api| api.code().value() == 5001), "an error in a 200")?;
    seen("error in a 200", "an error with its code");
    Ok(())
}

fn check(kept: bool, what: &str) -> Result<(), String> {
    if kept { Ok(()) } else { Err(format!("{what}: not as expected")) }
}

fn seen(what: &str, outcome: &str) {
    println!("{what}\t{outcome}");
}
