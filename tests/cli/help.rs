//! Help, completions and the document.

use super::session::{Session, feed};

#[test]
fn help_is_readable_on_wide_and_narrow_terminals() {
    for (columns, name) in [("80", "help_80"), ("40", "help_40")] {
        let mut session = Session::start();
        for line in [
            "--help",
            "send --help",
            "doctor --help",
            "schema --help",
            "generate --help",
            "completions --help",
            "sandbox --help",
            "openapi --help",
            "template list --help",
            "template show --help",
            "template delete --help",
            "callback --help",
            "callback sign --help",
            "callback verify --help",
            "smpp --help",
            "send-code --help",
            "message --help",
            "verify --help",
            "batch --help",
            "batch status --help",
            "batch export --help",
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
fn every_command_has_an_example_in_its_help() {
    let session = Session::start();
    for line in [
        "send",
        "send-code",
        "message",
        "verify",
        "batch",
        "batch status",
        "batch export",
        "template list",
        "template show",
        "template create",
        "template delete",
        "callback listen",
        "callback sign",
        "callback verify",
        "smpp send",
        "sandbox",
        "doctor",
        "schema",
        "openapi",
        "completions",
        "generate",
    ] {
        let words: Vec<&str> = line.split(' ').chain(["--help"]).collect();
        let help = String::from_utf8(feed(&mut session.command(&words), b"").stdout).expect("UTF-8");
        assert!(
            help.contains(&format!("  engagelab-otp {line}"))
                || help.contains(&format!("engagelab-otp {line})")),
            "{line}"
        );
        assert!(help.contains("Example"), "{line}");
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
