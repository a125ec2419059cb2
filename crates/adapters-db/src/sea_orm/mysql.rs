//! What is particular about MySQL and MariaDB: connections to a server, whose defaults read from old snapshots.

use sea_orm::{
    DbErr, SqlxMySqlConnector,
    sqlx::{
        self, ConnectOptions as _,
        mysql::{MySqlConnectOptions, MySqlPoolOptions},
    },
};

use super::{ConnectError, ConnectOptions, SeaOrmStore, pools::tested_when_idle, unit_of_work::Writes};

/// Opens a pool for reads and one for units of work, so that neither starves the other.
pub(super) async fn open(url: &str, options: ConnectOptions) -> Result<SeaOrmStore, ConnectError> {
    let (server, place) = server(url).ok_or(ConnectError::NotAServer("mysql"))?;
    let session = session(options);
    let pool = async |pool: MySqlPoolOptions| {
        let session = session.clone();
        let pool = pool
            .acquire_timeout(options.patience)
            .after_connect(move |connection, _| {
                let session = sqlx::AssertSqlSafe(session.clone());
                Box::pin(async move { sqlx::raw_sql(session).execute(connection).await.map(drop) })
            })
            .connect_with(server.clone())
            .await;
        pool.map_err(|error| ConnectError::Database { place: place.clone(), source: refused(error) })
    };
    let reads = tested_when_idle(MySqlPoolOptions::new().max_connections(options.readers.max(1)));
    // Whatever its last user left open is not this one's.
    let writes =
        MySqlPoolOptions::new().max_connections(options.writers.max(1)).test_before_acquire(false).before_acquire(
            |connection, _| Box::pin(async move { sqlx::raw_sql("ROLLBACK").execute(connection).await.map(|_| true) }),
        );
    let connection = SqlxMySqlConnector::from_sqlx_mysql_pool;
    let (reads, writes) = (connection(pool(reads).await?), connection(pool(writes).await?));
    Ok(SeaOrmStore::new(reads, Writes::Apart(writes), options))
}

/// How to connect, and what may be told of where.
fn server(url: &str) -> Option<(MySqlConnectOptions, String)> {
    let server: MySqlConnectOptions = url.parse().ok()?;
    let place = format!("{}:{}/{}", server.get_host(), server.get_port(), server.get_database()?);
    // Statements are not logged: their values are secrets, and their text says nothing.
    Some((server.charset("utf8mb4").disable_statement_logging(), place))
}

/// What each connection begins with.
fn session(options: ConnectOptions) -> String {
    // A wait for a lock is counted in whole seconds, and zero would be no limit for a statement.
    let seconds = options.lock_timeout.as_millis().div_ceil(1000).max(1);
    let milliseconds = options.statement_timeout.as_millis().max(1);
    // Each statement sees what was committed before it; the default is what the transaction's first read saw.
    // The comments are read by MariaDB alone and by MySQL alone (https://mariadb.com/kb/en/comment-syntax/).
    format!(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET SESSION innodb_lock_wait_timeout = {seconds} \
         /*M!100101 , max_statement_time = {milliseconds} / 1000 */ /*!50708 , max_execution_time = {milliseconds} */"
    )
}

fn refused(error: sqlx::Error) -> DbErr {
    DbErr::Conn(sea_orm::RuntimeErr::SqlxError(std::sync::Arc::new(error)))
}
