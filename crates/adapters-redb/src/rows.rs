//! What is in the tables: each thing a JSON object under its key.
//!
//! Unknown fields are ignored and missing optional ones are nothing, so that a version of the program can read what the
//! next one wrote as long as [`crate::open`]'s schema version is the same.

mod client;
mod form;
mod login_token;
mod message;
mod node;
mod parts;
mod role;
mod session;
#[cfg(test)]
mod tests;
mod user;

use redb::{Key, TableDefinition, Value, WriteTransaction};
use serde::{Serialize, de::DeserializeOwned};
use vestibule_application::ports::StoreError;
use vestibule_domain::secret::Digest;

use crate::tables::{self, Reads};

/// A kind of thing that has a table.
pub(crate) trait Kept: Sized {
    /// What it is found by.
    type Key: Key + 'static;
    /// What is stored of it.
    type Row: Serialize + DeserializeOwned;
    /// Where it is.
    const TABLE: TableDefinition<'static, Self::Key, &'static [u8]>;
    /// How [`StoreError::Malformed`] calls one.
    const KIND: &'static str;

    /// Its key.
    fn key(&self) -> KeyOf<'_, Self>;
    /// Its row.
    fn row(&self) -> Self::Row;
    /// The thing of a row; nothing if there can be no such thing.
    fn read(row: Self::Row) -> Option<Self>;
}

/// A key as it is handed about.
pub(crate) type KeyOf<'k, T> = <<T as Kept>::Key as Value>::SelfType<'k>;

/// Something that bears a token, and the digest of that token.
pub(crate) struct WithDigest<T> {
    pub(crate) bearer: T,
    pub(crate) digest: Digest,
}

/// Reads the row of a thing.
pub(crate) fn read<T: Kept>(bytes: &[u8]) -> Result<T, StoreError> {
    let row = serde_json::from_slice(bytes).ok();
    row.and_then(T::read).ok_or(StoreError::Malformed(T::KIND))
}

/// The thing under a key, if there is one.
pub(crate) fn get<T: Kept>(tx: &impl Reads, key: KeyOf<'_, T>) -> Result<Option<T>, StoreError> {
    tables::get(tx, T::TABLE, key, read)?.transpose()
}

/// The thing under a key that an index holds: an index that points nowhere is malformed.
pub(crate) fn indexed<T: Kept>(tx: &impl Reads, key: KeyOf<'_, T>) -> Result<T, StoreError> {
    get(tx, key)?.ok_or(StoreError::Malformed(T::KIND))
}

/// All, in the order of their keys.
pub(crate) fn all<T: Kept>(tx: &impl Reads) -> Result<Vec<T>, StoreError> {
    page(tx, None, u32::MAX)
}

/// At most so many, in the order of their keys, from after a key on.
pub(crate) fn page<T: Kept>(tx: &impl Reads, after: Option<KeyOf<'_, T>>, limit: u32) -> Result<Vec<T>, StoreError> {
    tables::scan(tx, T::TABLE, tables::after(after), limit, |_, row| read(row).map(Some))
}

/// Adds a thing, or replaces it.
pub(crate) fn put<T: Kept>(tx: &WriteTransaction, thing: &T) -> Result<(), StoreError> {
    let row = serde_json::to_vec(&thing.row()).map_err(|_| StoreError::Malformed(T::KIND))?;
    tables::put(tx, T::TABLE, thing.key(), row.as_slice())?;
    Ok(())
}

/// Changes a thing whose key stays, and says whether it was there.
pub(crate) fn change<T: Kept>(
    tx: &WriteTransaction,
    key: KeyOf<'_, T>,
    change: impl FnOnce(&mut T),
) -> Result<bool, StoreError> {
    let Some(mut thing) = get(tx, key)? else { return Ok(false) };
    change(&mut thing);
    put(tx, &thing)?;
    Ok(true)
}
