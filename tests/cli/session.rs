//! A shell session against a sandbox in this process, written down.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use engagelab_otp::sandbox::Sandbox;
use regex::Regex;

/// Commands and what came of them, in the order of the file that they are compared with.
pub(super) struct Session {
    pub(super) sandbox: Sandbox,
    /// The user's home, empty at first.
    pub(super) folder: PathBuf,
    replaced: Vec<(String, &'static str)>,
    transcript: String,
}

impl Session {
    pub(super) fn start() -> Self {
        let sandbox = Sandbox::builder()
            .manual_clock()
            .smpp_listen(([127, 0, 0, 1], 0).into())
            .start()
            .expect("a sandbox");
        Self::with(sandbox)
    }

    pub(super) fn with(sandbox: Sandbox) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("engagelab-otp-cli-{}-{number}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let mut replaced = vec![(sandbox.url(), "URL"), (folder.display().to_string(), "FOLDER")];
        if let Some(smsc) = sandbox.smsc() {
            replaced.push((smsc.address().to_string(), "SMPP"));
        }
        Self { sandbox, folder, replaced, transcript: String::new() }
    }

    /// The binary, with nothing of this machine's environment.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engagelab-otp"));
        command.args(arguments).env_clear().env("HOME", &self.folder).current_dir(&self.folder);
        command
    }

    /// The same without the terminal that the tests may have been started from.
    #[cfg(target_os = "linux")]
    pub(super) fn detached(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_engagelab-otp")).args(arguments);
        command.env_clear().env("HOME", &self.folder).env("PATH", "/usr/bin:/bin").current_dir(&self.folder);
        command
    }

    /// Has this text written down as that name.
    pub(super) fn replace(&mut self, text: String, name: &'static str) {
        self.replaced.push((text, name));
    }

    /// Runs a command line against the sandbox, and gives what it printed.
    pub(super) fn run(&mut self, line: &str, stdin: &str) -> String {
        let url = self.sandbox.url();
        let smpp = self.sandbox.smsc().map(|smsc| smsc.address().to_string()).unwrap_or_default();
        let words: Vec<String> =
            line.split(' ').map(|word| word.replace("URL", &url).replace("SMPP", &smpp)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = feed(&mut self.command(&words), stdin.as_bytes());
        self.record(line, &output)
    }

    /// The same with `--sandbox` and the sandbox's address.
    pub(super) fn try_out(&mut self, line: &str, stdin: &str) -> String {
        self.run(&format!("{line} --sandbox --base-url URL"), stdin)
    }

    /// Writes down what a command came to, and gives what it printed.
    pub(super) fn record(&mut self, line: &str, output: &Output) -> String {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        for said in [&out, &error] {
            for secret in SECRETS {
                assert!(!said.contains(secret), "{line} shows {secret}: {said}");
            }
            assert!(!said.contains("panicked"), "{said}");
        }
        let code = output.status.code().expect("an exit code");
        let written = format!("$ engagelab-otp {line}\n{out}--- stderr\n{error}--- exit code {code}\n\n");
        self.transcript += &written;
        out
    }

    /// Compares what was written down with the file of this name.
    pub(super) fn compare(self, name: &str) {
        let mut found = self.transcript.clone();
        for (text, name) in &self.replaced {
            found = found.replace(text, name);
        }
        for (pattern, name) in VARIABLE {
            found = Regex::new(pattern).expect("a pattern").replace_all(&found, name).into_owned();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden").join(format!("{name}.txt"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &found).expect("written");
        }
        let expected = fs::read_to_string(&path).expect("a golden file; UPDATE_GOLDEN=1 writes it");
        assert!(
            found == expected,
            "{} differs; UPDATE_GOLDEN=1 writes it anew. Found:\n{found}",
            path.display()
        );
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Runs a command with this on its standard input.
pub(super) fn feed(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It may end without reading.
    drop(child.stdin.take().expect("piped").write_all(stdin));
    child.wait_with_output().expect("it ends")
}

/// What must never be printed: codes, secrets and whole addresses that tests use.
pub(super) const SECRETS: [&str; 7] =
    ["398210", "123456", "sandbox_secret", "sandbox_webhook_secret", "hush-hush", "+65912", "user@"];

/// What differs from run to run.
const VARIABLE: [(&str, &str); 6] = [
    (r"took [\d.]+(ns|µs|ms|s)\b", "took TIME"),
    (r"\b\d{19}\b", "ID"),
    (r"os error \d+", "os error N"),
    (r#""time":\d{10}\b"#, r#""time":SECONDS"#),
    (r"127\.0\.0\.1:\d{5}\b", "ADDRESS"),
    (r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", "TIME"),
];
