//! SQLite, PostgreSQL and MySQL: connecting, and the tables.

use anyhow::{Context, Result, ensure};
use tokio::task::spawn_blocking;
use vestibule_adapters_cache::room;
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};

use super::Company;
use crate::settings::{Settings, Storage};

/// The database that the settings name, its tables as they are found, and who may have it open besides.
pub(in crate::compose) async fn connect(settings: &Settings) -> Result<(SeaOrmStore, Company)> {
    let url = &settings.storage.url;
    let database = SeaOrmStore::connect(url.expose(), options(&settings.storage)).await;
    let database = database.with_context(|| {
        let place = url.masked();
        let see = match url.scheme() {
            "sqlite" => "its directory can be written to",
            _ => "the server runs, knows the database and lets this user in",
        };
        format!("cannot open the store {place}: see that {see}, or set storage.url to another")
    })?;
    let Some(file) = url.file() else { return Ok((database, Company::Anybody)) };
    // Whoever is alone with the file answers from memory, and has to know before anything is written.
    let entered = spawn_blocking(move || room::enter(&file.canonicalize()?)).await?;
    Ok((database, Company::Guests(entered.with_context(|| format!("cannot lock the store {}", url.masked()))?)))
}

/// How to connect to a database.
pub(in crate::compose) fn options(storage: &Storage) -> ConnectOptions {
    let Storage { readers, writers, patience, statement_timeout, lock_timeout, .. } = *storage;
    ConnectOptions { readers, writers, patience, statement_timeout, lock_timeout }
}

/// Brings the tables up to date, and says which migrations that took.
pub(in crate::compose) async fn migrate(database: &SeaOrmStore, settings: &Settings) -> Result<Vec<String>> {
    let place = settings.storage.url.masked();
    let pending = pending(database, settings).await?;
    if !pending.is_empty() {
        database.migrate().await.with_context(|| format!("cannot bring the tables of {place} up to date"))?;
        tracing::info!(migrations = pending.join(", "), "brought the tables of {place} up to date");
    }
    Ok(pending)
}

/// Fails if there is anything to migrate.
pub(super) async fn demand_up_to_date(database: &SeaOrmStore, settings: &Settings) -> Result<()> {
    let pending = pending(database, settings).await?;
    ensure!(
        pending.is_empty(),
        "the tables of {} are older than this program ({} to be done): see that this is the store that was meant, and \
         bring it up to date with `vestibule migrate`",
        settings.storage.url.masked(),
        pending.join(", ")
    );
    Ok(())
}

async fn pending(database: &SeaOrmStore, settings: &Settings) -> Result<Vec<String>> {
    let place = settings.storage.url.masked();
    database.pending_migrations().await.with_context(|| {
        format!("cannot read the tables of {place}: they may come from a newer version of this program")
    })
}
