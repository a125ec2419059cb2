//! Expiring and forgetting.

use async_trait::async_trait;
use vestibule_application::ports::{CommitError, Housekeeping, StoreError};
use vestibule_domain::{
    message::Event,
    session::{EndReason, Ending},
    time::Timestamp,
};

use crate::{RedbStore, login_tokens, messages, sessions};

#[async_trait]
impl Housekeeping for RedbStore {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let expire = self.write(move |tx| {
            let expired = sessions::expired(tx, now, limit)?;
            for session in &expired {
                sessions::end(tx, session.id, Ending { at: now, reason: EndReason::Expired })?;
                messages::record(tx, Event::expiry(session, now))?;
            }
            Ok(count(expired.len()))
        });
        expire.await.map_err(without_conflict)
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let forget = self.write(move |tx| {
            let sessions = count(sessions::forget(tx, before, limit)?);
            let tokens = count(login_tokens::forget(tx, before, limit - sessions)?);
            Ok(sessions + tokens)
        });
        forget.await.map_err(without_conflict)
    }
}

/// Housekeeping has no preconditions.
fn without_conflict(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        CommitError::Conflict(conflict) => StoreError::Unavailable(Box::new(conflict)),
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
