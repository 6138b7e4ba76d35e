//! The round with progenitor's own client. Any step that goes wrong ends it.

use std::env;
use std::error::Error as StdError;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{from_value, json};

progenitor::generate_api!(spec = "otp.yaml");

use types::ErrorBody;

type Outcome = Result<(), Box<dyn StdError>>;

const TEMPLATE: &str = "progenitor-login";
const CODE: &str = "123456";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    round_trip(&client(&env::var("OTP_URL")?)?).await?;
    tomorrow(&client(&env::var("TOMORROW_URL")?)?).await
}

fn client(url: &str) -> Result<Client, Box<dyn StdError>> {
    let credentials = format!("{}:{}", env::var("OTP_KEY")?, env::var("OTP_SECRET")?);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(credentials)).parse()?);
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    Ok(Client::new_with_client(url, http))
}

async fn round_trip(api: &Client) -> Outcome {
    let definition = json!({
        "template_id": TEMPLATE, "send_channel_strategy": "sms",
        "verify_code_config": {"verify_code_type": 1, "verify_code_len": 6, "verify_code_ttl": 5},
        "sms_config": {
            "template_type": 1, "template_default_config": {"contain_security": true, "contain_expire": false},
        },
    });
    api.create_template(&from_value(definition)?).await?;
    let id: types::TemplateId = TEMPLATE.parse()?;
    let listed = api.list_templates().await?.into_inner();
    let mine = listed.iter().find(|one| one.template_id.as_deref() == Some(TEMPLATE)).ok_or("not listed")?;
    check(mine.sms_config.as_ref().and_then(|sms| sms.template_parts) == Some(1), "the list's parts")?;
    check(api.get_template(&id).await?.sms_config.is_some(), "the details")?;

    let send = json!({"to": "+10000000005", "template": {"id": TEMPLATE, "language": "en"}});
    let receipt = api.send_otp(&from_value(send)?).await?.into_inner();
    check(receipt.send_channel.as_ref().is_some_and(|channel| channel.as_str() == "sms"), "the channel")?;
    seen("send", "yes");
    let verify = |code: &str| from_value(json!({"message_id": receipt.message_id, "verify_code": code}));
    check(!api.verify_otp(&verify("000000")?).await?.verified, "a wrong code")?;
    seen("wrong code", "yes");
    check(api.verify_otp(&verify(CODE)?).await?.verified, "the right code")?;
    seen("right code", "yes");
    refused(api.verify_otp(&verify(CODE)?).await, 400, 3003)?;

    let own = json!({"to": "+10000000005", "code": CODE, "template": {"id": TEMPLATE}});
    api.send_code(&from_value(own)?).await?;
    let custom = json!({"to": "+10000000005", "template": {"id": "sandbox-custom-tpl", "params": {"code": CODE}}});
    api.send_message(&from_value(custom)?).await?;
    let blocked = json!({"to": "+10000000011", "template": {"id": TEMPLATE}});
    refused(api.send_otp(&from_value(blocked)?).await, 400, 5013)?;
    seen("typed error", "yes");

    api.delete_template(&id).await?;
    refused(api.get_template(&id).await, 400, 4001)?;
    seen("templates", "yes");
    Ok(())
}

async fn tomorrow(api: &Client) -> Outcome {
    let send = json!({"to": "+10000000005", "template": {"id": TEMPLATE}});
    let receipt = api.send_otp(&from_value(send)?).await?.into_inner();
    check(receipt.send_channel.as_ref().is_some_and(|channel| channel.as_str() == "carrier-pigeon"), "a new channel")?;
    let listed = api.list_templates().await?.into_inner();
    check(listed[0].status.as_ref().is_some_and(|status| status.0 == 9), "a new status")?;
    check(listed[1].template_id.as_deref() == Some("模版"), "an id beyond ASCII")?;
    let verify = json!({"message_id": receipt.message_id, "verify_code": CODE});
    refused(api.verify_otp(&from_value(verify)?).await, 400, 7777)?;
    seen("unknown values", "yes");
    let own = json!({"to": "+10000000005", "code": CODE, "template": {"id": TEMPLATE}});
    match api.send_code(&from_value(own)?).await {
        Err(Error::InvalidResponsePayload(..)) => seen("error in a 200", "refused while decoding"),
        other => return Err(format!("an error was taken for {other:?}").into()),
    }
    Ok(())
}

fn refused<T>(answer: Result<T, Error<ErrorBody>>, status: u16, code: i64) -> Outcome {
    match answer {
        Err(Error::ErrorResponse(response)) if response.status().as_u16() == status && response.code.0 == code => Ok(()),
        Err(error) => Err(format!("expected {code}, found {error:?}").into()),
        Ok(_) => Err(format!("was not refused with {code}").into()),
    }
}

fn check(kept: bool, what: &str) -> Result<(), String> {
    if kept { Ok(()) } else { Err(format!("{what}: not as expected")) }
}

fn seen(what: &str, outcome: &str) {
    println!("{what}\t{outcome}");
}
