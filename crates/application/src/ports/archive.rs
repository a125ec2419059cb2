//! Everything a store holds, record by record: how an installation moves from one store to another.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use uuid::Uuid;
use vestibule_domain::{
    client::Client,
    form::FormConfiguration,
    login_token::LoginToken,
    message::{Message, MessageId},
    rights::Role,
    secret::Digest,
    session::Session,
    time::Timestamp,
};

use super::{CommitError, StoreError, StoredNode, StoredUser};

/// One thing that a store holds, with all that is stored of it.
#[derive(Clone)]
pub enum Record {
    /// The latch of [`super::Installation`], closed at this time. There is no such record while it is open.
    Configured(Timestamp),
    /// A message of the log, under its id.
    Message(Message),
    /// A role.
    Role(Role),
    /// A form configuration.
    Form(FormConfiguration),
    /// A user.
    User(Box<StoredUser>),
    /// A node.
    Node(Box<StoredNode>),
    /// An API client.
    Client {
        /// The client.
        client: Client,
        /// The digest of its token.
        digest: Digest,
    },
    /// A login token that was not spent.
    LoginToken(LoginToken),
    /// A session, live or ended.
    Session {
        /// The session.
        session: Box<Session>,
        /// The digest of its token.
        digest: Digest,
    },
}

/// The kinds of records: those of [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the record of that name")]
pub enum Kind {
    Configured,
    Message,
    Role,
    Form,
    User,
    Node,
    Client,
    LoginToken,
    Session,
}

impl Kind {
    /// Every kind, in the order in which to move them: a store that has some of them is never open to be set up anew,
    /// and tells by its log whose copy it is.
    pub const ALL: [Self; 9] = [
        Self::Configured,
        Self::Message,
        Self::Role,
        Self::Form,
        Self::User,
        Self::Node,
        Self::Client,
        Self::LoginToken,
        Self::Session,
    ];
}

/// What a record is found by among those of its kind, and what orders them: by their bytes, in every store alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// There is only one: the latch.
    Single,
    /// A message's id.
    Number(MessageId),
    /// The name of a role or form.
    Name(String),
    /// The id of a user, node, client or session.
    Id(Uuid),
    /// The digest of a login token.
    Digest(Digest),
}

impl Record {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Configured(_) => Kind::Configured,
            Self::Message(_) => Kind::Message,
            Self::Role(_) => Kind::Role,
            Self::Form(_) => Kind::Form,
            Self::User(_) => Kind::User,
            Self::Node(_) => Kind::Node,
            Self::Client { .. } => Kind::Client,
            Self::LoginToken(_) => Kind::LoginToken,
            Self::Session { .. } => Kind::Session,
        }
    }

    /// Its key.
    pub fn key(&self) -> Key {
        match self {
            Self::Configured(_) => Key::Single,
            Self::Message(message) => Key::Number(message.id),
            Self::Role(role) => Key::Name(role.name.as_str().to_owned()),
            Self::Form(form) => Key::Name(form.name.as_str().to_owned()),
            Self::User(stored) => Key::Id(stored.user.id.as_uuid()),
            Self::Node(stored) => Key::Id(stored.node.id.as_uuid()),
            Self::Client { client, .. } => Key::Id(client.id.as_uuid()),
            Self::LoginToken(token) => Key::Digest(token.digest),
            Self::Session { session, .. } => Key::Id(session.id.as_uuid()),
        }
    }
}

/// A run of the records of one kind, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which kind. Its bounds are keys of such records, whether or not there are any.
    pub kind: Kind,
    /// From after this key on, or from the first on.
    pub after: Option<Key>,
    /// Through this key, or through the last.
    pub through: Option<Key>,
}

impl Span {
    /// All of a kind.
    pub const fn all(kind: Kind) -> Self {
        Self { kind, after: None, through: None }
    }

    /// Whether a record of this kind with this key lies within.
    pub fn has(&self, key: &Key) -> bool {
        self.after.as_ref().is_none_or(|after| key > after) && self.through.as_ref().is_none_or(|last| key <= last)
    }

    /// Whether these can be all its records: of its kind, within it, and in order without a key twice.
    pub fn admits(&self, records: &[Record]) -> bool {
        let keys: Vec<Key> = records.iter().map(Record::key).collect();
        records.iter().all(|record| record.kind() == self.kind)
            && keys.iter().all(|key| self.has(key))
            && keys.windows(2).all(|pair| pair[0] < pair[1])
    }
}

/// Reads and writes a store as a whole, past every rule that use cases keep. A copy is a mirror: it is made by replacing
/// those spans that differ, and made again it moves only what has changed since.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Archive: Send + Sync {
    /// At most `limit` records of a kind in the order of their keys, from after `after` on.
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError>;
    /// Makes the records in `span` exactly these, all or nothing, and leaves those outside of it alone. Durable when it
    /// answers `Ok`, like a unit of work.
    ///
    /// Refuses records that [`Span::admits`] does not as [`StoreError::Malformed`]. Where one has what only one may
    /// have (a login key, a name, a token's digest) and a record outside of the span has it already, that is a
    /// [`super::Conflict`].
    ///
    /// Two things do not follow the records. The latch is closed by its own record and not by users that are put in, and
    /// never opened: without its record it stays as it is. And the next message that is recorded gets a higher id than
    /// all that are there.
    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError>;
}
