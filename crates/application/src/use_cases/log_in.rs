//! Begins a session of a user or node that proves itself by password or secret.

use std::time::Duration;

use thiserror::Error;
use vestibule_domain::{rights::RoleName, secret::Password, session::DeviceName, user::Login};

use crate::{
    api::{Caller, Current},
    ports::StoreError,
    view::Begun,
};

/// Log in.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// Who they claim to be.
    pub login: Login,
    /// The proof.
    pub password: Password,
    /// On what device.
    pub device: DeviceName,
    /// A role without which there is to be no session.
    pub needs: Option<RoleName>,
    /// What becomes of the session they came with.
    pub current: Current,
    /// Whether a signed token is wanted too.
    pub signed: bool,
}

/// The session.
pub type Outcome = Begun;

/// Why there is no session.
#[derive(Debug, Error)]
pub enum Error {
    /// No user or node has this login.
    #[error("no user or node has this login")]
    UnknownLogin,
    /// It is not the password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The password is right, but the user has not the role that was asked for.
    #[error("the user has not the role that was asked for")]
    LacksRole,
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
