//! Sessions are believed for a second after they were read, or until this very process changes them.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use vestibule_adapters_cache::{Cached, Capacity};
use vestibule_application::{
    ports::{AtHand, CaughtUp, Memory as AtHandMemory, SessionFilter, SessionStore, StoreError, Stores},
    service::Ports,
};
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId},
};

const BELIEVED: Duration = Duration::from_secs(1);

struct Memory<K>(Mutex<HashMap<K, (Instant, Session)>>);

impl<K: Eq + Hash + Copy> Memory<K> {
    async fn recall(
        &self,
        key: K,
        read: impl Future<Output = Result<Option<Session>, StoreError>>,
    ) -> Result<Option<Session>, StoreError> {
        if let Some((read_at, session)) = self.0.lock().unwrap().get(&key)
            && read_at.elapsed() < BELIEVED
        {
            return Ok(Some(session.clone()));
        }
        let found = read.await?;
        if let Some(session) = &found {
            self.0.lock().unwrap().insert(key, (Instant::now(), session.clone()));
        }
        Ok(found)
    }
}

struct Remembering {
    inner: Arc<dyn SessionStore>,
    by_digest: Memory<Digest>,
    by_id: Memory<SessionId>,
}

#[async_trait]
impl SessionStore for Remembering {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        self.by_digest.recall(*digest, self.inner.by_digest(digest)).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.by_id.recall(id, self.inner.by_id(id)).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        self.inner.page(filter).await
    }
}

pub(crate) fn remembered(ports: Ports) -> Ports {
    let inner = ports.stores.sessions;
    let (by_digest, by_id) = (Memory(Mutex::default()), Memory(Mutex::default()));
    let sessions = Arc::new(Remembering { inner, by_digest, by_id });
    Ports { stores: Stores { sessions, ..ports.stores }, ..ports }
}

/// Memory of a process that has the store to itself, in one that has not.
pub(crate) fn unfollowed(ports: Ports) -> Ports {
    let some = NonZeroUsize::new(10_000).unwrap();
    let cached = Arc::new(Cached::new(ports.stores, Capacity { sessions: some, users: some }));
    Ports { stores: cached.stores(), ..ports }
}

/// What has caught up once is believed for a while, though nobody waits for it to hear of anything.
struct Believing {
    inner: Arc<dyn AtHandMemory>,
    caught_up: Mutex<Option<(Instant, CaughtUp)>>,
}

#[async_trait]
impl AtHandMemory for Believing {
    fn tells_at_once(&self) -> bool {
        true
    }

    fn at_hand(&self, since: Option<CaughtUp>) -> Option<AtHand<'_>> {
        let believed = || self.caught_up.lock().unwrap().filter(|(then, _)| then.elapsed() < BELIEVED);
        self.inner.at_hand(since.or_else(|| believed().map(|(_, since)| since)))
    }

    async fn catch_up(&self, about: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        let then = Instant::now();
        let caught_up = self.inner.catch_up(about).await?;
        if let Some(caught_up) = caught_up {
            *self.caught_up.lock().unwrap() = Some((then, caught_up));
        }
        Ok(caught_up)
    }
}

/// Memory as whoever holds a lease has it, in a process that holds none.
pub(crate) fn unleased(ports: Ports) -> Ports {
    Ports { memory: Arc::new(Believing { inner: ports.memory, caught_up: Mutex::default() }), ..ports }
}
