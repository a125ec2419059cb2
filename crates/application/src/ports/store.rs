//! Storage: small read ports, one write port. Each method's doc is a law that `storage-contract` checks.
//!
//! Ids, names, keys and digests are compared, and put in order, by their bytes.

use std::{error::Error as StdError, sync::Arc};

use async_trait::async_trait;
use thiserror::Error;
use vestibule_domain::{
    client::{Client, ClientName},
    form::{FormConfiguration, FormName},
    login_token::LoginToken,
    message::{Message, MessageId},
    network::KnownNetworks,
    node::{Node, NodeRef, NodeSecrets},
    rights::{Role, RoleName},
    secret::{Digest, PasswordHash},
    session::{Session, SessionId, Subject},
    time::Timestamp,
    user::{LoginKey, User, UserId},
};

use crate::change::Change;

/// The store did not answer, or answered nonsense. Never means "there is none".
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// A stored value cannot be read; carries its kind.
    #[error("a stored {0} is malformed")]
    Malformed(&'static str),
}

/// A precondition of a change did not hold. Nothing of the unit was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// Another user has the login name, or has it as e-mail address.
    #[error("the login name is taken")]
    LoginTaken,
    /// Another user has the e-mail address, or has it as login name.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Another node or client has the name.
    #[error("the name is taken")]
    NameTaken,
    /// A session with that id or digest exists already.
    #[error("the session exists already")]
    SessionExists,
    /// The session is not there, has ended, or has moved on to another epoch; the role or form configuration is not what was
    /// read.
    #[error("it has changed meanwhile")]
    Stale,
    /// The user or node is not there, or its credentials changed meanwhile.
    #[error("the user or node has changed meanwhile")]
    SubjectChanged,
    /// The login token is not there, or was spent.
    #[error("the login token is spent")]
    TokenSpent,
    /// What was to be changed is not there.
    #[error("there is no such thing")]
    Missing,
}

/// Why a unit was not committed. Either way nothing of it was written, unless the connection was lost while the store
/// was committing: then it may have been.
#[derive(Debug, Error)]
pub enum CommitError {
    /// A precondition did not hold.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a store has to say of a unit that it has committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// A message of the log, at least as new as those of the unit and there for every read that starts later; the unit's newest,
    /// mostly. Nothing: the unit has none, or [`MessageLog::latest`] is to be asked.
    pub newest: Option<MessageId>,
}

/// The one way to write.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UnitOfWork: Send + Sync {
    /// Applies the changes in order, all or nothing. When this answers `Ok`, they are durable and every read that
    /// starts later sees them. Dropping the future neither tears the unit nor harms another caller. Once a read has seen
    /// any part of a unit, every read that starts later sees all of it.
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError>;
}

impl dyn UnitOfWork {
    /// Sees to it that nobody answers any more as if what is in the store by now were not: for who finds done already what
    /// they were to do, and would say so. Whoever did it may still be waiting until all have heard of it.
    pub async fn settled(&self) -> Result<(), StoreError> {
        match self.commit(Vec::new()).await {
            Err(CommitError::Store(error)) => Err(error),
            Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
        }
    }
}

/// Which sessions to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only this subject's.
    pub subject: Option<Subject>,
    /// Only those that are live at this time.
    pub live_at: Option<Timestamp>,
    /// Only those after this id, in the order of ids.
    pub after: Option<SessionId>,
    /// At most so many.
    pub limit: u32,
}

/// Sessions that have a row, live or not.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The session whose token has this digest. Digests compare byte for byte.
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError>;
    /// The session of this id.
    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// A page of sessions, in the order of their ids. It is no snapshot: a unit committed meanwhile may be seen in some
    /// of them and not yet in others.
    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError>;
}

/// A user with what is needed to let them in.
#[derive(Clone)]
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// The hash of the password; a user without one cannot log in by password.
    pub password: Option<PasswordHash>,
    /// Counts changes of the password, of being disabled and of the profile; see [`Change::ExpectUser`].
    pub revision: u32,
    /// From where they have logged in.
    pub networks: KnownNetworks,
}

