//! The store, and how its reads and writes run.

#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use redb::{Database, ReadTransaction, ReadableDatabase, TransactionError, WriteTransaction};
use tokio::{
    sync::Mutex,
    task::{JoinError, spawn_blocking},
};
use vestibule_application::ports::{CommitError, StoreError};

use crate::{
    open::{self, OpenError},
    tables::unavailable,
};

/// Keeps everything in one file, which no other process can open meanwhile.
///
/// What was acknowledged is on disk: redb syncs the file at every commit unless it is told otherwise. The file is
/// closed when the last clone is dropped and nothing is under way any more; after a crash, the next opening checks it
/// from end to end. After the disk has failed, or was full, nothing is written until the file is opened again, and
/// [`vestibule_application::ports::Health`] says so: the service has to be started anew.
#[derive(Clone)]
pub struct RedbStore {
    database: Arc<Database>,
    /// Whose turn it is to write. redb would make writers wait too, but each on a thread.
    turn: Arc<Mutex<()>>,
}

impl RedbStore {
    /// Opens the file, which is made along with its directory if it is missing, and readable for its owner only. A new
    /// store has the shipped roles and forms, and is not set up.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        let place = path.display().to_string();
        let opened = spawn_blocking(move || open::open(&path)).await;
        let database = opened.map_err(|crashed| OpenError::Database { place, source: Box::new(crashed) })??;
        Ok(Self { database: Arc::new(database), turn: Arc::default() })
    }

    /// Looks something up in the present snapshot, on the thread that asks: a look-up visits a handful of pages, nearly
    /// always in memory, and takes less time than to hand it to another thread.
    pub(crate) fn look<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&self.database.begin_read().map_err(unavailable)?)
    }

    /// Lists something from the present snapshot, on a thread that may block: that can take a while, in which the
    /// thread that asks has others to serve.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        spawn_blocking(move || store.look(read)).await.map_err(crashed)?
    }

    /// Writes, all or nothing. Whoever drops the future before its turn has written nothing; after that, the write goes
    /// on without them.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        let turn = self.turn.clone().lock_owned().await;
        let database = self.database.clone();
        let written = spawn_blocking(move || {
            let _turn = turn;
            let tx = database.begin_write().map_err(unavailable)?;
            // A transaction that is dropped is undone.
            let done = write(&tx)?;
            tx.commit().map_err(unavailable)?;
            Ok(done)
        });
        written.await.map_err(crashed)?
    }

    /// Whether a write could begin, were it its turn.
    pub(crate) fn is_writable(&self) -> Result<(), StoreError> {
        match self.database.try_begin_write() {
            Ok(tx) => tx.abort().map_err(unavailable),
            Err(TransactionError::WouldBlock) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }
}

fn crashed(error: JoinError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
