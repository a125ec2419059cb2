//! Ending what has expired, forgetting what is over.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};
use uuid::Uuid;
use vestibule_application::ports::{Housekeeping, StoreError};
use vestibule_domain::{
    message::Event,
    session::{EndReason, Ending},
    time::Timestamp,
};

use super::{
    SeaOrmStore,
    entities::{login_token, session},
    error::unread,
    mapping::{Table, all, delete, update},
    messages,
    sessions::{BATCH, ending_rows},
};

#[async_trait]
impl Housekeeping for SeaOrmStore {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |tx| Box::pin(expire(tx, now, limit))).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |tx| Box::pin(forget(tx, before, limit))).await
    }
}

async fn expire(tx: &DatabaseTransaction, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
    let over = session::Entity::find()
        .filter(session::Column::OverFrom.lte(now.as_millis()))
        .order_by_asc(session::Column::OverFrom)
        .limit(u64::from(limit))
        .lock_exclusive();
    let over = all(tx, over).await?;
    for batch in over.chunks(BATCH) {
        let ids = batch.iter().map(|session| session.id.as_uuid());
        let ending = Ending { at: now, reason: EndReason::Expired };
        update(tx, ending_rows(ending).filter(session::Column::Id.is_in(ids))).await?;
        messages::record(tx, batch.iter().map(|session| Event::expiry(session, now))).await?;
    }
    Ok(count(over.len()))
}

async fn forget(tx: &DatabaseTransaction, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
    let past = session::Column::ForgettableFrom.lt(before.as_millis());
    let sessions = forget_rows::<session::Entity, Uuid>(tx, session::Column::Id, past, limit).await?;
    let past = login_token::Column::Expires.lt(before.as_millis());
    let limit = limit.saturating_sub(sessions);
    let tokens = forget_rows::<login_token::Entity, Vec<u8>>(tx, login_token::Column::Digest, past, limit).await?;
    Ok(sessions + tokens)
}

/// Deletes at most `limit` rows, by their keys: not every database limits a deletion itself.
async fn forget_rows<E: Table, K: Into<Value> + sea_orm::TryGetable + Clone>(
    tx: &DatabaseTransaction,
    key: E::Column,
    past: sea_orm::sea_query::SimpleExpr,
    limit: u32,
) -> Result<u32, StoreError> {
    let keys = E::find().filter(past).limit(u64::from(limit)).select_only().column(key).into_tuple::<K>();
    let keys = keys.all(tx).await.map_err(|error| unread(E::KIND, error))?;
    for batch in keys.chunks(BATCH) {
        delete(tx, E::delete_many().filter(key.is_in(batch.iter().cloned()))).await?;
    }
    Ok(count(keys.len()))
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
