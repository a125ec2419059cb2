//! The store behind all storage ports. A new adapter is named here and nowhere else.

mod database;

use std::{num::NonZeroUsize, sync::Arc};

use anyhow::{Context, Result, ensure};
#[cfg(test)]
pub(super) use database::options;
pub(super) use database::{connect, migrate};
use vestibule_adapters_cache::{Cached, Capacity, Followed, Heard, Tenure, room};
use vestibule_adapters_crypto::RandomIds;
use vestibule_adapters_db::{MemoryBudgets, MemoryStore, SeaOrmStore};
use vestibule_adapters_http::admin::health::Part;
use vestibule_adapters_redb::RedbStore;
use vestibule_adapters_redis::{Durability, RedisStore};
use vestibule_application::ports::{BudgetLimits, Budgets, Clock, Memory, NoMemory, Stores};

use crate::{
    metrics::{Commits, CountedUnits, TellUse},
    settings::{Invalid, Settings, Storage, StoreUrl},
    upkeep::Upkeep,
};

/// The storage ports, and the connections to be closed when nothing uses them any more.
pub(crate) struct OpenStores {
    pub(crate) ports: Stores,
    database: Option<SeaOrmStore>,
    redis: Option<RedisStore>,
    /// What is at hand of the ports.
    memory: Arc<dyn Memory>,
    /// Of how much use that is.
    use_made: Option<TellUse>,
    /// Who else may have it open.
    company: Company,
}

/// Who may have a store open.
pub(super) enum Company {
    /// Processes anywhere, which do not tell each other.
    Anybody,
    /// Processes on this machine, which do.
    Guests(room::Guest),
    /// Nobody else, ever.
    Nobody,
}

impl OpenStores {
    /// A store that forgets everything when it is dropped.
    pub(super) fn in_memory() -> Self {
        Self::of(Stores::of(&Arc::new(MemoryStore::new())))
    }

    /// The store that the settings name, made if there is none, its tables up to date.
    pub(super) async fn open(settings: &Settings) -> Result<Self> {
        let storage = &settings.storage;
        let base = if storage.url.is_memory() {
            Self::in_memory()
        } else if let Some(file) = storage.url.redb_file() {
            let store = RedbStore::open(file).await?;
            Self { company: Company::Nobody, ..Self::of(Stores::of(&Arc::new(store))) }
        } else {
            let (database, company) = connect(settings).await?;
            migrate(&database, settings).await?;
            Self::on(database, company)
        };
        base.with_sessions(storage).await
    }

    /// The store that the settings name, which is there and has its tables up to date: nothing of it is changed.
    pub(super) async fn open_as_it_is(settings: &Settings) -> Result<Self> {
        let url = &settings.storage.url;
        // Opening it would make it.
        ensure!(url.file().is_none_or(|file| file.is_file()), "there is no store at {}", url.masked());
        if url.redb_file().is_some() {
            return Self::open(settings).await;
        }
        let (database, company) = connect(settings).await?;
        database::demand_up_to_date(&database, settings).await?;
        Self::on(database, company).with_sessions(&settings.storage).await
    }

    fn of(ports: Stores) -> Self {
        Self {
            ports,
            database: None,
            redis: None,
            memory: Arc::new(NoMemory),
            use_made: None,
            company: Company::Anybody,
        }
    }

    fn on(database: SeaOrmStore, company: Company) -> Self {
        let store = Arc::new(database.clone());
        let mut ports = Stores::of(&store);
        if database.is_a_server() {
            // Whether this process holds one or not, others may.
            ports.unit = Arc::new(Heard::new(store.clone(), store.clone(), store));
        }
        Self { database: Some(database), company, ..Self::of(ports) }
    }

    async fn with_sessions(self, storage: &Storage) -> Result<Self> {
        let Some(url) = &storage.sessions_url else { return Ok(self) };
        let connected = RedisStore::connect(url.expose(), storage.patience, self.ports, Arc::new(RandomIds)).await;
        let store = connected.with_context(|| {
            let place = url.masked();
            format!("cannot keep sessions in {place}: mend that, or take storage.sessions_url out of the configuration")
        })?;
        Ok(Self { ports: store.stores(), redis: Some(store), ..self })
    }

    /// What requests cannot be answered without.
    pub(super) fn parts(&self) -> Vec<Part> {
        let Some(redis) = &self.redis else {
            return vec![Part { name: "store", health: self.ports.health.clone() }];
        };
        let base = Part { name: "store", health: redis.base_health() };
        vec![base, Part { name: "sessions", health: redis.own_health() }]
    }

    /// What can be lost of sessions, if they are in a store of their own.
    pub(super) fn durability(&self) -> Option<Durability> {
        self.redis.as_ref().map(RedisStore::durability)
    }

    /// Budgets that all processes on this store share: in its Redis, which counts cheapest, else in a database that is a
    /// server. Any other store serves one process, which counts for itself.
    pub(super) fn budgets(&self, limits: &BudgetLimits, clock: Arc<dyn Clock>) -> Arc<dyn Budgets> {
        match (&self.redis, &self.database) {
            (Some(redis), _) => Arc::new(redis.budgets(*limits, clock)),
            (None, Some(database)) if database.is_a_server() => Arc::new(database.budgets(*limits, clock)),
            (None, Some(_) | None) => Arc::new(MemoryBudgets::new(*limits, clock)),
        }
    }

