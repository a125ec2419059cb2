//! Memory beside others who write to the same store.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{
        About, AtHand, CaughtUp, Clock, CommitError, Committed, Housekeeping, Ids, KeyKind, Leases, Memory, MessageLog,
        RoleStore, SessionFilter, SessionStore, StoreError, StoredUser, Stores, UnitOfWork, UserStore,
    },
    touched::{Touched, untold},
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
    cached::{Cached, Capacity},
    follower::Follower,
    lease::{Elapsed, Keeper, Lease, elapsed},
    tally::UseMade,
};

/// Storage ports that answer from memory what they can, once they know what others have written by then.
///
/// What is kept is true only for whoever has caught up since they wanted to know: each read looks at the message log first,
/// and at nothing else of the store unless something has changed. Where the log cannot be read, neither can anything else.
/// But while it [holds a lease](Self::holding), those who write wait until it has heard of that, and what is kept is true without
/// a look.
pub struct Followed {
    cached: Arc<Cached>,
    /// What is not kept.
    inner: Stores,
    follower: Follower,
    clock: Arc<dyn Clock>,
    lease: Option<Arc<Lease>>,
}

impl Followed {
    /// How much sooner than it is over a session is read again: longer than a request takes.
    const SOON: Duration = Duration::from_mins(1);

    /// In front of these ports, to whose store others may write too, if the messages of all their units tell what those touch.
    /// What the log does not tell within `patience` is not waited for.
    pub fn new(inner: Stores, capacity: Capacity, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        let cached = Arc::new(Cached::new(inner.clone(), capacity));
        let follower = Follower::new(inner.messages.clone(), cached.stamps(), patience);
        Self { cached, inner, follower, clock, lease: None }
    }

    /// The same, holding a lease for as long as the keeper runs, wherever that can be had. All who write to the store have to do
    /// so through [`Heard`](crate::Heard).
    pub fn holding(self, leases: Arc<dyn Leases>, ids: Arc<dyn Ids>) -> (Arc<Self>, Keeper) {
        self.holding_by(elapsed, leases, ids)
    }

    pub(crate) fn holding_by(self, clock: Elapsed, leases: Arc<dyn Leases>, ids: Arc<dyn Ids>) -> (Arc<Self>, Keeper) {
        let lease = Arc::new(Lease::new(clock));
        let followed = Arc::new(Self { lease: Some(Arc::clone(&lease)), ..self });
        (Arc::clone(&followed), Keeper::new(followed, lease, leases, ids))
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
            ..self.inner.clone()
        }
    }

    /// How much it is of use.
    pub fn use_made(&self) -> UseMade {
        self.cached.use_made()
    }

    /// Sees to it that what is kept is what the store would say now, or would have said a moment later, to whoever asks for it
    /// at once. Answers the newest message.
    ///
    /// No message tells when others have seen a session. So one that is over soon, going by what is kept, is not told from
    /// there: they may have written that it is not.
    pub(crate) async fn look(&self) -> Result<MessageId, StoreError> {
        let latest = self.follower.follow().await?;
        self.cached.swept_until(self.clock.now().plus(Self::SOON));
        Ok(latest)
    }

    /// The newest message, if what is kept is true without a look.
    fn in_force(&self) -> Option<MessageId> {
        self.lease.as_ref()?.in_force()
    }
}

#[async_trait]
impl Memory for Followed {
    fn tells_at_once(&self) -> bool {
        self.lease.is_some()
    }

    fn at_hand(&self, since: Option<CaughtUp>) -> Option<AtHand<'_>> {
        let latest = since.map(|CaughtUp(latest)| latest).or_else(|| self.in_force())?;
        Some(AtHand { known: &*self.cached, latest })
    }

    /// One look for all that a request asks.
    async fn catch_up(&self, about: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        if about.is_some_and(|digest| !self.cached.may_know(digest)) {
            return Ok(None);
        }
        if let Some(latest) = self.in_force() {
            return Ok(Some(CaughtUp(latest)));
        }
        if let Some(lease) = &self.lease {
            lease.want();
        }
        self.look().await.map(|latest| Some(CaughtUp(latest)))
    }
}

#[async_trait]
impl UnitOfWork for Followed {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        // Whoever else follows would go on believing it.
        if let [untold, ..] = untold(&changes)[..] {
            return Err(StoreError::Unavailable(no_message_tells(untold).into()).into());
        }
        // The log may lose it and be as it was at the last look: then nobody would hear that what was learnt is not there.
        self.cached.pass_on(changes).await.map(|(committed, _)| committed)
    }
}

fn no_message_tells(of: Touched) -> String {
    format!("no message of the unit tells other nodes of {of:?}")
}

#[async_trait]
impl SessionStore for Followed {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        // Of what is not there, as no anonymous session is that has its token alone, there is nothing to be heard. What is there
        // is kept after a look only: so the next look begins with a message that is no older, and notices if that was lost.
        if !self.cached.may_know(digest) && self.inner.sessions.by_digest(digest).await?.is_none() {
            return Ok(None);
        }
        self.look().await?;
        self.cached.by_digest(digest).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.look().await?;
        SessionStore::by_id(&*self.cached, id).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        self.inner.sessions.page(filter).await
    }
}

#[async_trait]
impl UserStore for Followed {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError> {
        self.inner.users.by_key(key, kind).await
    }

    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        self.inner.users.by_id(id).await
    }

    async fn profile(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        self.look().await?;
        self.cached.profile(id).await
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        self.inner.users.page(after, limit).await
    }
}

#[async_trait]
impl RoleStore for Followed {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        self.look().await?;
        self.cached.named(names).await
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        self.look().await?;
        RoleStore::all(&*self.cached).await
    }
}

#[async_trait]
impl MessageLog for Followed {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.look().await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.inner.messages.page(after, limit).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.inner.messages.about(about, after, limit).await
    }
}

#[async_trait]
impl Housekeeping for Followed {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.cached.expire(now, limit).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.cached.forget(before, limit).await
    }
}
