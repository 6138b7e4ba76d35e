//! `batch`, as a process that is stopped, killed and started again.

mod callbacks;
mod guarded;

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use engagelab_otp::api::operations::SEND_OTP;
use engagelab_otp::batch::{InputOptions, JournalReport, export};
use engagelab_otp::sandbox::{Fault, Sandbox};

use crate::cli::session::Session;
use crate::sandbox::loopback::TIMEOUT;

/// Writes a file that nobody else may read.
fn write(session: &Session, name: &str, text: &str) -> PathBuf {
    let path = session.folder.join(name);
    fs::write(&path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
    }
    path
}

fn number(row: u32) -> String {
    format!("+6592{row:07}")
}

fn numbers(count: u32) -> String {
    (1..=count).map(|row| number(row) + "\n").collect()
}

/// `batch` against the session's sandbox.
fn batch(session: &Session, arguments: &[&str]) -> Command {
    let url = session.sandbox.url();
    let shared = ["batch", "input.csv", "--template", "sandbox-otp-tpl", "--sandbox", "--base-url", &url];
    let words: Vec<&str> = shared.iter().chain(arguments).copied().collect();
    let mut command = session.command(&words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn over_smpp(session: &Session, arguments: &[&str]) -> Command {
    let address = session.sandbox.smsc().expect("it listens").address().to_string();
    let shared =
        ["batch", "input.csv", "--template", "sandbox-otp-tpl", "--sandbox", "--smpp", "--address", &address];
    let words: Vec<&str> = shared.iter().chain(arguments).copied().collect();
    let mut command = session.command(&words);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn environment(name: &str, usual: u32) -> u32 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// Kills a run again and again at random moments, each resumed by the next: at the service nobody is there twice, nobody
/// is forgotten, and no more rows are unknown than there were workers at each kill.
fn is_killed(command: fn(&Session, &[&str]) -> Command, reached: fn(&Sandbox) -> u64) {
    const WORKERS: u32 = 8;
    let (rows, kills) = (environment("BATCH_ROWS", 600), environment("BATCH_KILLS", 6));
    let sandbox = Sandbox::builder()
        .smpp_listen(([127, 0, 0, 1], 0).into())
        .history(usize::try_from(rows).expect("it fits") + 1)
        .manual_clock()
        .start()
        .expect("a sandbox");
    let session = Session::with(sandbox);
    let path = write(&session, "input.csv", &format!("to\n{}", numbers(rows)));
    let journal = session.folder.join("input.csv.journal");
    let mut random = fastrand::Rng::with_seed(11);
    let workers = WORKERS.to_string();
    for kill in 1..=kills {
        let durability = ["process", "power"][usize::from(kill % 4 == 0)];
        let mut child = command(&session, &["--workers", &workers, "--durability", durability])
            .spawn()
            .expect("it starts");
        let target = reached(&session.sandbox) + random.u64(0..=u64::from(rows / kills).max(1));
        let is_there = session
            .sandbox
            .wait_for(TIMEOUT, |sandbox| reached(sandbox) >= target || reached(sandbox) >= u64::from(rows));
        assert!(is_there || child.try_wait().expect("asked").is_some(), "it does not get on");
        child.kill().expect("killed");
        child.wait().expect("it ends");
        if journal.exists()
            && let Ok(report) = JournalReport::read(&journal)
        {
            assert!(report.counts.unknown <= u64::from(WORKERS * kill), "kill {kill}: {report:?}");
        }
    }
    let output = command(&session, &["--workers", &workers]).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 6)), "{said}");
    let mut sent: HashMap<String, u32> = HashMap::new();
    for message in session.sandbox.messages() {
        *sent.entry(message.to).or_default() += 1;
    }
    let mut table = Vec::new();
    export(&path, &InputOptions::of_path(&path), &journal, &mut table).expect("exported");
    let (mut unknown, mut seen) = (0, 0);
    for line in String::from_utf8(table).expect("UTF-8").lines().skip(1) {
        let mut cells = line.split(',');
        let (to, state) = (cells.next().expect("an address"), cells.next().expect("a state"));
        let times = sent.remove(to).unwrap_or_default();
        match state {
            "accepted" => assert_eq!(times, 1, "{to}"),
            "unknown" => {
                assert!(times <= 1, "{to}");
                unknown += 1;
            }
            state => panic!("{to} is {state}"),
        }
        seen += 1;
    }
    assert_eq!((seen, sent.len()), (rows, 0));
    assert!(unknown <= WORKERS * kills, "{unknown} are unknown");
    println!("{kills} kills, {rows} rows: 0 twice, 0 forgotten, {unknown} unknown");
}

#[test]
fn killed_and_resumed_over_http_it_sends_nobody_twice_and_forgets_nobody() {
    is_killed(batch, |sandbox| sandbox.count(&SEND_OTP));
}

