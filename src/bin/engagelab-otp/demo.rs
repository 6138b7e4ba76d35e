//! The demo account of the sandbox, and where the command `sandbox` listens unless told otherwise.

use engagelab_otp::{Credentials, InvalidInput};

/// Where REST listens.
pub(crate) const LISTEN: &str = "127.0.0.1:8035";

/// The same as a URL.
pub(crate) const URL: &str = "http://127.0.0.1:8035";

/// Where SMPP listens.
pub(crate) const SMPP: &str = "127.0.0.1:2775";

/// The API key.
pub(crate) fn credentials() -> Result<Credentials, InvalidInput> {
    Credentials::new("sandbox_demo", "sandbox_secret")
}

/// What callbacks are signed with: a user name and a secret.
pub(crate) const CALLBACK: (&str, &str) = ("sandbox_demo", "sandbox_webhook_secret");

/// The SMPP account: a system id and a password.
pub(crate) const SMPP_ACCOUNT: (&str, &str) = ("sandbox_demo", "sandbox");
