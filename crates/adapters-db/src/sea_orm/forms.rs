//! Form configurations: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use vestibule_application::ports::{CommitError, Conflict, FormStore, StoreError};
use vestibule_domain::form::{FormConfiguration, FormName};

use super::{
    SeaOrmStore,
    entities::form::{self, Column, Entity},
    error::unavailable,
    mapping::{all, delete, first, met},
};

#[async_trait]
impl FormStore for SeaOrmStore {
    async fn by_name(&self, name: &FormName) -> Result<Option<FormConfiguration>, StoreError> {
        first(&self.reads, Entity::find_by_id(name.as_str())).await
    }

    async fn all(&self) -> Result<Vec<FormConfiguration>, StoreError> {
        all(&self.reads, Entity::find().order_by_asc(Column::Name)).await
    }
}

pub(super) async fn put(tx: &DatabaseTransaction, form: &FormConfiguration) -> Result<(), CommitError> {
    let others = [Column::Action, Column::Fields, Column::Roles];
    let or_replace = OnConflict::column(Column::Name).update_columns(others).to_owned();
    let put = Entity::insert(form::row(form)).on_conflict(or_replace).exec_without_returning(tx).await;
    put.map(drop).map_err(|error| unavailable(error).into())
}

pub(super) async fn remove(tx: &DatabaseTransaction, name: &FormName) -> Result<(), CommitError> {
    met(delete(tx, Entity::delete_many().filter(Column::Name.eq(name.as_str()))).await?, Conflict::Missing)
}
