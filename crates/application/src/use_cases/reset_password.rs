//! Sets a new password for whoever holds a token that an operator issued to reset it.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::EventKind,
    secret::{OpaqueToken, Password},
};

use crate::{
    api::Caller,
    policies::{
        new_passwords::{NewPasswords, NotSet},
        password::TooSimple,
        redemptions::{Denied, Redemptions},
    },
    ports::{StoreError, Tokens},
};

/// Reset a password.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The token; nothing when what was presented has not even the form of one, which is answered like a wrong one.
    pub token: Option<OpaqueToken>,
    /// What the password is to be.
    pub new_password: Password,
}

/// Set; the user's sessions have ended, and no new one has begun.
pub type Outcome = ();

/// Why the password stays.
#[derive(Debug, Error)]
pub enum Error {
    /// The token is unknown, spent or expired, or its user is disabled.
    #[error("the token is unknown, spent or expired")]
    UnknownToken,
    /// The token is good, and stays so, but the password is too short or too easily guessed.
    #[error(transparent)]
    TooSimple(#[from] TooSimple),
    /// Too many attempts failed.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    Overloaded {
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
            // Tokens go with being disabled: this one was on its way.
            Denied::UnknownToken | Denied::Disabled => Self::UnknownToken,
            Denied::Throttled { retry_after } => Self::Throttled { retry_after },
            Denied::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotSet> for Error {
    fn from(not_set: NotSet) -> Self {
        match not_set {
            NotSet::TooSimple(why) => Self::TooSimple(why),
            // Somebody else was faster with the token, or the user has a new password already.
            NotSet::Condition(_) => Self::UnknownToken,
            NotSet::Overloaded { retry_after } => Self::Overloaded { retry_after },
            NotSet::Store(error) => Self::Store(error),
        }
    }
}

/// Resets passwords.
pub struct UseCase {
    /// Looks the token up.
    pub redemptions: Arc<Redemptions>,
    /// Digests.
    pub tokens: Arc<dyn Tokens>,
    /// Sets the password.
    pub new_passwords: Arc<NewPasswords>,
}

impl UseCase {
    /// Sets the password in the unit that spends the token.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let Command { caller, token, new_password } = command;
        let digest = token.map(|token| self.tokens.reset_digest(&token));
        let redeemable = self.redemptions.find(digest, &caller).await?;
        let (conditions, kind) = (redeemable.conditions, EventKind::PasswordReset);
        Ok(self.new_passwords.set(&redeemable.user, &new_password, conditions, kind, &caller).await?)
    }
}
