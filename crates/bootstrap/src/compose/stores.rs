//! The store behind all storage ports.

use std::sync::Arc;

use anyhow::{Context, Result};
use vestibule_adapters_crypto::RandomIds;
use vestibule_adapters_db::{ConnectOptions, MemoryStore, SeaOrmStore};
use vestibule_adapters_redb::RedbStore;
use vestibule_adapters_redis::{Durability, RedisStore};
use vestibule_application::ports::Stores;

use crate::settings::{Invalid, Settings, Storage, StoreUrl};

/// The storage ports, and the connections to be closed when nothing uses them any more.
pub(crate) struct OpenStores {
    pub(super) ports: Stores,
    database: Option<SeaOrmStore>,
    /// What can be lost of sessions, if they are in a store of their own.
    pub(super) durability: Option<Durability>,
}

impl OpenStores {
    /// A store that forgets everything when it is dropped.
    pub(super) fn in_memory() -> Self {
        Self { ports: Stores::of(&Arc::new(MemoryStore::new())), database: None, durability: None }
    }

    /// The store that the settings name, its tables up to date.
    pub(super) async fn open(settings: &Settings) -> Result<Self> {
        if settings.storage.url.is_memory() {
            return Ok(Self::in_memory());
        }
        let opened = if let Some(file) = settings.storage.url.redb_file() {
            let ports = Stores::of(&Arc::new(RedbStore::open(file).await?));
            Self { ports, database: None, durability: None }
        } else {
            let database = connect(settings).await?;
            migrate(&database, settings).await?;
            let ports = Stores::of(&Arc::new(database.clone()));
            Self { ports, database: Some(database), durability: None }
        };
        match &settings.storage.sessions_url {
            Some(url) => opened.with_sessions_in(url, &settings.storage).await,
            None => Ok(opened),
        }
    }

    async fn with_sessions_in(self, url: &StoreUrl, storage: &Storage) -> Result<Self> {
        let connected = RedisStore::connect(url.expose(), storage.patience, self.ports, Arc::new(RandomIds)).await;
        let store = connected.with_context(|| {
            let place = url.masked();
            format!("cannot keep sessions in {place}: mend that, or take storage.sessions_url out of the configuration")
        })?;
        Ok(Self { ports: store.stores(), durability: Some(store.durability()), ..self })
    }

    /// Closes its connections, once what is under way is done.
    pub(crate) async fn close(self) -> Result<()> {
        match self.database {
            Some(database) => database.close().await.context("cannot close the store in good order"),
            None => Ok(()),
        }
    }
}

/// Whether this build has the stores that the settings name.
pub(super) fn check(settings: &Settings) -> Result<(), Invalid> {
    let storage = &settings.storage;
    if let Some(url) = &storage.sessions_url {
        let wrong = if !matches!(url.scheme(), "redis" | "rediss") {
            Some("sessions can be kept apart from the rest only in redis://... or rediss://...; remove the setting")
        } else if storage.url.is_memory() {
            Some("sessions outlive a store in memory, and then nothing tells which of them ended: set storage.url too")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(Invalid::because("storage.sessions_url", wrong));
        }
    }
    if !matches!(storage.url.scheme(), "sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb" | "redb" | "memory") {
        let missing = "only sqlite:///absolute/path/file.db, postgres://..., mysql://..., redb:///absolute/path/file.redb \
                       and memory: are available in this build";
        return Err(Invalid::because("storage.url", missing));
    }
    Ok(())
}

/// The database that the settings name, its tables as they are found.
pub(super) async fn connect(settings: &Settings) -> Result<SeaOrmStore> {
    let url = &settings.storage.url;
    let database = SeaOrmStore::connect(url.expose(), options(&settings.storage)).await;
    database.with_context(|| {
        let place = url.masked();
        let see = match url.scheme() {
            "sqlite" => "its directory can be written to",
            _ => "the server runs, knows the database and lets this user in",
        };
        format!("cannot open the store {place}: see that {see}, or set storage.url to another")
    })
}

/// How to connect to a database.
pub(super) fn options(storage: &Storage) -> ConnectOptions {
    let Storage { readers, writers, patience, statement_timeout, lock_timeout, .. } = *storage;
    ConnectOptions { readers, writers, patience, statement_timeout, lock_timeout }
}

/// Brings the tables up to date, and says which migrations that took.
pub(super) async fn migrate(database: &SeaOrmStore, settings: &Settings) -> Result<Vec<String>> {
    let place = settings.storage.url.masked();
    let pending = database.pending_migrations().await.with_context(|| {
        format!("cannot read the tables of {place}: they may come from a newer version of this program")
    })?;
    if !pending.is_empty() {
        database.migrate().await.with_context(|| format!("cannot bring the tables of {place} up to date"))?;
        tracing::info!(migrations = pending.join(", "), "brought the tables of {place} up to date");
    }
    Ok(pending)
}
