//! Help, completions and the document.

use super::session::{Session, feed};

/// Every command there is, as the help of the commands above it lists them; the first is the program itself.
fn commands(session: &Session) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(command) = found.get(next).cloned() {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = feed(session.command(&words).env("COLUMNS", "100"), b"");
        let help = String::from_utf8(output.stdout).expect("UTF-8");
        let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
        let names = listed.lines().take_while(|line| !line.is_empty());
        let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let names = names.filter(|name| !name.is_empty() && *name != "help");
        found.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        next += 1;
    }
    found
}

#[test]
fn every_help_fits_wide_and_narrow_terminals_and_has_examples() {
    for (columns, name) in [("80", "help_80"), ("40", "help_40")] {
        let mut session = Session::start();
        let commands = commands(&session);
        assert!(commands.len() > 20, "{commands:?}");
        for (command, option) in commands.iter().flat_map(|command| [(command, "-h"), (command, "--help")]) {
            let line = format!("{command} {option}");
            let words: Vec<&str> = line.split_whitespace().collect();
            let output = feed(session.command(&words).env("COLUMNS", columns), b"");
            let text = session.record(line.trim(), &output);
            let width: usize = columns.parse().expect("a number");
            for shown in text.lines() {
                // A word alone that is too long cannot be helped.
                let is_one_word = !shown.trim().contains(' ');
                assert!(shown.chars().count() <= width || is_one_word, "{line}: {shown}");
            }
            let (_, examples) = text.split_once("\nExample").unwrap_or_else(|| panic!("no example: {line}"));
            assert!(examples.contains("engagelab-otp"), "{line}");
        }
        session.compare(name);
    }
}

/// What stands in the examples is what the arguments are: each is taken by the program.
#[test]
#[cfg(unix)]
fn the_examples_of_narrow_helps_are_read_by_a_shell_as_those_of_wide_ones() {
    let session = Session::start();
    for command in commands(&session) {
        let examples = |columns: &str| {
            let words: Vec<&str> = command.split_whitespace().chain(["-h"]).collect();
            let output = feed(session.command(&words).env("COLUMNS", columns), b"");
            let help = String::from_utf8(output.stdout).expect("UTF-8");
            let (_, examples) = help.split_once("\nExample").expect("examples");
            let joined = examples.replace("\\\n", " ");
            joined
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(examples("40"), examples("100"), "{command}");
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
fn manual_pages_and_completions_are_written_by_one_command() {
    let session = Session::start();
    let output = feed(&mut session.command(&["generate", "package"]), b"");
    assert_eq!(output.status.code(), Some(0));
    let folder = session.folder.join("package");
    for page in ["engagelab-otp.1", "engagelab-otp-send.1", "engagelab-otp-template-create.1"] {
        let text = std::fs::read_to_string(folder.join("man1").join(page)).expect("a page");
        assert!(text.starts_with(".ie"), "{page}: {text}");
    }
    for (name, shell) in
        [("engagelab-otp.bash", "bash"), ("_engagelab-otp", "zsh"), ("engagelab-otp.fish", "fish")]
    {
        let written = std::fs::read(folder.join("completions").join(name)).expect("a script");
        assert_eq!(written, feed(&mut session.command(&["completions", shell]), b"").stdout, "{shell}");
    }
}

#[test]
fn what_a_command_does_not_take_is_not_completed_there() {
    let session = Session::start();
    let output = feed(&mut session.command(&["completions", "bash"]), b"");
    let script = String::from_utf8(output.stdout).expect("UTF-8");
    let options = |state: &str| {
        let (_, after) = script.split_once(&format!("\n        {state})\n")).expect("a state");
        after.lines().next().expect("options").to_owned()
    };
    assert!(options("engagelab__otp__subcmd__send").contains("--ca-cert"));
    for state in ["engagelab__otp__subcmd__sandbox", "engagelab__otp__subcmd__schema"] {
        assert!(!options(state).contains("--ca-cert"), "{state}");
    }
}

#[test]
fn names_of_faults_are_completed_and_not_files() {
    let session = Session::start();
    let script =
        String::from_utf8(feed(&mut session.command(&["completions", "fish"]), b"").stdout).expect("UTF-8");
    let line = |option: &str| {
        script.lines().filter(|line| line.contains(&format!("-l {option} "))).collect::<Vec<_>>().join("\n")
    };
    for (option, name) in [
        ("fault", "lost-answer"),
        ("callback-fault", "forged"),
        ("smpp-fault", "throttle"),
        ("new-templates", "pending"),
        ("redelivery", "as-it-was"),
    ] {
        assert!(script.contains(&format!("-l {option} ")), "{option}");
        let found = line(option) + &script;
        assert!(found.contains(name), "{option}");
    }
}

#[test]
fn the_version_says_how_it_was_built() {
    let session = Session::start();
    let long = String::from_utf8(feed(&mut session.command(&["--version"]), b"").stdout).expect("UTF-8");
    let short = String::from_utf8(feed(&mut session.command(&["-V"]), b"").stdout).expect("UTF-8");
    assert_eq!(short.trim(), concat!("engagelab-otp ", env!("CARGO_PKG_VERSION")));
    for fact in ["OpenAPI document 1.", "rustc 1.", "build for ", "features: ", "rustls"] {
        assert!(long.contains(fact), "{fact}: {long}");
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
