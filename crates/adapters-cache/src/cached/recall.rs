//! What of it is told without asking anybody.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use vestibule_application::{
    ports::{AtHand, CaughtUp, Memory, Recall, StoreError},
    touched::Touched,
};
use vestibule_domain::{
    message::MessageId,
    rights::{Role, RoleName},
    secret::Digest,
    session::Session,
    user::{User, UserId},
};

use super::{Cached, Reading};

impl Recall for Cached {
    fn session(&self, digest: &Digest) -> Option<Session> {
        self.tally.told(self.sessions.by_digest(digest).and_then(|kept| self.recall(&kept)))
    }

    fn profile(&self, id: UserId) -> Option<Arc<User>> {
        let kept = self.users.get(&id).filter(|kept| self.stamps.holds(kept.read, &Touched::User(id)));
        self.tally.told(kept).map(|kept| kept.value)
    }

    fn named(&self, names: &[RoleName]) -> Option<Vec<Role>> {
        self.roles_kept().map(|roles| of_names(&roles, names))
    }
}

/// For stores that nobody else writes to unnoticed.
#[async_trait]
impl Memory for Cached {
    fn at_hand(&self, _: Option<CaughtUp>) -> Option<AtHand<'_>> {
        self.latest_kept().map(|latest| AtHand { known: self, latest })
    }

    async fn catch_up(&self, _: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        Ok(None)
    }
}

impl Cached {
    pub(super) fn latest_kept(&self) -> Option<MessageId> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().filter(|latest| self.stamps.holds(latest.read, &Touched::Log)).map(|latest| latest.value)
    }

    pub(super) fn roles_kept(&self) -> Option<Arc<Reading<Vec<Role>>>> {
        let kept = self.roles.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|roles| self.stamps.holds(roles.read, &Touched::Roles))
    }
}

pub(super) fn of_names(roles: &Reading<Vec<Role>>, names: &[RoleName]) -> Vec<Role> {
    roles.value.iter().filter(|role| names.contains(&role.name)).cloned().collect()
}
