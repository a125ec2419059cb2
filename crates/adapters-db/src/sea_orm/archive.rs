//! The store as a whole: spans of rows, read and replaced.

mod rows;

use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Value,
};
use vestibule_application::ports::{
    Archive, CommitError, Conflict, StoreError,
    archive::{Key, Kind, Record, Span},
};

use self::rows::Archived;
use super::{
    SeaOrmStore,
    entities::{client, form, login_token, message, node, role, session, user, user_key},
    error::{not_inserted, unavailable, unread},
    installation,
    mapping::{delete, digest_column},
    sessions::BATCH,
    users,
};

#[async_trait]
impl Archive for SeaOrmStore {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError> {
        let span = Span { kind, after, through: None };
        let db = &self.reads;
        match kind {
            Kind::Configured => installation::export(db, &span, limit).await,
            Kind::Message => page::<message::Entity>(db, &span, limit).await,
            Kind::Role => page::<role::Entity>(db, &span, limit).await,
            Kind::Form => page::<form::Entity>(db, &span, limit).await,
            Kind::User => page::<user::Entity>(db, &span, limit).await,
            Kind::Node => page::<node::Entity>(db, &span, limit).await,
            Kind::Client => page::<client::Entity>(db, &span, limit).await,
            Kind::LoginToken => page::<login_token::Entity>(db, &span, limit).await,
            Kind::Session => page::<session::Entity>(db, &span, limit).await,
        }
    }

    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        if !span.admits(&records) {
            return Err(StoreError::Malformed("span").into());
        }
        self.write(move |tx| Box::pin(replace(tx, span.clone(), records.clone()))).await
    }
}

async fn replace(tx: &DatabaseTransaction, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
    match span.kind {
        Kind::Configured => installation::replace(tx, &records).await,
        Kind::Message => {
            installation::lock(tx).await?;
            put::<message::Entity>(tx, &span, &records, Conflict::Stale).await?;
            Ok(number_on(tx).await?)
        }
        Kind::Role => put::<role::Entity>(tx, &span, &records, Conflict::NameTaken).await,
        Kind::Form => put::<form::Entity>(tx, &span, &records, Conflict::NameTaken).await,
        Kind::User => {
            let theirs = within(user_key::Column::UserId, &span);
            delete(tx, user_key::Entity::delete_many().filter(theirs)).await?;
            put::<user::Entity>(tx, &span, &records, Conflict::LoginTaken).await?;
            let of_user = |record: &Record| if let Record::User(it) = record { users::keys(&it.user) } else { vec![] };
            insert_all(tx, records.iter().flat_map(of_user).collect(), Conflict::LoginTaken).await
        }
        Kind::Node => put::<node::Entity>(tx, &span, &records, Conflict::NameTaken).await,
        Kind::Client => put::<client::Entity>(tx, &span, &records, Conflict::NameTaken).await,
        Kind::LoginToken => put::<login_token::Entity>(tx, &span, &records, Conflict::TokenSpent).await,
        Kind::Session => put::<session::Entity>(tx, &span, &records, Conflict::SessionExists).await,
    }
}

/// The first records of a span.
async fn page<E: Archived>(db: &impl ConnectionTrait, span: &Span, limit: u32) -> Result<Vec<Record>, StoreError> {
    let rows = E::find().filter(within(E::KEY, span)).order_by_asc(E::KEY).limit(u64::from(limit));
    let rows = rows.all(db).await.map_err(|error| unread(E::KIND, error))?;
    rows.into_iter().map(|row| E::record(row).ok_or(StoreError::Malformed(E::KIND))).collect()
}

/// Removes a span's rows and puts these in their place; `taken` if a row elsewhere has a unique key of theirs.
async fn put<E: Archived>(
    tx: &DatabaseTransaction,
    span: &Span,
    records: &[Record],
    taken: Conflict,
) -> Result<(), CommitError> {
    delete(tx, E::delete_many().filter(within(E::KEY, span))).await?;
    insert_all(tx, records.iter().filter_map(E::row).collect(), taken).await
}

async fn insert_all<A: ActiveModelTrait>(
    tx: &DatabaseTransaction,
    rows: Vec<A>,
    taken: Conflict,
) -> Result<(), CommitError>
where
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    for batch in rows.chunks(BATCH) {
        let inserted = A::Entity::insert_many(batch.iter().cloned()).exec_without_returning(tx).await;
        inserted.map_err(|error| not_inserted(taken, error))?;
    }
    Ok(())
}

/// What finds the rows of a span. Every database sorts these columns by their bytes.
fn within(key: impl ColumnTrait, span: &Span) -> Condition {
    Condition::all()
        .add_option(span.after.as_ref().map(|after| key.gt(value(after))))
        .add_option(span.through.as_ref().map(|through| key.lte(value(through))))
}

fn value(key: &Key) -> Value {
    match key {
        Key::Single => Value::from(0_i64),
        // Beyond the highest id there can be is beyond every message.
        Key::Number(number) => i64::try_from(*number).unwrap_or(i64::MAX).into(),
        Key::Name(name) => name.as_str().into(),
        Key::Id(id) => (*id).into(),
        Key::Digest(digest) => digest_column(digest).into(),
    }
}

/// PostgreSQL numbers by a sequence that takes no notice of the ids that are put in. The other databases do.
async fn number_on(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let on = "SELECT setval(sequence, GREATEST(nextval(sequence), (SELECT MAX(id) FROM messages))) \
              FROM (SELECT pg_get_serial_sequence('messages', 'id')::regclass AS sequence) AS its";
    tx.execute_unprepared(on).await.map(drop).map_err(unavailable)
}
