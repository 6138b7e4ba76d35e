//! The store that many machines share: Redis, by one script for each operation.
//!
//! Each script runs as a whole, so that what it reads is true while it writes. All scripts go by Redis' own clock, so that
//! the clocks of the machines that share it do not matter. One that was cut off after its script had run is asked again,
//! with the same id, and answers as before.

mod connection;
mod error;
#[cfg(feature = "callback")]
mod replay;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::{Script, ScriptInvocation, TlsCertificates};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::store::{
    Adjusted, Cap, Charge, ChargeId, Charged, Decision, Enforcement, Excess, Key, Record, Store, StoreError,
    Version, check, check_amounts, check_value, sub_window,
};
use crate::InvalidInput;
use crate::clock::Clock;
use connection::Pool;
pub use error::{RedisError, RedisRefusal};
#[cfg(feature = "callback")]
pub use replay::RedisReplayStore;

/// Remembers in a Redis server that many processes share. Redis 6 and later, and what speaks its protocol and runs its
/// scripts, Valkey among them.
///
/// ```no_run
/// use std::time::Duration;
/// use engagelab_otp::guard::{Guard, Pepper, RedisStore};
///
/// let store = RedisStore::builder("rediss://:password@redis.example.com/0")?
///     .timeout(Duration::from_millis(300))
///     .connect()?;
/// let pepper = Pepper::new(std::env::var("GUARD_PEPPER")?)?;
/// let guard = Guard::recommended(store, pepper)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What Redis must be like
///
/// It must not evict: with any `maxmemory-policy` but `noeviction`, counters could vanish while they count, and attackers
/// could see to it that they do. It must not be a cluster: a decision reads several keys at once. Both are refused by
/// [`connect`](RedisStoreBuilder::connect), and by each connection after it.
///
/// # When it forgets
///
/// A Redis without persistence forgets all when it restarts, and windows begin anew. With `appendfsync everysec`, the
/// last second can be lost; after a failover, whatever the replica had not heard of. Locks over several servers would not
/// change that, and there are none here. What is counted lasts by Redis' clock: if that is set forward, it ends as much
/// sooner, and if it is set back, later. A full Redis (`OOM`) admits nothing more, and takes nothing back.
///
/// # When it is away
///
/// An operation that gets no answer is tried once more, over another connection, and so is one that a server refuses that
/// has become a replica: another one may have taken its place. What Redis says while it is loading, busy with a script, or
/// has as many clients as it takes is no answer either; then [`Fail`](crate::guard::Fail) decides.
///
/// Clones share connections.
#[derive(Clone)]
pub struct RedisStore(Arc<Shared>);

struct Shared {
    pool: Pool,
    namespace: Box<str>,
    clock: Option<Box<dyn Clock>>,
    scripts: Scripts,
}

/// Configures a [`RedisStore`].
#[must_use = "a builder does nothing until `connect` is called"]
pub struct RedisStoreBuilder {
    client: redis::Client,
    namespace: Box<str>,
    connect_timeout: Duration,
    timeout: Duration,
    max_idle: usize,
    clock: Option<Box<dyn Clock>>,
}

struct Scripts {
    charge: Script,
    adjust: Script,
    count: Script,
    read: Script,
    swap: Script,
}

