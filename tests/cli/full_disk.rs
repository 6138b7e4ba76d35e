//! Standard output that cannot be written, after the service has acted, or before.

use std::fs;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use engagelab_otp::sandbox::{Sandbox, Speed};

use super::session::Session;

/// Runs a line against the sandbox by what `command` makes of its words.
fn run(session: &Session, line: &str, stdin: &str, command: impl Fn(&Session, &[&str]) -> Command) -> Output {
    let url = session.sandbox.url();
    let words: Vec<&str> = line.split(' ').chain(["--sandbox", "--base-url", &url]).collect();
    let (reader, mut writer) = pipe().expect("a pipe");
    std::io::Write::write_all(&mut writer, stdin.as_bytes()).expect("it fits");
    drop(writer);
    let mut command = command(session, &words);
    command.stdin(reader).stderr(Stdio::piped());
    command.spawn().expect("it starts").wait_with_output().expect("it ends")
}

/// With this as standard output.
fn with_output(stdout: impl Fn() -> Stdio) -> impl Fn(&Session, &[&str]) -> Command {
    move |session, words| {
        let mut command = session.command(words);
        command.stdout(stdout());
        command
    }
}

/// With what a shell makes of this behind the command.
#[cfg(unix)]
fn redirected(redirection: &str) -> impl Fn(&Session, &[&str]) -> Command {
    // Not in its place: the shell is who closes it.
    let script = format!("\"$@\" {redirection}; exit $?");
    move |session, words| {
        let inner = session.command(words);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(inner.get_args());
        command.env_clear().env("HOME", &session.folder).current_dir(&session.folder);
        command.stdout(Stdio::piped());
        command
    }
}

/// Sends, verifies, creates and deletes, each by a command of its own.
fn act(session: &mut Session, name: &str, command: impl Fn(&Session, &[&str]) -> Command) {
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
        let output = run(session, line, stdin, &command);
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
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device").into();
    act(&mut session, "> /dev/full", with_output(full));
    session.compare("full");
}

#[test]
fn what_the_service_has_done_is_told_when_the_reader_has_gone() {
    let mut session = Session::start();
    let nobody = || {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        writer.into()
    };
    act(&mut session, "| nobody", with_output(nobody));
    session.compare("no_reader");
}

