//! Login tokens: reads and writes.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use vestibule_application::ports::{CommitError, Conflict, LoginTokenStore, StoreError};
use vestibule_domain::{login_token::LoginToken, secret::Digest};

use super::{
    SeaOrmStore,
    entities::login_token::{self, Column, Entity},
    mapping::{delete, digest_column, first, insert, met},
};

#[async_trait]
impl LoginTokenStore for SeaOrmStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<LoginToken>, StoreError> {
        first(&self.reads, Entity::find_by_id(digest_column(digest))).await
    }
}

pub(super) async fn add(tx: &DatabaseTransaction, token: &LoginToken) -> Result<(), CommitError> {
    insert(tx, login_token::row(token), Conflict::TokenSpent).await
}

pub(super) async fn spend(tx: &DatabaseTransaction, digest: &Digest) -> Result<(), CommitError> {
    let spent = Entity::delete_many().filter(Column::Digest.eq(digest_column(digest)));
    met(delete(tx, spent).await?, Conflict::TokenSpent)
}
