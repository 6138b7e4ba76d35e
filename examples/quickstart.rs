//! Sends a one-time password and checks it.
//!
//! Without anything set up it talks to the embedded sandbox. To talk to the service, name credentials, a recipient
//! and a template that exists and is approved:
//!
//! ```text
//! ENGAGELAB_DEV_KEY=… ENGAGELAB_DEV_SECRET=… OTP_TO=+65… OTP_TEMPLATE=login cargo run --example quickstart --features sandbox
//! ```

use std::env;
use std::error::Error;
use std::io::{self, BufRead as _};

use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{
    Client, Code, CodeAlphabet, CodeConfig, DefaultText, Recipient, SmsText, TemplateDefinition, TemplateId,
    TemplateRef,
};

fn main() -> Result<(), Box<dyn Error>> {
    let given = |name| env::var(name).ok().filter(|value| !value.is_empty());
    if given("ENGAGELAB_DEV_KEY").is_none() {
        return sandbox();
    }
    if let (Some(to), Some(template)) = (given("OTP_TO"), given("OTP_TEMPLATE")) {
        return service(&to, &template);
    }
    println!("Credentials are set, but OTP_TO and OTP_TEMPLATE do not both name a recipient and a template,");
    println!("so nothing is sent for real. This is the sandbox.\n");
    sandbox()
}

/// The whole round, offline.
fn sandbox() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?;
    let client = Client::for_sandbox(&sandbox)?;
    println!("The sandbox listens at {}.", sandbox.url());

    let id = TemplateId::new("login")?;
    let definition = TemplateDefinition::builder(id.clone(), "sms".parse()?)
        .brand_name("Example")
        .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5)?)
        .sms(SmsText::Default(DefaultText::new().with_security_notice()))
        .build()?;
    client.create_template(&definition)?;
    println!("Created the template {id}: 6 digits by SMS, good for 5 minutes.");

    let to: Recipient = "+6591234567".parse()?;
    let template = TemplateRef::from(id);
    let receipt = client.send_otp(&to, &template)?;
    println!("Sent a code to {to}: message {}.", receipt.message_id);

    // Nobody's handset rang, so the sandbox is asked for the code, and a wrong one is made of it.
    let code = sandbox.code(&receipt.message_id).ok_or("the message has no code")?;
    let wrong: String = code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    println!("Checked a wrong code: {:?}.", client.verify_otp(&receipt.message_id, &Code::new(wrong)?)?);
    println!("Checked the right code: {:?}.", client.verify_otp(&receipt.message_id, &Code::new(&code)?)?);
    println!("Checked it again: {:?}.", client.verify_otp(&receipt.message_id, &Code::new(code)?)?);

    let rejected = client.send_otp(&"+10000000011".parse()?, &template);
    if let Err(error) = rejected {
        println!("Sent to a number on a block list: {}.\n  {error}", error.outcome());
    }
    Ok(())
}

/// One real message, then what you type.
fn service(to: &str, template: &str) -> Result<(), Box<dyn Error>> {
    let client = Client::from_env()?;
    let to: Recipient = to.parse()?;
    let receipt = client.send_otp(&to, &TemplateRef::new(template)?)?;
    println!("Sent a code to {to}: message {}. Type it here:", receipt.message_id);
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    println!("{:?}", client.verify_otp(&receipt.message_id, &Code::new(typed.trim())?)?);
    Ok(())
}