#[test]
#[cfg(unix)]
fn what_the_service_has_done_is_told_when_standard_output_is_closed_or_only_to_be_read() {
    for (redirection, name) in [(">&-", "closed"), ("1</dev/null", "read_only")] {
        let mut session = Session::start();
        act(&mut session, redirection, redirected(redirection));
        session.compare(name);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_told_from_a_closed_one_is_written_to_and_the_result_told_besides() {
    let session = Session::start();
    // As Python and Node open it for whoever wants no output.
    let null =
        || fs::OpenOptions::new().read(true).write(true).open("/dev/null").expect("it is there").into();
    let send = "send +6591234567 --template sandbox-otp-tpl";
    let output = run(&session, send, "", with_output(null));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let id = session.sandbox.messages()[0].id.to_string();
    assert!(said.contains(&format!("the message was sent, and its id is {id}")), "{said}");
    // Something in between, whose own is closed as well.
    let send = "send +6591234569 --template sandbox-otp-tpl";
    let output = run(&session, send, "", |session, words| {
        let inner = session.command(words);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "timeout 20 \"$@\" >&-; exit $?", "sh"]);
        command.arg(inner.get_program()).args(inner.get_args());
        command.env_clear().env("HOME", &session.folder).env("PATH", "/usr/bin:/bin");
        command.current_dir(&session.folder);
        command
    });
    assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
    // For writing alone it was meant.
    let output = run(&session, "send +6591234568 --template sandbox-otp-tpl", "", with_output(Stdio::null));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "On its way to +65…68 by sms.\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_may_grow_no_further_ends_nothing_before_it_has_told_what_was_done() {
    let session = Session::start();
    let limited = |limit: u32, words: &[&str]| {
        let inner = session.command(words);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -f {limit}; exec \"$@\" > out"), "sh"]);
        command.arg(inner.get_program()).args(inner.get_args());
        command.env_clear().env("HOME", &session.folder).current_dir(&session.folder);
        let output = command.stdin(Stdio::null()).output().expect("it ends");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let url = session.sandbox.url();
    let shared = ["--template", "sandbox-otp-tpl", "--sandbox", "--base-url", &url];
    let (code, said) = limited(0, &[&["send", "+6591234567"][..], &shared].concat());
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("the message was sent, and its id is"), "{said}");

    // The journal has room for some rows alone.
    let rows: Vec<String> = (0..500).map(|row| format!("+6592{row:06}")).collect();
    fs::write(session.folder.join("input.csv"), format!("to\n{}\n", rows.join("\n"))).expect("written");
    let batch = ["batch", "input.csv", "--results", "/dev/null"];
    let (code, said) = limited(16, &[&batch[..], &shared].concat());
    assert!(matches!(code, Some(5 | 6)), "{code:?}: {said}");
    assert!(said.contains("File too large") && said.contains("accepted"), "{said}");
    let words = [&["batch", "input.csv", "--resend-unknown"][..], &shared].concat();
    let output = session.command(&words).stdin(Stdio::null()).output().expect("it ends");
    assert!(matches!(output.status.code(), Some(0 | 3 | 6)), "{}", String::from_utf8_lossy(&output.stderr));
    let mut sent: Vec<String> = session.sandbox.messages().into_iter().map(|message| message.to).collect();
    let all = sent.len();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!((all, sent.len()), (501, 501), "each was sent to once");
}

#[test]
#[cfg(unix)]
fn with_standard_error_closed_too_the_exit_code_still_says_that_the_result_is_lost() {
    let session = Session::start();
    let send = "send +6591234567 --template sandbox-otp-tpl";
    let output = run(&session, send, "", redirected(">&- 2>&-"));
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(session.sandbox.messages().len(), 1);
    // Alone it loses nothing.
    let output = run(&session, "send +6591234568 --template sandbox-otp-tpl", "", redirected("2>&-"));
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.len() > 10, "the id is printed");
}

#[test]
#[cfg(unix)]
fn what_runs_for_its_results_alone_does_not_begin_when_standard_output_is_closed() {
    let mut session = Session::start();
    fs::write(session.folder.join("input.csv"), "to\n+6591234567\n").expect("written");
    for line in [
        "batch input.csv --template sandbox-otp-tpl",
        "template list",
        "doctor",
        "batch input.csv --template sandbox-otp-tpl --results results.jsonl",
    ] {
        let output = run(&session, line, "", redirected(">&-"));
        session.record(&format!("{line} >&-"), &output);
        let sent = usize::from(line.contains("--results"));
        assert_eq!(session.sandbox.messages().len(), sent, "{line}");
    }
    for line in
        ["--help", "schema", "callback listen --sandbox --listen 127.0.0.1:0", "batch export input.csv"]
    {
        let words: Vec<&str> = line.split(' ').collect();
        let output = redirected(">&-")(&session, &words).output().expect("it ends");
        session.record(&format!("{line} >&-"), &output);
    }
    session.compare("closed_data");
}

#[test]
#[cfg(unix)]
fn a_standard_input_that_is_closed_holds_no_code() {
    let mut session = Session::start();
    for line in [
        "send-code +6591234567 --template sandbox-otp-tpl --code-stdin",
        "verify 1725407449772531712 --code-stdin",
        "template create -",
    ] {
        for redirection in ["<&-", "</dev/null", "0>/dev/null"] {
            let output = run(&session, line, "", redirected(redirection));
            session.record(&format!("{line} {redirection}"), &output);
        }
    }
    assert!(session.sandbox.messages().is_empty());
    session.compare("closed_input");
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
