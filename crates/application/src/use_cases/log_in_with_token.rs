//! Begins a session of a user who presents a login token: single use, short-lived, issued for that user.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    secret::OpaqueToken,
    session::{DeviceName, Subject},
};

use crate::{
    api::{Caller, Current},
    policies::{
        backoffice::Backoffice,
        openings::{OpenError, Opening, Openings, Target},
        redemptions::{Denied, Redemptions},
        viewer::Viewer,
    },
    ports::{StoreError, Tokens},
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

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::UnknownToken => Self::UnknownToken,
            Denied::Disabled => Self::Disabled,
            Denied::Throttled { retry_after } => Self::Throttled { retry_after },
            Denied::Store(error) => Self::Store(error),
        }
    }
}

/// Logs in.
pub struct UseCase {
    /// Looks the token up.
    pub redemptions: Arc<Redemptions>,
    /// Digests.
    pub tokens: Arc<dyn Tokens>,
    /// Opens the session.
    pub openings: Arc<Openings>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Logs in with a token, which is spent in the unit that begins the session.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let digest = command.token.map(|token| self.tokens.digest(&token));
        let redeemable = self.redemptions.find(digest, &command.caller).await?;
        let (user, conditions) = (redeemable.user, redeemable.conditions);
        let (subject, is_backoffice) = (Subject::User(user.id), Backoffice::is_of_user(&user));
        let Command { caller, device, current, .. } = command;
        let (address, target) = (caller.address, Target::Current(current));
        let opening = Opening { caller, device, subject, is_backoffice, target, conditions, is_noted: false };
        let opened = self.openings.open(&opening).await.map_err(|error| match error {
            // Somebody else was faster with the token.
            OpenError::Condition(_) | OpenError::UnknownSession => Error::UnknownToken,
            OpenError::Store(error) => Error::Store(error),
        })?;
        let view = self.viewer.view(opened.session, address, opened.newest).await?.ok_or(Error::Disabled)?;
        Ok(Begun { view, token: opened.token, signed: None })
    }
}
