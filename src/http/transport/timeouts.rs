//! How long each part of a call may take.

use std::time::Duration;

use crate::InvalidInput;

/// How long each part of a call may take. All are finite, and there is no way to make them infinite.
///
/// ```
/// use std::time::Duration;
///
/// use engagelab_otp::Timeouts;
///
/// let timeouts = Timeouts::new().connect(Duration::from_secs(2)).total(Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub(super) resolve: Duration,
    pub(super) connect: Duration,
    pub(super) write: Duration,
    pub(super) response: Duration,
    pub(super) body: Duration,
    pub(crate) total: Duration,
}

impl Timeouts {
    /// 5 s for the name and 5 s for the connection, 10 s for each write, 20 s until the response begins and 10 s for the
    /// rest of it, 30 s for the whole call.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            write: Duration::from_secs(10),
            response: Duration::from_secs(20),
            body: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }

    /// Resolving the host's name.
    #[must_use]
    pub const fn resolve(mut self, timeout: Duration) -> Self {
        self.resolve = timeout;
        self
    }

    /// Connecting, the TLS handshake and the way through a proxy included.
    #[must_use]
    pub const fn connect(mut self, timeout: Duration) -> Self {
        self.connect = timeout;
        self
    }

    /// Each write.
    #[must_use]
    pub const fn write(mut self, timeout: Duration) -> Self {
        self.write = timeout;
        self
    }

    /// Waiting for the response to begin.
    #[must_use]
    pub const fn response(mut self, timeout: Duration) -> Self {
        self.response = timeout;
        self
    }

    /// Reading the rest of the response.
    #[must_use]
    pub const fn body(mut self, timeout: Duration) -> Self {
        self.body = timeout;
        self
    }

    /// The whole call: all attempts and the pauses between them.
    #[must_use]
    pub const fn total(mut self, timeout: Duration) -> Self {
        self.total = timeout;
        self
    }

    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        let Self { resolve, connect, write, response, body, total } = *self;
        for (name, timeout) in [
            ("timeouts.resolve", resolve),
            ("timeouts.connect", connect),
            ("timeouts.write", write),
            ("timeouts.response", response),
            ("timeouts.body", body),
            ("timeouts.total", total),
        ] {
            let sensible = !timeout.is_zero() && timeout <= LONGEST;
            InvalidInput::unless(sensible, name, "must be longer than zero, and a day at most")?;
        }
        Ok(())
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}

const LONGEST: Duration = Duration::from_secs(24 * 3600);
