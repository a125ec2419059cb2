//! Between rows and values: what every table shares.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hash,
};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, DeleteMany, DeriveValueType, EntityTrait,
    FromQueryResult, IdenStatic, IntoActiveModel, QueryFilter, QueryResult, QuerySelect, QueryTrait, Select,
    TryGetable, UpdateMany,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;
use vestibule_application::ports::{CommitError, Conflict, StoreError};
use vestibule_domain::{
    network::{KnownNetworks, Network},
    node::NodeId,
    secret::{Digest, PasswordHash},
    session::Subject,
    time::Timestamp,
    user::UserId,
};

use super::{
    error::{not_inserted, unavailable, unread},
    reader::Found,
};

/// A table whose rows stand for values of the application.
pub(crate) trait Table: EntityTrait {
    /// What a row stands for.
    type Value;
    /// How [`StoreError::Malformed`] calls one.
    const KIND: &'static str;
    /// The value of a row; nothing if there can be no such value.
    fn value(row: Self::Model) -> Option<Self::Value>;
}

/// The value of the first of these rows.
pub(crate) async fn first<E: Table>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
) -> Result<Option<E::Value>, StoreError> {
    let row = rows.one(db).await.map_err(|error| unread(E::KIND, error))?;
    row.map(read::<E>).transpose()
}

/// Whether there is such a row. Nothing of it is read.
pub(crate) async fn is_there<E: Table>(db: &impl ConnectionTrait, rows: Select<E>) -> Result<bool, StoreError> {
    let found = rows.select_only().expr_as(Expr::value(1_i64), "there").into_tuple::<i64>().one(db).await;
    found.map(|row| row.is_some()).map_err(|error| unread(E::KIND, error))
}

/// The networks that a row says, without reading the rest of it: that takes several times as long.
pub(crate) async fn only_networks<E: Table>(
    db: &impl ConnectionTrait,
    row: Select<E>,
    column: E::Column,
) -> Result<Option<KnownNetworks>, StoreError> {
    let found = row.select_only().column(column).into_tuple::<Option<String>>().one(db).await;
    let column = found.map_err(|error| unread(E::KIND, error))?;
    column.map(|column| networks(column).ok_or(StoreError::Malformed(E::KIND))).transpose()
}

/// The values of all these rows.
pub(crate) async fn all<E: Table>(db: &impl ConnectionTrait, rows: Select<E>) -> Result<Vec<E::Value>, StoreError> {
    let rows = rows.all(db).await.map_err(|error| unread(E::KIND, error))?;
    rows.into_iter().map(read::<E>).collect()
}

/// The value of a row.
pub(crate) fn read<E: Table>(row: E::Model) -> Result<E::Value, StoreError> {
    E::value(row).ok_or(StoreError::Malformed(E::KIND))
}

/// The values of these rows, each under what its row has in this column. One that cannot be read is no other's concern.
pub(crate) async fn by_column<E: Table, C: TryGetable + Eq + Hash>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    column: E::Column,
) -> Result<Found<C, E::Value>, DbErr> {
    let rows = db.query_all_raw(rows.build(db.get_database_backend())).await?;
    rows.iter().map(|row| Ok((row.try_get("", column.as_str())?, found::<E>(row)))).collect()
}

/// The value of a row among others; of what kind it is if it cannot be read.
pub(crate) fn found<E: Table>(row: &QueryResult) -> Result<E::Value, &'static str> {
    E::Model::from_query_result(row, "").ok().and_then(E::value).ok_or(E::KIND)
}

/// Keys of rows that one statement reads, so many that there are few different statements: connections keep them prepared.
/// The last stands there again and again.
pub(crate) fn padded<K: Clone>(mut keys: Vec<K>) -> Vec<K> {
    if let Some(last) = keys.last().cloned() {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

/// Inserts a row; `taken` if one of its unique keys is.
pub(crate) async fn insert<A: ActiveModelTrait>(
    db: &impl ConnectionTrait,
    row: A,
    taken: Conflict,
) -> Result<(), CommitError>
where
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let inserted = A::Entity::insert(row).exec_without_returning(db).await;
    inserted.map(drop).map_err(|error| not_inserted(taken, error))
}

/// Inserts a row, or replaces these columns of the one that has its key.
pub(crate) async fn put_row<A: ActiveModelTrait>(
    db: &impl ConnectionTrait,
    row: A,
    key: <A::Entity as EntityTrait>::Column,
    columns: impl IntoIterator<Item = <A::Entity as EntityTrait>::Column>,
) -> Result<(), CommitError>
where
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let or_replace = OnConflict::column(key).update_columns(columns).to_owned();
    let put = A::Entity::insert(row).on_conflict(or_replace).exec_without_returning(db).await;
    put.map(drop).map_err(|error| unavailable(error).into())
}

