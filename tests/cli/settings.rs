//! Profiles and the environment: one source counts, as a whole.

use std::fs;
use std::path::Path;

use super::session::{Session, feed};

#[cfg(unix)]
fn write_profile(path: &Path, text: &[u8], mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    // A file that was read-only before is replaced, and not written to.
    drop(fs::remove_file(path));
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

/// A profile of the sandbox's account.
fn good(session: &Session) -> String {
    format!(
        "dev_key = 'sandbox_demo'\ndev_secret = 'sandbox_secret'\nbase_url = '{}'\n",
        session.sandbox.url()
    )
}

/// Runs a line with these variables set.
fn run_with(session: &mut Session, line: &str, variables: &[(&str, &str)]) {
    let words: Vec<&str> = line.split(' ').collect();
    let output = feed(session.command(&words).envs(variables.iter().copied()), b"");
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    session.record(&format!("{line}   # with {}", names.join(", ")), &output);
}

#[test]
#[cfg(unix)]
fn a_profile_is_read_if_nobody_else_can_read_it() {
    let mut session = Session::start();
    let good = good(&session);
    let path = session.folder.join("profile.toml");
    for mode in [0o600, 0o400, 0o640, 0o604, 0o602] {
        write_profile(&path, good.as_bytes(), mode);
        session.run("template list --profile profile.toml", "");
    }
    session.run("template list --profile no-such-file", "");
    session.run("template list --profile .", "");
    let bad: [&[u8]; 6] = [
        b"dev_key = 'k'\ndev_secret = 12345678\n",
        b"dev_key = 'k'\ndev_secret = 'hush-hush\n",
        b"dev_key = 'k'\ndev-secret = 'hush-hush'\n",
        b"[smpp]\nsystem_id = 'k'\nsecret = 'hush-hush'\n",
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
fn a_pipe_is_refused_as_a_profile_and_not_waited_for() {
    let mut session = Session::start();
    let made = std::process::Command::new("mkfifo").arg(session.folder.join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    session.run("template list --profile pipe", "");
    session.compare("profile_pipe");
}

#[test]
#[cfg(unix)]
fn a_secret_and_a_command_that_prints_it_are_not_both_taken() {
    let mut session = Session::start();
    let path = session.folder.join("profile.toml");
    for text in [
        "dev_key = 'k'\ndev_secret = 'hush-hush'\ncredential_command = 'echo hush-hush'\n",
        "[callback]\nuser = 'u'\nsecret = 'hush-hush'\ncredential_command = 'echo hush-hush'\n",
        "[smpp]\nsystem_id = 'i'\npassword = 'hush-hush'\ncredential_command = 'echo hush-hush'\n",
    ] {
        write_profile(&path, text.as_bytes(), 0o600);
        session.run("template list --profile profile.toml", "");
        session.run("callback sign --profile profile.toml", "");
    }
    session.compare("profile_pair");
}

#[test]
#[cfg(unix)]
fn without_a_choice_the_environment_counts_and_then_the_usual_profile() {
    let mut session = Session::start();
    session.run("template list", "");
    let good = good(&session);
    let url = session.sandbox.url();
    write_profile(&session.folder.join(".config/engagelab-otp/profile.toml"), good.as_bytes(), 0o600);
    session.run("template list --verbose", "");
    let key = ("ENGAGELAB_DEV_KEY", "other");
    let secret = ("ENGAGELAB_DEV_SECRET", "hush-hush");
    let base = ("ENGAGELAB_OTP_BASE_URL", url.as_str());
    run_with(&mut session, "template list --verbose", &[key, secret, base]);
    run_with(&mut session, "template list", &[key]);
    run_with(&mut session, "template list", &[base]);
    session.compare("credentials");
}

#[test]
#[cfg(unix)]
fn a_profile_and_the_environment_are_never_mixed() {
    let mut session = Session::start();
    let good = good(&session);
    write_profile(&session.folder.join("named.toml"), good.as_bytes(), 0o600);
    // A secret of the profile must not go where a variable says.
    let elsewhere = ("ENGAGELAB_OTP_BASE_URL", "http://127.0.0.1:1");
    run_with(&mut session, "template list --profile named.toml --verbose", &[elsewhere]);
    let named = ("ENGAGELAB_PROFILE", "named.toml");
    run_with(&mut session, "template list --verbose", &[elsewhere, named]);
    run_with(&mut session, "template list", &[("ENGAGELAB_PROFILE", "no-such-file")]);
    // Keys of the environment go where the environment says, and what the profile says is told to be dropped.
    write_profile(&session.folder.join(".config/engagelab-otp/profile.toml"), good.as_bytes(), 0o600);
    let pair = [("ENGAGELAB_DEV_KEY", "other"), ("ENGAGELAB_DEV_SECRET", "hush-hush")];
    let dry = "send +6591234567 --template login --dry-run --quiet";
    run_with(&mut session, dry, &pair);
    session.compare("one_source");
}

#[test]
#[cfg(unix)]
fn a_check_that_the_environment_drops_is_never_dropped_in_silence() {
    let mut session = Session::start();
    let profile =
        "[callback]\nuser = 'u'\nsecret = 'hush-hush'\n[smpp]\nsystem_id = 'i'\npassword = 'hush-hush'\n";
    write_profile(&session.folder.join(".config/engagelab-otp/profile.toml"), profile.as_bytes(), 0o600);
    let authorization = ("ENGAGELAB_CALLBACK_AUTHORIZATION", "Bearer hush-hush");
    run_with(&mut session, "callback sign --quiet", &[authorization]);
    let address = ("ENGAGELAB_SMPP_ADDRESS", "127.0.0.1:1");
    run_with(&mut session, "smpp send +6591234567 --template t --dry-run", &[address]);
    run_with(&mut session, "callback verify --signature x", &[("ENGAGELAB_CALLBACK_USER", "u")]);
    session.compare("dropped");
}

#[test]
#[cfg(unix)]
fn a_command_in_the_profile_prints_the_secret() {
    let mut session = Session::start();
    let url = session.sandbox.url();
    let path = session.folder.join("profile.toml");
    let commands = [
        "printf 'sandbox_secret\\\\nnot this\\\\n'",
        "cat > got-standard-input; echo sandbox_secret",
        "exit 3",
        "true",
        "no-such-program 2>/dev/null",
        "printf '\\\\377'",
    ];
    for command in commands {
        let text =
            format!("dev_key = 'sandbox_demo'\nbase_url = '{url}'\ncredential_command = \"{command}\"\n");
        write_profile(&path, text.as_bytes(), 0o600);
        let words = ["template", "list", "--profile", "profile.toml"];
        let output = feed(session.command(&words).env("PATH", "/usr/bin:/bin"), b"398210");
        session.record(&format!("template list --profile profile.toml   # with {command}"), &output);
    }
    let taken = fs::read(session.folder.join("got-standard-input")).expect("made");
    assert!(taken.is_empty(), "what stands on standard input is not the command's");
    session.compare("credential_command");
}
