//! The name and password of an SMPP account, held so that they cannot break the bind or show in a log.

use std::fmt;

use crate::InvalidInput;

/// What the vendor gives out for an SMPP account.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    system_id: String,
    password: String,
}

impl Credentials {
    /// Takes both as the vendor gave them.
    ///
    /// # Errors
    ///
    /// When the system id is empty or longer than 15 characters, the password longer than 8, or either is not ASCII: the
    /// standard's fields hold no more.
    pub fn new(system_id: &str, password: &str) -> Result<Self, InvalidInput> {
        let plain = |value: &str| value.bytes().all(|octet| octet.is_ascii() && octet != 0);
        if !(1..=15).contains(&system_id.len()) || !plain(system_id) {
            return Err(InvalidInput::new("system_id", "must be 1 to 15 ASCII characters"));
        }
        if password.len() > 8 || !plain(password) {
            return Err(InvalidInput::new("password", "must be at most 8 ASCII characters"));
        }
        Ok(Self { system_id: system_id.to_owned(), password: password.to_owned() })
    }

    /// The system id.
    pub fn system_id(&self) -> &str {
        &self.system_id
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}
