//! What the command line is given and cannot use.

use std::io::pipe;
use std::process::Stdio;

use super::session::{Session, feed};

#[test]
fn nonsense_is_refused_before_anything_is_sent() {
    let mut session = Session::start();
    session.try_out("send 6591234567 --template sandbox-otp-tpl", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --param hush-hush", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --param a=1 --param a=2", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --language=", "");
    session.try_out("send +6591234567", "");
    session.try_out("verify 1725407449772531712 --code-stdin", "");
    session.try_out("verify 1725407449772531712 --code-stdin", "398\u{7}210");
    session.try_out("verify 1725407449772531712 --code-stdin", &"9".repeat(1000));
    session.run("send +6591234567 --template t --sandbox --base-url https://example.com", "");
    session.run("smpp send +6591234567 --template t --sandbox --address example.com:2775", "");
    session.run("callback verify --sandbox --signature x no-such-file", "");
    session.run("callback listen --sandbox --listen 127.0.0.1:0 --forward-to ftp://example.com", "");
    session.run("callback sign", "");
    session.run("smpp send +6591234567 --template t --sandbox --address 127.0.0.1", "");
    session.run("smpp send +6591234567 --template t --sandbox --address 127.0.0.1:0", "");
    session.run("smpp send +6591234567 --template t --sandbox --address ::1", "");
    session.run("callback sign --sandbox --nonce ;", "");
    session.run("no-such-command", "");
    session.run("openapi foo", "");
    session.run("verify", "");
    session.run("send +6591234567 --template t --timeout 0", "");
    session.run("send +6591234567 --template t --yes --dry-run", "");
    session.run("send +6591234567 --template t --template u", "");
    session.run("send +6591234567 --template t --outptu json", "");
    session.run("send +6591234567 --template t --output xml", "");
    session.run("send +6591234567 --template t --profile", "");
    session.run("send +6591234567 --template t --sandbox --profile p", "");
    session.run("--base-url URL openapi", "");
    session.run("--output json template", "");
    session.run("template list --base-url http://example.com --profile p", "");
    assert!(session.sandbox.messages().is_empty());
    session.compare("nonsense");
}

#[test]
fn shared_options_can_stand_before_the_command() {
    let mut session = Session::start();
    session.run("--sandbox --base-url URL --output json template delete login --dry-run", "");
    session.run("--sandbox --base-url http://127.0.0.1:1 template list --base-url URL", "");
    session.compare("shared_options");
}

#[test]
fn standard_input_that_is_not_utf_8_is_refused() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    for line in [
        "verify 1725407449772531712 --code-stdin",
        "template create -",
        "send-code +6591234567 --template t --code-stdin",
    ] {
        let words: Vec<&str> = line.split(' ').chain(["--sandbox", "--base-url", &url]).collect();
        let output = feed(&mut session.command(&words), b"\xff\xfe12");
        session.record(line, &output);
    }
    session.compare("not_utf_8");
}

#[test]
fn a_reader_who_has_read_enough_is_no_failure() {
    let session = Session::start();
    let url = session.sandbox.url();
    let lines: [&[&str]; 4] = [
        &["openapi"],
        &["completions", "bash"],
        &["--help"],
        &["template", "list", "--sandbox", "--base-url", &url],
    ];
    for line in lines {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let mut command = session.command(line);
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = command.spawn().expect("it starts").wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line:?}");
        assert_eq!(output.status.code(), Some(0), "{line:?}");
    }
}
