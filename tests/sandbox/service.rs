//! The sandbox behaves as the service is documented to.

use std::time::Duration;

use engagelab_otp::api::operations;
use engagelab_otp::sandbox::{KeyState, Sandbox};
use engagelab_otp::{
    Channel, Client, Code, CodeAlphabet, CodeConfig, Credentials, DefaultText, Error, ErrorCode, Proxy,
    Recipient, SendReceipt, SmsText, TemplateDefinition, TemplateId, TemplateRef, TemplateStatus,
    Verification,
};

struct Stage {
    sandbox: Sandbox,
    client: Client,
}

fn stage() -> Stage {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    Stage { sandbox, client }
}

impl Stage {
    fn send(&self, to: &str) -> Result<SendReceipt, Error> {
        let to: Recipient = to.parse().expect("valid");
        self.client.send_otp(&to, &TemplateRef::new("sandbox-otp-tpl").expect("valid"))
    }

    fn verify(&self, receipt: &SendReceipt, code: &str) -> Verification {
        let code = Code::new(code).expect("valid");
        self.client.verify_otp(&receipt.message_id, &code).expect("checked")
    }
}

fn code<T>(result: Result<T, Error>) -> i64 {
    result.err().and_then(|error| error.api().map(|api| api.code().value())).expect("an error of the service")
}

#[test]
fn a_code_counts_once() {
    let stage = stage();
    let receipt = stage.send("+6591234567").expect("sent");
    let right = stage.sandbox.code(&receipt.message_id).expect("a code");
    let wrong: String = right.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    assert_eq!(right.len(), 6);
    assert_eq!(stage.verify(&receipt, &wrong), Verification::WrongCode);
    assert_eq!(stage.verify(&receipt, &right), Verification::Verified);
    assert_eq!(stage.verify(&receipt, &right), Verification::ExpiredOrUsed);
}

#[test]
fn a_code_expires() {
    let stage = stage();
    let receipt = stage.send("+10000000005").expect("sent");
    stage.sandbox.advance(Duration::from_secs(299));
    assert_eq!(stage.verify(&receipt, "000000"), Verification::WrongCode);
    stage.sandbox.advance(Duration::from_secs(1));
    assert_eq!(stage.verify(&receipt, "123456"), Verification::ExpiredOrUsed);
}

#[test]
fn a_code_is_not_sent_again_while_it_lives() {
    let stage = stage();
    stage.send("+6591234567").expect("sent");
    assert_eq!(code(stage.send("+6591234567")), 3004);
    stage.send("+6591234568").expect("another recipient");
    stage.sandbox.advance(Duration::from_secs(300));
    stage.send("+6591234567").expect("the code has expired");
}

#[test]
fn fixed_recipients_have_fixed_outcomes() {
    let stage = stage();
    for (to, expected) in
        [("+10000000001", 5011), ("+10000000011", 5013), ("+10000000012", 5019), ("+10000000099", 3004)]
    {
        assert_eq!(code(stage.send(to)), expected, "{to}");
    }
    for (to, channel) in [
        ("+10000000000", Channel::Sms),
        ("+10000000010", Channel::Sms),
        ("sandbox@example.com", Channel::Email),
        ("+10000000002", Channel::Sms),
        ("+10000000003", Channel::Sms),
        ("+10000000018", Channel::Sms),
        ("+10000000004", Channel::Whatsapp),
        ("+10000000014", Channel::Whatsapp),
        ("+10000000024", Channel::Whatsapp),
    ] {
        assert_eq!(stage.send(to).expect("taken over").send_channel, Some(channel), "{to}");
    }
    let receipt = stage.send("+10000000005").expect("sent");
    assert_eq!(stage.verify(&receipt, "123456"), Verification::Verified);
}

