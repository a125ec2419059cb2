//! What every request asks about, as far as it is at hand: told at once, with nothing to wait for.

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_domain::{
    message::MessageId,
    rights::{Role, RoleName},
    secret::Digest,
    session::Session,
    user::{User, UserId},
};

use super::StoreError;

/// Tells of the stores what is known of them. Nothing: they are to be asked.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Recall: Send + Sync {
    /// As [`SessionStore::by_digest`](super::SessionStore::by_digest).
    fn session(&self, digest: &Digest) -> Option<Session>;
    /// As [`UserStore::profile`](super::UserStore::profile).
    fn profile(&self, id: UserId) -> Option<Arc<User>>;
    /// As [`RoleStore::named`](super::RoleStore::named).
    fn named(&self, names: &[RoleName]) -> Option<Vec<Role>>;
}

/// What is at hand. For whoever uses it at once: it is true for requests that came before it was given.
#[derive(Clone, Copy)]
pub struct AtHand<'a> {
    /// Sessions, users and roles.
    pub known: &'a dyn Recall,
    /// As [`MessageLog::latest`](super::MessageLog::latest).
    pub latest: MessageId,
}

/// That it is known what others had written to the stores by a moment, which is a request's if it waited for this; and the
/// newest message then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaughtUp(pub MessageId);

/// Where it comes from. It never tells what the stores would not.
#[async_trait]
pub trait Memory: Send + Sync {
    /// What is at hand for a request, if anything is. Where others write to the stores, for one that has caught up since it
    /// came.
    fn at_hand(&self, since: Option<CaughtUp>) -> Option<AtHand<'_>>;
    /// Waits until it is known what others have written to the stores by now; for whoever asks about this session, or about
    /// any. Nothing: nothing is gained by waiting.
    async fn catch_up(&self, about: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError>;
}

/// Nothing is at hand: others write to the stores.
pub struct NoMemory;

#[async_trait]
impl Memory for NoMemory {
    fn at_hand(&self, _: Option<CaughtUp>) -> Option<AtHand<'_>> {
        None
    }

    async fn catch_up(&self, _: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        Ok(None)
    }
}
