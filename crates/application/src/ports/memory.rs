//! What every request asks about, as far as it is at hand: told at once, with nothing to wait for.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use vestibule_domain::{
    message::MessageId,
    rights::{Rights, RoleName},
    secret::Digest,
    session::Session,
    user::User,
};

use super::{Place, StoreError};

/// Tells of the stores what is known of them. Nothing: they are to be asked.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Recall: Send + Sync {
    /// As [`SessionStore::by_digest`](super::SessionStore::by_digest), with its user as
    /// [`UserStore::profile`](super::UserStore::profile) tells. Both at once, because whoever asks for one wants the other, and
    /// each thing that is looked up for itself is a wait for memory.
    fn session(&self, digest: &Digest) -> Option<Remembered>;
    /// The rights of these roles together, as [`RoleStore::named`](super::RoleStore::named) tells of them.
    fn rights(&self, roles: &BTreeSet<RoleName>) -> Option<Rights>;
}

/// A session and whose it is.
pub struct Remembered {
    /// The session. From memory it comes last seen as the store says; see [`Sightings::refresh_in`](super::Sightings::refresh_in).
    pub session: Session,
    /// Where it is kept.
    pub place: Arc<dyn Place>,
    /// Its user. Nothing: it has none, or the store is to be asked.
    pub user: Option<Arc<User>>,
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
    /// Whether anything ever is at hand for a request that has not caught up.
    fn tells_at_once(&self) -> bool;
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
    fn tells_at_once(&self) -> bool {
        false
    }

    fn at_hand(&self, _: Option<CaughtUp>) -> Option<AtHand<'_>> {
        None
    }

    async fn catch_up(&self, _: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        Ok(None)
    }
}
