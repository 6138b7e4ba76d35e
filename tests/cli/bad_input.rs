//! What the command line is given and cannot use.

use std::fs;
use std::io::pipe;
use std::process::Stdio;

use super::session::{Session, feed};

#[cfg(unix)]
fn write_profile(path: &std::path::Path, text: &[u8], mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

#[test]
#[cfg(unix)]
fn a_profile_is_read_if_nobody_else_can_read_it() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    let good = format!("dev_key = 'sandbox_demo'\ndev_secret = 'sandbox_secret'\nbase_url = '{url}'\n");
    let path = session.folder.join("profile.toml");
    for mode in [0o600, 0o400, 0o640, 0o604, 0o602] {
        write_profile(&path, good.as_bytes(), mode);
        session.run("template list --profile profile.toml", "");
    }
    session.run("template list --profile no-such-file", "");
    session.run("template list --profile .", "");
    let bad: [&[u8]; 5] = [
        b"dev_key = 'k'\ndev_secret = 12345678\n",
        b"dev_key = 'k'\ndev_secret = 'hush-hush\n",
        b"dev_key = 'k'\ndev-secret = 'hush-hush'\n",
        b"dev_key = 'k'\n",
        b"dev_key = '\xff'\n",
    ];
    for text in bad {
        write_profile(&path, text, 0o600);
        session.run("template list --profile profile.toml", "");
    }
    session.compare("profile");
}

#[test]
#[cfg(unix)]
fn without_a_choice_the_environment_counts_and_then_the_usual_profile() {
    let mut session = Session::start();
    session.run("template list", "");
    let url = session.sandbox.url();
    let good = format!("dev_key = 'sandbox_demo'\ndev_secret = 'sandbox_secret'\nbase_url = '{url}'\n");
    write_profile(&session.folder.join(".config/engagelab-otp/profile.toml"), good.as_bytes(), 0o600);
    session.run("template list", "");
    let mut command = session.command(&["template", "list"]);
    let output = feed(
        command
            .env("ENGAGELAB_DEV_KEY", "other")
            .env("ENGAGELAB_DEV_SECRET", "hush-hush")
            .env("ENGAGELAB_OTP_BASE_URL", &url),
        b"",
    );
    session.record("template list   # with another key in the environment", &output);
    let mut command = session.command(&["template", "list"]);
    let output = feed(command.env("ENGAGELAB_DEV_KEY", "other"), b"");
    session.record("template list   # with half of the credentials in the environment", &output);
    session.compare("credentials");
}

#[test]
fn nonsense_is_refused_before_anything_is_sent() {
    let mut session = Session::start();
    session.try_out("send 6591234567 --template sandbox-otp-tpl", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --param hush-hush", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --param a=1 --param a=2", "");
    session.try_out("send +6591234567 --template sandbox-otp-tpl --language=", "");
    session.try_out("send +6591234567", "");
    session.try_out("verify 1725407449772531712", "");
    session.try_out("verify 1725407449772531712", "398\u{7}210");
    session.try_out("verify 1725407449772531712", &"9".repeat(1000));
    session.run("send +6591234567 --template t --sandbox --base-url https://example.com", "");
    session.run("smpp send +6591234567 --template t --sandbox --address example.com:2775", "");
    session.run("callback verify --sandbox --signature x no-such-file", "");
    session.run("callback listen --sandbox --listen 127.0.0.1:0 --forward-to ftp://example.com", "");
    session.run("callback sign", "");
    session.run("callback sign --sandbox --nonce ;", "");
    session.run("no-such-command", "");
    assert!(session.sandbox.messages().is_empty());
    session.compare("nonsense");
}

#[test]
fn standard_input_that_is_not_utf_8_is_refused() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    for line in ["verify 1725407449772531712", "template create -", "send-code +6591234567 --template t"] {
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
fn a_message_whose_id_cannot_be_printed_was_sent_all_the_same() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut command = session.command(&["send", "+6591234567", "--template", "sandbox-otp-tpl"]);
    command.args(["--sandbox", "--base-url", &url]).stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    let output = command.spawn().expect("it starts").wait_with_output().expect("it ends");
    assert_eq!(session.sandbox.messages().len(), 1);
    session.record("send +6591234567 --template sandbox-otp-tpl > /dev/full", &output);
    session.compare("full");
}
