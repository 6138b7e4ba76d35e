//! At a terminal: what is asked there, and how it is left behind.

use std::process::Command;
use std::time::{Duration, Instant};

use engagelab_otp::batch::JournalReport;
use engagelab_otp::sandbox::Fault;
use rexpect::session::{PtySession, spawn_command};

use super::session::{Session, feed};
use super::shells::installed;

/// An interactive shell on a terminal of its own.
struct Shell {
    terminal: PtySession,
    path: String,
}

impl Shell {
    fn start(session: &Session, program: &str) -> Self {
        let mut command = Command::new(program);
        // Their own line editors would turn the echo off between commands.
        match program {
            "bash" => drop(command.args(["--norc", "--noprofile", "--noediting"])),
            "zsh" => drop(command.args(["-f", "+o", "zle", "+o", "promptsp"])),
            _ => {}
        }
        command
            .arg("-i")
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("PS1", "$ "), ("TERM", "dumb")])
            .env("HOME", &session.folder)
            .env("OTP", env!("CARGO_BIN_EXE_engagelab-otp"))
            .env("URL", session.sandbox.url())
            .current_dir(&session.folder);
        let patience = u64::try_from(TIMEOUT.as_millis()).expect("short");
        let mut terminal = spawn_command(command, Some(patience)).expect("a terminal");
        // An interactive shell ignores the request to end, with which its end begins.
        terminal.process_mut().set_kill_timeout(Some(0));
        terminal.send_line("stty echo; echo at-$(tty)-").expect("sent");
        terminal.exp_string("at-/").expect("the terminal's name");
        let path = terminal.exp_string("-").expect("the terminal's name");
        Self { terminal, path: format!("/{path}") }
    }

    fn type_line(&mut self, line: &str) {
        self.terminal.send_line(line).expect("sent");
    }

    fn expect(&mut self, text: &str) -> String {
        self.terminal.exp_string(text).unwrap_or_else(|error| panic!("{text} is awaited: {error}"))
    }

    /// Waits until what is typed is not shown: the prompt stands there before.
    fn wait_until_hidden(&self) {
        let end = Instant::now() + TIMEOUT;
        while self.shows_what_is_typed() {
            assert!(Instant::now() < end, "what is typed is shown");
        }
    }

    fn shows_what_is_typed(&self) -> bool {
        let output = Command::new("stty").args(["-a", "-F", &self.path]).output().expect("stty runs");
        let modes = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(modes.contains("echo"), "{modes}");
        !modes.split_whitespace().any(|mode| mode == "-echo")
    }
}

const PROMPT: &str = "not shown while you type";
const TIMEOUT: Duration = Duration::from_secs(20);

fn shells() -> impl Iterator<Item = &'static str> {
    ["dash", "bash", "zsh"].into_iter().filter(|shell| installed(shell))
}

/// What a shell says of a job that was suspended.
fn suspended(shell: &str) -> &'static str {
    if shell == "zsh" { "suspended" } else { "Stopped" }
}

#[test]
fn ctrl_c_at_the_code_prompt_leaves_the_terminal_as_it_was() {
    let session = Session::start();
    for program in shells() {
        let mut shell = Shell::start(&session, program);
        shell.type_line("$OTP verify 1725407449772531712 --sandbox --base-url $URL");
        shell.expect(PROMPT);
        shell.wait_until_hidden();
        shell.terminal.send_control('c').expect("sent");
        shell.expect("$ ");
        shell.type_line("echo ended-$?-");
        shell.expect("ended-130-");
        assert!(shell.shows_what_is_typed(), "{program}");
    }
}

#[test]
fn what_is_typed_behind_ctrl_c_or_ctrl_z_is_no_answer() {
    let session = Session::start();
    for program in shells() {
        let mut shell = Shell::start(&session, program);
        for key in ["\u{3}", "\u{1a}"].repeat(5) {
            shell.type_line("$OTP send-code +10000000010 -t sandbox-otp-tpl --sandbox --base-url $URL");
            shell.expect(PROMPT);
            shell.wait_until_hidden();
            shell.terminal.send(&format!("{key}3982\n")).expect("sent");
            shell.terminal.flush().expect("sent");
            shell.expect("$ ");
            shell.type_line("echo then-$((2+2))-");
            shell.expect("then-4-");
        }
        assert!(session.sandbox.messages().is_empty(), "in {program}");
    }
}

