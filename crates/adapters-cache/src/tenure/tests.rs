use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use async_trait::async_trait;
use tokio::time::{sleep, timeout};
use uuid::Uuid;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{SessionFilter, SessionStore, StoreError, Stores, UnitOfWork},
};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId},
    time::Timestamp,
};

use super::*;
use crate::{Capacity, room};

const ENOUGH: Duration = Duration::from_secs(20);

/// Counts how often the store is asked.
struct Counted {
    store: Arc<MemoryStore>,
    asked: AtomicUsize,
}

#[async_trait]
impl SessionStore for Counted {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        self.asked.fetch_add(1, SeqCst);
        self.store.by_digest(digest).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        SessionStore::by_id(self.store.as_ref(), id).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        SessionStore::page(self.store.as_ref(), filter).await
    }
}

struct Service {
    store: Arc<MemoryStore>,
    counted: Arc<Counted>,
    cached: Arc<Cached>,
    watching: tokio::task::JoinHandle<io::Error>,
    file: PathBuf,
    _directory: tempfile::TempDir,
}

fn begin(number: u8) -> Change {
    let begun = Timestamp::from_millis(1_000);
    let (id, expires) = (SessionId::from_uuid(Uuid::from_u128(number.into())), begun.plus(Duration::from_hours(1)));
    let session = Session::begin(id, Origin::new("x"), DeviceName::default(), begun, expires);
    Change::BeginSession { session, digest: digest(number) }
}

fn end(number: u8) -> Change {
    let ending = Ending { at: Timestamp::from_millis(2_000), reason: EndReason::Revoked };
    Change::EndSession { id: SessionId::from_uuid(Uuid::from_u128(number.into())), ending }
}

fn digest(number: u8) -> Digest {
    Digest::new([number; 32])
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a store.db");
        let store = Arc::new(MemoryStore::new());
        let counted = Arc::new(Counted { store: store.clone(), asked: AtomicUsize::new(0) });
        let stores = Stores { sessions: counted.clone(), ..Stores::of(&store) };
        let some = NonZeroUsize::new(10).unwrap();
        let cached = Arc::new(Cached::new(stores, Capacity { sessions: some, users: some }));
        let watching = Tenure::new(Arc::clone(&cached), room::enter(&file).unwrap()).run();
        let watching = tokio::spawn(watching);
        Self { store, counted, cached, watching, file, _directory: directory }
    }

    async fn is_live(&self, number: u8) -> bool {
        self.cached.by_digest(&digest(number)).await.unwrap().unwrap().ended.is_none()
    }

    /// Waits until the store is not asked any more.
    async fn answers_from_memory(&self, number: u8) {
        let answered = timeout(ENOUGH, async {
            loop {
                assert!(self.is_live(number).await);
                let asked = self.counted.asked.load(SeqCst);
                assert!(self.is_live(number).await);
                if asked == self.counted.asked.load(SeqCst) {
                    return;
                }
                sleep(Duration::from_millis(1)).await;
            }
        });
        answered.await.unwrap();
    }

    async fn another_comes_in(&self) -> Guest {
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || room::enter(&file)).await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_ends_is_over_at_once_however_long_it_was_remembered() {
    let service = Service::start();
    for number in 1..=20 {
        service.cached.commit(vec![begin(number)]).await.unwrap();
        service.answers_from_memory(number).await;
        let another = service.another_comes_in().await;
        service.store.commit(vec![end(number)]).await.unwrap();
        assert!(!service.is_live(number).await, "the command has returned");
        drop(another);
        assert!(!service.is_live(number).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_not_used_any_more_once_nobody_watches() {
    let service = Service::start();
    service.cached.commit(vec![begin(1)]).await.unwrap();
    service.answers_from_memory(1).await;
    service.watching.abort();
    assert!(service.watching.await.unwrap_err().is_cancelled());
    service.store.commit(vec![end(1)]).await.unwrap();
    let found = service.cached.by_digest(&digest(1)).await.unwrap().unwrap();
    assert!(found.ended.is_some());
}
