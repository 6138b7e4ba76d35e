//! Standard output, of which it is known whether anything can be written to it at all.
//!
//! The runtime of Rust takes what the system does not let it write for written, and opens /dev/null in place of a standard
//! output that is closed. What a command has done would be lost with its result, and nobody told.
//!
//! That /dev/null cannot be told for certain from one that was meant: it is open for reading too, which no shell does when
//! it is asked for /dev/null, but Python and Node do. So it counts as closed where a shell has started the program, since
//! shells are who closes it, or something whose own is closed; elsewhere results are repeated on standard error.

use std::io::{self, StdoutLock};

/// Standard output, unless it is closed, or open for reading alone.
pub(crate) fn lock() -> io::Result<StdoutLock<'static>> {
    check()?;
    Ok(io::stdout().lock())
}

/// Whether it is open for writing.
pub(crate) fn check() -> io::Result<()> {
    #[cfg(unix)]
    return unix::check();
    // Elsewhere it cannot be asked.
    #[cfg(not(unix))]
    Ok(())
}

/// Whether it was closed perhaps, so that what is written is seen by nobody.
pub(crate) fn is_perhaps_closed() -> bool {
    #[cfg(unix)]
    return unix::is_stand_in();
    #[cfg(not(unix))]
    false
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::PathBuf;
    use std::sync::LazyLock;

    use rustix::fs::{OFlags, fcntl_getfl};
    use rustix::stdio::stdout;

    /// What keeps it from being written, looked at once: it stays what it was when the program started.
    static LACK: LazyLock<Option<&str>> = LazyLock::new(|| match mode() {
        Some(OFlags::RDONLY) => Some("it is open for reading alone"),
        Some(_) if is_stand_in() && is_closed_by_parent() => Some("it is closed"),
        _ => None,
    });

    pub(super) fn check() -> io::Result<()> {
        LACK.map_or(Ok(()), |lack| Err(io::Error::other(lack)))
    }

    fn mode() -> Option<OFlags> {
        fcntl_getfl(stdout()).ok().map(|flags| flags & OFlags::RWMODE)
    }

    /// Whether it is what the runtime opens in place of one that is closed.
    pub(super) fn is_stand_in() -> bool {
        if mode() != Some(OFlags::RDWR) {
            return false;
        }
        let opened = stdout().try_clone_to_owned().and_then(|output| File::from(output).metadata());
        let null = fs::metadata("/dev/null");
        opened.is_ok_and(|opened| null.is_ok_and(|null| opened.rdev() == null.rdev()))
    }

    /// Whether whoever has started this is one that closes it, or whose own is closed, as far as the system tells.
    fn is_closed_by_parent() -> bool {
        let Some(parent) = rustix::process::getppid() else { return false };
        let process = PathBuf::from(format!("/proc/{}", parent.as_raw_nonzero()));
        let program = fs::read_link(process.join("exe"));
        let is_shell = program.is_ok_and(|program| SHELLS.iter().any(|shell| program.ends_with(shell)));
        let open = fs::read_dir(process.join("fd"));
        is_shell || open.is_ok_and(|open| !open.flatten().any(|descriptor| descriptor.file_name() == "1"))
    }

    const SHELLS: [&str; 14] = [
        "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "ksh93", "mksh", "nu", "sh", "tcsh", "yash",
        "zsh",
    ];
}
