//! Roles: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use vestibule_application::ports::{CommitError, RoleStore, StoreError};
use vestibule_domain::rights::{Rights, Role, RoleName};

use super::{
    SeaOrmStore,
    entities::role::{self, Column, Entity},
    mapping::{all, put_row},
};

#[async_trait]
impl RoleStore for SeaOrmStore {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        let names = names.iter().map(RoleName::as_str);
        all(&self.reads, Entity::find().filter(Column::Name.is_in(names)).order_by_asc(Column::Name)).await
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        all(&self.reads, Entity::find().order_by_asc(Column::Name)).await
    }
}

pub(super) async fn add(tx: &DatabaseTransaction, name: RoleName) -> Result<(), CommitError> {
    // One that is there gets its own name again.
    put_row(tx, role::row(&Role { name, rights: Rights::new() }), Column::Name, [Column::Name]).await
}

pub(super) async fn put(tx: &DatabaseTransaction, role: &Role) -> Result<(), CommitError> {
    put_row(tx, role::row(role), Column::Name, [Column::Rights]).await
}