#[test]
fn sigterm_at_the_code_prompt_leaves_the_terminal_as_it_was() {
    let session = Session::start();
    for program in shells() {
        let mut shell = Shell::start(&session, program);
        shell.type_line(
            "sh -c 'echo pid-$$-; exec $OTP verify 1725407449772531712 --sandbox --base-url $URL'; echo ended-$?-",
        );
        // The first one is the line itself, as it was typed.
        shell.expect("pid-$$-");
        shell.expect("pid-");
        let pid = shell.expect("-");
        shell.expect(PROMPT);
        shell.wait_until_hidden();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        shell.expect("ended-143-");
        assert!(shell.shows_what_is_typed(), "{program}");
    }
}

#[test]
fn a_code_is_read_from_the_terminal_while_a_loop_reads_standard_input() {
    for program in shells() {
        let session = Session::start();
        let mut shell = Shell::start(&session, program);
        shell.type_line(
            "printf '%s\\n' +10000000010 +10000000000 | while read to; do \
             $OTP send-code $to --template sandbox-otp-tpl --sandbox --base-url $URL; done; echo all-$?-",
        );
        for code in ["3982", "3983"] {
            shell.expect(PROMPT);
            shell.wait_until_hidden();
            shell.type_line(code);
        }
        shell.expect("all-0-");
        let messages = session.sandbox.messages();
        let sent = |to: &str| messages.iter().filter(|message| message.to == to).count();
        assert_eq!((sent("+10000000010"), sent("+10000000000")), (1, 1), "in {program}");
        let codes: Vec<_> = messages.iter().filter_map(|message| session.sandbox.code(&message.id)).collect();
        assert!(codes.contains(&"3982".to_owned()) && codes.contains(&"3983".to_owned()), "{codes:?}");
    }
}

