//! The connection: to one server, or to all masters of a cluster.

use std::time::Duration;

use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, RedisFuture, ScriptInvocation,
    ServerErrorKind, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
};
use thiserror::Error;
use url::Url;
use vestibule_application::ports::StoreError;

use crate::server::{self, Unfit};

/// Why sessions cannot be kept in a Redis. Names the server by host and port, never by its URL, which may have a password
/// in it.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// It is not the URL of a Redis.
    #[error("the URL of a Redis is as in redis://user:password@host:6379/0?prefix=vestibule")]
    NotAUrl,
    /// It does not answer, or refuses.
    #[error("cannot reach the Redis at {place}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// Why.
        source: RedisError,
    },
    /// It answers, but would lose sessions.
    #[error("the Redis at {place} {unfit}")]
    Unfit {
        /// Host and port.
        place: String,
        /// What is wrong with it, and what to do.
        unfit: Unfit,
    },
}

/// Where a Redis is, and under which prefix the keys of this installation are.
pub(crate) struct Address {
    pub(crate) url: Url,
    pub(crate) prefix: String,
    pub(crate) place: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        const PREFIX: &str = "vestibule";
        let mut url = Url::parse(url).map_err(|_| ConnectError::NotAUrl)?;
        let host = url.host_str().ok_or(ConnectError::NotAUrl)?;
        let place = format!("{host}:{}", url.port().unwrap_or(6379));
        let (own, others): (Vec<_>, Vec<_>) = url.query_pairs().into_owned().partition(|(name, _)| name == "prefix");
        let prefix = own.into_iter().next().map_or_else(|| PREFIX.to_owned(), |(_, prefix)| prefix);
        let is_word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
        };
        if !is_word(&prefix) || url.clone().into_connection_info().is_err() {
            return Err(ConnectError::NotAUrl);
        }
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        Ok(Self { url, prefix, place })
    }
}

/// Speaks to Redis. Clones share what is below.
#[derive(Clone)]
pub(crate) enum Connection {
    One(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Connection {
    /// How often a call is made when the connection breaks under it. Every call may be made twice.
    const TRIES: u8 = 3;

    /// Connects to the server, or to the cluster it is part of, unless that would lose sessions.
    pub(crate) async fn open(
        address: &Address,
        patience: Duration,
    ) -> Result<(Self, server::Durability), ConnectError> {
        let unreachable = |source| ConnectError::Unreachable { place: address.place.clone(), source };
        let client = Client::open(address.url.as_str()).map_err(unreachable)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience))
            .set_number_of_retries(2);
        let manager = ConnectionManager::new_with_config(client, config).await.map_err(unreachable)?;
        let one = Self::One(manager);
        let described = server::describe(&one).await.map_err(unreachable)?;
        let unfit = |unfit| ConnectError::Unfit { place: address.place.clone(), unfit };
        let mut durability = described.durability().map_err(unfit)?;
        if !described.is_cluster() {
            return Ok((one, durability));
        }
        let cluster = ClusterClientBuilder::new([address.url.as_str()])
            .connection_timeout(patience)
            .response_timeout(patience)
            .build()
            .map_err(unreachable)?;
        let cluster = Self::Cluster(cluster.get_async_connection().await.map_err(unreachable)?);
        for master in server::describe_all(&cluster).await.map_err(unreachable)? {
            durability = durability.and(master.durability().map_err(unfit)?);
        }
        Ok((cluster, durability))
    }

    /// Calls a script, which is loaded where it is missing.
    pub(crate) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match script.invoke_async(&mut self.clone()).await {
                Err(error) if tries < Self::TRIES && is_passing(&error) => {}
                done => return done.map_err(unavailable),
            }
        }
    }

    /// Calls a command.
    pub(crate) async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.try_call(command).await.map_err(unavailable)
    }

    /// Calls a command whose refusal means something.
    pub(crate) async fn try_call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match command.query_async(&mut self.clone()).await {
                Err(error) if tries < Self::TRIES && is_passing(&error) => {}
                done => return done,
            }
        }
    }
}

/// Whether the server knows no such script. In a cluster the answer may come from a master that was just started.
pub(crate) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Whether the same call may succeed on another connection. Another master may not know a script that one has loaded.
fn is_passing(error: &RedisError) -> bool {
    error.is_connection_dropped() && !error.is_timeout()
}

/// What a reply says may be about values, so its text is left out.
pub(crate) fn unavailable(error: RedisError) -> StoreError {
    StoreError::Unavailable(error.into())
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(one) => one.req_packed_command(command),
            Self::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(one) => one.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(one) => one.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}
