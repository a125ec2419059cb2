//! What kind of server it is: whether it may be trusted with sessions, and what it can lose.

use std::{collections::HashMap, fmt};

use redis::{
    RedisError,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo},
};
use thiserror::Error;

use crate::connection::Connection;

/// Why a server cannot keep sessions.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unfit {
    /// It throws keys away when its memory is full.
    #[error(
        "may throw sessions away when its memory is full (maxmemory-policy {0}): set it with `CONFIG SET \
         maxmemory-policy noeviction`, and in its configuration, or use another server"
    )]
    Evicts(String),
    /// It is a copy of another server.
    #[error("is a replica, which takes no writes: name its master")]
    Replica,
}

/// What may be lost of what Redis was told: that a session began, or was used. Never that one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// It keeps a log of all writes. How much of it a crash costs is for its `appendfsync` to say: a second, as shipped.
    Log,
    /// It keeps none. A crash costs what came since it last wrote all it has to disk; everything, if it never does.
    Snapshots,
}

impl Durability {
    /// That of two servers together.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Log => {
                "a crash or fail-over of Redis can lose the last logins (a second's, unless appendfsync is set)"
            }
            Self::Snapshots => {
                "a crash of Redis loses the logins since its last snapshot, or all of them if it makes none; \
                 `CONFIG SET appendonly yes` makes that a second"
            }
        })
    }
}

/// What a server says of itself.
pub(crate) struct Description(HashMap<String, String>);

impl Description {
    fn parse(info: &str) -> Self {
        let pairs = info.lines().filter_map(|line| line.split_once(':'));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }

    fn says(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|found| found == value)
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.says("cluster_enabled", "1")
    }

    /// What it can lose; fails if it would lose sessions in regular operation.
    pub(crate) fn durability(&self) -> Result<Durability, Unfit> {
        if self.says("role", "slave") {
            return Err(Unfit::Replica);
        }
        let policy = self.0.get("maxmemory_policy").map_or("unknown", String::as_str);
        if policy != "noeviction" {
            return Err(Unfit::Evicts(policy.to_owned()));
        }
        Ok(if self.says("aof_enabled", "1") { Durability::Log } else { Durability::Snapshots })
    }
}

pub(crate) async fn describe(connection: &Connection) -> Result<Description, RedisError> {
    let info: String = redis::cmd("INFO").arg("everything").query_async(&mut connection.clone()).await?;
    Ok(Description::parse(&info))
}

/// Every master of a cluster.
pub(crate) async fn describe_all(cluster: &Connection) -> Result<Vec<Description>, RedisError> {
    let Connection::Cluster(cluster) = cluster else { return Ok(Vec::new()) };
    let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None::<ResponsePolicy>));
    let mut command = redis::cmd("INFO");
    command.arg("everything");
    let told = cluster.clone().route_command(command, masters).await?;
    let told: HashMap<String, String> = redis::from_redis_value(told)?;
    Ok(told.values().map(|info| Description::parse(info)).collect())
}
