//! Sending and verifying.

use std::time::Duration;

use super::session::Session;

#[test]
fn a_code_of_the_service_is_sent_and_verified() {
    let mut session = Session::start();
    let id =
        session.try_out("send +10000000005 --template sandbox-otp-tpl --language en --param name=Ann", "");
    let id = id.trim();
    session.try_out(&format!("verify {id} --code-stdin"), "111111\n");
    session.try_out(&format!("verify {id} --code-stdin"), "123456\n");
    session.try_out(&format!("verify {id} --code-stdin"), "123456\n");
    session.sandbox.advance(Duration::from_secs(120));
    let json = session.try_out("send +10000000005 --template sandbox-otp-tpl --output json", "");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let id = json["message_id"].as_str().expect("an id").to_owned();
    session.try_out(&format!("verify {id} --code-stdin --output json"), "000000");
    session.try_out(&format!("verify {id} --code-stdin --output json"), "123456");
    session.try_out(&format!("verify {id} --code-stdin --output json"), "123456");
    session.compare("send_and_verify");
}

#[test]
fn codes_of_ones_own_come_from_standard_input() {
    let mut session = Session::start();
    let id = session.try_out("send-code +6591234567 --template sandbox-otp-tpl --code-stdin", "398210\n");
    assert_eq!(session.sandbox.code(&id.trim().to_owned().into()).as_deref(), Some("398210"));
    let id = session
        .try_out("message user@example.com --template sandbox-custom-tpl --code-stdin", "  398210 \r\n");
    assert_eq!(session.sandbox.code(&id.trim().to_owned().into()).as_deref(), Some("398210"));
    session.try_out(
        "message +6591234568 --template sandbox-custom-tpl --code-stdin --param a=b --output json",
        "398210",
    );
    session.compare("own_codes");
}

#[test]
fn codes_are_refused_among_the_arguments() {
    let mut session = Session::start();
    let to = "+6591234567 --template sandbox-custom-tpl";
    session.try_out(&format!("send {to} --param code=398210"), "");
    session.try_out(&format!("send-code {to} --param CODE=398210"), "");
    session.try_out(&format!("message {to} --param code=398210"), "");
    session.run(&format!("smpp send {to} --kind notification --param code=398210 --sandbox"), "");
    session.try_out("verify 1725407449772531712 398210", "");
    session.try_out("verify 1725407449772531712 --code=398210", "");
    session.try_out(&format!("send-code {to} --code 398210"), "");
    session.try_out(&format!("message {to} --with-code=398210"), "");
    session.try_out(&format!("send-code {to} --code-stdin=398210"), "");
    session.try_out(&format!("send {to} --timeout=398210"), "");
    session.try_out(&format!("send {to} --output=398210"), "");
    session.run("398210", "");
    assert!(session.sandbox.messages().is_empty());
    session.compare("codes_in_arguments");
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let mut session = Session::start();
    let to = "+6591234567 --template sandbox-otp-tpl --param name=hush-hush";
    session.try_out(&format!("send {to} --language en --dry-run"), "");
    session.try_out(&format!("send-code {to} --dry-run --output json"), "");
    session.try_out(&format!("message {to} --with-code --dry-run"), "");
    session.try_out("template delete a/b --dry-run", "");
    session.run(&format!("smpp send {to} --address SMPP --sandbox --dry-run"), "");
    session.run(
        &format!("smpp send {to} --kind marketing --address SMPP --sandbox --dry-run --output json"),
        "",
    );
    assert!(session.sandbox.messages().is_empty());
    session.compare("dry_run");
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_terminal_sending_for_real_takes_a_yes() {
    let mut session = Session::start();
    let credentials = session.sandbox.credentials();
    let (key, secret) = (credentials.key(), credentials.secret());
    let send = ["send", "+6591234567", "--template", "sandbox-otp-tpl"];
    std::fs::write(session.folder.join("login.json"), super::templates::LOGIN).expect("written");
    for line in [&send[..], &["template", "create", "login.json"], &["template", "delete", "login"]] {
        let url = session.sandbox.url();
        for consent in [None, Some("--yes")] {
            let arguments: Vec<&str> = line.iter().copied().chain(consent).collect();
            let mut command = session.detached(&arguments);
            command
                .env("ENGAGELAB_DEV_KEY", key)
                .env("ENGAGELAB_DEV_SECRET", secret)
                .env("ENGAGELAB_OTP_BASE_URL", &url);
            // What is on standard input is no answer to a question that was not asked.
            let output = super::session::feed(&mut command, b"y\n");
            session.record(&arguments.join(" "), &output);
        }
    }
    assert_eq!(session.sandbox.messages().len(), 1);
    session.compare("consent");
}
