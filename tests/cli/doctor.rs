//! What `doctor` finds.

use engagelab_otp::sandbox::{KeyState, Sandbox};

use super::session::{Session, feed};

#[test]
fn a_sandbox_that_runs_is_healthy_and_one_that_does_not_says_where_it_fails() {
    let mut session = Session::start();
    session.try_out("doctor", "");
    session.run("doctor --sandbox --base-url http://127.0.0.1:1 --output json", "");
    session.run("doctor --sandbox --base-url http://no-such-host.test", "");
    session.run("doctor", "");
    session.sandbox.set_key_state(KeyState::Disabled);
    session.try_out("doctor --output json", "");
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
