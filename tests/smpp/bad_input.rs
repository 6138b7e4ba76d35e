//! What a user can get wrong, each told by field and rule.

use std::time::Duration;

use engagelab_otp::smpp::{
    Coding, ConnectErrorKind, Credentials, Endpoint, Message, Reconnect, SmppClient, SmppConfig,
};
use engagelab_otp::{Code, InvalidInput, Language, Outcome, Recipient};

use super::loopback::{credentials, pair, phone, template, with_param};

fn field<T: std::fmt::Debug>(result: Result<T, InvalidInput>) -> String {
    let error = result.expect_err("breaks a rule");
    assert_eq!(error.to_string(), format!("{} {}", error.field(), error.rule()));
    error.field().to_owned()
}

#[test]
fn credentials_that_a_bind_cannot_hold_are_refused_without_showing_them() {
    assert_eq!(field(Credentials::new("sixteen-letters-", "secret")), "system_id");
    assert_eq!(field(Credentials::new("", "secret")), "system_id");
    assert_eq!(field(Credentials::new("acme", "ninechars")), "password");
    assert_eq!(field(Credentials::new("acme", "pä")), "password");
    assert_eq!(field(Credentials::new("acme", "a\0b")), "password");
    assert!(!Credentials::new("acme", "ninechars").unwrap_err().to_string().contains("ninechars"));
    assert!(Credentials::new("fifteen-letters", "eight-ch").is_ok());
    assert!(!format!("{:?}", Credentials::new("acme", "hunter2")).contains("hunter2"));
}

#[test]
fn what_smpp_cannot_carry_is_refused() {
    let email = Recipient::email("somebody@example.com").expect("an address");
    assert_eq!(field(Message::notification(&email, &template("t"))), "to");
    let twice = template("t").param("name", "a").param("name", "b");
    assert_eq!(field(Message::marketing(&phone("+6591234567"), &twice)), "template.params");
    let nameless = template("t").language(Language::from(""));
    assert_eq!(field(Message::notification(&phone("+6591234567"), &nameless)), "template.language");
}

#[test]
fn a_text_beyond_message_payload_or_its_alphabet_is_not_sent() {
    let (smsc, client, _events) = pair();
    for message in [
        with_param("long", &"x".repeat(33_000)),
        with_param("long", &"x".repeat(66_000)).coding(Coding::ServiceDefault),
        with_param("name", "Zoë").coding(Coding::ServiceDefault),
    ] {
        let error = client.submit(&message).expect_err("cannot be written");
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(error.to_string().contains("not sent: text "), "{error}");
    }
    client.submit(&with_param("long", &"x".repeat(32_000))).expect("as long as it may be");
    assert_eq!(smsc.record().submission_count, 1);
}

#[test]
fn limits_that_cannot_be_kept_are_refused_before_connecting() {
    let config = SmppConfig::new("127.0.0.1:1", credentials());
    for (config, field) in [
        (config.clone().window(0), "window"),
        (config.clone().window(10_001), "window"),
        (config.clone().event_capacity(0), "event_capacity"),
        (config.clone().response_timeout(Duration::ZERO), "response_timeout"),
        (config.clone().enquire_interval(Duration::MAX), "enquire_interval"),
        (
            config
                .clone()
                .reconnect(Some(Reconnect { initial_backoff: Duration::ZERO, ..Reconnect::default() })),
            "reconnect",
        ),
        (
            config.clone().reconnect(Some(Reconnect { max_backoff: Duration::ZERO, ..Reconnect::default() })),
            "reconnect",
        ),
        (
            config.clone().reconnect(Some(Reconnect { max_backoff: Duration::MAX, ..Reconnect::default() })),
            "reconnect",
        ),
    ] {
        let error = SmppClient::connect(&config).expect_err("refused");
        assert!(matches!(error.kind(), ConnectErrorKind::Config(input) if input.field() == field), "{error}");
    }
    let nowhere = SmppConfig::new("no port", credentials());
    assert_eq!(SmppClient::connect(&nowhere).expect_err("refused").kind(), ConnectErrorKind::Resolve);
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let code = Code::new("482913").expect("a code");
    let filled = template("t").param("p", "private");
    let message = Message::code(&phone("+6591234567"), &filled, &code).expect("well formed");
    let config = SmppConfig::new("127.0.0.1:1", Credentials::new("acme", "hunter2").expect("short"));
    let shown = format!("{message:?} {config:?} {:?}", message.to_short_message());
    for secret in ["482913", "private", "hunter2", "6591234567", "91234"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_fleet_that_cannot_be_is_refused() {
    let fleet = |endpoints: Vec<Endpoint>| SmppConfig::fleet(endpoints, credentials());
    let one = || Endpoint::new("127.0.0.1:1");
    for (config, field) in [
        (fleet(vec![]), "endpoints"),
        (fleet(vec![Endpoint::new(" ")]), "endpoints"),
        (fleet(vec![one(), Endpoint::new("127.0.0.1:2"), one()]), "endpoints"),
        (fleet(vec![Endpoint::new("Host.example:1"), Endpoint::new("host.example:1")]), "endpoints"),
        (fleet(vec![one().weight(0)]), "endpoints"),
        (fleet(vec![one().links(0)]), "endpoints"),
        (fleet(vec![one()]).rate(0), "rate"),
        (fleet(vec![one()]).rate_per_link(0), "rate_per_link"),
        (fleet(vec![one()]).max_sessions(0), "max_sessions"),
        (fleet(vec![one()]).max_awaiting_reports(0), "max_awaiting_reports"),
    ] {
        let error = SmppClient::connect(&config).expect_err("refused");
        assert!(matches!(error.kind(), ConnectErrorKind::Config(input) if input.field() == field), "{error}");
    }
}
