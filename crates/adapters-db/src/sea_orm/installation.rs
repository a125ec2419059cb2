//! The latch, and whether the store answers.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use vestibule_application::ports::{
    CommitError, Health, Installation, SetupState, StoreError,
    archive::{Key, Record, Span},
};
use vestibule_domain::time::Timestamp;

use super::{
    SeaOrmStore,
    entities::{
        installation::{Column, Entity},
        user,
    },
    error::unread,
    mapping::update,
};

const KIND: &str = "installation";

#[async_trait]
impl Installation for SeaOrmStore {
    async fn state(&self) -> Result<SetupState, StoreError> {
        let users = user::Entity::find().select_only().column(user::Column::Id).into_query();
        // One statement reads from one snapshot.
        let latch = Entity::find()
            .select_only()
            .column(Column::Configured)
            .expr_as(Expr::exists(users), "has_users")
            .into_tuple::<(Option<i64>, bool)>();
        match latch.one(&self.reads).await.map_err(|error| unread(KIND, error))? {
            // Somebody emptied the store: until it is mended, it is as good as away.
            None => Err(missing()),
            Some((None, false)) => Ok(SetupState::Unconfigured),
            Some(_) => Ok(SetupState::Configured),
        }
    }
}

#[async_trait]
impl Health for SeaOrmStore {
    async fn ping(&self) -> Result<(), StoreError> {
        // The smallest read that fails when the file, the tables or the latch are gone.
        Installation::state(self).await.map(drop)
    }
}

fn missing() -> StoreError {
    StoreError::Unavailable("the installation's row is missing".into())
}

/// Closes the latch, if it is open.
pub(super) async fn close(tx: &DatabaseTransaction, at: Timestamp) -> Result<(), CommitError> {
    let latch = Entity::update_many().col_expr(Column::Configured, at.as_millis().into());
    update(tx, latch.filter(Column::Configured.is_null())).await?;
    Ok(())
}

/// Waits until no other unit has this lock, and has it until this unit ends.
pub(super) async fn lock(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    // There, a unit that writes is the only one.
    if tx.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let row = Entity::find().select_only().column(Column::Id).lock_exclusive().into_tuple::<i64>();
    row.one(tx).await.map(drop).map_err(|error| unread(KIND, error))
}

/// The latch as a record, if it is closed and within the span.
pub(super) async fn export(db: &impl ConnectionTrait, span: &Span, limit: u32) -> Result<Vec<Record>, StoreError> {
    let latch = Entity::find().select_only().column(Column::Configured).into_tuple::<Option<i64>>();
    let latch = latch.one(db).await.map_err(|error| unread(KIND, error))?.ok_or_else(missing)?;
    let is_wanted = limit > 0 && span.has(&Key::Single);
    Ok(latch.filter(|_| is_wanted).map(Timestamp::from_millis).map(Record::Configured).into_iter().collect())
}

/// Closes the latch at the time a record says, if there is one.
pub(super) async fn replace(tx: &DatabaseTransaction, records: &[Record]) -> Result<(), CommitError> {
    let Some(Record::Configured(at)) = records.first() else { return Ok(()) };
    lock(tx).await?;
    update(tx, Entity::update_many().col_expr(Column::Configured, at.as_millis().into())).await?;
    Ok(())
}