    /// Answers from memory what it can, where no other process can write to the store unnoticed; and what has to go on for that.
    pub(super) fn remembering(mut self, settings: &Settings, clock: &Arc<dyn Clock>) -> (Self, Upkeep) {
        let most = usize::try_from(settings.sessions.in_memory).unwrap_or(usize::MAX);
        // Redis may have lost what memory would still tell.
        let Some(most) = NonZeroUsize::new(most).filter(|_| self.redis.is_none()) else {
            return (self, Upkeep::default());
        };
        let capacity = Capacity { sessions: most, users: most };
        let cached = || Arc::new(Cached::new(self.ports.clone(), capacity));
        let (cached, tenure) = match std::mem::replace(&mut self.company, Company::Anybody) {
            Company::Anybody if settings.storage.follow_log => {
                let (clock, patience) = (Arc::clone(clock), settings.storage.patience);
                let followed = Followed::new(self.ports.clone(), capacity, clock, patience);
                let (followed, keeper) = match self.database.clone().filter(|_| settings.storage.leases) {
                    Some(database) => {
                        let (followed, keeper) = followed.holding(Arc::new(database), Arc::new(RandomIds));
                        (followed, Some(keeper))
                    }
                    None => (Arc::new(followed), None),
                };
                let told = Arc::clone(&followed);
                let use_made: Option<TellUse> = Some(Arc::new(move || told.use_made()));
                let upkeep = Upkeep { keeper, ..Upkeep::default() };
                return (Self { ports: followed.stores(), memory: followed, use_made, ..self }, upkeep);
            }
            Company::Anybody => return (self, Upkeep::default()),
            Company::Nobody => (cached(), None),
            Company::Guests(guest) => {
                let cached = cached();
                let tenure = Tenure::new(Arc::clone(&cached), guest);
                (cached, Some(tenure))
            }
        };
        let told = Arc::clone(&cached);
        let use_made: Option<TellUse> = Some(Arc::new(move || told.use_made()));
        (Self { ports: cached.stores(), memory: cached, use_made, ..self }, Upkeep { tenure, ..Upkeep::default() })
    }

    /// What of the stores is at hand, once it answers from memory.
    pub(super) fn memory(&self) -> Arc<dyn Memory> {
        Arc::clone(&self.memory)
    }

    /// Counts what becomes of units of work.
    pub(super) fn counting(mut self, commits: Arc<Commits>) -> Self {
        self.ports.unit = Arc::new(CountedUnits { inner: self.ports.unit, commits });
        self
    }

    /// What there is of a database, and of memory in front of it, to be watched.
    pub(super) fn watched(&self) -> (Option<SeaOrmStore>, Option<TellUse>) {
        (self.database.clone(), self.use_made.clone())
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
    if let Some(wrong) = storage.sessions_url.as_ref().and_then(|url| wrong_for_sessions(url, storage)) {
        return Err(Invalid::because("storage.sessions_url", wrong));
    }
    if !matches!(storage.url.scheme(), "sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb" | "redb" | "memory") {
        let missing = "only sqlite:///absolute/path/file.db, postgres://..., mysql://..., redb:///absolute/path/file.redb \
                       and memory: are available in this build";
        return Err(Invalid::because("storage.url", missing));
    }
    if let Some(wrong) = wrong_for_following(storage).filter(|_| storage.follow_log) {
        return Err(Invalid::because("storage.follow_log", wrong));
    }
    if let Some(wrong) = wrong_for_leases(storage).filter(|_| storage.leases) {
        return Err(Invalid::because("storage.leases", wrong));
    }
    Ok(())
}

fn wrong_for_following(storage: &Storage) -> Option<&'static str> {
    if storage.sessions_url.is_some() {
        Some(
            "the log does not tell what Redis has lost, so sessions are always asked for there: remove one of the settings",
        )
    } else if !matches!(storage.url.scheme(), "postgres" | "postgresql" | "mysql" | "mariadb") {
        Some(
            "it is for several processes on PostgreSQL, MySQL or MariaDB; elsewhere memory is used without it: remove it",
        )
    } else {
        None
    }
}

fn wrong_for_leases(storage: &Storage) -> Option<&'static str> {
    if !storage.follow_log {
        Some("what it lets memory answer is there only with storage.follow_log: set that too, or remove it")
    } else if cfg!(not(target_os = "linux")) {
        Some("only Linux tells how long a machine has slept, in which others may have gone on: remove it")
    } else {
        None
    }
}

fn wrong_for_sessions(url: &StoreUrl, storage: &Storage) -> Option<&'static str> {
    if !matches!(url.scheme(), "redis" | "rediss") {
        Some("sessions can be kept apart from the rest only in redis://... or rediss://...; remove the setting")
    } else if storage.url.is_memory() {
        Some("sessions outlive a store in memory, and then nothing tells which of them ended: set storage.url too")
    } else {
        None
    }
}
