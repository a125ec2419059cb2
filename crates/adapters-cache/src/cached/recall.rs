//! What of it is told without asking anybody.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

use async_trait::async_trait;
use vestibule_application::{
    ports::{AtHand, CaughtUp, Memory, Recall, Remembered, StoreError},
    touched::Touched,
};
use vestibule_domain::{
    rights::{Rights, Role, RoleName, union},
    secret::Digest,
    session::{Session, Subject},
    user::{User, UserId},
};

use super::Cached;
use crate::{kept::Entry, stamps::Reading};

impl Recall for Cached {
    fn session(&self, digest: &Digest) -> Option<Remembered> {
        let (kept, session) = self.found(digest)?;
        let user = match (session.subject, kept.seat()) {
            // In another seat than the session's are they who were forgotten and read again since.
            (Subject::User(id), Some(seat)) => self.user(id, seat.get()).or_else(|| self.user(id, self.users.get(id))),
            _ => None,
        };
        Some(Remembered { session, place: kept, user })
    }

    fn rights(&self, roles: &BTreeSet<RoleName>) -> Option<Rights> {
        self.roles_kept().map(|kept| union(kept.value.iter().filter(|role| roles.contains(&role.name))))
    }
}

/// For stores that nobody else writes to unnoticed.
#[async_trait]
impl Memory for Cached {
    fn tells_at_once(&self) -> bool {
        true
    }

    fn at_hand(&self, _: Option<CaughtUp>) -> Option<AtHand<'_>> {
        // What a unit under way changes is not told from here, so who is answered sees nothing of it: not its messages
        // either. To ask the store for those would cost each request beside a login as much as many requests.
        Some(AtHand { known: self, latest: self.newest.so_far()? })
    }

    async fn catch_up(&self, _: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        Ok(None)
    }
}

impl Cached {
    /// What is kept under a digest, and the session as it is in the store.
    pub(super) fn found(&self, digest: &Digest) -> Option<(Arc<Entry>, Session)> {
        let kept = self.sessions.by_digest(digest)?;
        let session = self.recall(&kept)?;
        self.tally.told(Some((kept, session)))
    }

    /// A user as they are in the store, going by what was read of them.
    pub(super) fn user(&self, id: UserId, kept: Option<Reading<Arc<User>>>) -> Option<Arc<User>> {
        let kept = kept.filter(|kept| self.stamps.holds(kept.read, &Touched::User(id)));
        self.tally.told(kept).map(|kept| kept.value)
    }

    pub(super) fn roles_kept(&self) -> Option<Arc<Reading<Vec<Role>>>> {
        let kept = self.roles.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|roles| self.stamps.holds(roles.read, &Touched::Roles))
    }

    pub(super) async fn all_roles(&self) -> Result<Arc<Reading<Vec<Role>>>, StoreError> {
        if let Some(roles) = self.roles_kept() {
            return Ok(roles);
        }
        let read = self.stamps.now();
        let roles = Arc::new(Reading { value: self.inner.roles.all().await?, read });
        *self.roles.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&roles));
        Ok(roles)
    }
}

pub(super) fn of_names(roles: &Reading<Vec<Role>>, names: &[RoleName]) -> Vec<Role> {
    roles.value.iter().filter(|role| names.contains(&role.name)).cloned().collect()
}
