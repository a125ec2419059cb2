//! A server to test on, and a fresh database on it.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};

/// The environment variable with the URL of a PostgreSQL database whose user may make others.
pub(crate) const POSTGRES: &str = "VESTIBULE_TEST_POSTGRES_URL";
/// The same for MySQL or MariaDB.
pub(crate) const MYSQL: &str = "VESTIBULE_TEST_MYSQL_URL";

/// A database of its own, gone when this is: hundreds of them would fill a small disk.
pub(crate) struct Place {
    pub(crate) url: String,
    server: String,
    name: String,
}

impl Place {
    /// A fresh one on the server that the variable names, if it names one.
    #[expect(clippy::print_stderr, clippy::panic, reason = "a test tells why it did nothing, or cannot")]
    pub(crate) async fn on(variable: &str) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = env::var(variable) else {
            assert!(env::var_os("CI").is_none(), "{variable} is not set: run these tests by `cargo xtask test`");
            eprintln!("skipped: {variable} is not set; `cargo xtask test` sets it");
            return None;
        };
        let name = format!("vestibule_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let server_connection = Database::connect(&server).await.unwrap();
        server_connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        server_connection.close().await.unwrap();
        let Some((address, _)) = server.rsplit_once('/') else { panic!("{variable} names no database") };
        Some(Self { url: format!("{address}/{name}"), server, name })
    }

    pub(crate) async fn connect(&self) -> SeaOrmStore {
        SeaOrmStore::connect(&self.url, ConnectOptions::default()).await.unwrap()
    }

    pub(crate) async fn migrated(&self) -> SeaOrmStore {
        let store = self.connect().await;
        store.migrate().await.unwrap();
        store
    }

    /// The database as another program sees it.
    pub(crate) async fn foreign(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.unwrap()
    }
}

impl Drop for Place {
    /// On a thread of its own, because this one may be busy with a runtime. Where a test has failed the database stays, to
    /// be looked at.
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let force = if self.server.starts_with("postgres") { " WITH (FORCE)" } else { "" };
        let (server, statement) = (self.server.clone(), format!("DROP DATABASE {}{force}", self.name));
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connection = Database::connect(&server).await.unwrap();
                connection.execute_unprepared(&statement).await.unwrap();
                connection.close().await.unwrap();
            });
        });
        dropping.join().unwrap();
    }
}
