//! Form configurations: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use vestibule_application::ports::{CommitError, Conflict, FormStore, StoreError};
use vestibule_domain::form::{FormConfiguration, FormName};

use super::{
    SeaOrmStore,
    entities::form::{self, Column, Entity},
    mapping::{all, delete, first, met, put_row},
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
    put_row(tx, form::row(form), Column::Name, [Column::Action, Column::Fields, Column::Roles]).await
}

pub(super) async fn remove(tx: &DatabaseTransaction, name: &FormName) -> Result<(), CommitError> {
    met(delete(tx, Entity::delete_many().filter(Column::Name.eq(name.as_str()))).await?, Conflict::Missing)
}
