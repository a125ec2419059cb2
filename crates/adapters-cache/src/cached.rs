//! The decorator.

mod recall;
#[cfg(test)]
mod tests;
mod units;

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use vestibule_application::{
    ports::{
        About, Archive, CommitError, Housekeeping, KeyKind, MessageLog, RoleStore, SessionFilter, SessionStore,
        StoreError, StoredUser, Stores, UserStore,
        archive::{Key, Kind, Record, Span},
    },
    touched::Touched,
};
use vestibule_domain::{
    message::{Message, MessageId},
    rights::{Role, RoleName},
    secret::Digest,
    session::{Session, SessionId},
    time::Timestamp,
    user::{LoginKey, User, UserId},
};

use crate::{
    aside::to_its_end,
    compact::Compact,
    kept::{Entry, Kept},
    newest::{Forgetting, Newest},
    stamps::{Reading, Stamps},
    tally::{Tally, UseMade},
    users::Users,
};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// The most sessions.
    pub sessions: NonZeroUsize,
    /// And users. Beyond these, a user stays for as long as a session does that leads to them.
    pub users: NonZeroUsize,
}

/// Storage ports that answer from memory what they can.
pub struct Cached {
    inner: Stores,
    stamps: Arc<Stamps>,
    sessions: Kept,
    users: Users,
    roles: RwLock<Option<Arc<Reading<Vec<Role>>>>>,
    newest: Arc<Newest>,
    tally: Tally,
    /// Up to when sessions were asked to be ended that are over, in milliseconds.
    swept: Arc<AtomicI64>,
}

impl Cached {
    /// In front of these ports, which are nobody else's to write to while this is not [paused](Self::pause).
    pub fn new(inner: Stores, capacity: Capacity) -> Self {
        let stamps = Arc::new(Stamps::new());
        Self {
            inner,
            newest: Arc::new(Newest::new(Arc::clone(&stamps))),
            stamps,
            sessions: Kept::new(capacity.sessions),
            users: Users::new(capacity.users),
            roles: RwLock::default(),
            tally: Tally::default(),
            swept: Arc::new(AtomicI64::new(i64::MIN)),
        }
    }

    /// The ports, those decorated that are here.
    pub fn stores(self: &Arc<Self>) -> Stores {
        Stores {
            unit: self.clone(),
            sessions: self.clone(),
            users: self.clone(),
            roles: self.clone(),
            messages: self.clone(),
            housekeeping: self.clone(),
            archive: self.clone(),
            ..self.inner.clone()
        }
    }

    /// How much it is of use.
    pub fn use_made(&self) -> UseMade {
        self.tally.with(self.sessions.len(), self.users.len())
    }

    /// Lets every read through to the store, from the next one on: somebody else writes to it.
    pub fn pause(&self) {
        self.stamps.pause();
    }

    /// Nobody else writes to the store any more. What was kept is forgotten.
    pub fn resume(&self) {
        self.newest.forget(Stamps::resume);
    }

    /// Of what older readings do not hold any more.
    pub(crate) fn stamps(&self) -> Arc<Stamps> {
        Arc::clone(&self.stamps)
    }

    /// Whether anything is kept of a session, true or not.
    pub(crate) fn may_know(&self, digest: &Digest) -> bool {
        self.sessions.by_digest(digest).is_some()
    }

    /// Somebody may have asked for sessions to be ended that are over by then.
    pub(crate) fn swept_until(&self, then: Timestamp) {
        self.swept.fetch_max(then.as_millis(), SeqCst);
    }

    /// A session as it is in the store, if that is known.
    ///
    /// One that a sweep may have ended, going by what was read, is looked at again.
    fn recall(&self, kept: &Entry) -> Option<Session> {
        let holds = |touched: &Touched| self.stamps.holds(kept.read(), touched);
        let Compact { id, subject, .. } = kept.as_read();
        if !holds(&Touched::Session(*id)) || !holds(&Touched::SessionsOf(*subject)) {
            return None;
        }
        let session = kept.session();
        (session.over_from().as_millis() > self.swept.load(SeqCst)).then_some(session)
    }

    /// Reads a session from the store, and keeps it.
    async fn read(
        &self,
        digest: Option<&Digest>,
        reading: impl Future<Output = Result<Option<Session>, StoreError>> + Send,
    ) -> Result<Option<Session>, StoreError> {
        self.tally.asked();
        let (read, seen) = (self.stamps.now(), self.sessions.now());
        let found = reading.await?;
        if let Some(session) = &found {
            self.sessions.keep(session, &self.users, digest, read, seen);
        }
        Ok(found)
    }
}

#[async_trait]
impl SessionStore for Cached {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        match self.found(digest) {
            Some((_, session)) => Ok(Some(session)),
            None => self.read(Some(digest), self.inner.sessions.by_digest(digest)).await,
        }
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let kept = self.sessions.get(id);
        if let Some(session) = self.tally.told(kept.and_then(|kept| self.recall(&kept))) {
            return Ok(Some(session));
        }
        self.read(None, self.inner.sessions.by_id(id)).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        self.inner.sessions.page(filter).await
    }
}

#[async_trait]
impl UserStore for Cached {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError> {
        let read = self.stamps.now();
        let found = self.inner.users.by_key(key, kind).await?;
        // Who is asked for like this logs in, and is asked for again.
        if let Some(StoredUser { user, .. }) = &found {
            self.users.seat(user.id).put(Reading { value: Arc::new(user.clone()), read });
        }
        Ok(found)
    }

    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        self.inner.users.by_id(id).await
    }

    async fn profile(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        if let Some(user) = self.user(id, self.users.get(id)) {
            return Ok(Some(user));
        }
        self.tally.asked();
        let read = self.stamps.now();
        let found = self.inner.users.profile(id).await?;
        if let Some(user) = &found {
            self.users.seat(id).put(Reading { value: Arc::clone(user), read });
        }
        Ok(found)
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        self.inner.users.page(after, limit).await
    }
}

#[async_trait]
impl RoleStore for Cached {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        Ok(recall::of_names(&*self.all_roles().await?, names))
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        Ok(self.all_roles().await?.value.clone())
    }
}

#[async_trait]
impl MessageLog for Cached {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.newest.get_or_ask(self.inner.messages.latest()).await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.inner.messages.page(after, limit).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.inner.messages.about(about, after, limit).await
    }
}

#[async_trait]
impl Housekeeping for Cached {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.swept.fetch_max(now.as_millis(), SeqCst);
        let underway = self.newest.enter(&[Touched::Log]);
        let housekeeping = Arc::clone(&self.inner.housekeeping);
        to_its_end(async move {
            let expired = housekeeping.expire(now, limit).await;
            // It does not say what it has written.
            drop(underway);
            expired
        })
        .await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.inner.housekeeping.forget(before, limit).await
    }
}

#[async_trait]
impl Archive for Cached {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError> {
        self.inner.archive.export(kind, after, limit).await
    }

    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        let (archive, forgetting) = (Arc::clone(&self.inner.archive), Forgetting(Arc::clone(&self.newest)));
        to_its_end(async move {
            let replaced = archive.replace(span, records).await;
            drop(forgetting);
            replaced
        })
        .await
    }
}
