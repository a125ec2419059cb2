//! Records from rows, and rows from records.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use vestibule_application::ports::archive::Record;

use crate::sea_orm::{
    entities::{client, form, login_token, message, node, role, session, user},
    mapping::{Table, digest, digest_column},
};

/// A table each of whose rows is a record.
pub(super) trait Archived: Table<Model: IntoActiveModel<Self::Row>> {
    /// What is inserted.
    type Row: ActiveModelTrait<Entity = Self>;
    /// The column of the records' keys.
    const KEY: <Self as EntityTrait>::Column;
    /// The record of a row; nothing if there can be no such record.
    fn record(row: Self::Model) -> Option<Record>;
    /// The row of a record; nothing if it is of another kind.
    fn row(record: &Record) -> Option<Self::Row>;
}

/// A table's rows and records: its key, the kind of record, and what makes a row of what is in one.
macro_rules! archived {
    ($($entity:ident, $key:ident, |$row:ident| $record:expr, $pattern:pat => $columns:expr;)*) => {$(
        impl Archived for $entity::Entity {
            type Row = $entity::ActiveModel;
            const KEY: $entity::Column = $entity::Column::$key;

            fn record($row: $entity::Model) -> Option<Record> {
                $record
            }

            fn row(record: &Record) -> Option<$entity::ActiveModel> {
                if let $pattern = record { Some($columns) } else { None }
            }
        }
    )*};
}

archived! {
    message, Id, |row| Self::value(row).map(Record::Message),
        Record::Message(it) => {
            message::ActiveModel { id: Set(i64::try_from(it.id).unwrap_or(i64::MAX)), ..message::row(&it.event) }
        };
    role, Name, |row| Self::value(row).map(Record::Role), Record::Role(it) => role::row(it);
    form, Name, |row| Self::value(row).map(Record::Form), Record::Form(it) => form::row(it);
    user, Id, |row| Self::value(row).map(Box::new).map(Record::User), Record::User(it) => user::row(it);
    node, Id, |row| Self::value(row).map(Box::new).map(Record::Node), Record::Node(it) => node::row(it);
    client, Id, |row| {
            let digest = digest(row.digest.clone())?;
            Some(Record::Client { client: Self::value(row)?, digest })
        },
        Record::Client { client, digest } => client::row(client, digest);
    login_token, Digest, |row| Self::value(row).map(Record::LoginToken),
        Record::LoginToken(it) => login_token::row(it);
    session, Id, |row| {
            let digest = digest(row.digest.clone())?;
            Some(Record::Session { session: Box::new(Self::value(row)?), digest })
        },
        Record::Session { session, digest } => {
            session::ActiveModel { digest: Set(digest_column(digest)), ..session::row(session) }
        };
}
