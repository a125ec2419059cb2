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

/// Closes the latch for ever; the first time stays.
pub(crate) fn close_latch(tx: &WriteTransaction, at: Timestamp) -> Result<(), StoreError> {
    let since = latch(tx)?.unwrap_or(at.as_millis());
    tables::put(tx, LATCH, (), Some(since)).map(drop)
}
