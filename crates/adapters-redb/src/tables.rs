//! What is done to a table, be it of rows or an index, in a transaction that reads or in one that writes.

use std::ops::{Bound, RangeBounds};

use redb::{Key, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, Value, WriteTransaction};
use vestibule_application::ports::{CommitError, Conflict, StoreError};

/// Whatever redb could not do.
pub(crate) fn unavailable(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Unavailable(Box::new(error.into()))
}

/// Demands a precondition of a change.
pub(crate) fn demand(holds: bool, conflict: Conflict) -> Result<(), CommitError> {
    if holds { Ok(()) } else { Err(conflict.into()) }
}

/// A transaction of either kind, as far as it reads. A write transaction sees what it wrote itself.
pub(crate) trait Reads {
    /// A table that is open.
    type Table<'t, K: Key + 'static, V: Value + 'static>: ReadableTable<K, V>
    where
        Self: 't;

    /// Opens a table. A write transaction opens none twice at a time, so every function here closes its own again.
    fn table<K: Key, V: Value>(&self, table: TableDefinition<K, V>) -> Result<Self::Table<'_, K, V>, StoreError>;
}

impl Reads for ReadTransaction {
    type Table<'t, K: Key + 'static, V: Value + 'static> = redb::ReadOnlyTable<K, V>;

    fn table<K: Key, V: Value>(&self, table: TableDefinition<K, V>) -> Result<Self::Table<'_, K, V>, StoreError> {
        self.open_table(table).map_err(unavailable)
    }
}

impl Reads for WriteTransaction {
    type Table<'t, K: Key + 'static, V: Value + 'static> = redb::Table<'t, K, V>;

    fn table<K: Key, V: Value>(&self, table: TableDefinition<K, V>) -> Result<Self::Table<'_, K, V>, StoreError> {
        self.open_table(table).map_err(unavailable)
    }
}

/// What `read` makes of the value under a key, if there is one.
pub(crate) fn get<K: Key, V: Value, T>(
    tx: &impl Reads,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
    read: impl FnOnce(V::SelfType<'_>) -> T,
) -> Result<Option<T>, StoreError> {
    let table = tx.table(table)?;
    let found = table.get(key).map_err(unavailable)?;
    Ok(found.map(|value| read(value.value())))
}

/// Whether there is something under a key.
pub(crate) fn has<K: Key, V: Value>(
    tx: &impl Reads,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
) -> Result<bool, StoreError> {
    Ok(get(tx, table, key, |_| ())?.is_some())
}

/// Whether there is nothing at all.
pub(crate) fn is_empty<K: Key, V: Value>(tx: &impl Reads, table: TableDefinition<K, V>) -> Result<bool, StoreError> {
    tx.table(table)?.is_empty().map_err(unavailable)
}

/// The first `limit` values that `pick` takes, in the order of keys; the rest is not looked at.
pub(crate) fn scan<'k, K: Key, V: Value, T>(
    tx: &impl Reads,
    table: TableDefinition<K, V>,
    range: impl RangeBounds<K::SelfType<'k>> + 'k,
    limit: u32,
    mut pick: impl FnMut(K::SelfType<'_>, V::SelfType<'_>) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let table = tx.table(table)?;
    let mut entries = table.range::<K::SelfType<'k>>(range).map_err(unavailable)?;
    let mut picked = Vec::new();
    while picked.len() < limit
        && let Some(entry) = entries.next()
    {
        let (key, value) = entry.map_err(unavailable)?;
        picked.extend(pick(key.value(), value.value())?);
    }
    Ok(picked)
}

/// From after a key on, or from the beginning.
pub(crate) fn after<K>(key: Option<K>) -> (Bound<K>, Bound<K>) {
    (key.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

/// Puts a value under a key, and says whether the key was free.
pub(crate) fn put<K: Key, V: Value>(
    tx: &WriteTransaction,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
    value: V::SelfType<'_>,
) -> Result<bool, StoreError> {
    let mut table = tx.table(table)?;
    let before = table.insert(key, value).map_err(unavailable)?;
    Ok(before.is_none())
}

/// Removes what is under a key, and says whether there was something.
pub(crate) fn remove<K: Key, V: Value>(
    tx: &WriteTransaction,
    table: TableDefinition<K, V>,
    key: K::SelfType<'_>,
) -> Result<bool, StoreError> {
    let mut table = tx.table(table)?;
    let before = table.remove(key).map_err(unavailable)?;
    Ok(before.is_some())
}
