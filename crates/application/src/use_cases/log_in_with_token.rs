//! Begins a session of a user who presents a login token: single use, short-lived, issued for that user.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::{Event, EventKind},
    network::Network,
    secret::OpaqueToken,
    session::{DeviceName, Subject},
};

use crate::{
    api::{Caller, Current},
    change::Change,
    policies::{
        openings::{OpenError, Opening, Openings, Target},
        viewer::Viewer,
    },
    ports::{
        Bucket, Budgets, Clock, CommitError, LoginTokenStore, NotCharged, StoreError, Tokens, UnitOfWork, UserStore,
    },
    view::Begun,
};

/// Log in with a token.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The login token; nothing when what was presented has not even the form of one, which is answered like a wrong one.
    pub token: Option<OpaqueToken>,
    /// On what device.
    pub device: DeviceName,
    /// What becomes of the session they came with.
    pub current: Current,
}

/// The session.
pub type Outcome = Begun;

/// Why there is no session.
#[derive(Debug, Error)]
pub enum Error {
    /// The token is unknown, spent or expired.
    #[error("the login token is unknown, spent or expired")]
    UnknownToken,
    /// The token was good, but its user is disabled. The token stays unspent.
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

impl From<NotCharged> for Error {
    fn from(not_charged: NotCharged) -> Self {
        match not_charged {
            NotCharged::Spent { retry_after, .. } => Self::Throttled { retry_after },
            NotCharged::Store(error) => Self::Store(error),
        }
    }
}

/// Logs in.
pub struct UseCase {
    /// The tokens that were not spent.
    pub login_tokens: Arc<dyn LoginTokenStore>,
    /// Their users.
    pub users: Arc<dyn UserStore>,
    /// Digests.
    pub tokens: Arc<dyn Tokens>,
    /// What attempts are charged to.
    pub budgets: Arc<dyn Budgets>,
    /// Where failures are noted.
    pub unit: Arc<dyn UnitOfWork>,
    /// For expiry.
    pub clock: Arc<dyn Clock>,
    /// Opens the session.
    pub openings: Arc<Openings>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Logs in with a token, which is spent in the unit that begins the session.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let buckets = [Bucket::LoginFrom(Network::of(command.caller.address))];
        self.budgets.charge(&buckets).await?;
        let checked = self.conditions(command.token.as_ref()).await;
        if matches!(checked, Err(Error::UnknownToken)) {
            return Err(self.failed(&command.caller).await);
        }
        // The token was good, or nobody could say: nothing was guessed.
        self.budgets.refund(&buckets).await;
        let (subject, conditions) = checked?;
        let target = Target::Current(command.current);
        let opening = Opening { caller: command.caller, device: command.device, subject, target, conditions };
        let opened = self.openings.open(&opening).await.map_err(|error| match error {
            // Somebody else was faster with the token.
            OpenError::Condition(_) | OpenError::UnknownSession => Error::UnknownToken,
            OpenError::Store(error) => Error::Store(error),
        })?;
        let view = self.viewer.view(opened.session).await?.ok_or(Error::Disabled)?;
        Ok(Begun { view, token: opened.token, signed: None })
    }

    async fn conditions(&self, token: Option<&OpaqueToken>) -> Result<(Subject, Vec<Change>), Error> {
        let digest = self.tokens.digest(token.ok_or(Error::UnknownToken)?);
        let found = self.login_tokens.by_digest(&digest).await?;
        let token = found.filter(|token| self.clock.now() < token.expires).ok_or(Error::UnknownToken)?;
        let stored = self.users.by_id(token.user).await?.ok_or(Error::UnknownToken)?;
        if stored.user.disabled {
            return Err(Error::Disabled);
        }
        let expect = Change::ExpectUser { user: token.user, revision: stored.revision };
        Ok((Subject::User(token.user), vec![expect, Change::SpendLoginToken(digest)]))
    }

    async fn failed(&self, caller: &Caller) -> Error {
        let event = Event {
            kind: EventKind::AuthenticationFailed,
            at: self.clock.now(),
            session: None,
            subject: None,
            origin: Some(caller.origin.clone()),
            address: Some(caller.address),
        };
        match self.unit.commit(vec![Change::Record(event)]).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Error::UnknownToken,
            Err(CommitError::Store(error)) => Error::Store(error),
        }
    }
}