/// As what a key is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// As an e-mail address.
    Email,
    /// As a login name.
    Login,
    /// As either.
    Any,
}

/// Users.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The user to whom this key belongs as `kind`. Keys compare byte for byte: folding is done before.
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError>;
    /// The user of this id.
    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError>;
    /// The same without what lets them in: for what every request asks.
    async fn profile(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        Ok(self.by_id(id).await?.map(|stored| Arc::new(stored.user)))
    }
    /// At most `limit` users in the order of their ids, from after `after` on.
    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError>;
}

/// Roles.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RoleStore: Send + Sync {
    /// Those of these roles that exist, in the order of their names.
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError>;
    /// All, in the order of their names.
    async fn all(&self) -> Result<Vec<Role>, StoreError>;
}

/// A node with what is needed to let it in.
#[derive(Clone)]
pub struct StoredNode {
    /// The node.
    pub node: Node,
    /// The hashes of its secrets.
    pub secrets: NodeSecrets,
    /// Counts rotations; see [`Change::ExpectNode`].
    pub revision: u32,
    /// From where it has logged in.
    pub networks: KnownNetworks,
}

/// Nodes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// The node of this id or name.
    async fn find(&self, node: &NodeRef) -> Result<Option<StoredNode>, StoreError>;
    /// All, in the order of their names.
    async fn all(&self) -> Result<Vec<Node>, StoreError>;
}

/// API clients, revoked ones included.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ClientStore: Send + Sync {
    /// The client whose token has this digest.
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Client>, StoreError>;
    /// The client of this name.
    async fn by_name(&self, name: &ClientName) -> Result<Option<Client>, StoreError>;
    /// All, in the order of their names.
    async fn all(&self) -> Result<Vec<Client>, StoreError>;
}

/// Form configurations.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait FormStore: Send + Sync {
    /// The configuration of this name. Names compare byte for byte.
    async fn by_name(&self, name: &FormName) -> Result<Option<FormConfiguration>, StoreError>;
    /// All, in the order of their names.
    async fn all(&self) -> Result<Vec<FormConfiguration>, StoreError>;
}

/// Login tokens that were not spent.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait LoginTokenStore: Send + Sync {
    /// The token of this digest, expired or not.
    async fn by_digest(&self, digest: &Digest) -> Result<Option<LoginToken>, StoreError>;
}

/// Whom messages are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// One session.
    Session(SessionId),
    /// A subject, be it with or without one of its sessions.
    Subject(Subject),
}

/// The message log.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait MessageLog: Send + Sync {
    /// The highest id ever given out, 0 while the log is empty. Never goes down.
    async fn latest(&self) -> Result<MessageId, StoreError>;
    /// At most `limit` messages in the order of their ids, from after `after` on.
    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// The same of those messages only that are about it.
    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError>;
}

/// Whether the system has been set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// No user has ever existed.
    Unconfigured,
    /// A user exists or has existed. This never goes back.
    Configured,
}

/// The one-way latch of seed 000's "not yet configured (has no users)".
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Installation: Send + Sync {
    /// Unconfigured only if the stored latch is open *and* there is no user, both read from one snapshot. A latch that
    /// cannot be found or read makes the store unavailable, so a new store begins with a latch that is stored as open.
    async fn state(&self) -> Result<SetupState, StoreError>;
}

/// Whether the store answers.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// Asks the store for a sign of life. Writes nothing.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// House-keeping, in batches small enough to disturb nobody.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Ends at most `limit` sessions that have expired at `now`, and says how many. Each ends at `now` as `Expired`, with
    /// a message that has the session's id, subject and origin.
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
    /// Forgets at most `limit` ended sessions whose [`Session::forgettable_from`] lies before `before`, and login
    /// tokens that expired before it, and says how many rows went.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
