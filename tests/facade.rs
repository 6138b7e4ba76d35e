//! The facade: what it takes, what it refuses before anything is sent, and what it makes of answers.

use engagelab_otp::api::types;
use engagelab_otp::{
    Channel, Client, Code, CodeAlphabet, CodeConfig, Credentials, CustomSmsText, DefaultText, EmailConfig,
    EmailText, Error, InvalidInput, Language, MessageId, Outcome, Proxy, PwaConfig, Recipient,
    RootCertificates, SmsPurpose, SmsText, Strategy, TemplateDefinition, TemplateId, TemplateRef,
    TemplateStatus, Timeouts, Verification,
};
use httpmock::MockServer;
use mock::MockServerExt as _;

use crate::support::server::{Fault, Server, json};
use crate::support::{client, credentials, phone, template};

/// Typed mocks of every operation, generated from the document.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub)]
mod mock {
    include!(concat!(env!("OUT_DIR"), "/mock.rs"));
}

fn field<T>(result: Result<T, InvalidInput>) -> String {
    result.err().expect("it is refused").field().to_owned()
}

fn refused<T>(result: Result<T, Error>) -> String {
    let error = result.err().expect("it is refused");
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    error.invalid_input().expect("the input is at fault").field().to_owned()
}

#[test]
fn bad_recipients_are_refused() {
    for bad in [
        "",
        "+",
        "6591234567",
        "+65 9123 4567",
        "+65-91234567",
        "+65912a4567",
        "+123456",
        "+1234567890123456",
        "+0591234567",
        "+６５９１２３４５６７",
        "user@",
        "@example.com",
        "user@localhost",
        "user@example..com",
        "us er@example.com",
        "user@exa\nmple.com",
        "a@b@example.com",
        "user@.com",
        "victim@x.com,attacker",
        "victim@x.com,attacker@y.com",
        "victim@x.com;attacker@y.com",
        "<a@b.c>",
        "a@b.c>",
        "Name <a@b.c>",
        "a@b.c?cc=z",
        "a@b.c&bcc=z",
        "mailto:a@b.c",
        "\"a b\"@c.de",
        "a(comment)@b.c",
        "a@[127.0.0.1]",
        "a@b.c\u{202E}",
        "a\u{200B}@b.c",
        "a@b\u{AD}.c",
        "a@b.c\u{FEFF}",
        "a@b.c\u{E0041}",
        "a@-b.c",
        "a@b_c.de",
        "victim@x.com，attacker＠y.com",
        "ａ@b.de",
        "a@b．c.de",
        "a@b。c.de",
        "a﹐c@b.de",
        "a@b\u{2024}c.de",
        "a@\u{2488}c.de",
        "a\u{37E}b@c.de",
    ] {
        assert_eq!(field(bad.parse::<Recipient>()), "to", "{bad:?}");
    }
    assert_eq!(field(format!("{}@example.com", "x".repeat(250)).parse::<Recipient>()), "to");
    for good in ["+6591234567", "+1234567", "+123456789012345", "user@example.com", "ü.ser+tag@exämple.co.uk"]
    {
        assert_eq!(good.parse::<Recipient>().expect("good").expose(), good);
    }
}

#[test]
fn what_is_refused_is_told_by_what_it_must_be() {
    let told = |invalid: InvalidInput| invalid.to_string();
    let code = Code::new("").expect_err("refused");
    assert_eq!(told(code), "code must be at least 1 character, none of them a control character");
    let phone = "6591234567".parse::<Recipient>().expect_err("refused");
    assert_eq!(told(phone), "to must begin with `+` and the country code, or be an e-mail address");
    let id = TemplateId::new("x".repeat(129)).expect_err("refused");
    assert_eq!(told(id), "template_id must be 1 to 128 characters");
    let config = CodeConfig::new(CodeAlphabet::DIGITS, 3, 5).expect_err("refused");
    assert_eq!(told(config), "verify_code_config.verify_code_len must be 4 to 10");
    let error = Error::from(Code::new("").expect_err("refused"));
    assert_eq!(error.to_string(), "code must be at least 1 character, none of them a control character");
    assert!(std::error::Error::source(&error).is_none(), "the source would say the same again");
}

