//! Reads that share a statement. Strictly read, a session is three statements at every request, each a way to the server
//! and back; but those of many requests are alike.
//!
//! Whoever asks joins those who wait. As soon as fewer than the most statements are under way, another is made for all who
//! wait by then. Nobody is answered by a statement that was made before they asked: between the two, another process may
//! have ended their session.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    hash::Hash,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{DatabaseConnection, DbErr};
use tokio::{sync::oneshot, task::yield_now, time::timeout};
use vestibule_application::ports::StoreError;

use super::error::unavailable;

/// The most who are answered by one statement. Others are the next one's.
const MOST: usize = 64;

/// What a statement finds under each key; where a row cannot be read, of what kind it is.
pub(super) type Found<K, V> = HashMap<K, Result<V, &'static str>>;
/// A statement under way.
type Reading<K, V> = Pin<Box<dyn Future<Output = Result<Found<K, V>, DbErr>> + Send>>;

/// Reads what is asked for by key.
pub(super) struct Reader<K, V>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    read: Box<dyn Fn(Vec<K>) -> Reading<K, V> + Send + Sync>,
    /// The most statements at a time.
    most: usize,
    patience: Duration,
    queue: Mutex<Queue<K, V>>,
}

struct Queue<K, V> {
    waiting: Vec<Asked<K, V>>,
    /// How many tasks make statements.
    busy: usize,
}

/// A question, and where its answer goes.
struct Asked<K, V> {
    key: K,
    answer: oneshot::Sender<Answer<V>>,
}

type Answer<V> = Result<Option<V>, StoreError>;

impl<K, V> Reader<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Reads from this database, as many statements at a time and for as long as `how` says.
    pub(super) fn on<R: Future<Output = Result<Found<K, V>, DbErr>> + Send + 'static>(
        db: &DatabaseConnection,
        how: (usize, Duration),
        read: impl Fn(DatabaseConnection, Vec<K>) -> R + Send + Sync + 'static,
    ) -> Self {
        let (db, (most, patience)) = (db.clone(), how);
        Self::new(most, patience, move |keys| Box::pin(read(db.clone(), keys)))
    }

    /// Makes at most so many statements at a time. An answer that takes longer than `patience` is none.
    fn new(most: usize, patience: Duration, read: impl Fn(Vec<K>) -> Reading<K, V> + Send + Sync + 'static) -> Self {
        let most = most.max(1);
        let queue = Mutex::new(Queue { waiting: Vec::new(), busy: 0 });
        Self(Arc::new(Shared { read: Box::new(read), most, patience, queue }))
    }

    /// What is there now under this key.
    pub(super) async fn read(&self, key: K) -> Answer<V> {
        let (answer, answered) = oneshot::channel();
        if self.0.wait(Asked { key, answer }) {
            // A task of its own: whoever asks may hang up, and others wait for the same statement.
            tokio::spawn(make_statements(Arc::clone(&self.0)));
        }
        let answered = timeout(self.0.patience, answered).await;
        answered.map_err(unavailable)?.unwrap_or_else(|gone| Err(unavailable(gone)))
    }
}

impl<K, V> Shared<K, V> {
    /// Joins those who wait; says whether there is room for one more who makes statements.
    fn wait(&self, asked: Asked<K, V>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(asked);
        let is_room = queue.busy < self.most;
        queue.busy += usize::from(is_room);
        is_room
    }

    /// Those whose turn it is and who still want to know; none, and one less makes statements, if nobody waits. Both at
    /// once: whoever comes between the two would wait for ever.
    fn next(&self) -> Vec<Asked<K, V>> {
        let mut queue = self.queue();
        queue.waiting.retain(|asked| !asked.answer.is_closed());
        let their_turn = queue.waiting.len().min(MOST);
        let later = queue.waiting.split_off(their_turn);
        let next = mem::replace(&mut queue.waiting, later);
        queue.busy -= usize::from(next.is_empty());
        next
    }

    /// Nothing that panics is done while it is locked.
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes statements for as long as anybody waits.
async fn make_statements<K, V>(shared: Arc<Shared<K, V>>)
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    loop {
        // Whoever else has something to ask by now, or was just answered and asks again, joins first.
        yield_now().await;
        let asked = shared.next();
        if asked.is_empty() {
            return;
        }
        let keys: HashSet<K> = asked.iter().map(|asked| asked.key.clone()).collect();
        let here = Arc::clone(&shared);
        // Should it panic, so does that task alone.
        let reading = tokio::spawn(async move { (here.read)(keys.into_iter().collect()).await });
        let found: Result<_, Arc<dyn Error + Send + Sync>> = match reading.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(Arc::new(error)),
            Err(gone) => Err(Arc::new(gone)),
        };
        for Asked { key, answer } in asked {
            let found = match &found {
                Ok(found) => found.get(&key).cloned().transpose().map_err(StoreError::Malformed),
                Err(error) => Err(unavailable(Arc::clone(error))),
            };
            // Whoever asked may have hung up.
            let _ = answer.send(found);
        }
    }
}
