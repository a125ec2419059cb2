//! Roles: reads and writes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use redb::WriteTransaction;
use vestibule_application::ports::{RoleStore, StoreError};
use vestibule_domain::rights::{Rights, Role, RoleName};

use crate::{
    RedbStore,
    rows::{self, Kept},
    tables,
};

#[async_trait]
impl RoleStore for RedbStore {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        let in_order: BTreeSet<_> = names.iter().collect();
        self.look(|tx| in_order.into_iter().filter_map(|name| rows::get(tx, name.as_str()).transpose()).collect())
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        self.list(rows::all).await
    }
}

pub(crate) fn add(tx: &WriteTransaction, name: RoleName) -> Result<(), StoreError> {
    if tables::has(tx, Role::TABLE, name.as_str())? {
        return Ok(());
    }
    rows::put(tx, &Role { name, rights: Rights::new() })
}
