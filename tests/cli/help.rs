//! Help, completions and the document.

use super::session::{Session, feed};

#[test]
fn help_is_readable_on_wide_and_narrow_terminals() {
    for (columns, name) in [("80", "help_80"), ("40", "help_40")] {
        let mut session = Session::start();
        for line in [
            "--help",
            "send --help",
            "send-code --help",
            "message --help",
            "verify --help",
            "template --help",
            "template create --help",
            "callback listen --help",
            "smpp send --help",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let output = feed(session.command(&words).env("COLUMNS", columns), b"");
            let text = session.record(line, &output);
            let width: usize = columns.parse().expect("a number");
            for line in text.lines().filter(|line| line.trim().contains(' ')) {
                // What stands behind the prompt of an option is one word where it is too long.
                let length = line.chars().count();
                let longest_word = line.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
                assert!(length <= width || longest_word > width / 2 || line.starts_with("Usage"), "{line}");
            }
        }
        session.compare(name);
    }
}

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_readme() {
    let session = Session::start();
    let output = feed(session.command(&["--help"]).env("COLUMNS", "100"), b"");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, listed) = help.split_once("Exit codes:\n").expect("a list");
    let listed: Vec<_> = listed.lines().filter_map(|line| line.trim().split_once("  ")).collect();
    let readme = include_str!("../../README.md");
    let cells = |line: &'static str| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let code = cells.next().filter(|code| code.parse::<u8>().is_ok())?;
        Some((code, cells.next()?))
    };
    let table = readme.lines().skip_while(|line| !line.starts_with("| exit code"));
    let written: Vec<_> = table.take_while(|line| line.starts_with('|')).filter_map(cells).collect();
    assert_eq!(listed.len(), 7);
    assert_eq!(written, listed);
}

#[test]
fn completions_know_every_command_in_every_shell() {
    let session = Session::start();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = feed(&mut session.command(&["completions", shell]), b"");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        for word in
            ["send-code", "message", "verify", "template", "listen", "smpp", "sandbox", "openapi", "dry-run"]
        {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn completions_for_bash_follow_every_subcommand() {
    let session = Session::start();
    let output = feed(&mut session.command(&["completions", "bash"]), b"");
    let script = String::from_utf8(output.stdout).expect("UTF-8");
    let line = |line: &str| script.lines().any(|found| found.trim() == line);
    let mut followed = 0;
    for state in script.lines().filter_map(|line| line.trim().strip_prefix("cmd=\"")?.strip_suffix('"')) {
        if !state.is_empty() {
            assert!(line(&format!("{state})")), "nothing is completed after {state}");
            followed += 1;
        }
    }
    assert!(followed > 15, "{followed} subcommands");
}

#[test]
fn colours_are_for_terminals_alone() {
    let session = Session::start();
    for line in [&["--help"][..], &["verify"], &["send", "1", "--template", "t"]] {
        let output = feed(&mut session.command(line), b"");
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.contains(&0x1b), "{line:?}");
    }
}
