//! The credentials of a client, in the form in which requests carry them; they can be replaced while calls are made.

use std::sync::{Arc, RwLock};

use http::HeaderValue;

use crate::sync;
use crate::{Credentials, InvalidInput};

/// What a client's calls are authorized with at present.
pub(crate) struct Authorization(RwLock<Arc<Authorized>>);

/// One pair of credentials, as one attempt uses it.
pub(crate) struct Authorized {
    /// The name of the account, which is no secret.
    #[cfg(feature = "batch")]
    pub(crate) key: String,
    pub(crate) header: HeaderValue,
    /// What must never be shown, whatever was sent: the secret, and the header made of it.
    pub(crate) secrets: [String; 2],
}

impl Authorization {
    pub(crate) fn new(credentials: &Credentials) -> Result<Self, InvalidInput> {
        Ok(Self(RwLock::new(Arc::new(Authorized::new(credentials)?))))
    }

    /// Attempts that begin from now on use these credentials.
    pub(crate) fn replace(&self, credentials: &Credentials) -> Result<(), InvalidInput> {
        let authorized = Arc::new(Authorized::new(credentials)?);
        *sync::write(&self.0) = authorized;
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<Authorized> {
        sync::read(&self.0).clone()
    }
}

impl Authorized {
    fn new(credentials: &Credentials) -> Result<Self, InvalidInput> {
        let text = credentials.authorization();
        let mut header =
            HeaderValue::from_str(&text).map_err(|_| InvalidInput::new("dev_secret", "must fit a header"))?;
        header.set_sensitive(true);
        let encoded = text.trim_start_matches("Basic ").to_owned();
        Ok(Self {
            #[cfg(feature = "batch")]
            key: credentials.key().to_owned(),
            header,
            secrets: [credentials.secret().to_owned(), encoded],
        })
    }
}
