//! Changes the password of a user who knows the present one.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::EventKind,
    secret::Password,
    user::{Login, LoginKey},
};

use crate::{
    api::Caller,
    policies::{
        gate::{Denied, Gate},
        new_passwords::{NewPasswords, NotSet},
        password::TooSimple,
    },
    ports::StoreError,
    view::Principal,
};

/// Change a password.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// Whose password it is, by login name or address.
    pub login: LoginKey,
    /// The present password.
    pub password: Password,
    /// What it is to be.
    pub new_password: Password,
}

/// Changed; the user's sessions have ended.
pub type Outcome = ();

/// Why the password stays.
#[derive(Debug, Error)]
pub enum Error {
    /// No user has this login.
    #[error("no user has this login")]
    UnknownLogin,
    /// It is not the present password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The password is right, but the new one is too short or too easily guessed.
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
            Denied::UnknownLogin => Self::UnknownLogin,
            Denied::WrongPassword => Self::WrongPassword,
            Denied::Disabled => Self::Disabled,
            Denied::Throttled { retry_after } => Self::Throttled { retry_after },
            Denied::Overloaded { retry_after } => Self::Overloaded { retry_after },
            Denied::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotSet> for Error {
    fn from(not_set: NotSet) -> Self {
        match not_set {
            NotSet::TooSimple(why) => Self::TooSimple(why),
            // The password changed, or the user was disabled, while it was checked.
            NotSet::Condition(_) => Self::WrongPassword,
            NotSet::Overloaded { retry_after } => Self::Overloaded { retry_after },
            NotSet::Store(error) => Self::Store(error),
        }
    }
}

/// Changes passwords.
pub struct UseCase {
    /// Checks the present one, at the cost and the risk of any login.
    pub gate: Arc<Gate>,
    /// Sets the new one.
    pub new_passwords: Arc<NewPasswords>,
}

impl UseCase {
    /// Changes the password. What is wrong with the new one is told only to somebody who knows the present one.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let Command { caller, login, password, new_password } = command;
        let admitted = self.gate.admit(&Login::Any(login), &password, &caller, None).await?;
        // Nodes have no login.
        let Principal::User(user) = admitted.principal else { return Err(Error::UnknownLogin) };
        let (conditions, kind) = (admitted.conditions, EventKind::PasswordChanged);
        Ok(self.new_passwords.set(&user, &new_password, conditions, kind, &caller).await?)
    }
}
