//! Connections: when they are tested, and how busy they are.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Duration;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use sea_orm::sqlx::{Connection, Database, pool::PoolOptions};
use sea_orm::{DatabaseConnection, DbBackend};

use super::SeaOrmStore;

/// Connections of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// What for: `reads` or `writes`.
    pub of: &'static str,
    /// Those that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
}

/// Has a connection to a server tested before it is used if nobody has used it lately. One that was given back a moment ago was
/// tested then, and to ask the server first would take as long as the statement itself.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn tested_when_idle<DB: Database>(pool: PoolOptions<DB>) -> PoolOptions<DB> {
    const LATELY: Duration = Duration::from_secs(1);
    pool.test_before_acquire(false).before_acquire(|connection, use_made| {
        Box::pin(
            async move { if use_made.idle_for < LATELY { Ok(true) } else { connection.ping().await.map(|()| true) } },
        )
    })
}

impl SeaOrmStore {
    /// How busy the connections are now.
    pub fn pools(&self) -> [PoolUse; 2] {
        [pool("reads", &self.reads), pool("writes", self.writes.connection())]
    }
}

fn pool(of: &'static str, connection: &DatabaseConnection) -> PoolUse {
    let (open, idle) = match connection.get_database_backend() {
        #[cfg(feature = "sqlite")]
        DbBackend::Sqlite => {
            let pool = connection.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        }
        #[cfg(feature = "postgres")]
        DbBackend::Postgres => {
            let pool = connection.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        }
        #[cfg(feature = "mysql")]
        DbBackend::MySql => {
            let pool = connection.get_mysql_connection_pool();
            (pool.size(), pool.num_idle())
        }
        // No other is ever connected to.
        _ => (0, 0),
    };
    PoolUse { of, open: usize::try_from(open).unwrap_or_default(), idle }
}
