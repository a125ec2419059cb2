//! The message log: reads and writes.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use vestibule_application::ports::{About, CommitError, MessageLog, StoreError};
use vestibule_domain::message::{Event, Message, MessageId};

use super::{
    SeaOrmStore,
    entities::message::{self, Column, Entity},
    error::unavailable,
    installation,
    mapping::{Table, all, subject_columns},
    reader::Found,
    unit_of_work::Script,
};

#[async_trait]
impl MessageLog for SeaOrmStore {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        let latest = self.shared.latest_message.read(()).await?;
        Ok(latest.unwrap_or_default())
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        // Beyond the highest id there can be is beyond every message.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let page = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(u64::from(limit));
        all(&self.reads, page).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let theirs = match about {
            About::Session(id) => Condition::all().add(Column::SessionId.eq(id.as_uuid())),
            About::Subject(subject) => {
                let (kind, id) = subject_columns(subject);
                let id = id.map_or_else(|| Column::SubjectId.is_null(), |id| Column::SubjectId.eq(id));
                Condition::all().add(Column::SubjectKind.eq(kind)).add(id)
            }
        };
        let page = Entity::find().filter(theirs.add(Column::Id.gt(after))).order_by_asc(Column::Id);
        all(&self.reads, page.limit(u64::from(limit))).await
    }
}

/// The highest id, which concerns everybody alike.
pub(super) async fn latest(db: DatabaseConnection, _: Vec<()>) -> Result<Found<(), MessageId>, DbErr> {
    let highest = Entity::find().select_only().column_as(Column::Id.max(), "highest").into_tuple::<Option<i64>>();
    let highest = highest.one(&db).await?.flatten().unwrap_or(0);
    Ok(HashMap::from([((), highest.try_into().map_err(|_| Entity::KIND))]))
}

/// Records events. Until the unit is committed no other records any: readers remember the highest id they have seen, and
/// would never see a lower one that was committed later.
pub(super) async fn record(
    tx: &DatabaseTransaction,
    events: impl IntoIterator<Item = Event>,
) -> Result<(), StoreError> {
    installation::lock(tx).await?;
    let rows = Entity::insert_many(events.into_iter().map(|event| message::row(&event)));
    rows.exec_without_returning(tx).await.map(drop).map_err(unavailable)
}

/// Records an event of a unit, likewise.
pub(super) async fn record_in(script: &mut Script<'_>, event: Event) -> Result<(), CommitError> {
    installation::lock(script.transaction()).await?;
    script.record(Entity::insert(message::row(&event))).await
}
