//! Opening a store, preparing its tables, closing it.

use std::{io, path::PathBuf, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;
use thiserror::Error;
use vestibule_application::ports::StoreError;

use super::{SeaOrmStore, error::unavailable};
use crate::migrations::Migrations;

/// What may be tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The most reads at a time.
    pub readers: u32,
    /// The most units of work at a time. SQLite writes those that wait in one transaction, whatever this says.
    pub writers: u32,
    /// How long a read or write waits for its turn, in this process or for another, before the store counts as
    /// unavailable. What requests read all the time is waited for no longer than that in all.
    pub patience: Duration,
    /// How long a server may work on one statement, and how long it waits for a unit of work to go on. SQLite has no
    /// such limit.
    pub statement_timeout: Duration,
    /// How long a statement waits for what another unit of work holds. Whole seconds on MySQL and MariaDB, rounded up;
    /// on SQLite a unit of work holds everything, and the wait is for its turn.
    pub lock_timeout: Duration,
}

impl Default for ConnectOptions {
    /// 4 readers, 4 writers, 5 seconds, 10 for a statement.
    fn default() -> Self {
        let patience = Duration::from_secs(5);
        Self { readers: 4, writers: 4, patience, statement_timeout: 2 * patience, lock_timeout: patience }
    }
}

/// Why a store cannot be opened. Names a database by its place, never by its URL, which may have a password in it.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// There is no scheme, as in `scheme:...`.
    #[error("a storage URL begins with the kind of storage, as in sqlite:///var/lib/vestibule/vestibule.db")]
    NotAUrl,
    /// The scheme, which it carries, is none that this build knows.
    #[error("storage of the kind `{0}` is not supported")]
    UnknownScheme(String),
    /// An SQLite URL has anything but an absolute path.
    #[error("an SQLite URL is sqlite:// and an absolute path, as in sqlite:///var/lib/vestibule/vestibule.db")]
    NotAPath,
    /// The URL of a server cannot be read, or names no database.
    #[error("the URL of a database server is as in {0}://user:password@host/database")]
    NotAServer(&'static str),
    /// The file or its directory cannot be made.
    #[error("cannot create {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database refuses.
    #[error("cannot open the database at {place}")]
    Database {
        /// The path, or host and database name.
        place: String,
        /// Why.
        source: DbErr,
    },
}

impl SeaOrmStore {
    /// Opens the store that a URL names: `sqlite:///absolute/path.db`, which makes the file, and its directory, if there
    /// is none; `postgres://user:password@host/database`, or `mysql://` likewise for MySQL 8 and MariaDB. The tables are [`SeaOrmStore::migrate`]'s.
    pub async fn connect(url: &str, options: ConnectOptions) -> Result<Self, ConnectError> {
        let (scheme, _) = url.split_once(':').ok_or(ConnectError::NotAUrl)?;
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => super::sqlite::open(url, options).await,
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => super::postgres::open(url, options).await,
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => super::mysql::open(url, options).await,
            unknown => Err(ConnectError::UnknownScheme(unknown.to_owned())),
        }
    }

    /// Brings the tables up to date. Several processes may do so at once: all but the first wait, and find it done.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.write(|tx| Box::pin(migrate(tx))).await
    }

    /// The migrations that [`SeaOrmStore::migrate`] would apply, by name. Writes nothing. Fails when the tables are
    /// newer than this program.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = Migrations::get_pending_migrations_read_only(&self.reads).await.map_err(unavailable)?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Waits for what is under way, then closes every connection; clones are closed too. A unit of work whose turn has not
    /// come by then is not written, and its caller is told so.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.reads.close_by_ref().await.map_err(unavailable)?;
        self.writes.connection().close_by_ref().await.map_err(unavailable)
    }
}

/// The lock of PostgreSQL, as long as the transaction. Whoever waits for a migration waits as long as it takes.
const LOCK_POSTGRES: &str =
    "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(1986359924)";
/// The lock of MySQL and MariaDB: of the connection, because they make tables in no transaction, and for one database. MariaDB
/// alone limits statements that alter tables, too.
const LOCK_MYSQL: &str = "SET @migrating = 1 /*M!100101 , @limit = @@SESSION.max_statement_time, SESSION max_statement_time = 0 */; \
                          DO GET_LOCK(CONCAT('vestibule.', MD5(DATABASE())), 3600)";
const UNLOCK_MYSQL: &str = "DO RELEASE_LOCK(CONCAT('vestibule.', MD5(DATABASE()))); \
                            SET @migrating = 0 /*M!100101 , SESSION max_statement_time = @limit */";

/// One at a time: on SQLite because the transaction begins as a write, elsewhere because of a lock.
async fn migrate(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        tx.execute_unprepared(LOCK_POSTGRES).await.map_err(unavailable)?;
    }
    if backend != DbBackend::MySql {
        return Migrations::up(tx, None).await.map_err(unavailable);
    }
    tx.execute_unprepared(LOCK_MYSQL).await.map_err(unavailable)?;
    let done = Migrations::up(tx, None).await.map_err(unavailable);
    tx.execute_unprepared(UNLOCK_MYSQL).await.map_err(unavailable)?;
    done
}
