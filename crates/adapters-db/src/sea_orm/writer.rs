//! Units of work that share a transaction, as they do on SQLite: only one can be written at a time, and every commit waits
//! for the disk.
//!
//! One task takes whatever units are waiting, runs them in one transaction, commits, and only then answers them. So many
//! wait for the disk once. If one of them fails, those before it are run once more, and from then on each behind a
//! savepoint: that seldom happens, and savepoints cost as much as what they guard.

#[cfg(test)]
mod tests;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use vestibule_application::ports::StoreError;

use super::{
    error::unavailable,
    sqlite::while_busy,
    unit_of_work::{WRITE, Work},
};

/// The most units in a transaction. As long as one lasts, other processes wait, and so does its first unit for its answer.
const MOST: usize = 64;
/// The most units that wait for a transaction. Others wait until there is room.
const ROOM: usize = 1024;

/// Writes what others ask it to. Cheap to clone; its task ends with the last clone.
#[derive(Clone)]
pub(super) struct Writer {
    connection: DatabaseConnection,
    units: mpsc::Sender<Box<dyn Unit>>,
    patience: Duration,
}

impl Writer {
    /// Begins to write on this connection, which nobody else uses. A unit waits for its turn for so long.
    pub(super) fn new(connection: DatabaseConnection, patience: Duration) -> Self {
        let (units, waiting) = mpsc::channel(ROOM);
        tokio::spawn(write(connection.clone(), patience, waiting));
        Self { connection, units, patience }
    }

    /// What it writes on.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Runs `work`, and answers what came of it once that is durable. It counts for nothing without its answer, which
    /// comes at the latest when the store is closed.
    pub(super) async fn run<T, E>(
        &self,
        work: impl for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let turn = Turn::default();
        let unit = Box::new(Asked { work, turn: turn.clone(), done: None, answer });
        let mut done = Box::pin(async {
            self.units.send(unit).await.map_err(|gone| lost(gone.to_string()))?;
            answered.await.unwrap_or_else(|gone| Err(lost(gone)))
        });
        match timeout(self.patience, &mut done).await {
            Err(late) if turn.take() => Err(lost(late)),
            Err(_) => done.await,
            Ok(done) => done,
        }
    }
}

fn lost<E: From<StoreError>>(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> E {
    unavailable(why).into()
}

/// Whether a unit is to be run: the first to take its turn decides, the writer or a caller who waited long enough.
#[derive(Clone, Default)]
struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Whether this was the first.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A unit of work, whatever it results in.
#[async_trait]
trait Unit: Send {
    /// Whether it is still wanted.
    fn take_turn(&self) -> bool;
    /// Whether what it wrote is to stay.
    async fn run(&mut self, tx: &DatabaseTransaction) -> bool;
    /// Tells its caller what came of it, knowing what came of the transaction.
    fn answer(self: Box<Self>, committed: Result<(), Arc<DbErr>>);
}

struct Asked<W, T, E> {
    work: W,
    turn: Turn,
    done: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

#[async_trait]
impl<W, T, E> Unit for Asked<W, T, E>
where
    W: for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Send + Sync,
    T: Send,
    E: From<StoreError> + Send,
{
    fn take_turn(&self) -> bool {
        self.turn.take()
    }

    async fn run(&mut self, tx: &DatabaseTransaction) -> bool {
        // It may have run before, and may break down this time.
        self.done = None;
        self.done.insert((self.work)(tx).await).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<DbErr>>) {
        let done = match committed {
            Ok(()) => self.done,
            // Even a unit that failed: what it found may have been written by one before it, and is not there.
            Err(error) => Some(Err(lost(error))),
        };
        // Without a result, because it panicked, the caller finds the answer lost.
        if let Some(done) = done {
            // Nobody waits for it when the runtime is shut down.
            let _ = self.answer.send(done);
        }
    }
}

async fn write(connection: DatabaseConnection, patience: Duration, mut waiting: mpsc::Receiver<Box<dyn Unit>>) {
    while let Some(first) = waiting.recv().await {
        let mut units = Vec::new();
        let committed = commit_together(&connection, patience, first, &mut waiting, &mut units).await;
        let committed = committed.map_err(Arc::new);
        for unit in units {
            unit.answer(committed.clone());
        }
    }
}

/// Runs units for as long as some are waiting, and commits them.
async fn commit_together(
    connection: &DatabaseConnection,
    patience: Duration,
    first: Box<dyn Unit>,
    waiting: &mut mpsc::Receiver<Box<dyn Unit>>,
    units: &mut Vec<Box<dyn Unit>>,
) -> Result<(), DbErr> {
    let begin = || while_busy(patience, || connection.begin_with_options(WRITE));
    let tx = match begin().await {
        Ok(tx) => tx,
        Err(error) => {
            units.push(first);
            return Err(error);
        }
    };
    let (mut next, mut all_stay) = (Some(first), true);
    while let Some(mut unit) = next {
        if unit.take_turn() {
            all_stay = stays(&tx, &mut *unit).await;
            units.push(unit);
        }
        next = if all_stay && units.len() < MOST { waiting.try_recv().ok() } else { None };
    }
    if all_stay {
        return tx.commit().await;
    }
    // Should this fail, the connection is not used again.
    let _ = tx.rollback().await;
    if let [_] = units.as_slice() {
        return Ok(());
    }
    let tx = begin().await?;
    match run_apart(&tx, units, waiting).await {
        Ok(()) => tx.commit().await,
        Err(error) => {
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

async fn stays(tx: &DatabaseTransaction, unit: &mut dyn Unit) -> bool {
    AssertUnwindSafe(unit.run(tx)).catch_unwind().await.unwrap_or(false)
}

/// Runs units again, and then others for as long as some are waiting, so that of each all it wrote stays, or nothing. Fails
/// if that is not certain: when SQLite broke the transaction off, the savepoint is gone.
async fn run_apart(
    tx: &DatabaseTransaction,
    units: &mut Vec<Box<dyn Unit>>,
    waiting: &mut mpsc::Receiver<Box<dyn Unit>>,
) -> Result<(), DbErr> {
    let mut next = 0;
    while next < units.len() {
        tx.execute_unprepared("SAVEPOINT unit").await?;
        let after = if stays(tx, &mut *units[next]).await { "RELEASE unit" } else { "ROLLBACK TO unit; RELEASE unit" };
        tx.execute_unprepared(after).await?;
        next += 1;
        while next == units.len()
            && next < MOST
            && let Ok(unit) = waiting.try_recv()
        {
            units.extend(unit.take_turn().then_some(unit));
        }
    }
    Ok(())
}
