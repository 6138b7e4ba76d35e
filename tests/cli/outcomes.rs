//! The exit codes of failures: 2 usage, 3 rejected, 4 rate limited, 5 not sent, 6 unknown.

use std::process::{Command, Stdio};
use std::time::Duration;

use engagelab_otp::api::operations::{DELETE_TEMPLATE, SEND_OTP};
use engagelab_otp::sandbox::{Fault, KeyState, SmppFault};

use super::session::Session;
use crate::sandbox::loopback::TIMEOUT;

const SEND: &str = "send +6591234567 --template sandbox-otp-tpl";

#[test]
fn what_the_service_refuses_is_3() {
    let mut session = Session::start();
    session.try_out("send +10000000001 --template sandbox-otp-tpl", "");
    session.try_out("send +6591234567 --template no-such-template", "");
    session.try_out("verify 1725407449772531712 --code-stdin", "398210");
    session.try_out("template show no-such-template", "");
    session.try_out("template delete no-such-template", "");
    session.sandbox.set_key_state(KeyState::Disabled);
    session.try_out(SEND, "");
    session.try_out("template list", "");
    session.compare("rejected");
}

#[test]
fn what_the_service_asks_to_slow_down_is_4() {
    let mut session = Session::start();
    session.sandbox.set_fault(Some(Fault::RateLimited { retry_after: Duration::from_secs(90) }));
    session.try_out(SEND, "");
    session.try_out("verify 1725407449772531712 --code-stdin", "398210");
    session.try_out("template list", "");
    session.sandbox.set_fault(None);
    session.try_out(SEND, "");
    session.try_out(SEND, "");
    session.compare("rate_limited");
}

#[test]
fn what_never_left_is_5() {
    let mut session = Session::start();
    // A port that is given to nobody by chance.
    let nobody = "127.0.0.1:1";
    for line in [
        SEND,
        "send-code +6591234567 --template t --code-stdin",
        "message +6591234567 --template t --code-stdin",
    ] {
        session.run(&format!("{line} --sandbox --base-url http://{nobody}"), "398210");
    }
    session.run(
        &format!("verify 1725407449772531712 --code-stdin --sandbox --base-url http://{nobody}"),
        "398210",
    );
    session.run(&format!("template list --sandbox --base-url http://{nobody}"), "");
    session.run(
        &format!("smpp send +6591234567 --template t --code-stdin --sandbox --address {nobody}"),
        "398210",
    );
    session.compare("not_sent");
}

#[test]
fn what_may_have_happened_is_6_and_says_what_not_to_do() {
    let mut session = Session::start();
    session.sandbox.set_fault(Some(Fault::LostAnswer));
    session.try_out(SEND, "");
    assert_eq!(session.sandbox.messages().len(), 1, "it was sent, and not twice");
    session.try_out("verify 1725407449772531712 --code-stdin", "398210");
    std::fs::write(session.folder.join("login.json"), super::templates::LOGIN).expect("written");
    session.try_out("template create login.json", "");
    session.try_out("template delete sandbox-custom-tpl", "");
    session.try_out("template list", "");
    session.sandbox.set_fault(Some(Fault::Stall));
    session.try_out(&format!("{SEND} --timeout 1"), "");
    session.compare("unknown");
}

#[test]
#[cfg(unix)]
fn a_signal_while_an_answer_over_smpp_is_awaited_says_what_that_leaves_open() {
    use std::os::unix::process::ExitStatusExt as _;
    let session = Session::start();
    let smsc = session.sandbox.smsc().expect("it listens");
    smsc.set_faults("unanswered".parse::<SmppFault>().expect("a fault").faults());
    let address = smsc.address().to_string();
    let words = ["smpp", "send", "+10000000010", "-t", "sandbox-otp-tpl", "-k", "notification", "--sandbox"];
    let mut command = session.command(&words);
    command.args(["--address", &address]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| !sandbox.messages().is_empty()));
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(15));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("warning: interrupted while the service was asked to send."), "{said}");
}

#[test]
#[cfg(unix)]
fn a_signal_while_the_service_acts_says_what_that_leaves_open() {
    use std::os::unix::process::ExitStatusExt as _;
    let session = Session::start();
    session.sandbox.set_fault(Some(Fault::Stall));
    let url = session.sandbox.url();
    for (line, operation) in [(SEND, &SEND_OTP), ("template delete sandbox-custom-tpl", &DELETE_TEMPLATE)] {
        let words: Vec<&str> = line.split(' ').chain(["--sandbox", "--quiet", "--base-url", &url]).collect();
        let mut command = session.command(&words);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("it starts");
        assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| sandbox.count(operation) > 0));
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.signal(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with("warning: interrupted while the service was asked to "), "{said}");
    }
}
