//! Connections to Redis: made when needed, kept for the next, and never used again after something was left unread.

use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use redis::{Client, Cmd, Connection, FromRedisValue, RedisConnectionInfo, RedisResult};

use super::error::{RedisError, RedisRefusal};
use crate::sync;

pub(super) struct Pool {
    client: Client,
    /// User, password and database. The library would name them too, but keeps of the answer only that it was no, and waits
    /// for each of its answers as long as for all of them.
    login: RedisConnectionInfo,
    connect_timeout: Duration,
    timeout: Duration,
    max_idle: usize,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(
        client: &Client,
        connect_timeout: Duration,
        timeout: Duration,
        max_idle: usize,
    ) -> RedisResult<Self> {
        let server = client.get_connection_info().clone();
        let login = server.redis_settings().clone();
        let nothing = RedisConnectionInfo::default().set_skip_set_lib_name();
        let client = Client::open(server.set_redis_settings(nothing))?;
        Ok(Self { client, login, connect_timeout, timeout, max_idle, idle: Mutex::default() })
    }

    /// Makes a first connection.
    pub(super) fn check(&self) -> Result<(), RedisError> {
        let connection = self.connect()?;
        self.keep(connection);
        Ok(())
    }

    /// Runs something that may be run twice. It is, if the connection fails: what becomes of the first is not known then.
    pub(super) fn run<T>(
        &self,
        mut operation: impl FnMut(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, RedisError> {
        let idle = sync::lock(&self.idle).pop();
        if let Some(connection) = idle {
            match self.attempt(connection, &mut operation) {
                // Where one idle connection is broken, the others most often are as well.
                Err(error) if error.is_about_the_connection() => sync::lock(&self.idle).clear(),
                result => return result,
            }
            return self.attempt(self.connect()?, &mut operation);
        }
        match self.attempt(self.connect()?, &mut operation) {
            Err(error) if error.is_about_the_connection() => {}
            result => return result,
        }
        self.attempt(self.connect()?, &mut operation)
    }

    fn attempt<T>(
        &self,
        mut connection: Connection,
        operation: &mut impl FnMut(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, RedisError> {
        let result = operation(&mut connection).map_err(RedisError::from);
        // After a time-out the answer may still come: to the next question, if the connection were kept.
        if !result.as_ref().is_err_and(RedisError::is_about_the_connection) {
            self.keep(connection);
        }
        result
    }

    fn keep(&self, connection: Connection) {
        let mut idle = sync::lock(&self.idle);
        if idle.len() < self.max_idle {
            idle.push(connection);
        }
    }

    fn connect(&self) -> Result<Connection, RedisError> {
        choose_cryptography();
        let began = Instant::now();
        let mut connection = self.client.get_connection_with_timeout(self.connect_timeout)?;
        if let Some(password) = self.login.password() {
            let mut command = redis::cmd("AUTH");
            if let Some(user) = self.login.username() {
                command.arg(user);
            }
            self.ask::<()>(&mut connection, began, command.arg(password)).map_err(RedisError::at_login)?;
        }
        if self.login.db() != 0 {
            self.ask::<()>(&mut connection, began, redis::cmd("SELECT").arg(self.login.db()))?;
        }
        let info: String = self.ask(&mut connection, began, &redis::cmd("INFO"))?;
        fit(&info)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(connection)
    }

    /// Asks while a connection is being made, with what is left of the time for that.
    fn ask<T: FromRedisValue>(
        &self,
        connection: &mut Connection,
        began: Instant,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let left = Some(self.connect_timeout.saturating_sub(began.elapsed())).filter(|left| !left.is_zero());
        let too_late = || redis::RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
        connection.set_read_timeout(Some(left.ok_or_else(too_late)?))?;
        connection.set_write_timeout(left)?;
        Ok(command.query(connection)?)
    }
}

/// The library for TLS panics where the program has compiled several implementations of cryptography and has chosen none.
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails only if somebody else has chosen in the meantime, which is as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}

/// Whether a server that says this of itself can be a store.
fn fit(info: &str) -> Result<(), RedisError> {
    let field = |name: &str| {
        info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':')).map(str::to_owned)
    };
    let major = field("redis_version").and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let refusal = match (major, field("maxmemory_policy")) {
        (None, _) | (_, None) => RedisRefusal::NotRedis,
        (Some(..6), _) => RedisRefusal::TooOld,
        (_, Some(policy)) if policy != "noeviction" => RedisRefusal::Evicts { policy },
        _ if field("cluster_enabled").is_some_and(|enabled| enabled != "0") => RedisRefusal::Cluster,
        _ if field("redis_mode").is_some_and(|mode| mode == "cluster") => RedisRefusal::Cluster,
        _ if field("role").is_some_and(|role| role == "slave") => RedisRefusal::Replica,
        _ => return Ok(()),
    };
    Err(refusal.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_forget_or_are_several_are_refused() {
        let info = |policy: &str, cluster: &str, version: &str, role: &str| {
            format!(
                "# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n# Memory\r\n\
                 maxmemory_policy:{policy}\r\nrole:{role}\r\n# Cluster\r\ncluster_enabled:{cluster}\r\n"
            )
        };
        let refused = |info: &str| fit(info).err().map(|error| error.to_string());
        assert_eq!(refused(&info("noeviction", "0", "7.0.15", "master")), None);
        for (info, word) in [
            (info("allkeys-lru", "0", "7.0.15", "master"), "allkeys-lru"),
            (info("volatile-ttl", "0", "7.0.15", "master"), "volatile-ttl"),
            (info("noeviction", "1", "7.0.15", "master"), "cluster"),
            (info("noeviction", "0", "5.0.14", "master"), "Redis 6"),
            (info("noeviction", "0", "7.0.15", "slave"), "replica"),
            (String::new(), "does not say"),
        ] {
            let refused = refused(&info).unwrap_or_default();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