impl RedisStore {
    /// A store at this URL: `redis://[user:password@]host[:port][/database]`, with `rediss` for TLS.
    ///
    /// # Errors
    ///
    /// If it is no such URL. The error does not repeat it: it may hold a password.
    pub fn builder(url: &str) -> Result<RedisStoreBuilder, InvalidInput> {
        let rule =
            "must be of the form `redis://[user:password@]host[:port][/database]`, with `rediss` for TLS";
        let client = redis::Client::open(url).map_err(|_| InvalidInput::new("redis_url", rule))?;
        Ok(RedisStoreBuilder {
            client,
            namespace: "otp".into(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(1),
            max_idle: 16,
            clock: None,
        })
    }

    fn key(&self, key: Key) -> String {
        format!("{}:{key}", self.0.namespace)
    }

    fn id(&self, id: ChargeId) -> String {
        format!("{}:charge:{id}", self.0.namespace)
    }

    /// The time that a test gives, or nothing: then Redis' clock counts.
    fn now(&self) -> String {
        let Some(clock) = &self.0.clock else { return String::new() };
        let since = clock.time_of_day().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_millis().to_string()
    }

    /// For how many milliseconds longer than they count keys are there. Where a test gives the time, they must not be gone
    /// by Redis' own.
    fn margin(&self) -> u64 {
        if self.0.clock.is_some() { 24 * 3600 * 1000 } else { 1000 }
    }

    fn run<T: redis::FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.0.pool.run(|connection| script.invoke(connection)).map_err(StoreError::from)
    }
}

impl RedisStoreBuilder {
    /// Trusts these root certificates, in PEM form, and no others; unless set, those of the operating system.
    ///
    /// # Errors
    ///
    /// If there is none among them, one cannot be read, or the URL is not `rediss`.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, InvalidInput> {
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let any = certificates.is_ok_and(|certificates| !certificates.is_empty());
        let rule =
            InvalidInput::new("root_certificates", "must be certificates in PEM form, for a `rediss` URL");
        if !any {
            return Err(rule);
        }
        let roots = TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) };
        let server = self.client.get_connection_info().clone();
        self.client = redis::Client::build_with_tls(server, roots).map_err(|_| rule)?;
        Ok(self)
    }

    /// Begins all keys with this, and a colon: `otp` unless set. Guards with other limits can share a server by it.
    ///
    /// # Errors
    ///
    /// If it is empty, longer than 64 characters, or has others than letters, digits, `-`, `_`, `.` and `:`.
    pub fn namespace(mut self, namespace: &str) -> Result<Self, InvalidInput> {
        let fits = (1..=64).contains(&namespace.len())
            && namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        InvalidInput::unless(fits, "namespace", "must be 1 to 64 letters, digits, `-`, `_`, `.` or `:`")?;
        self.namespace = namespace.into();
        Ok(self)
    }

    /// For how long to wait for a connection, with all that is said before it can be used: 2 seconds unless set. At least a
    /// millisecond. Each address of a name is waited for as long; looking the name up is not bounded by it.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// For how long to wait for an answer: a second unless set. At least a millisecond. An operation makes two attempts at
    /// most.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Keeps so many connections open while they are not used: 16 unless set. As many are made as are used at the same
    /// time.
    pub fn max_idle_connections(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// Takes the time from there, and not from Redis: for tests. All that share the store must have the same.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// The store, with a first connection.
    ///
    /// # Errors
    ///
    /// If there is no connection, or the server is not fit to be a store: see [`RedisStore`].
    pub fn connect(self) -> Result<RedisStore, RedisError> {
        let pool = Pool::new(&self.client, self.connect_timeout, self.timeout, self.max_idle)?;
        pool.check()?;
        let Self { namespace, clock, .. } = self;
        Ok(RedisStore(Arc::new(Shared { pool, namespace, clock, scripts: Scripts::new() })))
    }
}

impl Store for RedisStore {
    fn charge(
        &self,
        id: ChargeId,
        charges: &[Charge],
        enforcement: Enforcement,
    ) -> Result<Charged, StoreError> {
        check(charges)?;
        let mut script = self.0.scripts.charge.key(self.id(id));
        let mut keys = 1;
        script.arg(self.now()).arg(self.margin()).arg(u8::from(enforcement == Enforcement::Deny));
        for charge in charges {
            keys += 1;
            script.key(self.key(charge.key)).arg(keys);
            match charge.also {
                Some(also) => {
                    keys += 1;
                    script.key(self.key(also)).arg(keys);
                }
                None => drop(script.arg(0)),
            }
            let window = sub_window(charge.window);
            script.arg(charge.amount).arg(window.length).arg(window.sub);
            match charge.cap {
                Cap::Uncapped => script.arg(0).arg(0).arg(0).arg(0),
                Cap::Fixed(most) => script.arg(1).arg(most).arg(0).arg(0),
                Cap::Share { floor, percent, of } => script.arg(2).arg(floor).arg(percent).arg(of),
            };
        }
        let (decision, excess, retry, at): (u8, i64, i64, u64) = self.run(&script)?;
        let excess = || Excess {
            charge: usize::try_from(excess).unwrap_or_default(),
            retry_after: u64::try_from(retry).ok().map(Duration::from_millis),
        };
        let decision = match decision {
            0 => Decision::Charged,
            1 => Decision::Recorded(excess()),
            _ => Decision::Denied(excess()),
        };
        let at = UNIX_EPOCH.checked_add(Duration::from_millis(at)).unwrap_or_else(SystemTime::now);
        Ok(Charged { decision, at })
    }

