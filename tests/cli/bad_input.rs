//! What the command line is given and cannot use.

use std::io::pipe;
use std::process::{Command, Stdio};

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
    session.run("callback listen --sandbox --listen 127.0.0.1:0 --forward-to http://a:b@example.com", "");
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
    session.run("batch --output json status no-such-file", "");
    session.run("batch --sandbox status no-such-file", "");
    session.run("--sandbox batch status no-such-file", "");
    session.run("batch --journal j export no-such-file", "");
    session.run("batch input.csv status no-such-file", "");
    session.run("schema foo", "");
    session.run("completions cmd", "");
    session.run("sned", "");
    session.run("template foo", "");
    session.run("send +6591234567 398210 --template t", "");
    session.run("smpp send user@example.com --template t --sandbox", "");
    session.run("smpp send 6591234567 --template t --sandbox", "");
    session.run("smpp send +6591234567 --template t --sandbox --kind marketing --code-stdin", "");
    session.run("smpp send +6591234567 --template t --sandbox --ca-cert x.pem", "");
    session.run("template list --timeout nan", "");
    session.run("send +6591234567 -t t -yo json -n", "");
    session.run("callback listen --listen nowhere", "");
    session.run("callback sign --at yesterday", "");
    session.run("sandbox --history many", "");
    session.run("batch input.csv --workers 0", "");
    session.run("batch input.csv --check --dry-run", "");
    session.run("sandbox --fault gremlins", "");
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

#[test]
#[cfg(target_os = "linux")]
fn a_file_without_an_end_is_read_no_further_than_it_may_be_long() {
    let mut session = Session::start();
    for line in [
        "template list --ca-cert /dev/zero --base-url https://127.0.0.1:1",
        "template create /dev/zero --sandbox",
        "sandbox --seed /dev/zero",
        "callback verify --sandbox --signature x /dev/zero",
    ] {
        let inner = session.command(&line.split(' ').collect::<Vec<_>>());
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v 1000000; exec \"$@\"", "sh"])
            .arg(inner.get_program())
            .args(inner.get_args());
        command.env_clear().env("HOME", &session.folder).current_dir(&session.folder);
        command.envs([("ENGAGELAB_DEV_KEY", "key"), ("ENGAGELAB_DEV_SECRET", "hush-hush")]);
        let output = feed(&mut command, b"");
        session.record(line, &output);
    }
    session.compare("endless");
}

#[test]
#[cfg(unix)]
fn a_pipe_is_refused_as_a_journal_and_not_waited_for() {
    let mut session = Session::start();
    let made = Command::new("mkfifo").arg(session.folder.join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    std::fs::write(session.folder.join("input.csv"), "to\n+6591234567\n").expect("written");
    session.run("batch status pipe", "");
    session.run("batch export input.csv --journal pipe", "");
    session.try_out("batch input.csv --template sandbox-otp-tpl --journal pipe", "");
    session.compare("journal_pipe");
}

/// A pipe that nobody writes into makes it wait, as everywhere; a signal ends that.
#[test]
#[cfg(unix)]
fn a_signal_ends_the_sandbox_while_it_waits_for_its_seed() {
    use std::os::unix::process::ExitStatusExt as _;
    let session = Session::start();
    let pipe = session.folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let mut child = session.command(&["sandbox", "--no-smpp", "--seed", "pipe"]).spawn().expect("it starts");
    // It has opened the pipe when this returns.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).expect("opened");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").signal(), Some(2));
    drop(writer);
}
