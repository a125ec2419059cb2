//! A store with a fault: every call goes through the fault, which by default hands it on to a store that has none.

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{
        self, About, Archive, ClientStore, CommitError, FormStore, Health, Housekeeping, Installation, KeyKind,
        LoginTokenStore, MessageLog, NodeStore, RoleStore, SessionFilter, SessionStore, SetupState, StoreError,
        StoredNode, StoredUser, Stores, UnitOfWork, UserStore,
        archive::{Key, Kind, Record, Span},
    },
};
use vestibule_domain::{
    client::{Client, ClientName},
    form::{FormConfiguration, FormName},
    login_token::LoginToken,
    message::{Message, MessageId},
    node::{Node, NodeRef},
    rights::{Role, RoleName},
    secret::Digest,
    session::{Session, SessionId},
    time::Timestamp,
    user::{LoginKey, User, UserId},
};

pub(crate) type Read<T> = Result<T, StoreError>;
pub(crate) type Committed = Result<ports::Committed, CommitError>;
pub(crate) type Replaced = Result<(), CommitError>;

/// What is wrong with a store. `store` is a sound one underneath.
#[async_trait]
pub(crate) trait Fault: Send + Sync + 'static {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        store.unit.commit(changes).await
    }

    /// Which store the reads go to.
    fn reads(&self, store: &Stores) -> Stores {
        store.clone()
    }

    /// A session as it is read, whichever way it was found.
    fn session(&self, session: Session) -> Session {
        session
    }

    async fn session_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Session>> {
        store.sessions.by_digest(digest).await
    }

    async fn session_by_id(&self, store: &Stores, id: SessionId) -> Read<Option<Session>> {
        store.sessions.by_id(id).await
    }

    async fn sessions(&self, store: &Stores, filter: &SessionFilter) -> Read<Vec<Session>> {
        store.sessions.page(filter).await
    }

    /// A user as it is read, whichever way it was found.
    fn user(&self, user: StoredUser) -> StoredUser {
        user
    }

    async fn user_by_key(&self, store: &Stores, key: &LoginKey, kind: KeyKind) -> Read<Option<StoredUser>> {
        store.users.by_key(key, kind).await
    }

    async fn users(&self, store: &Stores, after: Option<UserId>, limit: u32) -> Read<Vec<User>> {
        store.users.page(after, limit).await
    }

    async fn roles_named(&self, store: &Stores, names: &[RoleName]) -> Read<Vec<Role>> {
        store.roles.named(names).await
    }

    async fn roles(&self, store: &Stores) -> Read<Vec<Role>> {
        store.roles.all().await
    }

    async fn forms(&self, store: &Stores) -> Read<Vec<FormConfiguration>> {
        store.forms.all().await
    }

    async fn node(&self, store: &Stores, node: &NodeRef) -> Read<Option<StoredNode>> {
        store.nodes.find(node).await
    }

    async fn nodes(&self, store: &Stores) -> Read<Vec<Node>> {
        store.nodes.all().await
    }

    async fn client_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Client>> {
        store.clients.by_digest(digest).await
    }

    async fn login_token(&self, store: &Stores, digest: &Digest) -> Read<Option<LoginToken>> {
        store.login_tokens.by_digest(digest).await
    }

    async fn latest(&self, store: &Stores) -> Read<MessageId> {
        store.messages.latest().await
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        store.messages.page(after, limit).await
    }

    async fn messages_about(&self, store: &Stores, about: About, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        store.messages.about(about, after, limit).await
    }

    async fn state(&self, store: &Stores) -> Read<SetupState> {
        store.installation.state().await
    }

    async fn ping(&self, store: &Stores) -> Read<()> {
        store.health.ping().await
    }

    async fn expire(&self, store: &Stores, now: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.expire(now, limit).await
    }

    async fn forget(&self, store: &Stores, before: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.forget(before, limit).await
    }

    async fn export(&self, store: &Stores, kind: Kind, after: Option<Key>, limit: u32) -> Read<Vec<Record>> {
        store.archive.export(kind, after, limit).await
    }

    async fn replace(&self, store: &Stores, span: Span, records: Vec<Record>) -> Replaced {
        store.archive.replace(span, records).await
    }
}

/// No fault at all: what shows that a mutant is caught for its fault, and not for being a decorator.
pub(crate) struct Sound;

impl Fault for Sound {}

/// A fresh store without a fault.
pub(crate) fn sound() -> Stores {
    Stores::of(&Arc::new(MemoryStore::new()))
}

