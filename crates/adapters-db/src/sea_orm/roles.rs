//! Roles: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use vestibule_application::ports::{CommitError, RoleStore, StoreError};
use vestibule_domain::rights::{Role, RoleName};

use super::{
    SeaOrmStore,
    entities::role::{self, Column, Entity},
    error::unavailable,
    mapping::all,
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

pub(super) async fn put(tx: &DatabaseTransaction, role: &Role) -> Result<(), CommitError> {
    let or_replace = OnConflict::column(Column::Name).update_column(Column::Rights).to_owned();
    let put = Entity::insert(role::row(role)).on_conflict(or_replace).exec_without_returning(tx).await;
    put.map(drop).map_err(|error| unavailable(error).into())
}
