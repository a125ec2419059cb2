//! What every request asks about, as far as it is at hand: told at once, with nothing to wait for.

use std::sync::Arc;

use vestibule_domain::{
    message::MessageId,
    rights::{Role, RoleName},
    secret::Digest,
    session::Session,
    user::{User, UserId},
};

/// What is at hand of what the stores would tell at this moment. None of it: the store is to be asked. Never tells what a
/// store would not.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Memory: Send + Sync {
    /// As [`SessionStore::by_digest`](super::SessionStore::by_digest).
    fn session(&self, digest: &Digest) -> Option<Session>;
    /// As [`UserStore::profile`](super::UserStore::profile).
    fn profile(&self, id: UserId) -> Option<Arc<User>>;
    /// As [`RoleStore::named`](super::RoleStore::named).
    fn named(&self, names: &[RoleName]) -> Option<Vec<Role>>;
    /// As [`MessageLog::latest`](super::MessageLog::latest).
    fn latest(&self) -> Option<MessageId>;
}

/// Nothing is at hand: others write to the stores.
pub struct NoMemory;

impl Memory for NoMemory {
    fn session(&self, _: &Digest) -> Option<Session> {
        None
    }

    fn profile(&self, _: UserId) -> Option<Arc<User>> {
        None
    }

    fn named(&self, _: &[RoleName]) -> Option<Vec<Role>> {
        None
    }

    fn latest(&self) -> Option<MessageId> {
        None
    }
}
