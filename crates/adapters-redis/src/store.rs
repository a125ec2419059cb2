//! The two stores as one.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;
use vestibule_application::ports::{Health, Ids, StoreError, Stores};
use vestibule_domain::session::SessionId;

use crate::{
    connection::{Address, ConnectError, Connection},
    entries::Entries,
    guard::Guard,
    keys::{Keys, Place},
    record::Entry,
    server::Durability,
};

/// Sessions in Redis, everything else beside it. Clones share what is below.
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) entries: Entries,
    pub(crate) guard: Arc<Guard>,
    /// The store beside Redis.
    pub(crate) base: Stores,
    pub(crate) ids: Arc<dyn Ids>,
    durability: Durability,
}

impl RedisStore {
    /// How long to wait before looking again whether a session has begun.
    pub(crate) const PAUSE: Duration = Duration::from_millis(3);

    /// Connects to the Redis that a URL names, `redis://user:password@host:6379/0?prefix=vestibule`, or to the whole
    /// cluster that it is part of. Refuses a server that throws keys away when its memory is full. `patience` is how long
    /// a call may take.
    pub async fn connect(url: &str, patience: Duration, base: Stores, ids: Arc<dyn Ids>) -> Result<Self, ConnectError> {
        let address = Address::parse(url)?;
        let (connection, durability) = Connection::open(&address, patience).await?;
        let entries = Entries { connection, keys: Keys::new(&address.prefix) };
        let guard = Arc::new(Guard::new(entries.clone(), base.clone(), ids.clone()));
        guard.tell_soon();
        Ok(Self { entries, guard, base, ids, durability })
    }

    /// What this Redis can lose.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Whether Redis answers, whatever becomes of the store beside it.
    pub fn own_health(&self) -> Arc<dyn Health> {
        Arc::new(OwnHealth(self.entries.connection.clone()))
    }

    /// Whether the store beside it answers.
    pub fn base_health(&self) -> Arc<dyn Health> {
        self.base.health.clone()
    }

    /// All ports: sessions here, the rest beside.
    pub fn stores(&self) -> Stores {
        let store = Arc::new(self.clone());
        Stores {
            archive: store.clone(),
            unit: store.clone(),
            sessions: store.clone(),
            health: store.clone(),
            housekeeping: store,
            ..self.base.clone()
        }
    }

    /// The session at this place if it is Redis's: born, and without a row beside.
    pub(crate) async fn own(&self, place: Place) -> Result<Option<Entry>, StoreError> {
        let (Some(entry), believed) = self.born(place).await? else { return Ok(None) };
        let decided = (entry.leaving || !believed) && self.has_row(place.id).await?;
        Ok(Some(entry).filter(|_| !decided))
    }

    /// Waits until a session that is begun has been, or comes to nothing, which it does by itself in the end.
    async fn born(&self, place: Place) -> Result<(Option<Entry>, bool), StoreError> {
        loop {
            let read = self.guard.read(place).await?;
            if read.0.as_ref().is_none_or(|entry| !entry.unborn) {
                return Ok(read);
            }
            sleep(Self::PAUSE).await;
        }
    }

    pub(crate) async fn has_row(&self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.base.sessions.by_id(id).await?.is_some())
    }
}

struct OwnHealth(Connection);

#[async_trait]
impl Health for OwnHealth {
    async fn ping(&self) -> Result<(), StoreError> {
        self.0.call::<()>(&redis::cmd("PING")).await
    }
}

#[async_trait]
impl Health for RedisStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.own_health().ping().await?;
        self.base.health.ping().await
    }
}
