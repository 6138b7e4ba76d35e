//! What can go wrong with Redis.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, ServerErrorKind};

use crate::guard::store::StoreError;
use crate::tls;

/// Redis could not be reached, could not answer, or is not fit to be a store. Shows no password.
#[derive(Debug)]
pub struct RedisError(Inner);

#[derive(Debug)]
enum Inner {
    Refused(RedisRefusal),
    Failed(redis::RedisError),
}

/// Why a server is not fit to be a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisRefusal {
    /// It drops keys when it is full, as this `maxmemory-policy` says, and with them counters that still count.
    Evicts {
        /// The policy.
        policy: String,
    },
    /// It is part of a cluster, where the keys of one decision lie on several servers.
    Cluster,
    /// It is a replica: it takes no writes, or loses them.
    Replica,
    /// It is older than Redis 6.
    TooOld,
    /// It does not say what it is.
    NotRedis,
    /// It does not take the user and the password of the URL, or wants some.
    Credentials {
        /// What it said.
        said: String,
    },
    /// It does not let the user do what a store must.
    Permission,
    /// It does not have the database of the URL.
    Database {
        /// What it said.
        said: String,
    },
    /// The certificate that it shows is not trusted, or is of another name.
    Certificate,
}

impl RedisError {
    /// Why the server is not fit to be a store, if that is why.
    pub fn refusal(&self) -> Option<&RedisRefusal> {
        match &self.0 {
            Inner::Refused(refusal) => Some(refusal),
            Inner::Failed(_) => None,
        }
    }

    /// Whether another connection may do better. After anything but an answer of the server, what is still to come over
    /// this one is not known.
    pub(super) fn is_about_the_connection(&self) -> bool {
        match &self.0 {
            Inner::Refused(_) => false,
            // The place of one that has become a replica may have been taken by another server.
            Inner::Failed(error) => match error.kind() {
                ErrorKind::Server(ServerErrorKind::ReadOnly) => true,
                ErrorKind::Server(_) | ErrorKind::Extension => false,
                _ => true,
            },
        }
    }

    /// What came of naming user and password. Unless it is known to pass, it is one of the settings that is wrong. What the
    /// server says is not kept then: one that does not know the command repeats what it was given.
    pub(super) fn at_login(self) -> Self {
        match &self.0 {
            Inner::Failed(error)
                if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
                    && !is_crowded(error)
                    && !error.code().is_some_and(|code| PASSES.contains(&code)) =>
            {
                RedisRefusal::Credentials { said: "AUTH failed".to_owned() }.into()
            }
            _ => self,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        matches!(&self.0, Inner::Failed(error) if error.code() == Some("OOM"))
    }
}

impl From<redis::RedisError> for RedisError {
    fn from(error: redis::RedisError) -> Self {
        match refusal(&error) {
            Some(refusal) => refusal.into(),
            None => Self(Inner::Failed(error)),
        }
    }
}

/// What has to be corrected before the server can be used, if that is it. For a database that is not there, Redis has no
/// code of its own.
fn refusal(error: &redis::RedisError) -> Option<RedisRefusal> {
    if is_certificate(error) {
        return Some(RedisRefusal::Certificate);
    }
    let said = error.detail().unwrap_or_default();
    match (error.kind(), error.code()) {
        (_, Some(code @ ("NOAUTH" | "WRONGPASS"))) => {
            Some(RedisRefusal::Credentials { said: code.to_owned() })
        }
        (_, Some("NOPERM")) => Some(RedisRefusal::Permission),
        (ErrorKind::Server(_), _) if said.contains("DB index") => {
            Some(RedisRefusal::Database { said: said.to_owned() })
        }
        _ => None,
    }
}

/// Whether the server has as many clients as it takes. It has no code of its own either.
fn is_crowded(error: &redis::RedisError) -> bool {
    error.code() == Some("ERR")
        && error.detail().is_some_and(|said| said.starts_with("max number of clients"))
}

/// Whether it was the certificate. What says so is an error in an I/O error in a shared one, and `source` passes over it.
fn is_certificate(error: &redis::RedisError) -> bool {
    let Some(source) = error.source() else { return false };
    let shared = source.downcast_ref::<Arc<dyn Error + Send + Sync>>();
    let source: &(dyn Error + 'static) = match shared {
        Some(shared) => shared.as_ref(),
        None => source,
    };
    source.downcast_ref::<io::Error>().is_some_and(tls::is_certificate)
}

impl From<RedisRefusal> for RedisError {
    fn from(refusal: RedisRefusal) -> Self {
        Self(Inner::Refused(refusal))
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        if error.is_full() { Self::Full } else { Self::Unavailable(Box::new(error)) }
    }
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match &self.0 {
            Inner::Refused(refusal) => return refusal.fmt(f),
            Inner::Failed(error) => error,
        };
        f.write_str(match error.kind() {
            ErrorKind::Server(ServerErrorKind::ReadOnly) => "Redis takes no writes: it is a replica",
            ErrorKind::Server(ServerErrorKind::BusyLoading) => "Redis is still loading its data",
            ErrorKind::Server(_) | ErrorKind::Extension => match error.code() {
                _ if is_crowded(error) => "Redis has as many clients as it takes",
                Some("BUSY") => "Redis is busy with a script",
                Some("OOM") => "Redis is full",
                Some("MISCONF") => "Redis takes no writes: it cannot save them",
                _ => "Redis answered with an error",
            },
            ErrorKind::Io if error.is_timeout() => "Redis did not answer in time",
            ErrorKind::Io => "there is no connection to Redis",
            _ => "what came back was not an answer of Redis",
        })
    }
}

impl fmt::Display for RedisRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evicts { policy } => write!(
                f,
                "Redis must not drop what still counts: its maxmemory-policy must be noeviction, and is {policy}"
            ),
            Self::Cluster => {
                f.write_str("Redis must not be a cluster: a decision reads several keys at once")
            }
            Self::Replica => f.write_str("Redis must not be a replica: what is written there is lost"),
            Self::TooOld => f.write_str("Redis must be Redis 6 or later"),
            Self::Certificate => {
                f.write_str("Redis must show a certificate that is trusted, and is of the name in the URL")
            }
            Self::Credentials { said } => {
                write!(f, "Redis wants a user and a password that are right: {said}")
            }
            Self::Permission => f.write_str("Redis does not let this user do what a store must: NOPERM"),
            Self::Database { said } => write!(f, "Redis must have the database of the URL: {said}"),
            Self::NotRedis => {
                f.write_str("the server does not say its version and its maxmemory-policy to INFO")
            }
        }
    }
}

impl Error for RedisError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Inner::Refused(_) => None,
            Inner::Failed(error) => Some(error),
        }
    }
}

/// The codes of errors that pass by themselves.
const PASSES: [&str; 5] = ["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN"];
