//! What `doctor` finds.

use engagelab_otp::sandbox::{KeyState, Sandbox};

use super::session::{Session, feed};

#[test]
fn what_works_is_good_and_what_does_not_says_where_it_fails() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).start().expect("a sandbox");
    let mut session = Session::with(sandbox);
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    let url = session.sandbox.url();
    let doctor = |session: &mut Session, url: &str, name: &str| {
        let output = feed(
            session.command(&["doctor", "--output", "json"]).envs([
                ("ENGAGELAB_DEV_KEY", "sandbox_demo"),
                ("ENGAGELAB_DEV_SECRET", "sandbox_secret"),
                ("ENGAGELAB_OTP_BASE_URL", url),
                ("ENGAGELAB_CALLBACK_USER", "sandbox_demo"),
                ("ENGAGELAB_CALLBACK_SECRET", "sandbox_webhook_secret"),
                ("ENGAGELAB_SMPP_ADDRESS", &address),
                ("ENGAGELAB_SMPP_SYSTEM_ID", "sandbox_demo"),
                ("ENGAGELAB_SMPP_PASSWORD", "sandbox"),
            ]),
            b"",
        );
        session.record(&format!("doctor --output json   # {name}"), &output);
        output.status.code()
    };
    assert_eq!(doctor(&mut session, &url, "of what runs"), Some(0));
    assert_eq!(doctor(&mut session, "http://127.0.0.1:1", "where nobody listens"), Some(5));
    session.sandbox.set_key_state(KeyState::Disabled);
    assert_eq!(doctor(&mut session, &url, "with a key that is disabled"), Some(3));
    session.run("doctor", "");
    session.compare("doctor");
}

#[test]
fn callbacks_without_a_signature_and_a_wrong_smpp_account_are_found() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).start().expect("a sandbox");
    let mut session = Session::with(sandbox);
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    for password in ["wrong", "sandbox"] {
        let output = feed(
            session.command(&["doctor"]).envs([
                ("ENGAGELAB_DEV_KEY", "sandbox_demo"),
                ("ENGAGELAB_DEV_SECRET", "sandbox_secret"),
                ("ENGAGELAB_OTP_BASE_URL", &session.sandbox.url()),
                ("ENGAGELAB_CALLBACK_AUTHORIZATION", "Bearer hush-hush"),
                ("ENGAGELAB_SMPP_ADDRESS", &address),
                ("ENGAGELAB_SMPP_SYSTEM_ID", "sandbox_demo"),
                ("ENGAGELAB_SMPP_PASSWORD", password),
            ]),
            b"",
        );
        session.record(&format!("doctor   # with the SMPP password {password}"), &output);
    }
    session.compare("doctor_accounts");
}
