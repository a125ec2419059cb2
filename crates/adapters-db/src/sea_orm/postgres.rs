//! What is particular about PostgreSQL: connections to a server, which may be left in any state.

use std::time::Duration;

use sea_orm::{
    DbErr, SqlxPostgresConnector,
    sqlx::{
        self, ConnectOptions as _,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};

use super::{ConnectError, ConnectOptions, SeaOrmStore, pools::tested_when_idle, unit_of_work::Writes};

/// Opens a pool for reads and one for units of work, so that neither starves the other.
pub(super) async fn open(url: &str, options: ConnectOptions) -> Result<SeaOrmStore, ConnectError> {
    let (server, place) = server(url, options).ok_or(ConnectError::NotAServer("postgres"))?;
    let pool = async |pool: PgPoolOptions| {
        let pool = pool.acquire_timeout(options.patience).connect_with(server.clone()).await;
        pool.map_err(|error| ConnectError::Database { place: place.clone(), source: refused(error) })
    };
    let reads = tested_when_idle(PgPoolOptions::new().max_connections(options.readers.max(1)));
    // A transaction whose future is dropped while it begins stays open, and the next user of the connection would write
    // within it (https://github.com/launchbadge/sqlx, #4393). Beginning one first keeps the server from warning that
    // there is none to roll back; an error closes the connection.
    let writes = PgPoolOptions::new()
        .max_connections(options.writers.max(1))
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move { sqlx::raw_sql("BEGIN; ROLLBACK").execute(connection).await.map(|_| true) })
        });
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool;
    let (reads, writes) = (connection(pool(reads).await?), connection(pool(writes).await?));
    Ok(SeaOrmStore::new(reads, Writes::Apart(writes), options))
}

/// How to connect, and what may be told of where.
fn server(url: &str, options: ConnectOptions) -> Option<(PgConnectOptions, String)> {
    let server: PgConnectOptions = url.parse().ok()?;
    let place = format!("{}:{}/{}", server.get_host(), server.get_port(), server.get_database()?);
    // Zero would be no limit.
    let milliseconds = |limit: Duration| limit.as_millis().max(1).to_string();
    let server = server
        .application_name("vestibule")
        .options([
            ("lock_timeout", milliseconds(options.lock_timeout)),
            ("statement_timeout", milliseconds(options.statement_timeout)),
            // A unit of work whose process is stopped must not keep its locks.
            ("idle_in_transaction_session_timeout", milliseconds(options.statement_timeout)),
            // Each statement sees what was committed before it, whatever the server's default.
            ("default_transaction_isolation", "read committed".to_owned()),
        ])
        // Statements are not logged: their values are secrets, and their text says nothing.
        .disable_statement_logging();
    Some((server, place))
}

fn refused(error: sqlx::Error) -> DbErr {
    DbErr::Conn(sea_orm::RuntimeErr::SqlxError(std::sync::Arc::new(error)))
}
