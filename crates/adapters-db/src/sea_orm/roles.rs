//! Roles: reads and writes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use vestibule_application::ports::{CommitError, Conflict, RoleStore, StoreError};
use vestibule_domain::rights::{Rights, Role, RoleName};

use super::{
    SeaOrmStore,
    entities::role::{self, Column, Entity},
    mapping::{all, by_column, first, insert, padded, put_row},
    reader::Found,
};

#[async_trait]
impl RoleStore for SeaOrmStore {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        let names: BTreeSet<&RoleName> = names.iter().collect();
        let roles = names.into_iter().map(|name| self.shared.roles.read(name.clone()));
        Ok(try_join_all(roles).await?.into_iter().flatten().collect())
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        all(&self.reads, Entity::find().order_by_asc(Column::Name)).await
    }
}

/// The roles of these names.
pub(super) async fn of(db: DatabaseConnection, names: Vec<RoleName>) -> Result<Found<RoleName, Role>, DbErr> {
    let columns = padded(names.iter().map(RoleName::as_str).collect());
    let mut found =
        by_column::<_, String>(&db, Entity::find().filter(Column::Name.is_in(columns)), Column::Name).await?;
    Ok(names.into_iter().filter_map(|name| found.remove(name.as_str()).map(|role| (name, role))).collect())
}

pub(super) async fn add(tx: &DatabaseTransaction, name: RoleName) -> Result<(), CommitError> {
    // One that is there gets its own name again.
    put_row(tx, role::row(&Role { name, rights: Rights::new() }), Column::Name, [Column::Name]).await
}

pub(super) async fn put(tx: &DatabaseTransaction, role: &Role) -> Result<(), CommitError> {
    put_row(tx, role::row(role), Column::Name, [Column::Rights]).await
}

/// Two who add one at the same time meet at its name.
pub(super) async fn replace(tx: &DatabaseTransaction, role: &Role, read: Option<&Rights>) -> Result<(), CommitError> {
    let Some(read) = read else {
        return insert(tx, role::row(role), Conflict::Stale).await;
    };
    let stored = first(tx, Entity::find_by_id(role.name.as_str()).lock_exclusive()).await?;
    if stored.is_some_and(|stored| stored.rights == *read) { put(tx, role).await } else { Err(Conflict::Stale.into()) }
}
