//! How busy the connections are.

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
