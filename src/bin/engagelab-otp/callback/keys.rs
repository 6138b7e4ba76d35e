//! What callbacks are signed with, from the environment or a profile.

use engagelab_otp::callback::{Receiver, ReceiverBuilder, Signer};
use engagelab_otp::sandbox::demo;

use crate::failure::Failure;
use crate::setting_groups::CALLBACK;
use crate::settings::{Settings, Source};

/// A user name with its secret, and a value of `Authorization`; either can be missing.
pub(crate) struct Keys {
    pair: Option<(String, String)>,
    authorization: Option<String>,
}

impl Keys {
    pub(crate) fn find(source: &Source) -> Result<Self, Failure> {
        source.check()?;
        if source.sandbox {
            let pair = (demo::CALLBACK_USER.to_owned(), demo::CALLBACK_SECRET.to_owned());
            return Ok(Self { pair: Some(pair), authorization: None });
        }
        let settings = source.settings(&CALLBACK)?;
        match settings {
            Settings { values: [Some(user), Some(secret), authorization], .. } => {
                Ok(Self { pair: Some((user, secret)), authorization })
            }
            Settings { values: [None, None, Some(authorization)], .. } => {
                Ok(Self { pair: None, authorization: Some(authorization) })
            }
            settings => Err(CALLBACK.missing(&settings, &[0, 1])),
        }
    }

    /// What a receiver with these keys insists on.
    pub(crate) fn checks(&self) -> &'static str {
        match (&self.pair, &self.authorization) {
            (Some(_), Some(_)) => "the signature and Authorization",
            (Some(_), None) => "the signature",
            (None, _) => "Authorization alone, and no signature",
        }
    }

    pub(crate) const fn checks_signature(&self) -> bool {
        self.pair.is_some()
    }

    pub(crate) fn signer(&self) -> Result<Signer, Failure> {
        let (user, secret) = self.pair.as_ref().ok_or_else(no_pair)?;
        Ok(Signer::new(user, secret)?)
    }

    /// A receiver that insists on all there is.
    pub(crate) fn receiver(&self) -> Result<ReceiverBuilder, Failure> {
        let mut builder = match &self.pair {
            Some((user, secret)) => Receiver::builder().secret(user, secret)?,
            None => Receiver::builder(),
        };
        if let Some(value) = &self.authorization {
            builder = builder.authorization(value)?;
        }
        Ok(builder)
    }

    /// A receiver that insists on the signature alone.
    pub(crate) fn signature_receiver(&self) -> Result<ReceiverBuilder, Failure> {
        let (user, secret) = self.pair.as_ref().ok_or_else(no_pair)?;
        Ok(Receiver::builder().secret(user, secret)?)
    }
}

fn no_pair() -> Failure {
    Failure::usage("no signature can be made or checked: the callback settings hold Authorization alone")
        .with_advice("Set the user and the secret of the service's console too.")
        .with("kind", "settings")
}