/// Moves a moment forward in these rows, if there are any; never back.
pub(crate) fn moving_forward<E: EntityTrait>(rows: UpdateMany<E>, moment: E::Column, to: Timestamp) -> UpdateMany<E> {
    let earlier = Condition::any().add(moment.is_null()).add(moment.lt(to.as_millis()));
    rows.col_expr(moment, to.as_millis().into()).filter(earlier)
}

/// Updates, and says how many rows there were.
pub(crate) async fn update<E: EntityTrait>(db: &impl ConnectionTrait, rows: UpdateMany<E>) -> Result<u64, StoreError> {
    rows.exec(db).await.map(|done| done.rows_affected).map_err(unavailable)
}

/// Deletes, and says how many rows there were.
pub(crate) async fn delete<E: EntityTrait>(db: &impl ConnectionTrait, rows: DeleteMany<E>) -> Result<u64, StoreError> {
    rows.exec(db).await.map(|done| done.rows_affected).map_err(unavailable)
}

/// Demands that a statement met a row.
pub(crate) fn met(rows: u64, conflict: Conflict) -> Result<(), CommitError> {
    if rows == 0 { Err(conflict.into()) } else { Ok(()) }
}

/// A password hash in a column: unlike a string, it does not show itself when a row is printed.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub(crate) struct HashColumn(String);

impl std::fmt::Debug for HashColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashColumn")
    }
}

impl From<&PasswordHash> for HashColumn {
    fn from(hash: &PasswordHash) -> Self {
        Self(hash.expose().to_owned())
    }
}

impl From<HashColumn> for PasswordHash {
    fn from(column: HashColumn) -> Self {
        Self::new(column.0)
    }
}

pub(crate) fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_millis)
}

pub(crate) fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(crate) fn digest_column(digest: &Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}

pub(crate) fn digest(column: Vec<u8>) -> Option<Digest> {
    column.try_into().ok().map(Digest::new)
}

/// A subject's two columns: its kind, and which of that kind.
pub(crate) fn subject_columns(subject: Subject) -> (&'static str, Option<Uuid>) {
    match subject {
        Subject::Anonymous => ("anonymous", None),
        Subject::Setup => ("setup", None),
        Subject::User(id) => ("user", Some(id.as_uuid())),
        Subject::Node(id) => ("node", Some(id.as_uuid())),
    }
}

pub(crate) fn subject(kind: &str, id: Option<Uuid>) -> Option<Subject> {
    match (kind, id) {
        ("anonymous", None) => Some(Subject::Anonymous),
        ("setup", None) => Some(Subject::Setup),
        ("user", Some(id)) => Some(Subject::User(UserId::from_uuid(id))),
        ("node", Some(id)) => Some(Subject::Node(NodeId::from_uuid(id))),
        _ => None,
    }
}

/// A set of words as a JSON array.
pub(crate) fn words_column<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<serde_json::Value>().to_string()
}

pub(crate) fn words<T: Ord, E>(column: &str, parse: fn(&str) -> Result<T, E>) -> Option<BTreeSet<T>> {
    let words: Vec<String> = serde_json::from_str(column).ok()?;
    words.iter().map(|word| parse(word).ok()).collect()
}

/// Networks as a JSON object of times; nothing if there are none.
pub(crate) fn networks_column(networks: &KnownNetworks) -> Option<String> {
    let times = networks.iter().map(|(network, at)| (network.to_string(), at.as_millis()));
    (!networks.is_empty()).then(|| times.collect::<serde_json::Value>().to_string())
}

pub(crate) fn networks(column: Option<String>) -> Option<KnownNetworks> {
    let Some(column) = column else { return Some(KnownNetworks::default()) };
    let times: BTreeMap<String, i64> = serde_json::from_str(&column).ok()?;
    times.into_iter().map(|(network, at)| Some((Network::parse(&network)?, Timestamp::from_millis(at)))).collect()
}

/// The value of a column that may be empty; nothing if it is neither empty nor well formed.
#[expect(clippy::option_option, reason = "the outer one says whether the column can be read, as everywhere here")]
pub(crate) fn optional<C, T>(column: Option<C>, read: impl FnOnce(C) -> Option<T>) -> Option<Option<T>> {
    column.map_or(Some(None), |column| read(column).map(Some))
}
