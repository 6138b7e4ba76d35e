//! Processes that are killed or stopped, and the folders that they leave.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command};

/// This same test, in a process of its own: `role` is set there, to `arguments`.
pub(crate) fn again(module: &str, test: &str, role: &str, arguments: &str) -> Command {
    // The harness names tests without the crate.
    let (_, module) = module.split_once("::").expect("a crate and a module");
    let mut command = Command::new(env::current_exe().expect("the test binary"));
    command.args(["--exact", &format!("{module}::{test}"), "--nocapture"]).env(role, arguments);
    command
}

pub(crate) fn signal(process: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

/// A process that does not outlive this.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It fails where the process has ended already, which is what is asked for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder of its own for a test, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("engagelab-otp-smpp-{name}-{}", process::id()));
        // It is there only if an earlier run with this process id was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is no failure of what was tested.
        let _ = fs::remove_dir_all(&self.0);
    }
}
