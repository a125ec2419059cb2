//! Sessions are believed for a second after they were read.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use vestibule_application::{
    ports::{SessionFilter, SessionStore, StoreError, Stores},
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
