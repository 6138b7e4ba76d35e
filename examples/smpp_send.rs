//! Sends codes over SMPP and tells what became of each, without an account: the server runs in this process.
//!
//! `cargo run --example smpp_send --features smpp`

use std::error::Error;
use std::thread;

use engagelab_otp::smpp::smsc::Smsc;
use engagelab_otp::smpp::{Credentials, Event, Message, SmppClient, SmppConfig};
use engagelab_otp::{Code, InvalidInput, Recipient, TemplateRef};

fn main() -> Result<(), Box<dyn Error>> {
    // With an account, these and the address come from the vendor, and there is no `Smsc`.
    let credentials = Credentials::new("sandbox_demo", "sandbox")?;
    let smsc = Smsc::builder(credentials.clone()).start("127.0.0.1:0")?;

    let config = SmppConfig::new(&smsc.address().to_string(), credentials).window(20);
    let (client, events) = SmppClient::connect(&config)?;

    let reports = thread::spawn(move || {
        for event in events {
            match event {
                Event::Report { submission: Some(submission), report } => {
                    println!("{submission}: {:?}", report.state());
                }
                Event::ReportTimeout { submission, .. } => println!("{submission}: no report"),
                other => println!("{other:?}"),
            }
        }
    });

    // Delivered, undeliverable, refused, and never reported on: the recipients decide.
    let recipients = ["+10000000010", "+10000000002", "+10000000001", "+10000000003"]
        .into_iter()
        .map(Recipient::phone)
        .collect::<Result<Vec<_>, _>>()?;
    let template = TemplateRef::new("sandbox-custom-tpl")?;
    let code = Code::new("482913")?;
    let messages = recipients
        .iter()
        .map(|recipient| Message::code(recipient, &template, &code))
        .collect::<Result<Vec<_>, InvalidInput>>()?;
    for (recipient, result) in recipients.into_iter().zip(client.submit_all(messages)) {
        match result {
            Ok(accepted) => println!("{}: accepted as {}", accepted.submission, accepted.message_id),
            Err(error) => println!("{recipient} not accepted: {error}; outcome {}", error.outcome()),
        }
    }

    client.shutdown();
    reports.join().expect("the thread that prints reports does not panic");
    Ok(())
}
