//! Leases in a database.
//!
//! Each statement is a transaction of its own: nothing of this needs two of them to be seen at once. They go where reads go, because
//! whoever waits for holders to hear may be many, and holders would have to wait behind those who want to write. So only servers have leases.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect, Set, sea_query::Expr};
use vestibule_application::ports::{Holder, Leases, StoreError};
use vestibule_domain::message::MessageId;

use super::{
    SeaOrmStore,
    entities::lease::{ActiveModel, Column, Entity},
    error::unavailable,
    mapping::{delete, update},
    reader::Found,
};

const KIND: &str = "lease";

/// Beyond the highest message there can be is beyond every message.
fn column(message: MessageId) -> i64 {
    i64::try_from(message).unwrap_or(i64::MAX)
}

#[async_trait]
impl Leases for SeaOrmStore {
    async fn take(&self, Holder(holder): Holder) -> Result<(), StoreError> {
        let row = ActiveModel { holder: Set(holder), heard: Set(0) };
        Entity::insert(row).exec_without_returning(&self.reads).await.map(drop).map_err(unavailable)
    }

    async fn heard(&self, Holder(holder): Holder, newest: MessageId) -> Result<bool, StoreError> {
        // Most often there was no message since: then nothing is written.
        let rows = Entity::find_by_id(holder).select_only().column(Column::Heard).into_tuple::<i64>();
        match rows.one(&self.reads).await.map_err(unavailable)? {
            None => Ok(false),
            Some(heard) if heard == column(newest) => Ok(true),
            Some(_) => {
                let rows = Entity::update_many().filter(Column::Holder.eq(holder));
                let heard = rows.col_expr(Column::Heard, Expr::value(column(newest)));
                Ok(update(&self.reads, heard).await? == 1)
            }
        }
    }

    async fn give_up(&self, Holder(holder): Holder) -> Result<(), StoreError> {
        delete(&self.reads, Entity::delete_many().filter(Column::Holder.eq(holder))).await.map(drop)
    }

    async fn least_heard(&self) -> Result<Option<MessageId>, StoreError> {
        self.shared.least_heard.read(()).await
    }

    async fn strike(&self, message: MessageId) -> Result<u32, StoreError> {
        let deaf = Entity::delete_many().filter(Column::Heard.lt(column(message)));
        let struck = delete(&self.reads, deaf).await?;
        Ok(u32::try_from(struck).unwrap_or(u32::MAX))
    }
}

/// What whoever has heard the least has heard, which concerns everybody alike.
pub(super) async fn least_heard(db: DatabaseConnection, _: Vec<()>) -> Result<Found<(), MessageId>, DbErr> {
    let least = Entity::find().select_only().column_as(Column::Heard.min(), "least").into_tuple::<Option<i64>>();
    let least = least.one(&db).await?.flatten();
    Ok(least.map(|least| ((), least.try_into().map_err(|_| KIND))).into_iter().collect::<HashMap<_, _>>())
}