#[test]
fn the_question_before_a_send_shows_the_whole_number_and_a_no_is_not_to_be_repeated() {
    let session = Session::start();
    let credentials = session.sandbox.credentials();
    let (key, secret) = (credentials.key(), credentials.secret());
    for (answer, code, sent) in [("n", 2, 0), ("y", 0, 1)] {
        let mut shell = Shell::start(&session, "dash");
        shell.type_line(&format!("export ENGAGELAB_DEV_KEY={key} ENGAGELAB_DEV_SECRET={secret}"));
        shell.type_line("export ENGAGELAB_OTP_BASE_URL=$URL");
        shell.type_line("echo y | $OTP send +6591234567 --template sandbox-otp-tpl; echo ended-$?-");
        let question = shell.expect("[y/N]");
        assert!(question.contains("to +6591234567 through"), "{question}");
        shell.type_line(answer);
        shell.expect(&format!("ended-{code}-"));
        assert_eq!(session.sandbox.messages().len(), sent);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_terminal_a_code_is_taken_from_standard_input_only_if_asked_to() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    for line in ["send-code +6591234567 --template sandbox-otp-tpl", "verify 1725407449772531712"] {
        let words: Vec<&str> = line.split(' ').chain(["--sandbox", "--base-url", &url]).collect();
        let output = feed(&mut session.detached(&words), b"398210\n");
        session.record(line, &output);
    }
    assert!(session.sandbox.messages().is_empty());
    session.compare("no_terminal");
}

#[test]
fn ctrl_z_at_the_code_prompt_suspends_it_and_fg_asks_again_unseen() {
    for program in shells() {
        let session = Session::start();
        let mut shell = Shell::start(&session, program);
        shell.type_line(
            "$OTP send-code +10000000010 -t sandbox-otp-tpl --sandbox --base-url $URL; echo ended-$?-",
        );
        for _ in 0..2 {
            shell.expect(PROMPT);
            shell.wait_until_hidden();
            shell.terminal.send_control('z').expect("sent");
            shell.expect(suspended(program));
            shell.expect("$ ");
            assert!(shell.shows_what_is_typed(), "{program}");
            shell.type_line("fg; echo then-$?-");
        }
        shell.expect(PROMPT);
        shell.wait_until_hidden();
        shell.type_line("3982");
        let said = shell.expect("then-0-");
        assert!(!said.contains("3982"), "{said}");
        assert!(shell.shows_what_is_typed(), "{program}");
        let messages = session.sandbox.messages();
        assert_eq!(messages.len(), 1);
        assert_eq!(session.sandbox.code(&messages[0].id).as_deref(), Some("3982"));
    }
}

#[test]
fn what_is_said_on_a_narrow_terminal_ends_its_lines_between_words() {
    let session = Session::start();
    let mut shell = Shell::start(&session, "dash");
    shell.type_line("stty cols 40; $OTP verify; $OTP doctor");
    shell.expect("`engagelab-otp verify --help` shows what\r\nthere is.\r\n");
    shell.expect("skipped  smpp         no SMPP account\r\n");
    shell.type_line("export ENGAGELAB_DEV_KEY=k ENGAGELAB_DEV_SECRET=s");
    shell.type_line("$OTP send +6591234567 -t t");
    shell.expect("Send `t` to +6591234567 through\r\n");
    shell.type_line("n");
    shell.expect("not confirmed");
}

#[test]
fn without_a_code_the_prompt_says_so_on_a_line_of_its_own() {
    let session = Session::start();
    let mut shell = Shell::start(&session, "dash");
    shell.type_line("$OTP verify 1725407449772531712 --sandbox --base-url $URL");
    shell.expect(PROMPT);
    shell.wait_until_hidden();
    shell.terminal.send_control('d').expect("sent");
    shell.expect("\r\nerror: no code was typed\r\n");
}

#[test]
fn an_unanswered_question_ends_its_line_before_anything_else_is_said() {
    let session = Session::start();
    let mut shell = Shell::start(&session, "dash");
    shell.type_line("export ENGAGELAB_DEV_KEY=k ENGAGELAB_DEV_SECRET=s");
    shell.type_line("$OTP template delete login");
    shell.expect("for good? [y/N] ");
    shell.terminal.send_control('d').expect("sent");
    shell.expect("\r\nerror: not confirmed; nothing was sent\r\n");
    shell.type_line("$OTP template delete login");
    shell.expect("for good? [y/N] ");
    shell.terminal.send_control('c').expect("sent");
    let before = shell.expect("$ ");
    assert!(before.ends_with("\r\n"), "{before:?}");
}

#[test]
fn ctrl_z_at_the_question_suspends_it_and_fg_asks_again() {
    for program in shells() {
        let session = Session::start();
        let mut shell = Shell::start(&session, program);
        shell.type_line("export ENGAGELAB_DEV_KEY=k ENGAGELAB_DEV_SECRET=s");
        shell.type_line("$OTP template delete login");
        shell.expect("for good? [y/N]");
        shell.terminal.send_control('z').expect("sent");
        shell.expect(suspended(program));
        shell.expect("$ ");
        shell.type_line("fg; echo then-$?-");
        shell.expect("for good? [y/N]");
        shell.type_line("n");
        shell.expect("then-2-");
    }
}

#[test]
fn ctrl_c_after_the_question_ends_a_batch_in_order() {
    for program in shells() {
        let session = Session::start();
        let credentials = session.sandbox.credentials();
        let rows: Vec<String> = (0..200).map(|row| format!("+659{row:07}")).collect();
        std::fs::write(session.folder.join("input.csv"), format!("to\n{}\n", rows.join("\n")))
            .expect("written");
        let pause = Duration::from_millis(10);
        session.sandbox.set_fault(Some(Fault::SlowBody { pause }));
        let mut shell = Shell::start(&session, program);
        let (key, secret) = (credentials.key(), credentials.secret());
        shell.type_line(&format!("export ENGAGELAB_DEV_KEY={key} ENGAGELAB_DEV_SECRET={secret}"));
        shell.type_line("export TERM=xterm ENGAGELAB_OTP_BASE_URL=$URL");
        shell.type_line("$OTP batch input.csv -t sandbox-otp-tpl --rate 40/s; echo ended-$?-");
        shell.expect("[y/N]");
        shell.type_line("y");
        assert!(session.sandbox.wait_for(TIMEOUT, |sandbox| !sandbox.messages().is_empty()));
        shell.expect(" of 200");
        shell.terminal.send_control('c').expect("sent");
        let before = shell.expect("Stopping: waiting");
        // The bar is taken away before: what is said has a line of its own.
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        assert_eq!(line.trim_start_matches("\u{1b}[2K"), "", "{before:?}");
        let said = shell.expect("ended-5-");
        assert!(said.contains(" of 200 accepted, ") && said.contains("it was stopped"), "{said}");
        let report = JournalReport::read(session.folder.join("input.csv.journal")).expect("readable");
        assert_eq!(report.counts.unknown, 0, "{report:?}");
        assert!(report.counts.accepted > 0 && report.counts.left > 0, "{report:?}");
    }
}