#[test]
fn codes_are_made_as_the_template_says() {
    let stage = stage();
    let all = CodeAlphabet::DIGITS | CodeAlphabet::LOWER_CASE | CodeAlphabet::UPPER_CASE;
    for (id, characters, length, allowed) in [
        ("digits", CodeAlphabet::DIGITS, 4, "0123456789"),
        ("capitals", CodeAlphabet::UPPER_CASE, 10, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("all", all, 10, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ] {
        let id = TemplateId::new(id).expect("valid");
        let definition = TemplateDefinition::builder(id.clone(), "sms".parse().expect("valid"))
            .code(CodeConfig::new(characters, length, 1).expect("valid"))
            .sms(SmsText::Default(DefaultText::new()))
            .build()
            .expect("valid");
        stage.client.create_template(&definition).expect("created");
        let to = "+6591234567".parse().expect("valid");
        let receipt = stage.client.send_otp(&to, &TemplateRef::from(id)).expect("sent");
        let made = stage.sandbox.code(&receipt.message_id).expect("a code");
        assert_eq!(made.len(), usize::from(length));
        assert!(made.chars().all(|character| allowed.contains(character)), "{made}");
    }
}

#[test]
fn a_code_of_ones_own_is_never_verified() {
    let stage = stage();
    let to = "+6591234567".parse().expect("valid");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let own = Code::new("398210").expect("valid");
    let receipt = stage.client.send_code(&to, &own, &template).expect("sent");
    assert_eq!(code(stage.client.verify_otp(&receipt.message_id, &own)), 4001);
}

#[test]
fn a_custom_message_with_a_code_needs_the_code() {
    let stage = stage();
    let to = "+6591234567".parse().expect("valid");
    let template = TemplateRef::new("sandbox-custom-tpl").expect("valid");
    assert_eq!(code(stage.client.send_message(&to, &template)), 3002);
    let receipt = stage.client.send_message(&to, &template.param("code", "398210")).expect("sent");
    assert_eq!(stage.sandbox.code(&receipt.message_id).as_deref(), Some("398210"));
}

#[test]
fn templates_are_created_shown_listed_and_deleted() {
    let stage = stage();
    let id = TemplateId::new("a/b").expect("valid");
    let definition = TemplateDefinition::builder(id.clone(), "sms".parse().expect("valid"))
        .sms(SmsText::Default(DefaultText::new()))
        .build()
        .expect("valid");
    stage.client.create_template(&definition).expect("created");
    assert_eq!(code(stage.client.create_template(&definition)), 3003);
    let details = stage.client.get_template(&id).expect("shown");
    assert_eq!(details.status, Some(TemplateStatus::Approved));
    assert_eq!(details.sms_config.and_then(|sms| sms.template_parts), Some(1));
    assert_eq!(stage.client.list_templates().expect("listed").len(), 4);
    stage.client.delete_template(&id).expect("deleted");
    assert_eq!(code(stage.client.get_template(&id)), 4001);
    assert_eq!(code(stage.client.delete_template(&id)), 4001);
}

#[test]
fn a_template_in_review_does_not_send() {
    let sandbox = Sandbox::builder().new_templates_are(TemplateStatus::Pending).start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let id = TemplateId::new("login").expect("valid");
    let definition = TemplateDefinition::builder(id.clone(), "sms".parse().expect("valid"))
        .code(CodeConfig::new(CodeAlphabet::DIGITS, 6, 5).expect("valid"))
        .sms(SmsText::Default(DefaultText::new()))
        .build()
        .expect("valid");
    client.create_template(&definition).expect("created");
    let to = "+6591234567".parse().expect("valid");
    assert_eq!(code(client.send_otp(&to, &TemplateRef::from(id.clone()))), 3003);
    assert!(sandbox.set_template_status("login", TemplateStatus::Approved));
    client.send_otp(&to, &TemplateRef::from(id)).expect("sent");
}

#[test]
fn keys_are_checked() {
    let stage = stage();
    let stranger = Client::builder(Credentials::new("sandbox_demo", "wrong").expect("valid"))
        .base_url(stage.sandbox.url())
        .proxy(Proxy::None)
        .build()
        .expect("a client");
    assert_eq!(code(stranger.list_templates()), 2001);
    stage.sandbox.set_key_state(KeyState::Disabled);
    assert_eq!(code(stage.client.list_templates()), 2002);
    stage.sandbox.set_key_state(KeyState::VerifyOnly);
    assert_eq!(code(stage.send("+6591234567")), 2004);
    stage.sandbox.set_key_state(KeyState::Active);
    let receipt = stage.send("+6591234567").expect("sent");
    stage.sandbox.set_key_state(KeyState::SendOnly);
    let typed = Code::new("000000").expect("valid");
    assert_eq!(code(stage.client.verify_otp(&receipt.message_id, &typed)), 2004);
}

#[test]
fn what_is_not_there_and_what_is_not_sense_is_refused() {
    let stage = stage();
    let to: Recipient = "+6591234567".parse().expect("valid");
    assert_eq!(code(stage.client.send_otp(&to, &TemplateRef::new("nothing").expect("valid"))), 4001);
    stage.sandbox.fail_next(ErrorCode::Intercepted);
    assert_eq!(code(stage.send("+6591234567")), 5015);
    stage.send("+6591234567").expect("the next one is well");
}

#[test]
fn the_oldest_messages_are_forgotten() {
    let sandbox = Sandbox::builder().history(2).start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let sent: Vec<_> = ["+6591234561", "+6591234562", "+6591234563"]
        .iter()
        .map(|to| client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id)
        .collect();
    let kept: Vec<_> = sandbox.messages().into_iter().map(|message| message.id).collect();
    assert_eq!(kept, sent[1..]);
}

#[test]
fn what_tests_ask_for_is_at_hand() {
    let stage = stage();
    let user: Recipient = "+6591234567".parse().expect("valid");
    stage.send("+6591234567").expect("sent");
    let first = stage.sandbox.wait_for_code(&user).expect("a code");
    assert_eq!(stage.sandbox.last_message_to(&user).and_then(|message| message.code), Some(first));
    stage.sandbox.on(&"+6591234568".parse().expect("valid")).is_refused_with(ErrorCode::Blocked);
    assert_eq!(code(stage.send("+6591234568")), 5013);
    stage.sandbox.verify_count(&operations::SEND_OTP, 2).expect("both count");
    assert!(stage.sandbox.verify_count(&operations::SEND_OTP, 3..).is_err());
    stage.sandbox.reset();
    stage.sandbox.verify_count(&operations::SEND_OTP, ..=0).expect("as new");
    stage.send("+6591234568").expect("as usual again");
}

#[test]
fn languages_that_the_service_lacks_are_refused() {
    let stage = stage();
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid").language("klingon".into());
    let to = "+6591234567".parse().expect("valid");
    assert_eq!(code(stage.client.send_otp(&to, &template)), 3002);
}
