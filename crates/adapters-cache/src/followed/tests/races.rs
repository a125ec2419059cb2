//! However reads and writes of two nodes interleave, what was acknowledged is seen by whoever asks afterwards.

use std::sync::atomic::AtomicU32;

use tokio::task::{JoinSet, yield_now};
use uuid::Uuid;

use super::*;

/// A store that takes a while before it looks, and before it says what it saw.
struct Slow {
    store: Arc<MemoryStore>,
    turns: AtomicU32,
}

impl Slow {
    async fn hesitate(&self) {
        // Another time at each turn, and the same in each run.
        let turn = self.turns.fetch_add(1, SeqCst).wrapping_mul(0x9e37_79b9);
        for _ in 0..turn >> 29 {
            yield_now().await;
        }
    }

    async fn slowly<T>(&self, what: impl Future<Output = T>) -> T {
        self.hesitate().await;
        let done = what.await;
        self.hesitate().await;
        done
    }
}

#[async_trait]
impl SessionStore for Slow {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        self.slowly(SessionStore::by_digest(&*self.store, digest)).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.slowly(SessionStore::by_id(&*self.store, id)).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        SessionStore::page(&*self.store, filter).await
    }
}

#[async_trait]
impl MessageLog for Slow {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.slowly(self.store.latest()).await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.slowly(MessageLog::page(&*self.store, after, limit)).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.store.about(about, after, limit).await
    }
}

#[async_trait]
impl UnitOfWork for Slow {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        self.slowly(self.store.commit(changes)).await
    }
}

/// Begins a session, reads it on one node all the time, ends it on the other, and says how often it is accepted afterwards.
async fn accepted(writer: &Followed, reader: &Arc<Followed>, number: u128) -> usize {
    let id = SessionId::from_uuid(Uuid::from_u128(number));
    let digest = Digest::new(std::array::from_fn(|byte| id.as_uuid().as_bytes()[byte % 16]));
    let session = Session { id, ..session(1) };
    writer.commit(vec![Change::BeginSession { session, digest }]).await.unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let reader = Arc::clone(reader);
        readers.spawn(async move { while reader.by_digest(&digest).await.unwrap().unwrap().ended.is_none() {} });
    }
    for _ in 0..number % 23 {
        yield_now().await;
    }
    let ended = record(EventKind::SessionEnded(EndReason::Revoked), Some(id), Some(Subject::User(ALICE)));
    writer.commit(vec![Change::EndSession { id, ending: ending(EndReason::Revoked) }, ended]).await.unwrap();
    let mut accepted = 0;
    for _ in 0..3 {
        accepted += usize::from(reader.by_digest(&digest).await.unwrap().unwrap().ended.is_none());
        accepted += usize::from(SessionStore::by_id(&**reader, id).await.unwrap().unwrap().ended.is_none());
    }
    readers.join_all().await;
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_was_acknowledged_is_seen_by_every_read_that_begins_later() {
    let slow = Arc::new(Slow { store: Arc::new(MemoryStore::new()), turns: AtomicU32::new(0) });
    let time = Arc::new(Time(AtomicI64::new(START.as_millis())));
    let some = NonZeroUsize::new(100).unwrap();
    let node = || {
        let stores = Stores::of(&slow.store);
        let stores = Stores { unit: slow.clone(), sessions: slow.clone(), messages: slow.clone(), ..stores };
        let capacity = Capacity { sessions: some, users: some };
        Arc::new(Followed::new(stores, capacity, time.clone(), Duration::from_mins(1)))
    };
    let nodes = [node(), node()];
    let mut tasks = JoinSet::new();
    for task in 0..4_u128 {
        let [a, b] = nodes.clone();
        tasks.spawn(async move {
            let mut sum = 0;
            for round in 0..250 {
                let (writer, reader) = if round % 2 == 0 { (&a, &b) } else { (&b, &a) };
                sum += accepted(writer, reader, 1 + task * 1000 + round).await;
            }
            sum
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 0);
    assert!(nodes[0].use_made().hits > 100);
}
