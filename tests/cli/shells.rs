//! Shells that nobody here wrote: what they complete, and what is typed in them.
//!
//! They are installed by `.ci/peers-cli`. Without one of them, these tests say that it was skipped, and with
//! `REQUIRE_PEERS=1` they fail.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use super::session::{Session, feed};

/// Whether a shell is there.
pub(super) fn installed(shell: &str) -> bool {
    let is_there = ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(shell).exists());
    assert!(is_there || env::var_os("REQUIRE_PEERS").is_none(), "{shell} is not installed");
    if !is_there {
        eprintln!("{shell} is not installed: skipped");
    }
    is_there
}

/// A shell that knows nothing of this machine, and the tool by its name.
fn command(session: &Session, shell: &str) -> Command {
    let folder = session.folder.join("bin");
    fs::create_dir_all(&folder).expect("made");
    let tool = folder.join("engagelab-otp");
    if !tool.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_engagelab-otp"), tool).expect("linked");
    }
    let mut command = Command::new(shell);
    command.env_clear().env("HOME", &session.folder).current_dir(&session.folder);
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("TERM", "dumb");
    command
}

/// Writes the completions for a shell, and gives the folder.
fn completions(session: &Session) {
    let output = feed(&mut session.command(&["generate", "package"]), b"");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What is typed, some of what is offered then, and something that is not.
const OFFERED: [(&str, &[&str], &str); 5] = [
    ("engagelab-otp template ", &["create", "delete", "list", "show"], "listen"),
    ("engagelab-otp callback l", &["listen"], "verify"),
    ("engagelab-otp send --d", &["--dry-run"], "--definition"),
    ("engagelab-otp sandbox --new-templates ", &["approved", "pending", "rejected"], "package"),
    ("engagelab-otp sandbox --fault ", &["lost-answer", "stall"], "package"),
];

#[test]
fn bash_completes_commands_options_and_values() {
    if !installed("bash") {
        return;
    }
    let session = Session::start();
    completions(&session);
    for (typed, offered, other) in OFFERED {
        let words: Vec<&str> = typed.split(' ').collect();
        let last = words.len() - 1;
        let script = format!(
            "source package/completions/engagelab-otp.bash; COMP_WORDS=({}); COMP_CWORD={last}; \
             f=$(complete -p engagelab-otp); f=${{f##*-F }}; ${{f%% *}} engagelab-otp '{}' '{}' 2>/dev/null; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words[last],
            words[last - 1],
        );
        let output = feed(command(&session, "bash").args(["--norc", "--noprofile", "-c", &script]), b"");
        check(&output.stdout, typed, offered, other);
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    if !installed("fish") {
        return;
    }
    let session = Session::start();
    completions(&session);
    for (typed, offered, other) in OFFERED {
        let script =
            format!("source package/completions/engagelab-otp.fish; complete --do-complete='{typed}'");
        let output = feed(command(&session, "fish").args(["--no-config", "-c", &script]), b"");
        check(&output.stdout, typed, offered, other);
    }
}

fn check(output: &[u8], typed: &str, offered: &[&str], other: &str) {
    let found = String::from_utf8_lossy(output).into_owned();
    let words: Vec<&str> = found.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for word in offered {
        assert!(words.contains(word), "{typed}: {word} is not offered: {found}");
    }
    assert!(!words.contains(&other), "{typed}: {other} is offered: {found}");
}

/// Longer than anything here takes, in milliseconds.
const TIMEOUT: u64 = 20_000;

fn spawn(mut command: Command) -> PtySession {
    command.arg("-i");
    let mut terminal = spawn_command(command, Some(TIMEOUT)).expect("a terminal");
    terminal.process_mut().set_kill_timeout(Some(0));
    terminal
}

fn expect(terminal: &mut PtySession, text: &str) -> String {
    terminal.exp_string(text).unwrap_or_else(|error| panic!("{text} is awaited: {error}"))
}

#[test]
fn zsh_completes_commands_options_and_values() {
    if !installed("zsh") {
        return;
    }
    let session = Session::start();
    completions(&session);
    let mut shell = command(&session, "zsh");
    shell.args(["-f"]).env("PS1", "$ ");
    let mut terminal = spawn(shell);
    terminal
        .send_line(
            "fpath=(package/completions $fpath); autoload -Uz compinit; compinit -u -D; \
             LISTMAX=1000; stty cols 200 rows 200; print set-$((1+1))-",
        )
        .expect("sent");
    expect(&mut terminal, "set-2-");
    for (typed, offered, _) in OFFERED {
        // One that fits alone is put in, and of several a list is shown.
        terminal.send(typed).expect("sent");
        terminal.flush().expect("sent");
        expect(&mut terminal, typed.trim_end());
        terminal.send("\t").expect("sent");
        terminal.flush().expect("sent");
        let last = typed.rsplit(' ').next().unwrap_or_default();
        for word in offered {
            let awaited = if offered.len() == 1 { word.trim_start_matches(last) } else { word };
            expect(&mut terminal, awaited);
        }
        terminal.send_control('u').expect("sent");
        terminal.send_line("print next-$((2+2))-").expect("sent");
        expect(&mut terminal, "next-4-");
    }
}

#[test]
fn in_fish_a_code_is_typed_unseen_and_a_signal_ends_or_suspends_the_question() {
    if !installed("fish") {
        return;
    }
    let session = Session::start();
    let mut shell = command(&session, "fish");
    shell.arg("--no-config").env("URL", session.sandbox.url());
    let mut terminal = spawn(shell);
    terminal
        .send_line("function fish_prompt; echo -n '> '; end; set fish_greeting; echo set-(math 1 + 1)-")
        .expect("sent");
    expect(&mut terminal, "set-2-");
    let send = "engagelab-otp send-code +10000000010 -t sandbox-otp-tpl --sandbox --base-url $URL";
    let prompt = "not shown while you type";

    terminal.send_line(&format!("{send}; echo ended-$status-")).expect("sent");
    expect(&mut terminal, prompt);
    // What is typed right behind it is no code.
    terminal.send("\u{3}3982\n").expect("sent");
    terminal.flush().expect("sent");
    expect(&mut terminal, "> ");
    terminal.send_line("echo then-(math 2 + 2)-").expect("sent");
    expect(&mut terminal, "then-4-");
    assert!(session.sandbox.messages().is_empty());

    terminal.send_line(send).expect("sent");
    expect(&mut terminal, prompt);
    terminal.send_control('z').expect("sent");
    expect(&mut terminal, "stopped");
    terminal.send_line("fg; echo ended-$status-").expect("sent");
    expect(&mut terminal, prompt);
    terminal.send_line("3982").expect("sent");
    let said = expect(&mut terminal, "ended-0-");
    assert!(!said.contains("3982"), "{said}");
    let messages = session.sandbox.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(session.sandbox.code(&messages[0].id).as_deref(), Some("3982"));
}

#[test]
fn in_every_shell_the_id_is_what_a_command_gives_and_the_exit_code_decides() {
    for (shell, script) in [("dash", POSIX), ("bash", POSIX), ("zsh", POSIX), ("fish", FISH)] {
        if !installed(shell) {
            continue;
        }
        let session = Session::start();
        let mut command = command(&session, shell);
        command.env("URL", session.sandbox.url()).args(["-c", script]);
        let output = feed(&mut command, b"");
        let (said, error) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(said, "wrong_code\n1\nverified\nwelcome\nexpired_or_used\n1\n", "{shell}: {error}");
    }
}

const POSIX: &str = "\
id=$(engagelab-otp send +10000000005 -t sandbox-otp-tpl --sandbox --base-url $URL) || exit
for code in 111111 123456 123456; do
    if printf %s $code | engagelab-otp verify $id --code-stdin --sandbox --base-url $URL; then
        echo welcome
    else
        echo $?
    fi
done";

const FISH: &str = "\
set id (engagelab-otp send +10000000005 -t sandbox-otp-tpl --sandbox --base-url $URL); or exit
for code in 111111 123456 123456
    if printf %s $code | engagelab-otp verify $id --code-stdin --sandbox --base-url $URL
        echo welcome
    else
        echo $status
    end
end";
