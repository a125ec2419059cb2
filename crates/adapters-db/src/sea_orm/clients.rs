//! API clients: reads and writes.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, Func},
};
use vestibule_application::ports::{ClientStore, CommitError, Conflict, StoreError};
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    secret::Digest,
    time::Timestamp,
};

use super::{
    SeaOrmStore,
    entities::client::{self, Column, Entity},
    mapping::{all, digest_column, first, insert, met, update},
};

#[async_trait]
impl ClientStore for SeaOrmStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Client>, StoreError> {
        first(&self.reads, Entity::find().filter(Column::Digest.eq(digest_column(digest)))).await
    }

    async fn by_name(&self, name: &ClientName) -> Result<Option<Client>, StoreError> {
        first(&self.reads, Entity::find().filter(Column::Name.eq(name.as_str()))).await
    }

    async fn all(&self) -> Result<Vec<Client>, StoreError> {
        all(&self.reads, Entity::find().order_by_asc(Column::Name)).await
    }
}

pub(super) async fn add(tx: &DatabaseTransaction, client: &Client, digest: &Digest) -> Result<(), CommitError> {
    insert(tx, client::row(client, digest), Conflict::NameTaken).await
}

pub(super) async fn revoke(tx: &DatabaseTransaction, id: ClientId, at: Timestamp) -> Result<(), CommitError> {
    let first_time = Func::coalesce([Expr::col(Column::Revoked), at.as_millis().into()]);
    let rows = Entity::update_many().col_expr(Column::Revoked, first_time.into());
    met(update(tx, rows.filter(Column::Id.eq(id.as_uuid()))).await?, Conflict::Missing)
}
