//! axum-login with tower-sessions on SQLite, put together as its own example for SQLite does.
//!
//! `peer-axum-login PORT SESSIONS FILE DATABASE`, see `../README.md`.

mod seed;

use std::{env, error::Error, net::Ipv4Addr, time::Duration};

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId};
use serde::{Deserialize, Serialize};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sessions::{ExpiredDeletion, Expiry, SessionManagerLayer};
use tower_sessions_sqlx_store::SqliteStore;

/// How long a session lives without use: what the example has.
const IDLE: time::Duration = time::Duration::days(1);

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type AuthSession = axum_login::AuthSession<Backend>;

#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
struct User {
    id: i64,
    username: String,
    #[serde(skip)]
    password: String,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.password.as_bytes()
    }
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Clone, Debug)]
struct Backend(SqlitePool);

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = sqlx::Error;

    async fn authenticate(&self, given: Credentials) -> std::result::Result<Option<User>, sqlx::Error> {
        let user: Option<User> = sqlx::query_as("select * from users where username = ?")
            .bind(&given.username)
            .fetch_optional(&self.0)
            .await?;
        let matching = spawn_blocking(move || {
            user.filter(|user| password_auth::verify_password(given.password, &user.password).is_ok())
        });
        matching.await.map_err(|gone| sqlx::Error::Io(gone.into()))
    }

    async fn get_user(&self, id: &UserId<Self>) -> std::result::Result<Option<User>, sqlx::Error> {
        sqlx::query_as("select * from users where id = ?").bind(id).fetch_optional(&self.0).await
    }
}

async fn me(session: AuthSession) -> std::result::Result<Json<User>, StatusCode> {
    session.user.map(Json).ok_or(StatusCode::UNAUTHORIZED)
}

async fn login(
    mut session: AuthSession,
    Json(given): Json<Credentials>,
) -> std::result::Result<Json<User>, StatusCode> {
    let user = session.authenticate(given).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    session.login(&user).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(user))
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, sessions, file, database] = arguments.as_slice() else {
        return Err("usage: peer-axum-login PORT SESSIONS FILE DATABASE".into());
    };
    let options =
        SqliteConnectOptions::new().filename(database).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    seed::seed(options.clone(), sessions.parse()?, file).await?;

    let pool = SqlitePool::connect_with(options).await?;
    let store = SqliteStore::new(pool.clone());
    tokio::spawn(store.clone().continuously_delete_expired(Duration::from_secs(60)));
    let sessions = SessionManagerLayer::new(store).with_secure(false).with_expiry(Expiry::OnInactivity(IDLE));
    let app = Router::new()
        .route("/me", get(me))
        .route("/login", post(login))
        .layer(AuthManagerLayerBuilder::new(Backend(pool), sessions).build());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    println!("READY");
    Ok(axum::serve(listener, app).await?)
}
