//! The replay memory of callback receivers, shared through Redis: an instance that takes a redelivery knows what another
//! one has seen.

use std::fmt;
use std::time::Duration;

use redis::Script;

use super::{RedisError, RedisStore};
use crate::callback::{Claim, Lease, ReplayStore, ReplayStoreError, Reservation};

/// Remembers callbacks' signatures in Redis: [`RedisStore::replay_store`] gives it, for
/// [`ReceiverBuilder::replay_store`](crate::callback::ReceiverBuilder::replay_store). It goes by Redis' own clock. A claim
/// that was in flight for five minutes is let go.
///
/// What is said of [`RedisStore`] about forgetting holds here too: a signature that Redis has forgotten can be used again
/// until it is too old.
#[derive(Clone)]
pub struct RedisReplayStore {
    store: RedisStore,
    script: Script,
}

impl RedisStore {
    /// The replay memory of callback receivers, in the same server.
    pub fn replay_store(&self) -> RedisReplayStore {
        let script = Script::new(concat!(include_str!("prelude.lua"), include_str!("replay.lua")));
        RedisReplayStore { store: self.clone(), script }
    }
}

impl RedisReplayStore {
    fn run(&self, what: &str, claim: &Claim, number: u64) -> Result<(u8, u64), ReplayStoreError> {
        let namespace = &self.store.0.namespace;
        let fingerprint = hexadecimal(claim.fingerprint());
        let mut script = self.script.key(format!("{namespace}:replay:{fingerprint}"));
        for name in ["due", "horizon", "lease"] {
            script.key(format!("{namespace}:replay-{name}"));
        }
        script.arg(self.store.now()).arg(what).arg(fingerprint).arg(claim.body_digest());
        script.arg(claim.signed_second()).arg(claim.last_second()).arg(number).arg(fastrand::u64(..));
        self.store.0.pool.run(|connection| script.invoke(connection)).map_err(ReplayStoreError::from)
    }
}

impl ReplayStore for RedisReplayStore {
    fn reserve(&self, claim: &Claim, _: u64) -> Result<Reservation, ReplayStoreError> {
        Ok(match self.run("reserve", claim, LEASE.as_secs())? {
            (0, lease) => Reservation::Reserved(Lease::new(lease)),
            (1, _) => Reservation::InFlight,
            (2, _) => Reservation::Done,
            (3, _) => Reservation::OtherBody,
            _ => Reservation::Forgotten,
        })
    }

    fn commit(&self, claim: &Claim, lease: Lease) -> Result<(), ReplayStoreError> {
        match self.run("commit", claim, lease.number())? {
            (0, _) => Ok(()),
            _ => Err(ReplayStoreError::LeaseLost),
        }
    }

    fn release(&self, claim: &Claim, lease: Lease) {
        // One that is not released is let go when its lease is over.
        drop(self.run("release", claim, lease.number()));
    }
}

impl From<RedisError> for ReplayStoreError {
    fn from(error: RedisError) -> Self {
        if error.is_full() { Self::Full { retry_after: None } } else { Self::Unavailable(Box::new(error)) }
    }
}

impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore").field("store", &self.store).finish_non_exhaustive()
    }
}

fn hexadecimal(octets: &[u8; 32]) -> String {
    let (one, other) = octets.split_at(16);
    let half = |octets: &[u8]| u128::from_be_bytes(octets.try_into().unwrap_or_default());
    format!("{:032x}{:032x}", half(one), half(other))
}

/// For how long a claim may be in flight.
const LEASE: Duration = Duration::from_secs(300);
