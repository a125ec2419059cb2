//! Creates a user and a session of theirs (seed 003, `register`).

use std::time::Duration;

use thiserror::Error;
use vestibule_domain::{
    secret::Password,
    session::DeviceName,
    user::{EmailAddress, Profile},
};

use crate::{
    api::{Caller, Current},
    ports::StoreError,
    view::Begun,
};

/// Register.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The address, which becomes the login name too.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// What they tell about themselves.
    pub profile: Profile,
    /// On what device.
    pub device: DeviceName,
    /// What becomes of the session they came with.
    pub current: Current,
}

/// The new user's session.
pub type Outcome = Begun;

/// Why there is no new user.
#[derive(Debug, Error)]
pub enum Error {
    /// The day of birth lies in the future.
    #[error("the birthdate lies in the future")]
    BirthdateInFuture,
    /// The password is too short or too easily guessed.
    #[error("the password is too simple")]
    PasswordTooSimple,
    /// Another user has the address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Too many registrations from there.
    #[error("too many registrations")]
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
