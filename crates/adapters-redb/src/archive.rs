//! The store as a whole: spans of rows, read and replaced.

mod records;

use std::ops::Bound;

use async_trait::async_trait;
use redb::WriteTransaction;
use vestibule_application::ports::{
    Archive, CommitError, StoreError, StoredNode, StoredUser,
    archive::{Key, Kind, Record, Span},
};
use vestibule_domain::{
    client::Client, form::FormConfiguration, login_token::LoginToken, message::Message, rights::Role, session::Session,
};

use self::records::{Archived, ByKey};
use crate::{
    RedbStore, installation,
    rows::{self, KeyOf, WithDigest},
    tables::{self, Reads},
};

#[async_trait]
impl Archive for RedbStore {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError> {
        let span = Span { kind, after, through: None };
        self.list(move |tx| match kind {
            Kind::Configured => configured(tx, &span, limit),
            Kind::Message => records::<Message>(tx, &span, limit),
            Kind::Role => records::<Role>(tx, &span, limit),
            Kind::Form => records::<FormConfiguration>(tx, &span, limit),
            Kind::User => records::<StoredUser>(tx, &span, limit),
            Kind::Node => records::<StoredNode>(tx, &span, limit),
            Kind::Client => records::<WithDigest<Client>>(tx, &span, limit),
            Kind::LoginToken => records::<LoginToken>(tx, &span, limit),
            Kind::Session => records::<WithDigest<Session>>(tx, &span, limit),
        })
        .await
    }

    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        if !span.admits(&records) {
            return Err(StoreError::Malformed("span").into());
        }
        self.write(move |tx| match span.kind {
            Kind::Configured => configure(tx, &records),
            Kind::Message => replace::<Message>(tx, &span, records),
            Kind::Role => replace::<Role>(tx, &span, records),
            Kind::Form => replace::<FormConfiguration>(tx, &span, records),
            Kind::User => replace::<StoredUser>(tx, &span, records),
            Kind::Node => replace::<StoredNode>(tx, &span, records),
            Kind::Client => replace::<WithDigest<Client>>(tx, &span, records),
            Kind::LoginToken => replace::<LoginToken>(tx, &span, records),
            Kind::Session => replace::<WithDigest<Session>>(tx, &span, records),
        })
        .await
    }
}

fn records<T: Archived>(tx: &impl Reads, span: &Span, limit: u32) -> Result<Vec<Record>, StoreError> {
    Ok(things::<T>(tx, span, limit)?.into_iter().map(T::record).collect())
}

/// All of a span go before any comes, so that two may change names.
fn replace<T: Archived>(tx: &WriteTransaction, span: &Span, records: Vec<Record>) -> Result<(), CommitError> {
    things::<T>(tx, span, u32::MAX)?.iter().try_for_each(|thing| thing.remove(tx))?;
    records.into_iter().filter_map(T::of).try_for_each(|thing| thing.add(tx))
}

/// The first things of a span.
fn things<T: Archived>(tx: &impl Reads, span: &Span, limit: u32) -> Result<Vec<T>, StoreError> {
    let after = span.after.as_ref().map(key::<T>).transpose()?;
    let through = span.through.as_ref().map(key::<T>).transpose()?;
    if after.as_ref().zip(through.as_ref()).is_some_and(|(after, through)| after >= through) {
        return Ok(Vec::new());
    }
    let range = (after.map_or(Bound::Unbounded, Bound::Excluded), through.map_or(Bound::Unbounded, Bound::Included));
    tables::scan(tx, T::TABLE, range, limit, |_, row| rows::read(row).map(Some))
}

fn key<T: Archived>(key: &Key) -> Result<KeyOf<'_, T>, StoreError> {
    T::Key::of(key).ok_or(StoreError::Malformed("span"))
}

fn configured(tx: &impl Reads, span: &Span, limit: u32) -> Result<Vec<Record>, StoreError> {
    let record = installation::closed(tx)?.map(Record::Configured);
    Ok(record.filter(|record| limit > 0 && span.has(&record.key())).into_iter().collect())
}

/// Closes the latch at this time. Without a record it stays as it is.
fn configure(tx: &WriteTransaction, records: &[Record]) -> Result<(), CommitError> {
    if let [Record::Configured(at)] = records {
        installation::close_at(tx, *at)?;
    }
    Ok(())
}
