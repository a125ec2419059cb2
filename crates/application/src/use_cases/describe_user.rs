//! Tells of the user behind a session (seed 004, `user/details`).

use thiserror::Error;
use vestibule_domain::{session::Bearer, user::User};

use crate::{api::Caller, ports::StoreError};

/// Tell of the user.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
}

/// The user.
pub type Outcome = User;

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token, or it is nobody's.
    #[error("no live session of a user has this token")]
    UnknownSession,
    /// The session is a node's.
    #[error("the session is a node's")]
    NotAUser,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
