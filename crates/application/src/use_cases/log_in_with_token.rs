//! Begins a session of a user who presents a login token: single use, short-lived, issued for that user.

use std::time::Duration;

use thiserror::Error;
use vestibule_domain::{secret::OpaqueToken, session::DeviceName};

use crate::{
    api::{Caller, Current},
    ports::StoreError,
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