    fn adjust(&self, id: ChargeId, amounts: &[(usize, u64)]) -> Result<Adjusted, StoreError> {
        check_amounts(amounts)?;
        let mut script = self.0.scripts.adjust.key(self.id(id));
        script.arg(self.now());
        for (position, amount) in amounts {
            script.arg(position).arg(amount);
        }
        let known: bool = self.run(&script)?;
        Ok(if known { Adjusted::Done } else { Adjusted::Unknown })
    }

    fn count(&self, key: Key, window: Duration) -> Result<u64, StoreError> {
        let window = sub_window(window);
        let mut script = self.0.scripts.count.key(self.key(key));
        self.run(script.arg(self.now()).arg(window.length).arg(window.sub))
    }

    fn reset(&self, key: Key) -> Result<(), StoreError> {
        let key = self.key(key);
        let deleted = self.0.pool.run(|connection| redis::cmd("DEL").arg(&key).query(connection));
        deleted.map_err(StoreError::from)
    }

    fn read(&self, key: Key) -> Result<Option<Record>, StoreError> {
        let mut script = self.0.scripts.read.key(self.key(key));
        let mut found: Vec<redis::Value> = self.run(script.arg(self.now()))?;
        let (Some(age), Some(value), Some(version)) = (found.pop(), found.pop(), found.pop()) else {
            return Ok(None);
        };
        let unreadable = || StoreError::Unavailable("the answer is none of the script's".into());
        let version: Vec<u8> = redis::from_redis_value(version).map_err(|_| unreadable())?;
        let version = version.try_into().map_err(|_| unreadable())?;
        Ok(Some(Record {
            version: Version::new(version),
            value: redis::from_redis_value(value).map_err(|_| unreadable())?,
            age: Duration::from_millis(redis::from_redis_value(age).map_err(|_| unreadable())?),
        }))
    }

    fn swap(
        &self,
        key: Key,
        expected: Option<Version>,
        new: Version,
        value: Option<&[u8]>,
        life: Duration,
    ) -> Result<bool, StoreError> {
        check_value(value)?;
        let mut script = self.0.scripts.swap.key(self.key(key));
        let none = [0; 16];
        script.arg(self.now()).arg(self.margin());
        script.arg(u8::from(expected.is_some()));
        script.arg(expected.as_ref().map_or(&none, Version::octets));
        script.arg(new.octets()).arg(u8::from(value.is_some())).arg(value.unwrap_or_default());
        self.run(script.arg(sub_window(life).length))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("namespace", &self.0.namespace).finish_non_exhaustive()
    }
}

/// Shows no URL: it may hold a password.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Scripts {
    fn new() -> Self {
        Self {
            charge: Script::new(concat!(include_str!("prelude.lua"), include_str!("charge.lua"))),
            adjust: Script::new(concat!(include_str!("prelude.lua"), include_str!("adjust.lua"))),
            count: Script::new(concat!(include_str!("prelude.lua"), include_str!("count.lua"))),
            read: Script::new(concat!(include_str!("prelude.lua"), include_str!("read.lua"))),
            swap: Script::new(concat!(include_str!("prelude.lua"), include_str!("swap.lua"))),
        }
    }
}
