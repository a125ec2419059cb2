//! Budgets in a database, for all processes of a service together.
//!
//! Every charge is a short transaction of its own, which locks the rows of its buckets in the order of their keys and
//! nothing else: attempts on one account wait for each other, and not for the message log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};
use vestibule_application::ports::{Bucket, BudgetLimits, Budgets, Clock, Limit, NotCharged, StoreError};
use vestibule_domain::time::Timestamp;

use super::{
    SeaOrmStore,
    entities::budget::{ActiveModel, Column, Entity, Model},
    error::{unavailable, unread},
    mapping::delete,
};
use crate::attempts::Attempts;

const KIND: &str = "budget";

/// Counts attempts in the database of a store.
pub struct SeaOrmBudgets {
    store: SeaOrmStore,
    limits: BudgetLimits,
    clock: Arc<dyn Clock>,
}

type Key = Vec<u8>;

impl SeaOrmStore {
    /// Whether processes on several machines may use this database at once.
    pub fn is_a_server(&self) -> bool {
        self.writes.connection().get_database_backend() != DbBackend::Sqlite
    }

    /// Budgets in this database. All processes must have the same limits.
    pub fn budgets(&self, limits: BudgetLimits, clock: Arc<dyn Clock>) -> SeaOrmBudgets {
        SeaOrmBudgets { store: self.clone(), limits, clock }
    }
}

#[async_trait]
impl Budgets for SeaOrmBudgets {
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        let limited = |bucket: &Bucket| (bucket.clone(), self.limits.of(bucket));
        let (now, buckets) = (self.clock.now(), buckets.iter().map(limited).collect::<Vec<_>>());
        self.store.write(move |tx| Box::pin(charge(tx, now, buckets.clone()))).await
    }

    async fn refund(&self, buckets: &[Bucket]) {
        let keys: Vec<Key> = buckets.iter().map(key).collect();
        let refunded: Result<(), StoreError> = self.store.write(move |tx| Box::pin(refund(tx, keys.clone()))).await;
        if let Err(error) = refunded {
            tracing::warn!("an attempt that turned out well stays charged for a while: {error}");
        }
    }

    async fn sweep(&self, limit: u32) -> Result<u32, StoreError> {
        let now = self.clock.now();
        self.store.write(move |tx| Box::pin(sweep(tx, now, limit))).await
    }
}

fn key(bucket: &Bucket) -> Key {
    Sha256::digest(bucket.to_string()).to_vec()
}

async fn charge(tx: &DatabaseTransaction, now: Timestamp, buckets: Vec<(Bucket, Limit)>) -> Result<(), NotCharged> {
    let ends = buckets.iter().map(|(bucket, limit)| (key(bucket), now.plus(limit.window)));
    let ends: BTreeMap<Key, Timestamp> = ends.collect();
    // Makes the rows that are missing, and locks those that are there.
    let row =
        |(id, until): (&Key, &Timestamp)| Model { id: id.clone(), attempts: Vec::new(), until: until.as_millis() };
    put(tx, ends.iter().map(row), &[Column::Until]).await?;
    let mut rows = read(tx, Entity::find().filter(Column::Id.is_in(ends.keys().cloned()))).await?;

    let mut longest: Option<(Duration, &Bucket)> = None;
    for (bucket, limit) in &buckets {
        let attempts = rows.get_mut(&key(bucket)).ok_or(StoreError::Malformed(KIND))?;
        if let Some(wait) = attempts.wait(*limit, now) {
            longest = longest.filter(|(longest, _)| *longest >= wait).or(Some((wait, bucket)));
        } else {
            attempts.push(*limit, now);
        }
    }
    if let Some((retry_after, bucket)) = longest {
        // What was written is taken back with this.
        return Err(NotCharged::Spent { bucket: bucket.clone(), retry_after });
    }
    let row = |(id, attempts): (Key, Attempts)| {
        // An attempt may be later than now, by another process's clock.
        let later = attempts.latest().map_or(Duration::ZERO, |latest| latest.since(now));
        let until = ends.get(&id).copied().unwrap_or(now).plus(later).as_millis();
        Model { id, attempts: attempts.to_bytes(), until }
    };
    Ok(put(tx, rows.into_iter().map(row), &[Column::Attempts, Column::Until]).await?)
}

async fn refund(tx: &DatabaseTransaction, keys: Vec<Key>) -> Result<(), StoreError> {
    let mut rows = read(tx, locked(keys.iter().cloned())).await?;
    for key in &keys {
        if let Some(attempts) = rows.get_mut(key) {
            attempts.pop();
        }
    }
    let row = |(id, attempts): (Key, Attempts)| Model { id, attempts: attempts.to_bytes(), until: 0 };
    put(tx, rows.into_iter().map(row), &[Column::Attempts]).await
}

async fn sweep(tx: &DatabaseTransaction, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
    let over = Entity::find().filter(Column::Until.lte(now.as_millis())).limit(u64::from(limit));
    let keys: Vec<Key> = read(tx, over).await?.into_keys().collect();
    // One that was charged meanwhile is not over any more.
    let over = read(tx, locked(keys).filter(Column::Until.lte(now.as_millis()))).await?;
    let gone = delete(tx, Entity::delete_many().filter(Column::Id.is_in(over.into_keys()))).await?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}

/// Rows in the order in which everybody locks them.
fn locked(keys: impl IntoIterator<Item = Key>) -> sea_orm::Select<Entity> {
    let keys: BTreeSet<Key> = keys.into_iter().collect();
    Entity::find().filter(Column::Id.is_in(keys)).order_by_asc(Column::Id).lock_exclusive()
}

async fn read(tx: &DatabaseTransaction, rows: sea_orm::Select<Entity>) -> Result<BTreeMap<Key, Attempts>, StoreError> {
    let rows = rows.all(tx).await.map_err(|error| unread(KIND, error))?;
    let attempts = |row: Model| Some((row.id, Attempts::from_bytes(&row.attempts)?));
    rows.into_iter().map(attempts).collect::<Option<_>>().ok_or(StoreError::Malformed(KIND))
}

/// Inserts rows, or sets these columns where there are some, in the order of their keys.
async fn put(
    tx: &DatabaseTransaction,
    rows: impl Iterator<Item = Model>,
    columns: &[Column],
) -> Result<(), StoreError> {
    let row = |Model { id, attempts, until }| ActiveModel { id: Set(id), attempts: Set(attempts), until: Set(until) };
    let rows: Vec<ActiveModel> = rows.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let or_set = OnConflict::column(Column::Id).update_columns(columns.iter().copied()).to_owned();
    let done = Entity::insert_many(rows).on_conflict(or_set).exec_without_returning(tx).await;
    done.map(drop).map_err(unavailable)
}