/// A fresh store with this fault.
pub(crate) fn with(fault: Arc<dyn Fault>) -> Stores {
    let faulty = Arc::new(Faulty { fault, store: sound() });
    Stores {
        unit: faulty.clone(),
        sessions: faulty.clone(),
        users: faulty.clone(),
        roles: faulty.clone(),
        nodes: faulty.clone(),
        clients: faulty.clone(),
        forms: faulty.clone(),
        login_tokens: faulty.clone(),
        messages: faulty.clone(),
        installation: faulty.clone(),
        health: faulty.clone(),
        housekeeping: faulty.clone(),
        archive: faulty,
    }
}

struct Faulty {
    fault: Arc<dyn Fault>,
    store: Stores,
}

impl Faulty {
    fn reads(&self) -> Stores {
        self.fault.reads(&self.store)
    }
}

#[async_trait]
impl UnitOfWork for Faulty {
    async fn commit(&self, changes: Vec<Change>) -> Committed {
        self.fault.commit(&self.store, changes).await
    }
}

#[async_trait]
impl SessionStore for Faulty {
    async fn by_digest(&self, digest: &Digest) -> Read<Option<Session>> {
        let found = self.fault.session_by_digest(&self.reads(), digest).await?;
        Ok(found.map(|session| self.fault.session(session)))
    }

    async fn by_id(&self, id: SessionId) -> Read<Option<Session>> {
        let found = self.fault.session_by_id(&self.reads(), id).await?;
        Ok(found.map(|session| self.fault.session(session)))
    }

    async fn page(&self, filter: &SessionFilter) -> Read<Vec<Session>> {
        let page = self.fault.sessions(&self.reads(), filter).await?;
        Ok(page.into_iter().map(|session| self.fault.session(session)).collect())
    }
}

#[async_trait]
impl UserStore for Faulty {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Read<Option<StoredUser>> {
        let found = self.fault.user_by_key(&self.reads(), key, kind).await?;
        Ok(found.map(|user| self.fault.user(user)))
    }

    async fn by_id(&self, id: UserId) -> Read<Option<StoredUser>> {
        let found = self.reads().users.by_id(id).await?;
        Ok(found.map(|user| self.fault.user(user)))
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Read<Vec<User>> {
        self.fault.users(&self.reads(), after, limit).await
    }
}

#[async_trait]
impl RoleStore for Faulty {
    async fn named(&self, names: &[RoleName]) -> Read<Vec<Role>> {
        self.fault.roles_named(&self.reads(), names).await
    }

    async fn all(&self) -> Read<Vec<Role>> {
        self.fault.roles(&self.reads()).await
    }
}

#[async_trait]
impl NodeStore for Faulty {
    async fn find(&self, node: &NodeRef) -> Read<Option<StoredNode>> {
        self.fault.node(&self.reads(), node).await
    }

    async fn all(&self) -> Read<Vec<Node>> {
        self.fault.nodes(&self.reads()).await
    }
}

#[async_trait]
impl ClientStore for Faulty {
    async fn by_digest(&self, digest: &Digest) -> Read<Option<Client>> {
        self.fault.client_by_digest(&self.reads(), digest).await
    }

    async fn by_name(&self, name: &ClientName) -> Read<Option<Client>> {
        self.reads().clients.by_name(name).await
    }

    async fn all(&self) -> Read<Vec<Client>> {
        self.reads().clients.all().await
    }
}

#[async_trait]
impl FormStore for Faulty {
    async fn by_name(&self, name: &FormName) -> Read<Option<FormConfiguration>> {
        self.reads().forms.by_name(name).await
    }

    async fn all(&self) -> Read<Vec<FormConfiguration>> {
        self.fault.forms(&self.reads()).await
    }
}

#[async_trait]
impl LoginTokenStore for Faulty {
    async fn by_digest(&self, digest: &Digest) -> Read<Option<LoginToken>> {
        self.fault.login_token(&self.reads(), digest).await
    }
}

#[async_trait]
impl MessageLog for Faulty {
    async fn latest(&self) -> Read<MessageId> {
        self.fault.latest(&self.reads()).await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        self.fault.messages(&self.reads(), after, limit).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        self.fault.messages_about(&self.reads(), about, after, limit).await
    }
}

#[async_trait]
impl Installation for Faulty {
    async fn state(&self) -> Read<SetupState> {
        self.fault.state(&self.reads()).await
    }
}

#[async_trait]
impl Health for Faulty {
    async fn ping(&self) -> Read<()> {
        self.fault.ping(&self.store).await
    }
}

#[async_trait]
impl Housekeeping for Faulty {
    async fn expire(&self, now: Timestamp, limit: u32) -> Read<u32> {
        self.fault.expire(&self.store, now, limit).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Read<u32> {
        self.fault.forget(&self.store, before, limit).await
    }
}

#[async_trait]
impl Archive for Faulty {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Read<Vec<Record>> {
        self.fault.export(&self.store, kind, after, limit).await
    }

    async fn replace(&self, span: Span, records: Vec<Record>) -> Replaced {
        self.fault.replace(&self.store, span, records).await
    }
}