#[test]
fn limits_of_texts_are_counted_in_characters() {
    assert_eq!(field(Language::new("")), "language");
    MessageId::new("1".repeat(1000)).expect("the service documents no greatest length");
    for bad in ["", "1\n"] {
        assert_eq!(field(MessageId::new(bad)), "message_id");
    }
    TemplateId::new("ü".repeat(128)).expect("128 characters");
    assert_eq!(field(TemplateId::new("ü".repeat(129))), "template_id");
}

#[test]
fn what_is_deserialised_is_checked() {
    fn refused<T: serde::de::DeserializeOwned>(json: &str) -> String {
        serde_json::from_str::<T>(json).err().expect("it is refused").to_string()
    }
    assert!(refused::<Recipient>(r#""6591234567""#).starts_with("to must begin with"));
    assert!(refused::<Code>(r#""12\n34""#).starts_with("code must be at least 1"));
    assert!(refused::<TemplateId>(r#"".""#).starts_with("template_id must be"));
    assert!(refused::<Strategy>(r#""sms|sms""#).starts_with("send_channel_strategy must have each"));
    assert!(refused::<TemplateRef>(r#"{"id":"a","language":""}"#).starts_with("template.language must be"));
    assert_eq!(
        refused::<TemplateRef>(r#"{"id":"a","lang":"en"}"#),
        "lang must be left out: there is no field of this name"
    );
    let template = TemplateRef::new("login").expect("good").language(Language::En).param("a", "1");
    let written = serde_json::to_string(&template).expect("written");
    assert_eq!(written, r#"{"id":"login","language":"en","params":{"a":"1"}}"#);
    assert_eq!(serde_json::from_str::<TemplateRef>(&written).expect("read"), template);
    let recipient: Recipient = serde_json::from_str(r#""+6591234567""#).expect("good");
    assert_eq!(serde_json::to_string(&recipient).expect("written"), r#""+6591234567""#);
}

#[test]
fn a_definition_in_json_is_refused_by_field_and_rule() {
    let good = serde_json::json!({
        "template_id": "login",
        "send_channel_strategy": "sms",
        "verify_code_config": {"verify_code_type": 1, "verify_code_len": 6, "verify_code_ttl": 5},
        "sms_config": {
            "template_type": 2,
            "template_custom_config": {"custom_sub_type": "utility", "custom_content": "x"},
        },
        "email_config": {
            "template_name": "mail",
            "template_custom_configs": [{
                "language": "en",
                "pre_from_mail": "a@example.com",
                "pre_subject": "s",
                "template_content": "c",
            }],
        },
    });
    let read = |value: &serde_json::Value| TemplateDefinition::try_from(value.clone());
    let definition = read(&good).expect("good");
    assert_eq!(serde_json::to_value(&definition).expect("written"), good);
    for (pointer, value, told) in [
        ("/template_id", "1", "template_id must be a string"),
        ("/template_id", "null", "template_id must be a string"),
        ("/hue", "\"blue\"", "hue must be left out: there is no field of this name"),
        ("/description", "null", "description must be left out rather than null"),
        ("/brand_name", "\"B\"", "brand_name must be 2 to 10 characters"),
        ("/verify_code_config", "[1,6,5]", "verify_code_config must be an object, not an array"),
        ("/verify_code_config", "7", "verify_code_config must be an object"),
        (
            "/verify_code_config/verify_code_len",
            "\"six\"",
            "verify_code_config.verify_code_len must be an integer",
        ),
        ("/verify_code_config/verify_code_len", "300", "verify_code_config.verify_code_len must be 4 to 10"),
        (
            "/verify_code_config/verify_code_type",
            "8",
            "verify_code_config.verify_code_type must be a sum of 1 (digits), 2 (lower-case letters) and 4 \
             (upper-case letters)",
        ),
        ("/sms_config", "{}", "sms_config.template_type must be given"),
        (
            "/sms_config/template_type",
            "1",
            "sms_config.template_type must be 1 with template_default_config, or 2 with template_custom_config",
        ),
        (
            "/sms_config/template_custom_config/custom_sub_type",
            "\"poetry\"",
            "sms_config.template_custom_config.custom_sub_type must be one of `authentication`, `marketing`, \
             `utility`",
        ),
        (
            "/sms_config/template_custom_config/hue",
            "{}",
            "sms_config.template_custom_config.hue must be left out: there is no field of this name",
        ),
        (
            "/email_config/template_custom_configs/0/pre_subject",
            "[]",
            "email_config.template_custom_configs[0].pre_subject must be a string",
        ),
        (
            "/email_config/template_custom_configs/0/pre_param_map",
            "{\"a\":1}",
            "email_config.template_custom_configs[0].pre_param_map.a must be a string",
        ),
        ("/voice_config", "{\"template_type\":2}", "voice_config.template_default_config must be given"),
    ] {
        let mut bad = good.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        bad.pointer_mut(parent).expect("a parent")[name] = serde_json::from_str(value).expect("JSON");
        assert_eq!(read(&bad).expect_err("refused").to_string(), told, "{pointer}: {value}");
    }
    let empty = serde_json::json!({"pre_param_map": {}});
    let mut known = good.clone();
    known["email_config"]["template_custom_configs"][0]["pre_param_map"] = empty["pre_param_map"].clone();
    read(&known).expect("an empty map is no unknown field");
}

#[test]
fn bad_credentials_are_refused() {
    for (key, secret, named) in [
        ("", "s", "dev_key"),
        ("k", "", "dev_secret"),
        ("k:y", "s", "dev_key"),
        ("k\ny", "s", "dev_key"),
        ("k", "s\r\n", "dev_secret"),
    ] {
        assert_eq!(field(Credentials::new(key, secret)), named);
    }
    Credentials::new("key", "se:cret").expect("a colon in the secret is harmless");
}

#[test]
fn bad_template_ids_are_refused() {
    let long = "x".repeat(129);
    for bad in ["", long.as_str(), ".", "..", "a\0b", "a\nb", "a\u{7f}b"] {
        assert_eq!(field(TemplateId::new(bad)), "template_id", "{bad:?}");
    }
    for good in ["x", "...", "a/b", "ü", "模版", &long[..128]] {
        TemplateId::new(good).expect("good");
    }
}

#[test]
fn bad_strategies_are_refused() {
    for bad in ["", "|", "sms|", "carrier-pigeon", "sms|sms", "sms|email", "email|sms", "sms, voice", "SMS"] {
        assert_eq!(field(bad.parse::<Strategy>()), "send_channel_strategy", "{bad:?}");
    }
    assert_eq!("whatsapp|sms|voice".parse::<Strategy>().expect("good").to_string(), "whatsapp|sms|voice");
}

#[test]
fn bad_definitions_are_refused() {
    let build = |strategy: &str, change: &dyn Fn(engagelab_otp::TemplateDefinitionBuilder) -> _| {
        let id = TemplateId::new("login").expect("good");
        let builder = TemplateDefinition::builder(id, strategy.parse().expect("good"));
        let builder: engagelab_otp::TemplateDefinitionBuilder = change(builder);
        builder.build()
    };
    let text = SmsText::Default(DefaultText::new());
    let sms = |builder: engagelab_otp::TemplateDefinitionBuilder| builder.sms(text.clone());
    build("sms", &sms).expect("good");
    assert_eq!(field(build("sms", &|builder| builder)), "sms_config");
    assert_eq!(field(build("whatsapp|sms", &sms)), "whatsapp_config");
    assert_eq!(field(build("sms|voice", &sms)), "voice_config");
    assert_eq!(field(build("email", &sms)), "email_config");
    assert_eq!(field(build("sms", &|builder| sms(builder).brand_name("B"))), "brand_name");
    assert_eq!(field(build("sms", &|builder| sms(builder).brand_name("ELEVEN-CHAR"))), "brand_name");
    assert_eq!(field(build("sms", &|builder| sms(builder).description("x".repeat(256)))), "description");
    build("sms", &|builder| sms(builder).brand_name("10 letters").description("x".repeat(255)))
        .expect("good");

    let two_minutes = CodeConfig::new(CodeAlphabet::DIGITS, 6, 2).expect("good without whatsapp");
    build("sms", &|builder| sms(builder).code(two_minutes.clone())).expect("good");
    let by_whatsapp =
        build("whatsapp", &|builder| builder.whatsapp(DefaultText::new()).code(two_minutes.clone()));
    assert_eq!(field(by_whatsapp), "verify_code_config.verify_code_ttl");
    build("email", &|builder| builder.email(EmailConfig::new("mail").expect("good")))
        .expect("the service has a text of its own");
}

#[test]
fn bad_parts_of_definitions_are_refused() {
    for (length, minutes, named) in [
        (3, 5, "verify_code_len"),
        (11, 5, "verify_code_len"),
        (6, 0, "verify_code_ttl"),
        (6, 11, "verify_code_ttl"),
    ] {
        let refused = field(CodeConfig::new(CodeAlphabet::DIGITS, length, minutes));
        assert!(refused.ends_with(named), "{refused}");
    }
    let content = "sms_config.template_custom_config.custom_content";
    assert_eq!(field(CustomSmsText::new(SmsPurpose::Authentication, "Your code")), content);
    assert_eq!(field(CustomSmsText::new(SmsPurpose::Utility, "")), content);
    let own = CustomSmsText::new(SmsPurpose::Authentication, "{{code}}").expect("good");
    for bad in [vec![], vec!["hk"], vec!["HKG"], vec!["HK", ""]] {
        assert_eq!(
            field(own.clone().countries(bad)),
            "sms_config.template_custom_config.custom_country_codes"
        );
    }
    let mail =
        |from: &str, subject: &str, content: &str| EmailText::new(Language::En, from, subject, content);
    let strange = EmailText::new(Language::from(""), "a@example.com", "s", "c");
    assert_eq!(field(strange), "email_config.template_custom_configs.language");
    assert_eq!(field(EmailConfig::new(" ")), "email_config.template_name");
    assert_eq!(field(mail("nobody", "s", "c")), "email_config.template_custom_configs.pre_from_mail");
    assert_eq!(field(mail("a@example.com", "", "c")), "email_config.template_custom_configs.pre_subject");
    assert_eq!(
        field(mail("a@example.com", "s", "")),
        "email_config.template_custom_configs.template_content"
    );
}

#[test]
fn bad_settings_are_refused() {
    let build = |change: &dyn Fn(engagelab_otp::ClientBuilder) -> engagelab_otp::ClientBuilder| {
        change(Client::builder(credentials()).proxy(Proxy::None)).build()
    };
    for bad in [
        "",
        "otp.api.engagelab.cc",
        "ftp://otp.api.engagelab.cc",
        "https://",
        "https://user:pass@otp.example",
        "https://otp.example/?a=b",
        "https://otp.example/#top",
        "http://otp.example",
        "https://otp example",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:abc",
        "https://otp.example:0",
        "http://localhost:",
    ] {
        assert_eq!(refused(build(&|builder| builder.base_url(bad))), "base_url", "{bad:?}");
    }
    for good in ["http://localhost:1", "http://127.0.0.1", "http://[::1]:80", "https://otp.example/prefix/"] {
        build(&|builder| builder.base_url(good)).expect("good");
    }
    build(&|builder| builder.base_url("http://otp.example").allow_plain_http()).expect("asked for by name");
    assert_eq!(refused(build(&|builder| builder.user_agent_suffix("a\nb"))), "user_agent_suffix");
    assert_eq!(refused(build(&|builder| builder.proxy(Proxy::Url("gopher://x".to_owned())))), "proxy");
    assert_eq!(refused(build(&|builder| builder.extra_roots("no certificate"))), "extra_roots");
    assert_eq!(refused(build(&|builder| builder.roots(RootCertificates::Only(Vec::new())))), "roots");
    assert_eq!(
        refused(build(&|builder| builder.timeouts(Timeouts::new().total(std::time::Duration::ZERO)))),
        "timeouts.total"
    );
}

#[test]
fn nothing_is_sent_when_a_call_is_refused() {
    let server = Server::start(vec![Fault::Answer(json(200, "{}"))]);
    let client = client(&server.url()).build().expect("a client");
    let code = Code::new("398210").expect("good");
    let spoken = template().language(Language::En);
    assert_eq!(refused(client.send_message(&phone(), &spoken)), "template.language");
    let strange = template().language(Language::from(""));
    assert_eq!(refused(client.send_otp(&phone(), &strange)), "template.language");
    assert_eq!(refused(client.send_otp(&phone(), &template().param("", "x"))), "template.params");
    assert_eq!(
        refused(client.send_otp(&phone(), &template().param("a", "1").param("a", "2"))),
        "template.params"
    );
    assert_eq!(refused(client.verify_otp(&MessageId(String::new()), &code)), "message_id");
    assert_eq!(refused(client.verify_otp(&MessageId("1\n".to_owned()), &code)), "message_id");
    assert_eq!(refused(client.api().get_template("..")), "templateId");
    assert_eq!(refused(client.api().delete_template("")), "templateId");
    for bad in ["", "12\n34", "1234\u{7f}"] {
        assert_eq!(field(Code::new(bad)), "code", "{bad:?}");
    }
    assert_eq!(server.seen(), 0);
}

#[test]
fn each_operation_sends_what_the_document_says() {
    let server = MockServer::start();
    let client = client(&server.base_url()).build().expect("a client");
    let receipt: types::SendReceipt =
        serde_json::from_str(r#"{"message_id":"1","send_channel":"sms"}"#).expect("a receipt");
    let spoken = template().language(Language::ZhCn).param("app_name", "Example");
    let reference = types::TemplateReference::new("login".to_owned())
        .language(Language::ZhCn)
        .params([("app_name", "Example")].into_iter().collect::<types::TemplateParams>());

    let otp = types::SendOtpRequest::new("+6591234567", reference.clone());
    let mock = server.send_otp(|when, then| {
        when.body(&otp);
        then.ok(&receipt);
    });
    assert_eq!(client.send_otp(&phone(), &spoken).expect("sent"), receipt);
    mock.assert();

    let code = types::SendCodeRequest::new("user@example.com", "398210", reference);
    let mock = server.send_code(|when, then| {
        when.body(&code);
        then.ok(&receipt);
    });
    let mail = "user@example.com".parse().expect("good");
    client.send_code(&mail, &Code::new("398210").expect("good"), &spoken).expect("sent");
    mock.assert();

    let message = types::SendMessageRequest::new(
        "+6591234567",
        types::MessageTemplateReference::new("login".to_owned()),
    );
    let mock = server.send_message(|when, then| {
        when.body(&message);
        then.ok(&receipt);
    });
    client.send_message(&phone(), &template()).expect("sent");
    mock.assert();

    let check = types::VerifyOtpRequest::new("1".to_owned(), "398210");
    let right = serde_json::from_str(r#"{"verified":true}"#).expect("a result");
    let mock = server.verify_otp(|when, then| {
        when.body(&check);
        then.ok(&right);
    });
    let verified = client.verify_otp(&receipt.message_id, &Code::new("398210").expect("good"));
    assert_eq!(verified.expect("checked"), Verification::Verified);
    mock.assert();

    let mock = server.get_template(|when, then| {
        when.template_id(&types::TemplateId("login".to_owned()));
        then.ok(&serde_json::from_str(r#"{"template_id":"login"}"#).expect("details"));
    });
    client.get_template(&TemplateId::new("login").expect("good")).expect("shown");
    mock.assert();
}

#[test]
fn a_whole_definition_reaches_the_service() {
    let text = EmailText::new(Language::En, "no-reply@example.com", "Your code", "<p>{{code}}</p>")
        .expect("good")
        .from_name("Example")
        .default_param("support", "help@example.com");
    let own =
        CustomSmsText::new(SmsPurpose::Authentication, "{{code}}").expect("good").countries(["HK", "PH"]);
    let strategy = "whatsapp|sms|voice".parse().expect("good");
    let definition = TemplateDefinition::builder(TemplateId::new("all").expect("good"), strategy)
        .description("everything")
        .brand_name("Example")
        .code(CodeConfig::new(CodeAlphabet::DIGITS | CodeAlphabet::UPPER_CASE, 8, 10).expect("good"))
        .whatsapp(DefaultText::new().with_security_notice())
        .sms(SmsText::Custom(own.expect("good")))
        .voice(DefaultText::new().with_expiry_notice())
        .email(EmailConfig::new("mail").expect("good").text(text))
        .pwa(PwaConfig::new().platform("android").code("x"))
        .build()
        .expect("good");
    let server = Server::start(vec![Fault::Answer(json(200, r#"{"code":0,"message":"success"}"#))]);
    client(&server.url()).build().expect("a client").create_template(&definition).expect("created");
    let request = server.requests().remove(0);
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    let sent: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(
        sent,
        serde_json::json!({
            "template_id": "all",
            "description": "everything",
            "brand_name": "Example",
            "send_channel_strategy": "whatsapp|sms|voice",
            "verify_code_config": {"verify_code_type": 5, "verify_code_len": 8, "verify_code_ttl": 10},
            "whatsapp_config": {
                "template_type": 1,
                "template_default_config": {"contain_security": true, "contain_expire": false},
            },
            "sms_config": {
                "template_type": 2,
                "template_custom_config": {
                    "custom_sub_type": "authentication",
                    "custom_content": "{{code}}",
                    "custom_country_codes": "HK,PH",
                },
            },
            "voice_config": {
                "template_type": 1,
                "template_default_config": {"contain_security": false, "contain_expire": true},
            },
            "email_config": {
                "template_name": "mail",
                "template_custom_configs": [{
                    "language": "en",
                    "pre_from_name": "Example",
                    "pre_from_mail": "no-reply@example.com",
                    "pre_subject": "Your code",
                    "template_content": "<p>{{code}}</p>",
                    "pre_param_map": {"support": "help@example.com"},
                }],
            },
            "pwa_config": {"pwa_platform": "android", "pwa_code": "x"},
        })
    );
}

#[test]
fn values_and_fields_that_nobody_knows_yet_survive() {
    let server = Server::start(vec![
        Fault::Answer(json(200, r#"{"message_id":"1","send_channel":"carrier-pigeon","eta":{"s":3}}"#)),
        Fault::Answer(json(
            200,
            r#"[{"template_id":"a","status":9,"send_channel_strategy":"sms|carrier-pigeon","hue":"blue"},{}]"#,
        )),
        Fault::Answer(json(400, r#"{"code":7777,"message":"new"}"#)),
    ]);
    let client = client(&server.url()).build().expect("a client");
    let receipt = client.send_otp(&phone(), &template()).expect("sent");
    assert_eq!(receipt.send_channel, Some(Channel::Other("carrier-pigeon".to_owned())));
    assert_eq!(receipt.extra["eta"]["s"], 3);
    let templates = client.list_templates().expect("listed");
    assert_eq!(templates[0].status, Some(TemplateStatus::Other(9)));
    assert_eq!(templates[0].channels(), [Channel::Sms, Channel::from("carrier-pigeon")]);
    assert_eq!(templates[0].extra["hue"], "blue");
    assert_eq!(templates[1].template_id, None);
    let error = client.send_otp(&phone(), &template()).expect_err("refused");
    assert_eq!(error.api().map(|api| api.code().value()), Some(7777));
}
