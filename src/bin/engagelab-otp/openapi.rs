//! `engagelab-otp openapi`

use std::io::{ErrorKind, Write, stdout};

use crate::Failure;

pub(crate) fn run() -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(engagelab_otp::OPENAPI.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure { status: 1, reason: format!("cannot write: {error}") })
        }
        _ => Ok(()),
    }
}