#[test]
fn killed_and_resumed_over_smpp_it_sends_nobody_twice_and_forgets_nobody() {
    is_killed(over_smpp, |sandbox| sandbox.smsc().map_or(0, |smsc| smsc.record().submission_count));
}

#[test]
fn a_first_run_that_is_stopped_and_the_next_one_read_as_an_operator_would() {
    let mut session = Session::start();
    write(&session, "input.csv", &format!("to\n{}+10000000001\n", numbers(3)));
    let line = "batch input.csv --template sandbox-otp-tpl --workers 1 --durability process";
    session.run("batch input.csv --template sandbox-otp-tpl --check", "");
    session.run("batch input.csv --template sandbox-otp-tpl --check --output json", "");
    session.try_out(&format!("{line} --dry-run"), "");
    session.try_out(&format!("{line} --dry-run --output json"), "");
    session.sandbox.inject(Fault::LostAnswer, 1);
    session.try_out(&format!("{line} --output json"), "");
    session.run("batch status input.csv.journal", "");
    session.run("batch status input.csv.journal --output json", "");
    session.try_out(line, "");
    session.try_out(&format!("{line} --resend-unknown"), "");
    session.try_out("batch input.csv --template sandbox-custom-tpl", "");
    session.run("batch export input.csv --journal no-such-file", "");
    session.run("batch input.csv --template x --smpp --base-url URL", "");
    session.run("batch", "");
    session.compare("batch");
}

#[test]
fn files_that_cannot_be_sent_are_refused_with_what_to_do() {
    let mut session = Session::start();
    write(
        &session,
        "bad.csv",
        "to,param.order\n6591234567,1\n+6591234568,\"a\nb\"\n+6591234568,\"a\nb\"\n,\n",
    );
    session.try_out("batch bad.csv -t sandbox-otp-tpl", "");
    session.try_out("batch bad.csv -t sandbox-otp-tpl --check --output json", "");
    session.try_out("batch . -t x", "");
    session.try_out("batch no-such-file -t x", "");
    write(&session, "empty.csv", "");
    session.try_out("batch empty.csv -t x", "");
    write(&session, "semicolon.csv", "to;template\n+6591234567;x\n");
    session.try_out("batch semicolon.csv", "");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = write(&session, "codes.csv", "to,code\n+6591234567,398210\n");
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("changed");
        session.try_out("batch codes.csv --kind code -t x", "");
        let made = Command::new("mkfifo").arg(session.folder.join("pipe")).status();
        assert!(made.expect("mkfifo runs").success());
        session.try_out("batch pipe -t x", "");
    }
    session.try_out("batch bad.csv -t sandbox-otp-tpl --skip-invalid --journal no-such-folder/j", "");
    assert!(session.sandbox.messages().is_empty());
    session.compare("batch_refused");
}

/// Waits until it says this on standard error.
fn wait_for(child: &mut Child, text: &str) -> BufReader<std::process::ChildStderr> {
    let mut lines = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    while !said.contains(text) {
        assert!(lines.read_line(&mut said).expect("text") > 0, "it ended early: {said}");
    }
    lines
}

#[test]
#[cfg(unix)]
fn the_first_signal_awaits_what_is_under_way_and_the_second_does_not() {
    let signal = |child: &Child, name: &str| {
        let status = Command::new("kill").args([name, &child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    };
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(200)));
    let journal = session.folder.join("input.csv.journal");
    for (name, rate) in [("-INT", "50/s"), ("-TERM", "50/s"), ("-HUP", "50/s")] {
        let mut child = batch(&session, &["--rate", rate, "--workers", "2"]).spawn().expect("it starts");
        let target = session.sandbox.count(&SEND_OTP) + 3;
        assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| sandbox.count(&SEND_OTP) >= target));
        signal(&child, name);
        assert_eq!(child.wait().expect("it ends").code(), Some(5), "rows are left");
        assert_eq!(JournalReport::read(&journal).expect("readable").counts.unknown, 0);
    }
    session.sandbox.set_fault(Some(Fault::Stall));
    let mut child = batch(&session, &["--workers", "2", "-o", "json"]).spawn().expect("it starts");
    let target = session.sandbox.count(&SEND_OTP) + 2;
    assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| sandbox.count(&SEND_OTP) >= target));
    signal(&child, "-INT");
    let mut lines = wait_for(&mut child, "Once more stops at once");
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(6));
    let mut said = String::new();
    lines.read_to_string(&mut said).expect("text");
    let said = said.lines().last().expect("a line");
    let error: serde_json::Value = serde_json::from_str(said).expect("JSON");
    assert_eq!((&error["exit_code"], &error["outcome"]), (&6.into(), &"unknown".into()), "{error}");
    assert_eq!(JournalReport::read(&journal).expect("readable").counts.unknown, 2);
}

