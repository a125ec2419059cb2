//! What is particular about SQLite: one file, one writer at a time, any number of readers beside it.

#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions as SeaOrmOptions, Database, DatabaseConnection, DbErr, RuntimeErr, SqlxError,
    sqlx::{
        Connection as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use tokio::time::Instant;

use super::{ConnectError, ConnectOptions, SeaOrmStore, unit_of_work::Writes, writer::Writer};

/// How long to wait before trying a busy file again.
const RETRY: Duration = Duration::from_millis(1);
/// How long SQLite waits for a turn to write before it is asked anew. It looks more and more seldom, in the end every 100 ms,
/// and would never meet the moments between the transactions of a process that writes all the time.
const ASK_ANEW: Duration = Duration::from_millis(10);

/// Opens the file: a pool of readers, and a writer that all units of work take turns on.
pub(super) async fn open(url: &str, options: ConnectOptions) -> Result<SeaOrmStore, ConnectError> {
    let path = path_of(url)?;
    create(&path)?;
    let pool = async |writes| {
        let pool = connect(url, &path, options, writes).await;
        pool.map_err(|source| ConnectError::Database { place: path.display().to_string(), source })
    };
    let writes = Writes::Together(Writer::new(pool(true).await?, options.patience));
    Ok(SeaOrmStore::new(pool(false).await?, writes, options))
}

fn path_of(url: &str) -> Result<PathBuf, ConnectError> {
    let options = url.parse::<SqliteConnectOptions>().map_err(|_| ConnectError::NotAPath)?;
    let path = options.get_filename();
    // A query could ask for a database in memory, or for one that is never written.
    if path.is_absolute() && !url.contains('?') { Ok(path.to_owned()) } else { Err(ConnectError::NotAPath) }
}

/// Makes the file and its directory, readable for their owner only. SQLite gives its other files the same mode.
fn create(path: &Path) -> Result<(), ConnectError> {
    let failed = |source: io::Error| ConnectError::File { path: path.to_owned(), source };
    let (mut directory, mut file) = (fs::DirBuilder::new(), fs::OpenOptions::new());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        directory.recursive(true).create(parent).map_err(failed)?;
    }
    file.create(true).append(true).open(path).map(drop).map_err(failed)
}

async fn connect(url: &str, path: &Path, options: ConnectOptions, writes: bool) -> Result<DatabaseConnection, DbErr> {
    let mut pool = SeaOrmOptions::new(url);
    pool.max_connections(if writes { 1 } else { options.readers.max(1) })
        .min_connections(1)
        .acquire_timeout(options.patience)
        .idle_timeout(None)
        .max_lifetime(None)
        // Each test is a way to the connection's thread and back, and there is no server that could have gone.
        .test_before_acquire(false)
        // Statements are not logged: their values are secrets, and their text says nothing.
        .sqlx_logging(false)
        // One whose transaction SQLite broke off by itself, as it does when the disk is full, takes itself to be in it ever
        // after (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
        .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }));
    let file = path.to_owned();
    pool.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            // Acknowledged is durable, even when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(if writes { ASK_ANEW } else { options.patience })
            .pragma("query_only", if writes { "OFF" } else { "ON" })
    });
    // SQLite waits for other programs' reads and writes, but not always while another opens the file first or closes it
    // last (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
    while_busy(options.patience, || Database::connect(pool.clone())).await
}

/// Tries again for so long while the file is busy.
pub(super) async fn while_busy<T, F: Future<Output = Result<T, DbErr>>>(
    patience: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, DbErr> {
    let patient_until = Instant::now() + patience;
    loop {
        match attempt().await {
            Err(error) if is_busy(&error) && Instant::now() < patient_until => tokio::time::sleep(RETRY).await,
            done => return done,
        }
    }
}

fn is_busy(error: &DbErr) -> bool {
    // The low byte of an extended code is the primary one; 5 is SQLITE_BUSY.
    let is_busy_code = |code: &str| code.parse::<u32>().is_ok_and(|code| code & 0xff == 5);
    if let DbErr::Conn(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) = error
        && let SqlxError::Database(error) = error.as_ref()
    {
        error.code().is_some_and(|code| is_busy_code(&code))
    } else {
        false
    }
}
