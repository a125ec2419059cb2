//! Form configurations: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use vestibule_application::ports::{CommitError, Conflict, FormStore, StoreError};
use vestibule_domain::form::{FormConfiguration, FormName};

use super::{
    SeaOrmStore,
    entities::form::{self, Column, Entity},
    mapping::{all, delete, first, insert, met, put_row},
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

/// Two who add one at the same time meet at its name.
pub(super) async fn replace(
    tx: &DatabaseTransaction,
    form: &FormConfiguration,
    read: Option<&FormConfiguration>,
) -> Result<(), CommitError> {
    let Some(read) = read else {
        return insert(tx, form::row(form), Conflict::Stale).await;
    };
    let stored = first(tx, Entity::find_by_id(form.name.as_str()).lock_exclusive()).await?;
    if stored.is_some_and(|stored| stored == *read) { put(tx, form).await } else { Err(Conflict::Stale.into()) }
}

pub(super) async fn remove(tx: &DatabaseTransaction, name: &FormName) -> Result<(), CommitError> {
    met(delete(tx, Entity::delete_many().filter(Column::Name.eq(name.as_str()))).await?, Conflict::Missing)
}
