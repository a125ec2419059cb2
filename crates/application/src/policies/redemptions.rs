//! Whether somebody holds a token that was issued for a user: good once, and for a short time.

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    network::Network,
    secret::Digest,
    user::User,
};

use crate::{
    api::Caller,
    change::Change,
    ports::{Bucket, Budgets, Clock, CommitError, LoginTokenStore, NotCharged, StoreError, UnitOfWork, UserStore},
};

/// Looks tokens up, and has guesses counted.
pub struct Redemptions {
    /// The tokens that were not spent.
    pub login_tokens: Arc<dyn LoginTokenStore>,
    /// Their users.
    pub users: Arc<dyn UserStore>,
    /// What attempts are charged to.
    pub budgets: Arc<dyn Budgets>,
    /// Where failures are noted.
    pub unit: Arc<dyn UnitOfWork>,
    /// For expiry.
    pub clock: Arc<dyn Clock>,
}

/// A token that is good.
pub struct Redeemable {
    /// For whom it was issued.
    pub user: User,
    /// What must still hold when what it is good for is done, and that it is spent then.
    pub conditions: Vec<Change>,
}

/// Why a token is of no use.
#[derive(Debug, Error)]
pub enum Denied {
    /// It is unknown, spent or expired.
    #[error("the token is unknown, spent or expired")]
    UnknownToken,
    /// It is good, but its user is disabled. It stays unspent.
    #[error("the user is disabled")]
    Disabled,
    /// Too many attempts failed.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotCharged> for Denied {
    fn from(not_charged: NotCharged) -> Self {
        match not_charged {
            NotCharged::Spent { retry_after, .. } => Self::Throttled { retry_after },
            NotCharged::Store(error) => Self::Store(error),
        }
    }
}

impl Redemptions {
    /// Finds the token of this digest, or notes that somebody guessed; nothing stands for what has not even the form of a
    /// token, which is a guess like any other.
    pub async fn find(&self, digest: Option<Digest>, caller: &Caller) -> Result<Redeemable, Denied> {
        let buckets = [Bucket::LoginFrom(Network::of(caller.address))];
        self.budgets.charge(&buckets).await?;
        let found = self.look_up(digest).await;
        if matches!(found, Err(Denied::UnknownToken)) {
            return Err(self.failed(caller).await);
        }
        // The token was good, or nobody could say: nothing was guessed.
        self.budgets.refund(&buckets).await;
        found
    }

    async fn look_up(&self, digest: Option<Digest>) -> Result<Redeemable, Denied> {
        let digest = digest.ok_or(Denied::UnknownToken)?;
        let found = self.login_tokens.by_digest(&digest).await?;
        let token = found.filter(|token| self.clock.now() < token.expires).ok_or(Denied::UnknownToken)?;
        let stored = self.users.by_id(token.user).await?.ok_or(Denied::UnknownToken)?;
        if stored.user.disabled {
            return Err(Denied::Disabled);
        }
        let expect = Change::ExpectUser { user: token.user, revision: stored.revision };
        Ok(Redeemable { user: stored.user, conditions: vec![expect, Change::SpendLoginToken(digest)] })
    }

    async fn failed(&self, caller: &Caller) -> Denied {
        let event = Event {
            kind: EventKind::AuthenticationFailed,
            at: self.clock.now(),
            session: None,
            subject: None,
            origin: Some(caller.origin.clone()),
            address: Some(caller.address),
            by: Agent::default(),
        };
        match self.unit.commit(vec![Change::Record(event)]).await {
            Ok(_) | Err(CommitError::Conflict(_)) => Denied::UnknownToken,
            Err(CommitError::Store(error)) => Denied::Store(error),
        }
    }
}
