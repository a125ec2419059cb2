//! Users and live sessions, written through the peer's own store in one transaction.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
};

use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};
use tower_sessions_sqlx_store::SqliteStore;

use crate::{IDLE, Result};

const PASSWORD: &str = "correct horse battery staple";
const SESSIONS_PER_USER: usize = 10;
const LOGINS: usize = 1_000;

/// Writes `sessions` sessions, and to `file` and `file.logins` the requests that use them.
pub(crate) async fn seed(options: SqliteConnectOptions, sessions: usize, file: &str) -> Result<()> {
    // One connection, so that the store's statements fall into the transaction begun here.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    sqlx::query("create table users (id integer primary key, username text not null unique, password text not null)")
        .execute(&pool)
        .await?;
    sqlx::query("begin").execute(&pool).await?;

    // The same for all: hashing one for each would take minutes.
    let hash = password_auth::generate_hash(PASSWORD);
    let users = sessions.div_ceil(SESSIONS_PER_USER);
    let mut logins = BufWriter::new(File::create(format!("{file}.logins"))?);
    for user in 1..=users {
        let username = format!("user{user}");
        sqlx::query("insert into users values (?, ?, ?)")
            .bind(i64::try_from(user)?)
            .bind(&username)
            .bind(&hash)
            .execute(&pool)
            .await?;
        if user <= LOGINS {
            let body = json!({ "username": username, "password": PASSWORD });
            writeln!(logins, "POST /login\tContent-Type: application/json\t{body}")?;
        }
    }
    logins.flush()?;

    let mut requests = BufWriter::new(File::create(file)?);
    for session in 0..sessions {
        let data = json!({ "user_id": session % users + 1, "auth_hash": hash.as_bytes() });
        let record = Record {
            id: Id::default(),
            data: HashMap::from([("axum-login.data".to_owned(), data)]),
            expiry_date: OffsetDateTime::now_utc() + IDLE,
        };
        store.save(&record).await?;
        writeln!(requests, "GET /me\tCookie: id={}", record.id)?;
    }
    requests.flush()?;
    sqlx::query("commit").execute(&pool).await?;
    pool.close().await;
    Ok(())
}
