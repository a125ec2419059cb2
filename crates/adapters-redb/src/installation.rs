//! The latch, and whether the store answers.

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{Health, Installation, SetupState, StoreError, StoredUser};
use vestibule_domain::time::Timestamp;

use crate::{
    RedbStore,
    rows::Kept,
    tables::{self, Reads},
};

/// When the first user came in. Always there, so that a latch that got lost is not mistaken for an open one.
const LATCH: TableDefinition<(), Option<i64>> = TableDefinition::new("installation");

#[async_trait]
impl Installation for RedbStore {
    async fn state(&self) -> Result<SetupState, StoreError> {
        self.look(|tx| {
            let untouched = latch(tx)?.is_none() && tables::is_empty(tx, StoredUser::TABLE)?;
            Ok(if untouched { SetupState::Unconfigured } else { SetupState::Configured })
        })
    }
}

#[async_trait]
impl Health for RedbStore {
    async fn ping(&self) -> Result<(), StoreError> {
        // A look-up alone would succeed from memory after the disk has failed.
        self.is_writable()?;
        self.look(latch).map(drop)
    }
}

fn latch(tx: &impl Reads) -> Result<Option<i64>, StoreError> {
    let latch = tables::get(tx, LATCH, (), |configured| configured)?;
    latch.ok_or_else(|| StoreError::Unavailable("the latch is missing".into()))
}

pub(crate) fn make(tx: &WriteTransaction) -> Result<(), StoreError> {
    tables::put(tx, LATCH, (), None).map(drop)
}

/// When the latch was closed, if it is.
pub(crate) fn closed(tx: &impl Reads) -> Result<Option<Timestamp>, StoreError> {
    Ok(latch(tx)?.map(Timestamp::from_millis))
}

/// Closes the latch for ever, if it is not closed.
pub(crate) fn close(tx: &WriteTransaction, at: Timestamp) -> Result<(), StoreError> {
    close_at(tx, closed(tx)?.unwrap_or(at))
}

/// Closes the latch for ever, as of this time.
pub(crate) fn close_at(tx: &WriteTransaction, at: Timestamp) -> Result<(), StoreError> {
    tables::put(tx, LATCH, (), Some(at.as_millis())).map(drop)
}
