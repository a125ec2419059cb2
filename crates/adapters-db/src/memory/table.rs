//! A map that can take back what was done to it: how a unit of work is all or nothing without copying the store.

use std::{collections::BTreeMap, ops::Deref};

/// Reads go to the map; every write notes what was there before, until it is kept or taken back.
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    /// Adds a row or replaces it.
    pub(super) fn put(&mut self, key: K, value: V) {
        let before = self.rows.insert(key.clone(), value);
        self.before.push((key, before));
    }

    /// Removes a row, and says whether it was there.
    pub(super) fn remove(&mut self, key: &K) -> bool {
        let before = self.rows.remove(key);
        let found = before.is_some();
        self.before.push((key.clone(), before));
        found
    }

    /// Changes a row, and says whether it was there.
    pub(super) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) -> bool {
        let Some(row) = self.rows.get_mut(key) else { return false };
        self.before.push((key.clone(), Some(row.clone())));
        change(row);
        true
    }
}

/// What every table can do, whatever it holds.
pub(super) trait Undo {
    /// Makes what was done final.
    fn keep(&mut self);
    /// Undoes everything since the last [`Undo::keep`].
    fn take_back(&mut self);
}

impl<K: Ord, V> Undo for Table<K, V> {
    fn keep(&mut self) {
        self.before.clear();
    }

    fn take_back(&mut self) {
        while let Some((key, before)) = self.before.pop() {
            match before {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}
