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
    Client, Code, CodeAlphabet, CodeConfig, Credentials, DefaultText, Language, MessageId, Recipient,
    SmsText, TemplateDefinition, TemplateId, TemplateRef,
};

fn main() -> Result<(), Box<dyn Error>> {
    let given = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let stateful = env::args().nth(1).as_deref() == Some("stateful");
    let credentials = Credentials::new(given("OTP_KEY")?, given("OTP_SECRET")?)?;
    let client = Client::builder(credentials).base_url(given("OTP_URL")?).allow_plain_http().build()?;

    let id = TemplateId::new("rust/login")?;
    let definition = TemplateDefinition::builder(id.clone(), "sms".parse()?)
        .brand_name("Example")
        .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5)?)
        .sms(SmsText::Default(DefaultText::new().with_security_notice()))
        .build()?;
    client.create_template(&definition)?;
    let listed = client.list_templates()?;
    let details = client.get_template(&id)?;

    let to: Recipient = "+10000000005".parse()?;
    let template = TemplateRef::from(id.clone()).language(Language::En).param("app_name", "Example");
    let receipt = client.send_otp(&to, &template)?;
    let message = MessageId(receipt.message_id.to_string());
    // The mock answers with the document's example, which names this code, and the client insists on its own.
    let (wrong, right) = if stateful { ("000000", "123456") } else { ("398210", "398210") };
    let wrong = client.verify_otp(&message, &Code::new(wrong)?)?;
    let right = client.verify_otp(&message, &Code::new(right)?)?;
    client.send_code(
        &"user@example.com".parse()?,
        &Code::new("a1B2")?,
        &TemplateRef::new("sandbox-custom-tpl")?,
    )?;
    client.send_message(&to, &TemplateRef::new("sandbox-custom-tpl")?.param("code", "123456"))?;
    client.delete_template(&id)?;

    if stateful {
        let listed = listed.iter().any(|template| template.template_id.as_deref() == Some(&id.to_string()));
        let described = details.sms_config.is_some();
        let verified = !wrong.is_verified() && right.is_verified();
        let refused = client.send_otp(&"+10000000011".parse()?, &TemplateRef::new("sandbox-otp-tpl")?);
        let refused = refused.is_err_and(|error| error.api().is_some_and(|api| api.code().value() == 5013));
        let seen = [listed, described, verified, refused];
        if seen.contains(&false) {
            return Err(format!("listed, described, verified, refused: {seen:?}").into());
        }
    }
    println!("rust: done");
    Ok(())
}
