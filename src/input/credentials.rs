//! The API key of an account.

use std::env;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::InvalidInput;

/// An API key: its `dev_key` and its `dev_secret`, as the vendor's console shows them. `Debug` hides the
/// secret.
#[derive(Clone)]
pub struct Credentials {
    key: String,
    secret: String,
}

impl Credentials {
    /// A key and its secret.
    ///
    /// # Errors
    ///
    /// If either is empty or holds control characters, or if the key holds a colon, which would end it early.
    pub fn new(key: impl Into<String>, secret: impl Into<String>) -> Result<Self, InvalidInput> {
        let (key, secret) = (key.into(), secret.into());
        let check = |kept, field: &'static str, rule: &'static str| InvalidInput::unless(kept, field, rule);
        let plain = |text: &str| !text.chars().any(char::is_control);
        check(!key.is_empty(), "dev_key", "must not be empty")?;
        check(!key.contains(':'), "dev_key", "must be without a colon")?;
        check(plain(&key), "dev_key", "must be without line breaks and other control characters")?;
        check(!secret.is_empty(), "dev_secret", "must not be empty")?;
        check(plain(&secret), "dev_secret", "must be without line breaks and other control characters")?;
        Ok(Self { key, secret })
    }

    /// From the environment: `ENGAGELAB_DEV_KEY` and `ENGAGELAB_DEV_SECRET`.
    ///
    /// # Errors
    ///
    /// If a variable is not set or not UTF-8, or as for [`Credentials::new`].
    pub fn from_env() -> Result<Self, InvalidInput> {
        Self::new(variable("ENGAGELAB_DEV_KEY")?, variable("ENGAGELAB_DEV_SECRET")?)
    }

    /// The key, without the secret.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The secret. Keep it out of logs.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The value of the `Authorization` header, which says as much as the secret does.
    pub(crate) fn authorization(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.key, self.secret)))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key", &self.key).finish_non_exhaustive()
    }
}

fn variable(name: &'static str) -> Result<String, InvalidInput> {
    env::var(name).map_err(|error| match error {
        env::VarError::NotPresent => InvalidInput::new(name, "must be set"),
        env::VarError::NotUnicode(_) => InvalidInput::new(name, "must be UTF-8"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_the_one_of_the_vendors_example() {
        let credentials = Credentials::new("jiguangdev", "dev_secret").expect("valid");
        assert_eq!(credentials.authorization(), "Basic amlndWFuZ2RldjpkZXZfc2VjcmV0");
    }
}
