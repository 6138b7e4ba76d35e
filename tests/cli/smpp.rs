//! Sending over SMPP.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use engagelab_otp::sandbox::{Sandbox, SmppFault, Speed};
use engagelab_otp::smpp::smsc::Faults;

use super::session::Session;

#[test]
fn a_message_is_sent_and_its_report_waited_for() {
    let mut session = Session::start();
    session.run(
        "smpp send +10000000010 --template sandbox-custom-tpl --code-stdin --address SMPP --sandbox",
        "398210",
    );
    session.run(
        "smpp send +10000000010 --template sandbox-custom-tpl --code-stdin --address SMPP --sandbox --wait 20 --output json",
        "398210",
    );
    session.run(
        "smpp send +10000000010 --template sandbox-otp-tpl --kind notification --address SMPP --sandbox --wait 20",
        "",
    );
    session.compare("smpp");
}

fn fault(name: &str) -> Faults {
    name.parse::<SmppFault>().expect("a fault").faults()
}

#[test]
fn each_end_has_its_exit_code() {
    let mut session = Session::start();
    let to = "--template sandbox-custom-tpl --code-stdin --address SMPP --sandbox";
    session.run(&format!("smpp send +10000000001 {to}"), "398210");
    session.run(&format!("smpp send user@example.com {to}"), "398210");
    let smsc = session.sandbox.smsc().expect("it listens");
    smsc.set_faults(fault("throttle"));
    session.run(&format!("smpp send +10000000010 {to}"), "398210");
    let smsc = session.sandbox.smsc().expect("it listens");
    smsc.set_faults(fault("cut-unanswered"));
    session.run(&format!("smpp send +10000000010 {to}"), "398210");
    let smsc = session.sandbox.smsc().expect("it listens");
    smsc.set_faults(fault("unanswered"));
    session.run(&format!("smpp send +10000000010 {to} --timeout 1"), "398210");
    session.compare("smpp_outcomes");
}

#[test]
fn what_a_report_says_is_the_exit_code() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).speed(Speed::Fast).start();
    let mut session = Session::with(sandbox.expect("a sandbox"));
    let rest = "--template sandbox-custom-tpl --code-stdin --address SMPP --sandbox";
    session.run(&format!("smpp send +10000000002 {rest} --wait 20"), "398210");
    session.run(&format!("smpp send +10000000003 {rest} --wait 1"), "398210");
    session.run(&format!("smpp send +10000000003 {rest} --wait 1 --output json"), "398210");
    session.compare("smpp_reports");
}

/// A message to somebody of whom no report ever comes, waited for; its output until it is on its way.
#[cfg(unix)]
fn waiting(session: &Session) -> (Child, BufReader<ChildStderr>) {
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    let mut command =
        session.command(&["smpp", "send", "+10000000003", "--template", "sandbox-otp-tpl", "--sandbox"]);
    command.args(["--kind", "notification", "--wait", "600", "--address", &address]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("text");
    assert_eq!(line, "On its way to +10…03. Waiting for the delivery report.\n");
    (child, said)
}

#[test]
#[cfg(unix)]
fn a_signal_while_a_report_is_waited_for_prints_the_id() {
    use std::os::unix::process::ExitStatusExt as _;
    for (name, number) in [("-INT", 2), ("-HUP", 1), ("-TERM", 15)] {
        let session = Session::start();
        let (mut child, mut said) = waiting(&session);
        let mut output = Vec::new();
        let pid = child.id().to_string();
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args([name, &pid]).status().expect("kill runs").success());
        child.stdout.take().expect("piped").read_to_end(&mut output).expect("read");
        let status = child.wait().expect("it ends");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("text");
        assert_eq!(status.signal(), Some(number));
        let id = session.sandbox.messages()[0].id.to_string();
        assert_eq!(String::from_utf8(output).expect("UTF-8"), format!("{id}\n"));
        assert_eq!(rest, "Interrupted. The message is on its way all the same.\n");
    }
}

#[test]
#[cfg(unix)]
fn a_link_that_is_lost_while_a_report_is_waited_for_is_told_as_that() {
    let mut session = Session::start();
    let (child, mut said) = waiting(&session);
    drop(std::mem::replace(&mut session.sandbox, Sandbox::start().expect("another one")));
    let output = child.wait_with_output().expect("it ends");
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("text");
    assert_eq!(output.status.code(), Some(6));
    assert!(rest.contains("the connection was lost before a delivery report came"), "{rest}");
    assert_eq!(output.stdout.len(), "1725407449772531712\n".len());
}

#[test]
fn the_account_comes_from_the_environment() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).start().expect("a sandbox");
    let mut session = Session::with(sandbox);
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    for password in ["sandbox", "wrong"] {
        let arguments = ["smpp", "send", "+10000000010", "--template", "sandbox-custom-tpl"];
        let mut command = session.command(&arguments);
        command
            .args(["--yes", "--code-stdin"])
            .env("ENGAGELAB_SMPP_ADDRESS", &address)
            .env("ENGAGELAB_SMPP_SYSTEM_ID", "sandbox_demo")
            .env("ENGAGELAB_SMPP_PASSWORD", password);
        let output = super::session::feed(&mut command, b"398210");
        session.record(&arguments.join(" "), &output);
    }
    session.compare("smpp_account");
}
