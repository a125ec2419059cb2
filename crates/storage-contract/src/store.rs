//! A store under test: every port of it, and shorthands for what laws do all the time.

use std::{any::Any, ops::Deref, sync::Arc};

use vestibule_application::{
    change::Change,
    ports::{self, CommitError, Conflict, KeyKind, StoredNode, StoredUser, Stores},
};
use vestibule_domain::{
    message::MessageId,
    node::{NodeId, NodeRef},
    session::{Session, SessionId},
    user::{EmailAddress, LoginName, User, UserId},
};

use crate::fixtures::{digest_of, hash};

/// A fresh store.
#[derive(Clone)]
pub struct Store {
    stores: Stores,
    /// What the store lives on, such as a temporary directory.
    #[expect(dead_code, reason = "held, not read")]
    ground: Option<Arc<dyn Any + Send + Sync>>,
}

/// Laws speak to the ports.
impl Deref for Store {
    type Target = Stores;

    fn deref(&self) -> &Stores {
        &self.stores
    }
}

impl Store {
    /// The ports of a store that implements them all.
    pub fn of(store: impl ports::Store) -> Self {
        Self::from(Stores::of(&Arc::new(store)))
    }

    /// The same store, which keeps what it lives on for as long as it lives itself.
    #[must_use]
    pub fn on(self, ground: impl Any + Send + Sync) -> Self {
        Self { ground: Some(Arc::new(ground)), ..self }
    }

    /// Commits what has to succeed.
    pub(crate) async fn does(&self, changes: impl IntoIterator<Item = Change>) {
        self.told(changes).await;
    }

    /// The same, and what the store tells of the log with that, if anything.
    pub(crate) async fn told(&self, changes: impl IntoIterator<Item = Change>) -> Option<MessageId> {
        self.unit.commit(changes.into_iter().collect()).await.unwrap().newest
    }

    /// The conflict a unit meets, if any. Any other failure fails the law.
    pub(crate) async fn conflict(&self, changes: impl IntoIterator<Item = Change>) -> Option<Conflict> {
        let committed = self.unit.commit(changes.into_iter().collect()).await;
        if let Err(CommitError::Conflict(conflict)) = committed {
            return Some(conflict);
        }
        committed.unwrap();
        None
    }

    /// Begins a session under the digest that belongs to its id.
    pub(crate) async fn begins(&self, session: &Session) {
        self.does([Change::BeginSession { session: session.clone(), digest: digest_of(session.id) }]).await;
    }

    pub(crate) async fn session(&self, id: SessionId) -> Option<Session> {
        self.sessions.by_id(id).await.unwrap()
    }

    pub(crate) async fn adds(&self, user: &User) {
        self.does([Change::AddUser { user: user.clone(), password: hash("a") }]).await;
    }

    pub(crate) async fn user(&self, id: UserId) -> Option<StoredUser> {
        self.users.by_id(id).await.unwrap()
    }

    pub(crate) async fn by_login(&self, login: &str) -> Option<UserId> {
        let key = LoginName::parse(login).unwrap().key();
        self.users.by_key(&key, KeyKind::Login).await.unwrap().map(|stored| stored.user.id)
    }

    pub(crate) async fn by_email(&self, email: &str) -> Option<UserId> {
        let key = EmailAddress::parse(email).unwrap().key();
        self.users.by_key(&key, KeyKind::Email).await.unwrap().map(|stored| stored.user.id)
    }

    pub(crate) async fn node(&self, id: NodeId) -> Option<StoredNode> {
        self.nodes.find(&NodeRef::Id(id)).await.unwrap()
    }

    /// How many messages there are.
    pub(crate) async fn recorded(&self) -> usize {
        self.messages.page(0, u32::MAX).await.unwrap().len()
    }
}

impl From<Stores> for Store {
    fn from(stores: Stores) -> Self {
        Self { stores, ground: None }
    }
}
