//! Gives an existing session to a user, under the token it has (seed 000, `authenticate`).

use std::time::Duration;

use thiserror::Error;
use vestibule_domain::{
    secret::{OpaqueToken, Password},
    session::Bearer,
    user::Login,
};

use crate::{
    api::{Binding, Caller},
    ports::StoreError,
    view::SessionView,
};

/// What the session is given to.
#[derive(Clone)]
pub enum Credentials {
    /// The user of this login and password.
    Password {
        /// Who.
        login: Login,
        /// The proof.
        password: Password,
    },
    /// Nobody: the session is and stays what it is if anonymous, and is signed out if not.
    Nobody,
}

/// Authenticate the session.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
    /// Whose it is to be.
    pub credentials: Credentials,
    /// What must be proven of the browser.
    pub binding: Binding,
    /// Whether the session gets a new token.
    pub rotate: bool,
}

/// The session as it is now.
pub struct Outcome {
    /// The session.
    pub view: SessionView,
    /// Its new token, if it got one.
    pub rotated: Option<OpaqueToken>,
}

/// Why the session is as it was.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token. Found out before any credential is looked at.
    #[error("no live session has this token")]
    UnknownSession,
    /// The browser is not the one in which the session was begun. Found out before any credential is looked at.
    #[error("the session was begun in another browser")]
    OtherBrowser,
    /// No user has this login.
    #[error("no user has this login")]
    UnknownLogin,
    /// It is not this user's password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
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
