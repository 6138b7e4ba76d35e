//! Standard output that cannot be written, after the service has acted.

use std::fs;
use std::io::pipe;
use std::process::{Output, Stdio};

use engagelab_otp::sandbox::{Sandbox, Speed};

use super::session::Session;

/// Runs a line against the sandbox with this as standard output.
fn run(session: &Session, line: &str, stdin: &str, stdout: impl Into<Stdio>) -> Output {
    let url = session.sandbox.url();
    let words: Vec<&str> = line.split(' ').chain(["--sandbox", "--base-url", &url]).collect();
    let (reader, mut writer) = pipe().expect("a pipe");
    std::io::Write::write_all(&mut writer, stdin.as_bytes()).expect("it fits");
    drop(writer);
    let mut command = session.command(&words);
    command.stdin(reader).stdout(stdout).stderr(Stdio::piped());
    command.spawn().expect("it starts").wait_with_output().expect("it ends")
}

/// Sends, verifies, creates and deletes, each with a standard output of its own.
fn act(session: &mut Session, name: &str, stdout: impl Fn() -> Stdio) {
    let id = session.try_out("send +10000000005 --template sandbox-otp-tpl", "").trim().to_owned();
    fs::write(session.folder.join("login.json"), super::templates::LOGIN).expect("written");
    for (line, stdin) in [
        ("send +6591234567 --template sandbox-otp-tpl", ""),
        (&format!("verify {id} --code-stdin"), "111111"),
        (&format!("verify {id} --code-stdin"), "123456"),
        ("template create login.json", ""),
        ("template delete login", ""),
        ("template delete sandbox-custom-tpl --output json", ""),
    ] {
        let output = run(session, line, stdin, stdout());
        assert_eq!(output.status.code(), Some(6), "{line}");
        session.record(&format!("{line} {name}"), &output);
    }
    assert_eq!(session.sandbox.messages().len(), 2);
    assert!(!session.sandbox.template_ids().contains(&"sandbox-custom-tpl".to_owned()));
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_service_has_done_is_told_when_the_disk_is_full() {
    let mut session = Session::start();
    act(&mut session, "> /dev/full", || {
        fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device").into()
    });
    session.compare("full");
}

#[test]
fn what_the_service_has_done_is_told_when_the_reader_has_gone() {
    let mut session = Session::start();
    act(&mut session, "| nobody", || {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        writer.into()
    });
    session.compare("no_reader");
}

#[test]
#[cfg(target_os = "linux")]
fn help_and_data_that_find_no_room_are_no_success() {
    let mut session = Session::start();
    fs::write(session.folder.join("input.csv"), "to\n+6591234567\n").expect("written");
    session.try_out("batch input.csv --template sandbox-otp-tpl", "");
    for line in ["--help", "send -h", "--version", "schema", "batch export input.csv"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let words: Vec<&str> = line.split(' ').collect();
        let output = session.command(&words).stdin(Stdio::null()).stdout(full).output().expect("it ends");
        session.record(&format!("{line} > /dev/full"), &output);
    }
    session.compare("full_data");
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_report_said_is_told_when_the_disk_is_full() {
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).speed(Speed::Fast).start();
    let session = Session::with(sandbox.expect("a sandbox"));
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    let words = ["smpp", "send", "+10000000010", "-t", "sandbox-otp-tpl", "-k", "notification", "--sandbox"];
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut command = session.command(&words);
    command.args(["--wait", "20", "--address", &address]).stdin(Stdio::null()).stdout(full);
    let output = command.output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("its report says delivered"), "{said}");
}
