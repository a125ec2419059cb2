//! Which record each thing is, and what else in the store comes and goes with it.

use redb::{Value, WriteTransaction};
use vestibule_application::ports::{
    CommitError, StoreError, StoredNode, StoredUser,
    archive::{Key, Record},
};
use vestibule_domain::{
    client::Client,
    form::FormConfiguration,
    login_token::LoginToken,
    message::{Message, MessageId},
    rights::Role,
    session::Session,
};

use crate::{
    clients, login_tokens, nodes,
    rows::{self, Kept, WithDigest},
    sessions, tables, users,
};

/// A kind of thing that is exported and replaced.
pub(super) trait Archived: Kept<Key: ByKey> {
    fn record(self) -> Record;
    /// The thing of a record, if it is of this kind.
    fn of(record: Record) -> Option<Self>;
    /// Adds it and whatever finds it.
    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        Ok(rows::put(tx, self)?)
    }
    /// Removes it and whatever finds it.
    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        tables::remove(tx, Self::TABLE, self.key()).map(drop)
    }
}

/// A table's kind of keys. Each sorts as the keys of records do.
pub(super) trait ByKey: redb::Key + for<'k> Value<SelfType<'k>: PartialOrd> + 'static {
    /// The key in a table; nothing for one of another kind.
    fn of(key: &Key) -> Option<Self::SelfType<'_>>;
}

impl ByKey for MessageId {
    fn of(key: &Key) -> Option<Self> {
        if let Key::Number(number) = key { Some(*number) } else { None }
    }
}

impl ByKey for u128 {
    fn of(key: &Key) -> Option<Self> {
        if let Key::Id(id) = key { Some(id.as_u128()) } else { None }
    }
}

impl ByKey for &'static str {
    fn of(key: &Key) -> Option<&str> {
        if let Key::Name(name) = key { Some(name) } else { None }
    }
}

impl ByKey for &'static [u8; 32] {
    fn of(key: &Key) -> Option<&[u8; 32]> {
        if let Key::Digest(digest) = key { Some(digest.as_bytes()) } else { None }
    }
}

impl Archived for Message {
    fn record(self) -> Record {
        Record::Message(self)
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Message(message) = record { Some(message) } else { None }
    }
}

impl Archived for Role {
    fn record(self) -> Record {
        Record::Role(self)
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Role(role) = record { Some(role) } else { None }
    }
}

impl Archived for FormConfiguration {
    fn record(self) -> Record {
        Record::Form(self)
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Form(form) = record { Some(form) } else { None }
    }
}

impl Archived for StoredUser {
    fn record(self) -> Record {
        Record::User(Box::new(self))
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::User(stored) = record { Some(*stored) } else { None }
    }

    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        users::add(tx, self)
    }

    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        users::remove(tx, self)
    }
}

impl Archived for StoredNode {
    fn record(self) -> Record {
        Record::Node(Box::new(self))
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Node(stored) = record { Some(*stored) } else { None }
    }

    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        nodes::add(tx, self)
    }

    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        nodes::remove(tx, self)
    }
}

impl Archived for WithDigest<Client> {
    fn record(self) -> Record {
        Record::Client { client: self.bearer, digest: self.digest }
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Client { client, digest } = record { Some(Self { bearer: client, digest }) } else { None }
    }

    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        clients::add(tx, self)
    }

    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        clients::remove(tx, self)
    }
}

impl Archived for LoginToken {
    fn record(self) -> Record {
        Record::LoginToken(self)
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::LoginToken(token) = record { Some(token) } else { None }
    }

    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        login_tokens::add(tx, self)
    }

    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        login_tokens::remove(tx, self)
    }
}

impl Archived for WithDigest<Session> {
    fn record(self) -> Record {
        Record::Session { session: Box::new(self.bearer), digest: self.digest }
    }

    fn of(record: Record) -> Option<Self> {
        if let Record::Session { session, digest } = record { Some(Self { bearer: *session, digest }) } else { None }
    }

    fn add(&self, tx: &WriteTransaction) -> Result<(), CommitError> {
        sessions::begin(tx, self)
    }

    fn remove(&self, tx: &WriteTransaction) -> Result<(), StoreError> {
        sessions::remove(tx, self)
    }
}
