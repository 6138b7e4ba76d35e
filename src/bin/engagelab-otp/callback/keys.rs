//! What callbacks are signed with, from the environment or a profile.

use engagelab_otp::callback::{Receiver, ReceiverBuilder, Signer};
use engagelab_otp::sandbox::demo;

use crate::connection::{Settings, Source, missing};
use crate::failure::Failure;

/// A user name with its secret, and a value of `Authorization`; either can be missing.
pub(super) struct Keys {
    pair: Option<(String, String)>,
    authorization: Option<String>,
}

impl Keys {
    pub(super) fn find(source: &Source) -> Result<Self, Failure> {
        if source.sandbox {
            let pair = (demo::CALLBACK_USER.to_owned(), demo::CALLBACK_SECRET.to_owned());
            return Ok(Self { pair: Some(pair), authorization: None });
        }
        let Settings { values: [user, secret, authorization], .. } = source.settings(NAMES, |profile| {
            let callback = &mut profile.callback;
            [callback.user.take(), callback.secret.take(), callback.authorization.take()]
        })?;
        match (user, secret) {
            (Some(user), Some(secret)) => Ok(Self { pair: Some((user, secret)), authorization }),
            (None, None) => Ok(Self { pair: None, authorization }),
            _ => Err(Failure::usage("a callback's user and its secret are given together, or neither")),
        }
    }

    pub(super) fn signer(&self) -> Result<Signer, Failure> {
        let (user, secret) = self.pair.as_ref().ok_or_else(no_pair)?;
        Ok(Signer::new(user, secret)?)
    }

    /// A receiver that insists on all there is.
    pub(super) fn receiver(&self) -> Result<ReceiverBuilder, Failure> {
        let mut builder = match &self.pair {
            Some((user, secret)) => Receiver::builder().secret(user, secret)?,
            None => Receiver::builder(),
        };
        if let Some(value) = &self.authorization {
            builder = builder.authorization(value)?;
        } else if self.pair.is_none() {
            return Err(no_pair());
        }
        Ok(builder)
    }

    /// A receiver that insists on the signature alone.
    pub(super) fn signature_receiver(&self) -> Result<ReceiverBuilder, Failure> {
        let (user, secret) = self.pair.as_ref().ok_or_else(no_pair)?;
        Ok(Receiver::builder().secret(user, secret)?)
    }
}

fn no_pair() -> Failure {
    missing([NAMES[0], NAMES[1]], "callback.user and callback.secret")
}

const NAMES: [&str; 3] =
    ["ENGAGELAB_CALLBACK_USER", "ENGAGELAB_CALLBACK_SECRET", "ENGAGELAB_CALLBACK_AUTHORIZATION"];
