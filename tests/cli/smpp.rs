//! Sending over SMPP.

use engagelab_otp::sandbox::{Sandbox, SmppFault};
use engagelab_otp::smpp::smsc::Faults;

use super::session::Session;

#[test]
fn a_message_is_sent_and_its_report_waited_for() {
    let mut session = Session::start();
    session.run("smpp send +10000000010 --template sandbox-custom-tpl --address SMPP --sandbox", "398210");
    session.run(
        "smpp send +10000000010 --template sandbox-custom-tpl --address SMPP --sandbox --wait 20 --output json",
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
    let to = "--template sandbox-custom-tpl --address SMPP --sandbox";
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
fn the_account_comes_from_the_environment() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).start().expect("a sandbox");
    let mut session = Session::with(sandbox);
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    for password in ["sandbox", "wrong"] {
        let arguments = ["smpp", "send", "+10000000010", "--template", "sandbox-custom-tpl"];
        let mut command = session.command(&arguments);
        command
            .arg("--yes")
            .env("ENGAGELAB_SMPP_ADDRESS", &address)
            .env("ENGAGELAB_SMPP_SYSTEM_ID", "sandbox_demo")
            .env("ENGAGELAB_SMPP_PASSWORD", password);
        let output = super::session::feed(&mut command, b"398210");
        session.record(&arguments.join(" "), &output);
    }
    session.compare("smpp_account");
}
