//! Standard output, of which it is known whether anything can be written to it at all.
//!
//! The runtime of Rust opens /dev/null in place of a standard output that is closed, and takes what the system does not let
//! it write for written. What a command has done would be lost with its result, and nobody told.

use std::io::{self, StdoutLock};

/// Standard output, unless it is closed, or open for reading alone.
pub(crate) fn lock() -> io::Result<StdoutLock<'static>> {
    check()?;
    Ok(io::stdout().lock())
}

/// Whether it is open for writing.
#[cfg(unix)]
pub(crate) fn check() -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl};
    if at_start::was_closed() {
        return Err(io::Error::other("it is closed"));
    }
    let flags = fcntl_getfl(rustix::stdio::stdout())?;
    if flags.intersection(OFlags::RWMODE) == OFlags::RDONLY {
        return Err(io::Error::other("it is open for reading alone"));
    }
    Ok(())
}

/// Elsewhere it cannot be asked.
#[cfg(not(unix))]
pub(crate) fn check() -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    pub(super) fn was_closed() -> bool {
        WAS_CLOSED.load(Ordering::Relaxed)
    }

    ctor::declarative::ctor! {
        /// Before the runtime starts, and so with system calls alone.
        #[ctor(unsafe)]
        fn look() {
            let is_open = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_ok();
            WAS_CLOSED.store(!is_open, Ordering::Relaxed);
        }
    }
}
