//! Secrets, codes and addresses never show, whatever goes wrong.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use engagelab_otp::api::types;
use engagelab_otp::sandbox::Sandbox;
use engagelab_otp::{
    Client, Code, Credentials, MessageId, Proxy, Recipient, RetryPolicy, RootCertificates, TemplateRef,
};

use crate::support::logged;
use crate::support::server::{Fault, Server, answer, json};

const SECRET: &str = "SENTINEL-secret-5up3r";
const CODE: &str = "SENTcode7";
const PARAM: &str = "SENTINEL-param-code";
const PHONE: &str = "+6591234567";
const MAIL: &str = "sentinel.person@example.com";

/// Base64 of the key and the secret, which says as much as the secret.
const AUTHORIZATION: &str = "a2V5OlNFTlRJTkVMLXNlY3JldC01dXAzcg==";

/// What answers repeat, each value as it may come back.
const ECHO: &str = "+6591234567 65 9123-4567 sentinel.person@example.com \
    1725407449772531712 6591234567 sentinel.person%40example.com code SENTcode7 sentCODE7 \
    key:SENTINEL-secret-5up3r Basic a2V5OlNFTlRJTkVMLXNlY3JldC01dXAzcg==";

const SENTINELS: [&str; 7] = [SECRET, CODE, PARAM, PHONE, "91234567", MAIL, AUTHORIZATION];

/// Answers of every kind, all holding `echo`.
fn answers(echo: &str) -> Vec<String> {
    vec![
        json(400, &format!(r#"{{"code":3002,"message":"bad request: {echo}"}}"#)),
        json(200, &format!(r#"{{"code":3002,"message":"{echo}"}}"#)),
        answer(502, "text/html", &format!("<html><body>{echo}</body></html>")),
        answer(200, "text/html", &format!("<html>{echo}</html>")),
        json(200, &format!("\"{echo}\"")),
        json(200, &format!(r#"{{"message_id":{{"{echo}":1}}}}"#)),
        json(200, &format!("{echo} no JSON")),
        json(401, echo),
        answer(502, &format!("text/html; {}", echo.replace('é', "")), "<html></html>"),
        answer(200, "text/html", "x").replacen(
            "\r\n",
            &format!("\r\nServer: {echo}\r\nX-Request-Id: {SECRET}\r\n"),
            1,
        ),
        // Heads that are unusual, and are read all the same.
        format!(
            "\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 400 No\r\nServer: {echo}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!("HTTP/1.0 103 Early\r\n\r\nHTTP/1.1 400 No\r\nServer: {echo}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 400 No\nServer: {echo}\nContent-Length: 0\n\r\n"),
        format!("HTTP/1.1 400 No\r\nConnection: {echo}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 400 No\r\nTransfer-Encoding: {echo}\r\nContent-Length: 0\r\n\r\n"),
    ]
}

fn clean(what: &str, text: &str) {
    for sentinel in SENTINELS {
        let found = text.to_ascii_lowercase().contains(&sentinel.to_ascii_lowercase());
        assert!(!found, "{sentinel} shows in {what}: {text}");
    }
}

#[test]
fn nothing_sensitive_shows_in_errors_logs_and_the_hook() {
    logged::keep();
    let hooked = Arc::new(Mutex::new(String::new()));
    // The service can repeat what a request held, and a verification holds no parameters.
    let sends = answers(&format!("{ECHO} {PARAM}"));
    for (send, verification) in sends.into_iter().zip(answers(ECHO)) {
        let [send, verification] = [send, verification].map(Fault::Answer);
        let round = [send.clone(), send.clone(), send, verification];
        let server = Server::start([round.clone(), round].concat());
        let credentials = Credentials::new("key", SECRET).expect("valid");
        let client = Client::builder(credentials)
            .base_url(server.url())
            .proxy(Proxy::None)
            .retry(RetryPolicy::never())
            .on_attempt({
                let hooked = hooked.clone();
                move |attempt| {
                    let mut hooked = hooked.lock().expect("not poisoned");
                    writeln!(hooked, "{attempt} {attempt:?}").expect("a text takes everything");
                }
            })
            .build()
            .expect("a client");
        clean("a client", &format!("{client:?}"));
        let template = TemplateRef::new("login").expect("valid").param("code", PARAM);
        let code = Code::new(CODE).expect("valid");
        for to in [PHONE, MAIL] {
            let to: Recipient = to.parse().expect("valid");
            let errors = [
                client.send_otp(&to, &template).err(),
                client.send_code(&to, &code, &template).err(),
                client.send_message(&to, &template).err(),
                client.verify_otp(&MessageId("1725407449772531712".to_owned()), &code).err(),
            ];
            for error in errors.map(|error| error.expect("every answer here is a failure")) {
                clean("an error", &format!("{error} {error:?} {error:#?}"));
                clean("an error as JSON", &serde_json::to_string(&error).expect("JSON"));
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    clean("a source", &format!("{cause} {cause:?}"));
                    source = cause.source();
                }
            }
        }
    }
    clean("the hook", &hooked.lock().expect("not poisoned"));
    let log = logged::take_of_this_thread();
    assert!(log.contains("engagelab_otp") && log.contains("ureq"), "the log was not caught: {log}");
    clean("the log", &log);
}

#[test]
fn nothing_sensitive_shows_in_debug_forms() {
    let to: Recipient = PHONE.parse().expect("valid");
    let mail: Recipient = MAIL.parse().expect("valid");
    clean("recipients", &format!("{to} {to:?} {mail} {mail:?}"));
    clean("a code", &format!("{:?}", Code::new(CODE).expect("valid")));
    let credentials = Credentials::new("key", SECRET).expect("valid");
    clean("credentials", &format!("{credentials:?}"));
    let template = TemplateRef::new("login").expect("valid").param("code", PARAM);
    clean("a template", &format!("{template:?}"));
    let proxy = Proxy::Url(format!("http://user:{SECRET}@proxy.example"));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let builder = Client::builder(credentials)
        .base_url(format!("https://user:{SECRET}@otp.example"))
        .roots(RootCertificates::Only(pem.clone().into_bytes()))
        .extra_roots(&pem)
        .proxy(proxy);
    let shown = format!("{builder:?}");
    clean("a builder", &shown);
    let octets = format!("{:?}", SECRET.as_bytes());
    assert!(!shown.contains(octets.trim_matches(['[', ']'])), "{shown}");

    let reference = types::TemplateReference::new("login".to_owned())
        .params([("code", PARAM)].into_iter().collect::<types::TemplateParams>());
    clean(
        "requests",
        &format!(
            "{:?} {:?}",
            types::SendCodeRequest::new(PHONE, CODE, reference),
            types::VerifyOtpRequest::new("1".to_owned(), CODE),
        ),
    );
    let result = format!(r#"{{"verified":false,"verify_code":"{CODE}","phone":"{PHONE}"}}"#);
    let result: types::VerificationResult = serde_json::from_str(&result).expect("a result");
    clean("an answer", &format!("{result:?}"));
}

#[test]
fn nothing_sensitive_shows_of_a_sandbox() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let to: Recipient = PHONE.parse().expect("valid");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_code(&to, &Code::new(CODE).expect("valid"), &template).expect("sent");
    clean("its messages", &format!("{sandbox:?} {:?}", sandbox.messages()));
}