#[test]
fn results_that_nobody_reads_end_the_run_and_stand_in_the_journal() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(100)));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = batch(&session, &["--workers", "2"]).stdout(writer).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(
        said.contains("results cannot be written: Broken pipe") && said.contains("batch export"),
        "{said}"
    );
    let counts = JournalReport::read(session.folder.join("input.csv.journal")).expect("readable").counts;
    let sent = u64::try_from(session.sandbox.messages().len()).expect("few");
    assert!(counts.accepted == sent && sent < 10, "{counts:?}");
    let results = session.folder.join("results.jsonl");
    let name = results.display().to_string();
    let output = batch(&session, &["--results", &name]).output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = fs::read_to_string(results).expect("written").lines().count();
    assert_eq!(u64::try_from(lines).expect("few") + sent, 100);
}

#[test]
fn results_for_a_dash_go_to_standard_output() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(3)));
    let output = batch(&session, &["--results", "-"]).stdout(Stdio::piped()).output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
    assert!(!session.folder.join("-").exists());
}

#[test]
fn results_are_not_written_into_the_input_or_the_journal() {
    let session = Session::start();
    let input = write(&session, "input.csv", &format!("to\n{}", numbers(3)));
    let journal = session.folder.join("input.csv.journal");
    let link = session.folder.join("link");
    fs::hard_link(&input, &link).expect("linked");
    let refused = |results: &str, what: &str| {
        let output = batch(&session, &["--results", results]).output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(what), "{said}");
        assert!(session.sandbox.messages().is_empty());
    };
    let before = fs::read(&input).expect("readable");
    for name in ["input.csv", "link"] {
        refused(name, "into the input");
    }
    // One that is not there yet, and one that is.
    for _ in 0..2 {
        refused("input.csv.journal", "into the journal");
    }
    assert_eq!(fs::read(&input).expect("readable"), before);
    assert_eq!(JournalReport::read(&journal).expect("whole").counts.left, 3);
    let output = batch(&session, &["--results", "results"]).output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_finished_batch_whose_journal_is_damaged_is_not_sent_again() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(20)));
    let output = batch(&session, &[]).output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let journal = session.folder.join("input.csv.journal");
    let octets = fs::read(&journal).expect("readable");
    let mut damaged = octets.clone();
    damaged[octets.len() / 2] ^= 1;
    fs::write(&journal, &damaged).expect("written");
    let output = batch(&session, &[]).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is damaged at octet"), "{said}");
    assert_eq!(fs::read(&journal).expect("readable"), damaged);
    // What a crash leaves is cut off, and said.
    fs::write(&journal, &octets[..octets.len() - 3]).expect("written");
    let output = batch(&session, &[]).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("the journal ended in"), "{said}");
    assert_eq!(session.sandbox.messages().len(), 20);
}

#[test]
fn what_a_crash_left_at_the_end_of_a_journal_is_told_to_programs_too() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(2)));
    assert_eq!(batch(&session, &[]).output().expect("it ends").status.code(), Some(0));
    let journal = session.folder.join("input.csv.journal");
    let octets = fs::read(&journal).expect("readable");
    for (cut, torn) in [(0, 0), (3, 30)] {
        fs::write(&journal, &octets[..octets.len() - cut]).expect("written");
        let output = session.command(&["batch", "status", "input.csv.journal", "-o", "json"]).output();
        let status: serde_json::Value =
            serde_json::from_slice(&output.expect("it ends").stdout).expect("JSON");
        assert_eq!(status["torn"], torn, "{status}");
    }
}

#[test]
#[cfg(unix)]
fn results_for_a_pipe_wait_for_its_reader_and_say_so() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(3)));
    let pipe = session.folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let mut child = batch(&session, &["--results", "pipe"]).spawn().expect("it starts");
    let _rest = wait_for(&mut child, "--results pipe is a pipe: waiting until something reads it.");
    assert!(session.sandbox.messages().is_empty());
    let results = fs::read_to_string(&pipe).expect("read to its end");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(results.lines().count(), 3);
}

#[test]
#[cfg(target_os = "linux")]
fn what_was_ignored_from_the_beginning_does_not_stop_it() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(30)));
    let inner = batch(&session, &["--rate", "50/s", "--workers", "2"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"])
        .arg(inner.get_program())
        .args(inner.get_args());
    command.env_clear().env("HOME", &session.folder).current_dir(&session.folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| sandbox.count(&SEND_OTP) >= 3));
    for name in ["-HUP", "-INT"] {
        let status = Command::new("kill").args([name, &child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(session.sandbox.messages().len(), 30);
}

#[test]
fn the_domain_of_an_address_is_the_same_in_capital_letters_and_a_mailbox_is_not() {
    let mut session = Session::start();
    write(&session, "input.csv", "to\na@EXAMPLE.com\nA@example.com\na@example.com\n");
    session.run("batch input.csv --template sandbox-otp-tpl --check", "");
    session.compare("batch_domains");
}
